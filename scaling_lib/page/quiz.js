// Self-check questions, the same in JupyterLab and on the page. Answers are kept in this browser and sent nowhere.

const KEY = "scaling-measured/";

// Where storage is switched off, answers are kept as long as the page is open.
const here = new Map();
export const memory = {
  get: (name) => {
    try {
      return here.get(name) ?? localStorage.getItem(KEY + name);
    } catch {
      return null;
    }
  },
  set: (name, value) => {
    here.delete(name);
    try {
      if (value === null) localStorage.removeItem(KEY + name);
      else localStorage.setItem(KEY + name, value);
    } catch {
      here.set(name, value);
    }
  },
};

// A comma stands before thousands, as in this book, or else before decimals.
const toNumber = (text) => {
  const bare = text.trim().replace(/[\s_]/g, "").replace(/−/g, "-");
  const thousands = /^-?[1-9]\d{0,2}(,\d{3})+(?!\d)/.test(bare);
  const clean = thousands ? bare.replace(/,/g, "") : bare.replace(/^([-\d]*),(\d+)(?!.*,)/, "$1.$2");
  if (/%$/.test(clean)) return toNumber(clean.slice(0, -1)) / 100;
  return clean === "" ? NaN : Number(clean.replace(/^10\^/, "1e").replace(/[×x*]10\^?/, "e"));
};

// Returns a number, or NaN; the unit may be written behind it, and a factor as ×1000 or 1000x.
export const readNumber = (text, unit) => {
  const bare = text.trim();
  const number = unit && bare.endsWith(unit) ? bare.slice(0, -unit.length) : bare;
  return toNumber(number.replace(/^[×x*]\s*|\s*(?:[×x*]|times)\s*$/gi, ""));
};

const close = (value, target, tolerance) => Math.abs(value - target) <= tolerance * Math.abs(target) + 1e-12;

// Returns [right, why], or null if there is no answer yet.
export function judge(feedback, answer) {
  if (Array.isArray(feedback)) {
    const chosen = feedback[answer];
    return chosen ? [chosen.right, chosen.why] : null;
  }
  const signed = /%\s*$/.test(answer ?? "");
  const value = readNumber(answer ?? "", feedback.unit);
  if (Number.isNaN(value)) return null;
  if (close(value, feedback.number, feedback.tolerance)) return [true, feedback.why];
  const known =
    feedback.wrong.find((w) => close(value, w.number, Math.max(feedback.tolerance, 0.01))) ??
    feedback.others.find((unit) => !signed && close(value * unit.factor, feedback.number, feedback.tolerance));
  return [false, known ? known.why : feedback.otherwise];
}

export function mount(root) {
  const feedbacks = JSON.parse(root.querySelector("script").textContent);
  root.querySelectorAll(".sm-question").forEach((form, i) => {
    const name = `self-check/${form.dataset.question}`;
    const out = form.querySelector(".sm-feedback");
    const text = form.querySelector('input[type="text"]');
    const read = () => (text ? text.value : (form.querySelector("input:checked")?.value ?? null));
    const say = (verdict) => {
      form.classList.toggle("sm-right", verdict?.[0] === true);
      form.classList.toggle("sm-wrong", verdict?.[0] === false);
      out.innerHTML = verdict ? `<strong>${verdict[0] ? "Right." : "Not quite."}</strong> ${verdict[1]}` : "";
    };
    const check = () => {
      const verdict = judge(feedbacks[i], read());
      say(verdict);
      if (verdict) memory.set(name, read());
      else out.textContent = text ? "Enter a number, for example 0.5 or 3e21." : "Choose an answer first.";
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      check();
    });
    // In JupyterLab, Enter would otherwise reach the notebook and never the form.
    text?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      check();
    });
    form.addEventListener("input", () => say(null));
    form.addEventListener("clear", () => {
      form.reset();
      memory.set(name, null);
      say(null);
    });
    const kept = memory.get(name);
    if (kept !== null) {
      if (text) text.value = kept;
      else {
        const radio = form.querySelector(`input[value="${CSS.escape(kept)}"]`);
        if (radio) radio.checked = true;
      }
      say(judge(feedbacks[i], kept));
    }
  });
  root.querySelector(".sm-clear").addEventListener("click", () => {
    root.querySelectorAll(".sm-question").forEach((form) => form.dispatchEvent(new Event("clear")));
  });
  root.dataset.state = "ready";
}

function render({ model, el }) {
  el.innerHTML = model.get("html");
  mount(el.firstElementChild);
}

export default { render };
