// One card for each digit: what the network saw, what it takes it for, how sure it is.
import { ask, make, percent, sendJson } from "./api.js";

const WHY = {
  low_confidence: "not sure enough", small_margin: "two digits look alike", touches_edge: "touches the edge",
  too_small: "too small", out_of_focus: "out of focus", not_a_digit: "hardly a digit",
};

// `classes` are the names a user may choose from; `note` is told what came of a correction.
export function card(reading, index, classes, note) {
  const digit = reading.digits[index];
  const tile = make("img", { alt: "", width: 64, height: 64 });
  const fill = make("i");
  fill.style.width = `${100 * digit.confidence}%`;
  const text = make("div", {},
    make("div", { className: digit.label.length > 1 ? "label word" : "label", textContent: digit.label }),
    make("span", { className: "bar", ariaHidden: "true" }, fill),
    make("div", { className: "why" }, make("span", { textContent: percent(digit.confidence) }), make("span", { textContent: remark(digit, classes) })));
  const item = make("li", { className: digit.accepted ? "digit" : "digit doubted" }, tile, text);
  if (classes.length) item.append(correction(reading, index, classes, note));
  showTile(tile, reading.id, index);
  return item;
}

function remark(digit, classes) {
  if (!digit.accepted) return WHY[digit.reason] ?? digit.reason;
  const next = digit.probabilities.map((p, i) => [p, i]).filter(([, i]) => i !== digit.digit).sort((a, b) => b[0] - a[0])[0];
  return next && next[0] >= 0.005 ? `else ${classes[next[1]] ?? next[1]}: ${percent(next[0])}` : "";
}

async function showTile(image, id, index) {
  try {
    const blob = await (await ask(`api/tile.png?reading=${encodeURIComponent(id)}&index=${index}`)).blob();
    image.src = URL.createObjectURL(blob);
    image.onload = () => URL.revokeObjectURL(image.src);
  } catch { image.hidden = true; }
}

function correction(reading, index, classes, note) {
  const digit = reading.digits[index];
  const details = make("details", {}, make("summary", { textContent: `Not a ${digit.label}?` }));
  const choices = make("div", { className: "choices" });
  for (const label of classes) {
    const button = make("button", { type: "button", textContent: label, ariaLabel: `It is ${label}` });
    button.onclick = async () => {
      try {
        const { kept } = await sendJson("api/corrections", { reading: reading.id, digit: index, label });
        note(`Thank you: kept as a ${label}. ${kept} ${kept === 1 ? "example" : "examples"} to learn from.`);
      } catch (error) { note(error.message); }
      details.open = false;
    };
    choices.append(button);
  }
  details.append(choices);
  return details;
}
