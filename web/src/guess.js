// Predictions that a reader writes down before the result is opened. They are kept in this browser and sent nowhere.
import { memory, toNumber } from "../../scaling_lib/page/quiz.js";

const digits = (text) => (text.split(".")[1] ?? "").length;
const shown = (value, least, most = least) => {
  if (Math.abs(value) >= 1e12) return String(Number(value.toPrecision(2))).replace("+", "");
  const rounding = { minimumFractionDigits: least, maximumFractionDigits: Math.max(least, most) };
  return value.toLocaleString("en-US", rounding).replace("-", "−");
};

// Returns a number, or NaN; the unit may be written behind it.
export const readNumber = (text, unit) => {
  const bare = text.trim();
  const number = unit && bare.endsWith(unit) ? bare.slice(0, -unit.length) : bare;
  return toNumber(number.replace(/^[×x*]\s*|\s*[×x*]$/gi, "")); // a factor: ×1000, 1000x
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

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

export function mount(root) {
  const guess = JSON.parse(root.dataset.guess);
  const key = `guess/${guess.key}`;
  const result = resultOf(root.closest(".predict"), guess.result);
  const title = `Your prediction: ${guess.label}`;
  const fields = guess.options
    ? guess.options.map((option) => make("input", { type: "radio", name: key, value: option }))
    : [make("input", { type: "text", inputMode: "decimal", autocomplete: "off" })];
  const [field] = fields;
  const note = make("p", { className: "sm-guess-note" });
  note.setAttribute("role", "status");
  const forget = make("button", { type: "button", textContent: "Forget", className: "sm-guess-forget" });
  const form = make("form", { noValidate: true });
  if (guess.options) {
    const labels = fields.map((input) => make("label", {}, input, make("span", { textContent: input.value })));
    form.append(make("fieldset", {}, make("legend", { textContent: title }), ...labels));
  } else {
    const line = make("span", { className: "sm-guess-field" }, field, guess.unit ?? "");
    const question = make("span", { textContent: `${title} ` });
    form.append(make("label", {}, question, line), make("button", { textContent: "Keep" }));
  }
  form.append(make("div", { className: "sm-guess-end" }, note, forget));
  const beside = make("p", { className: "sm-guess-verdict" });
  result.querySelector("summary").after(beside);

  let kept;
  let seen = null; // what was written down when the result was first opened
  const see = (text) => {
    seen = text;
    memory.set(`${key}/seen`, text);
  };
  // A number that was written with the result in sight is no prediction.
  const late = () => {
    if (seen === null || seen === kept) return "";
    return seen ? ` Before you saw it you had written ${seen}.` : " You wrote it down when you had seen the result.";
  };
  const tell = (trouble = "") => {
    const words = kept && verdict(guess, kept) + late();
    beside.replaceChildren(...(kept ? [make("strong", { textContent: `${title}.` }), ` ${words}`] : []));
    forget.hidden = !kept;
    if (!guess.options) field.ariaInvalid = Boolean(trouble);
    note.textContent = trouble || (kept ? (result.open ? words : "Kept in this browser, to stand beside the result.") : "");
  };
  const keep = (text) => {
    kept = text;
    memory.set(key, text);
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
    form.reset();
    see(result.open ? "" : null);
    keep(null);
    field.focus();
  });
  result.addEventListener("toggle", () => {
    if (result.open && seen === null) see(kept ?? "");
    tell();
  });

  const before = memory.get(key);
  seen = memory.get(`${key}/seen`) ?? null;
  if (guess.options) {
    const chosen = fields.find((input) => input.value === before);
    if (chosen) [chosen.checked, kept] = [true, before];
  } else if (before && Number.isFinite(readNumber(before, guess.unit))) {
    field.value = kept = before;
  }
  if (result.open && seen === null) see(kept ?? "");
  tell();
  root.append(form);
  root.dataset.state = "ready";
}
