// The page: asks for the reading while it is looked at, and for the picture when there is a new one.
import { $, ask, askJson, make, percent, setToken } from "./api.js";
import { card } from "./digits.js";
import { offer } from "./try.js";

const PAUSE = 700;  // milliseconds between two questions
const MOST_CARDS = 12;
const WORDS = {
  ok: "sure", unsure: "not sure", no_digit: "no digit", starting: "starting", stale: "no fresh picture", camera_error: "camera fault",
};
let classes = [], model = null, seen = null, shown = {}, asking = false, missed = 0, timer = 0, picture = null;

async function look() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    // Asked for together, so that the picture is the one that the reading is of.
    const early = shown.fresh ? askFrame().catch(() => null) : null;
    const reading = await askJson("api/reading");
    missed = 0;
    seen = new Date();
    $("offline").hidden = $("unlock").hidden = true;
    await show(reading, early);
  } catch (error) {
    fail(error);
  }
  asking = false;
  clearTimeout(timer);
  timer = setTimeout(look, missed ? Math.min(PAUSE * 2 ** missed, 8000) : PAUSE);
}

function fail(error) {
  if (error.status === 401) { $("unlock").hidden = false; return; }
  missed = Math.min(missed + 1, 5);
  document.body.classList.add("old");
  $("now").dataset.status = "gone";
  $("chip").textContent = "not connected";
  $("sure").textContent = "";
  $("offline").hidden = false;
  $("offline").textContent = error.status ? error.message : `The daemon does not answer. What you see was read ${seen ? `at ${seen.toLocaleTimeString()}` : "some time ago"}; trying again …`;
}

async function show(reading, early) {
  const { status, frame } = reading;
  document.body.classList.toggle("old", status === "stale" || status === "camera_error");
  $("simulated").hidden = !frame?.source.startsWith("simulated");
  $("source").textContent = frame?.source ?? "";
  $("age").textContent = frame ? `${ago(frame.age_seconds)} · ${frame.width} × ${frame.height} · frame ${frame.sequence}` : "";
  const said = JSON.stringify([status, reading.reason, reading.message, reading.raw]);
  showValue(reading);
  if (said !== shown.said) speak(reading);
  if (reading.model.sha256 !== model) await showModel();
  // The cards wait while a digit of theirs is corrected.
  const cards = document.querySelector("#digits details[open]") ? shown.cards : reading.id;
  if (cards !== shown.cards) showDigits(reading);
  if (said !== shown.said || reading.id !== shown.id) showHistory(await askJson("api/readings?limit=100"));
  if (frame && frame.sequence !== shown.sequence) await showFrame(reading, await early ?? await askFrame());
  shown = { said, cards, id: reading.id, sequence: frame?.sequence, fresh: frame !== null && frame.age_seconds < 2 };
}

function showValue(reading) {
  const value = $("value"), { status, digits } = reading;
  $("now").dataset.status = status;
  const isDigits = reading.text !== null || (status === "unsure" && digits.length > 0);
  value.classList.toggle("words", !isDigits);
  if (isDigits) value.replaceChildren(...spell(reading));
  else value.textContent = { no_digit: "No digit in view", starting: "Starting …", stale: "No fresh picture" }[status] ?? "The camera has a fault";
  value.style.setProperty("--length", Math.max(...reading.lines.map((line) => line.length), 4));
  $("chip").textContent = WORDS[status] ?? status;
  $("sure").textContent = reading.confidence === null || status === "stale" || status === "camera_error" ? "" : percent(reading.confidence);
  $("message").textContent = reading.message ?? "";
}

// The raw value with every doubted digit marked; digits and the characters of `raw` go in step.
function spell(reading) {
  const parts = [];
  let rest = reading.raw;
  for (const { label, accepted } of reading.digits) {
    const at = rest.indexOf(label);
    parts.push(rest.slice(0, at), accepted ? label : make("mark", { textContent: label }));
    rest = rest.slice(at + label.length);
  }
  return parts;
}

function speak(reading) {
  const value = reading.text === null ? WORDS[reading.status] : `Reading ${reading.digits.map((digit) => digit.label).join(" ")}`;
  $("spoken").textContent = [value, reading.message].filter(Boolean).join(". ");
  document.title = reading.text === null ? "pi-nn" : `${reading.text} · pi-nn`;
}

function showDigits(reading) {
  const isNow = !["stale", "camera_error", "starting"].includes(reading.status);
  const digits = isNow ? reading.digits.slice(0, MOST_CARDS) : [];
  $("digits").replaceChildren(...digits.map((_, index) => card(reading, index, classes, (text) => { $("thanks").textContent = text; })));
  $("no-digits").hidden = digits.length > 0;
  $("no-digits").textContent = isNow ? "No digit in view." : "Nothing until a fresh picture comes.";
  const more = isNow ? reading.digits.length - digits.length : 0;
  const refused = isNow && reading.rejected.length ? `${reading.rejected.length} other ${reading.rejected.length === 1 ? "mark was" : "marks were"} judged not to be a digit.` : "";
  $("saw-note").textContent = [more > 0 ? `And ${more} more.` : "", refused].join(" ").trim();
}

const askFrame = () => ask("api/frame.jpg?boxes=1");

async function showFrame(reading, response) {
  const blob = await response.blob();
  const image = $("frame"), old = picture;
  picture = URL.createObjectURL(blob);
  image.src = picture;
  image.hidden = false;
  image.alt = `What the camera sees${reading.digits.length ? `, with ${reading.digits.length} digits marked` : ""}`;
  $("no-frame").hidden = true;
  if (old) URL.revokeObjectURL(old);
}

function showHistory({ readings }) {
  const rows = [];
  for (const reading of readings) {
    if (reading.reason === "awaiting_agreement") continue;  // half a second on the way to a value
    const same = rows.at(-1);
    if (same && same.text === reading.text && same.status === reading.status) same.since = reading;
    else if (rows.length < 8) rows.push({ text: reading.text, status: reading.status, newest: reading, since: reading });
    else break;
  }
  $("no-history").hidden = rows.length > 0;
  $("history").replaceChildren(...rows.map(({ text, status, newest, since }) => make("li", {},
    make("time", { className: "quiet", textContent: since.frame ? clock(since.frame.captured_at) : "–" }),
    make("b", { className: text === null ? "word" : "", textContent: text ?? WORDS[status] ?? status }),
    make("span", { className: "quiet small", textContent: text === null ? "" : percent(newest.confidence) }))));
}

async function showModel() {
  const about = await askJson("api/model");
  model = about.sha256;
  classes = about.classes;
  $("model").textContent = `${about.name} · ${about.parameters.toLocaleString("en")} weights` + (about.fault ? ` · ${about.fault}` : "");
}

const ago = (seconds) => seconds < 1 ? "just now" : seconds < 90 ? `${Math.round(seconds)} s ago` : `${Math.round(seconds / 60)} min ago`;
const clock = (stamp) => new Date(stamp).toLocaleTimeString();

$("unlock").onsubmit = (event) => { event.preventDefault(); setToken($("token").value); $("token").value = ""; look(); };
document.addEventListener("visibilitychange", look);
offer(() => classes);
look();
