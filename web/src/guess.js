// Predictions that a reader writes down before the result is opened. They are kept in this browser and sent nowhere.
import { memory, readNumber } from "../../scaling_lib/page/quiz.js";
import { element } from "./element.js";

const digits = (text) => (text.split(".")[1] ?? "").length;
const shown = (value, least, most = least) => {
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && size < 1e-6)) {
    return String(Number(value.toPrecision(2))).replace("+", "").replaceAll("-", "−");
  }
  const rounding = { minimumFractionDigits: least, maximumFractionDigits: Math.max(least, most) };
  return value.toLocaleString("en-US", rounding).replace("-", "−");
};

// How far a number lies from the answer. Of what is counted against a whole, the difference; of what may lie far off, the factor.
const distance = (value, edge, decimals, unit) => {
  const off = Math.abs(value - edge);
  const factor = Math.max(value, edge) / Math.min(value, edge);
  const counted = /^(%|of )/.test(unit) || off < 10 ** (1 - decimals) || Math.min(value, edge) <= 0;
  if (!counted && factor > 2) return `${shown(Number(factor.toPrecision(2)), 0, 1)} times`;
  const words = shown(off, decimals);
  return `${words}${unit === "%" ? ` point${words === "1" ? "" : "s"}` : ""}`;
};

// What is said of a kept prediction where the result is open.
export const verdict = ({ answer, options, unit = "" }, kept) => {
  if (options) {
    return kept === answer ? `You chose “${kept}”, and so it was.` : `You chose “${kept}”; it was “${answer}”.`;
  }
  const ends = [answer].flat();
  const decimals = Math.max(...ends.map(digits));
  const [low, high] = [ends[0], ends.at(-1)].map(Number);
  const behind = unit && ` ${unit}`;
  const given = readNumber(kept, unit);
  const value = Number(given.toFixed(decimals));
  const said = `You said ${shown(given, decimals, 6)}${behind}`;
  const was = `${ends.map((end) => shown(Number(end), digits(end))).join(" to ")}${behind}`;
  if (value >= low && value <= high) return low === high ? `${said}, and so it was.` : `${said}; it was ${was}: inside.`;
  const off = distance(value, value < low ? low : high, decimals, unit);
  return `${said}; it was ${was}: ${off} too ${value < low ? "low" : "high"}.`;
};

// The folded result that holds the answer: the first behind the box, unless the notebook names another.
const resultOf = (box, number = 1) => {
  const after = (fold) => box.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_FOLLOWING;
  return [...document.querySelectorAll("details.hide")].filter(after)[number - 1];
};

export function mount(root) {
  const guess = JSON.parse(root.dataset.guess);
  const key = `guess/${guess.key}`;
  const result = resultOf(root.closest(".predict"), guess.result);
  const title = `Your prediction: ${guess.label}`;
  const fields = guess.options
    ? guess.options.map((option) => element("input", { type: "radio", name: key, value: option }))
    : [element("input", { type: "text", inputMode: "decimal", autocomplete: "off" })];
  const [field] = fields;
  const note = element("p", { className: "sm-guess-note" });
  note.setAttribute("role", "status");
  const forget = element("button", { type: "button", textContent: "Forget", className: "sm-guess-forget" });
  const form = element("form", { noValidate: true });
  if (guess.options) {
    const labels = fields.map((input) => element("label", {}, input, element("span", { textContent: input.value })));
    form.append(element("fieldset", {}, element("legend", { textContent: title }), ...labels));
  } else {
    const line = element("span", { className: "sm-guess-field" }, field, guess.unit ?? "");
    const question = element("span", { textContent: `${title} ` });
    form.append(element("label", {}, question, line), element("button", { textContent: "Keep" }));
  }
  form.append(element("div", { className: "sm-guess-end" }, note, forget));
  const beside = element("p", { className: "sm-guess-verdict" });
  result.querySelector("summary").after(beside);

  let kept;
  let seen; // what was written down when the result was first opened
  // Another tab may have written since.
  const recall = () => {
    const before = kept;
    const found = memory.get(key);
    seen = memory.get(`${key}/seen`);
    const valid = guess.options ? guess.options.includes(found) : Number.isFinite(readNumber(found ?? "", guess.unit));
    kept = valid ? found : null;
    if (kept === before) return;
    if (guess.options) for (const input of fields) input.checked = input.value === kept;
    else field.value = kept ?? "";
  };
  const see = (text) => {
    seen = text;
    memory.set(`${key}/seen`, text);
  };
  // What is opened for paper alone was not seen.
  const look = () => {
    recall();
    if (result.open && !("paper" in result.dataset) && seen === null) see(kept ?? "");
    tell();
  };
  // A number that was written with the result in sight is no prediction.
  const late = () => {
    if (seen === null || seen === kept) return "";
    return seen ? ` Before you saw it you had written ${seen}.` : " You wrote it down when you had seen the result.";
  };
  const tell = (trouble = "") => {
    const words = kept && verdict(guess, kept) + late();
    beside.replaceChildren(...(kept ? [element("strong", { textContent: `${title}.` }), ` ${words}`] : []));
    forget.hidden = !kept;
    if (!guess.options) field.ariaInvalid = Boolean(trouble);
    note.textContent = trouble || (kept ? (result.open ? words : "Kept in this browser, to stand beside the result.") : "");
  };
  const keep = (text) => {
    memory.set(key, text);
    recall();
    tell();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (guess.options) return;
    if (Number.isFinite(readNumber(field.value, guess.unit))) keep(field.value);
    else tell("Write a number, for example 0.5 or 3e21.");
  });
  if (guess.options) form.addEventListener("change", (event) => keep(event.target.value));
  forget.addEventListener("click", () => {
    see(result.open ? "" : null);
    keep(null);
    field.focus();
  });
  result.addEventListener("toggle", look);
  look();
  root.append(form);
  root.dataset.state = "ready";
}
