// A photograph from the visitor: sent to be read, and shown with its boxes.
import { $, ask, make } from "./api.js";
import { card } from "./digits.js";

const COLOURS = { true: "#0072b2", false: "#d55e00" };

export function offer(classes) {
  const drop = $("drop"), file = $("file");
  file.onchange = () => { if (file.files[0]) send(file.files[0], classes()); file.value = ""; };
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.remove("over"); });
  drop.addEventListener("drop", (event) => { if (event.dataTransfer.files[0]) send(event.dataTransfer.files[0], classes()); });
  // A picture that misses the field must not replace the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
}

async function send(picture, classes) {
  tell("Reading …", picture.name, []);
  $("tried-picture").hidden = true;
  const body = new FormData();
  body.append("image", picture);
  let reading;
  try {
    reading = await (await ask("api/predict", { method: "POST", body, patience: 60000 })).json();
  } catch (error) {
    tell("Not read", error.name === "Refused" || error.status ? error.message : "The daemon does not answer.", []);
    return;
  }
  const words = reading.text ?? (reading.digits.length ? reading.digits.map((d) => d.accepted ? d.label : `${d.label}?`).join(" ") : "No digit found");
  const note = (text) => { $("tried-message").textContent = text; };
  tell(words, reading.message ?? "", reading.digits.slice(0, 24).map((_, index) => card(reading, index, classes, note)));
  await draw(picture, reading);
}

function tell(value, message, cards) {
  $("tried").hidden = false;
  $("tried-value").textContent = value;
  $("tried-message").textContent = message;
  $("tried-digits").replaceChildren(...cards);
}

// The boxes are in pixels of the upright picture; the browser turns it upright as well.
async function draw(picture, reading) {
  const canvas = $("tried-picture");
  let bitmap;
  try { bitmap = await createImageBitmap(picture); } catch { return; }
  const { width, height } = reading.frame;
  const scale = Math.min(1, 1200 / Math.max(width, height));
  [canvas.width, canvas.height, canvas.hidden] = [width * scale, height * scale, false];
  const pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  pen.lineWidth = Math.max(2, canvas.width / 300);
  for (const { box: [x, y, w, h], accepted } of reading.digits) {
    pen.strokeStyle = COLOURS[accepted];
    pen.strokeRect(x * scale, y * scale, w * scale, h * scale);
  }
}
