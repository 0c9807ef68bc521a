// The reader's side of an explorer, the same in JupyterLab and on the page: it reports the controls' values and shows the
// answer. `ask(values, narrow)` promises the answer, whoever computes it.

const NARROW = 480; // px of width below which the narrow drawing is legible and the wide one is not

const readControls = (inputs) =>
  Object.fromEntries(
    inputs.map((i) => [i.name, i.type === "range" ? +i.value : i.type === "checkbox" ? i.checked : i.value]),
  );

const writeControls = (inputs, values) => {
  for (const i of inputs) {
    if (i.type === "checkbox") i.checked = values[i.name];
    else if (i.value !== String(values[i.name])) i.value = values[i.name];
  }
};

// Show text in which 10^21 stands for a power.
const setPowers = (element, text) => {
  element.replaceChildren(
    ...text.split(/\^([-−]?[\d.]*\d)/).map((part, i) => {
      if (i % 2 === 0) return part;
      const sup = document.createElement("sup");
      sup.textContent = part;
      return sup;
    }),
  );
};

// A finger that scrolls the page may be set down on a slider: what it moved there is taken back once the browser makes a
// scroll of the touch, and nothing is drawn before that is decided.
function leaveScrollingAlone(root) {
  let touch = null;
  const decided = (accepted) => {
    const { slider, value } = touch;
    touch = null;
    if (!accepted) slider.value = value;
    else slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  root.addEventListener("pointerdown", (event) => {
    const slider = event.target;
    if (event.pointerType === "touch" && slider.type === "range") touch = { slider, value: slider.value, x: event.clientX };
  });
  root.addEventListener("pointermove", (event) => touch && Math.abs(event.clientX - touch.x) > 6 && decided(true));
  root.addEventListener("pointerup", () => touch && decided(true));
  root.addEventListener("pointercancel", () => touch && decided(false));
  root.addEventListener("input", (event) => touch && event.stopImmediatePropagation(), { capture: true });
}

export function mount(root, ask, wait = "Starting Python in this page …") {
  const plot = root.querySelector(".sm-plot");
  const sentence = root.querySelector(".sm-text");
  const walker = root.querySelector(".sm-walk");
  const inputs = [...root.querySelectorAll(".sm-controls [name]")];
  const start = readControls(inputs);
  const isNarrow = () => plot.clientWidth > 0 && plot.clientWidth < NARROW;
  let live = null; // the drawing that replaces the two that came with the page
  let drawnNarrow = null;
  let settled = 0;

  leaveScrollingAlone(root);
  const points = watchPoints(plot, walker);
  const tasks = [...root.querySelectorAll(".sm-task")];

  // A task stays reached while the page is open, with what was said when it was.
  const mark = (said) =>
    tasks.forEach((task, i) => {
      if (!said[i] || task.classList.contains("sm-reached")) return;
      task.classList.add("sm-reached");
      task.insertAdjacentHTML("beforeend", ` <span class="sm-taught"><strong>Reached.</strong> ${said[i]}</span>`);
    });

  const show = (reply) => {
    if (!live) {
      live = document.createElement("div");
      plot.querySelectorAll(".sm-wide, .sm-narrow").forEach((e) => e.remove());
      plot.prepend(live);
    }
    drawnNarrow = reply.narrow;
    live.innerHTML = reply.svg;
    // A screen reader waits with the sentence until the hand rests, and a task that a hand only passes does not count.
    sentence.setAttribute("aria-busy", "true");
    sentence.innerHTML = reply.text;
    clearTimeout(settled);
    settled = setTimeout(() => {
      sentence.removeAttribute("aria-busy");
      mark(reply.reached);
    }, 400);
    writeControls(inputs, reply.values);
    for (const i of inputs) {
      if (i.type !== "range") continue;
      setPowers(i.closest(".sm-control").querySelector(".sm-value"), reply.words[i.name]);
      i.setAttribute("aria-valuetext", reply.words[i.name]);
    }
    points.refresh();
  };

  // The first touch fetches Python, which takes seconds on a phone, or meets a busy kernel: the figure says so at once.
  const sayLoading = () => {
    const note = document.createElement("p");
    note.className = "sm-loading";
    note.setAttribute("role", "status");
    plot.append(note);
    note.textContent = wait;
    root.dataset.state = "loading";
    return () => note.remove();
  };

  let busy = false;
  let again = false;
  const update = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const loaded = live ? () => {} : sayLoading();
    try {
      do {
        again = false;
        clearTimeout(settled);
        const asked = readControls(inputs);
        const reply = await ask(asked, isNarrow());
        // What the hand did meanwhile is drawn next; the slider must not jump back to what was asked.
        show({ ...reply, values: again ? readControls(inputs) : reply.values });
      } while (again);
      root.dataset.state = "live";
    } catch (error) {
      root.dataset.state = "failed";
      sentence.removeAttribute("aria-busy");
      sentence.textContent = `This figure cannot move here: ${error.message}`;
    } finally {
      loaded();
      busy = false;
    }
  };

  for (const i of inputs) i.addEventListener(i.type === "range" ? "input" : "change", update);
  root.querySelector(".sm-reset").addEventListener("click", () => {
    writeControls(inputs, start);
    points.clear();
    update();
  });
  new ResizeObserver(() => {
    if (live && drawnNarrow !== isNarrow()) update();
  }).observe(plot);
  root.dataset.state = "ready";
  return { show };
}

// Named points: the nearest one under the pointer, or the one that the walker's slider has reached, is named beside it.
function watchPoints(plot, walker) {
  const tip = document.createElement("div");
  tip.className = "sm-tip";
  tip.hidden = true;
  plot.append(tip);
  const slider = walker?.querySelector("input");
  const named = () => [...plot.querySelectorAll("[data-name]")].filter((e) => e.getClientRects().length);

  const choose = (dot, index) => {
    plot.querySelector(".sm-ring")?.remove();
    tip.hidden = !dot;
    if (slider && index !== undefined) {
      slider.value = index;
      const name = dot ? dot.dataset.name : "none";
      slider.setAttribute("aria-valuetext", name);
      walker.querySelector(".sm-value").textContent = dot ? `${index} of ${slider.max}` : "–";
    }
    if (!dot) return;
    const box = dot.getBBox();
    const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    const place = { class: "sm-ring", cx: box.x + box.width / 2, cy: box.y + box.height / 2, r: 8 };
    for (const name in place) ring.setAttribute(name, place[name]);
    dot.parentNode.append(ring);
    setPowers(tip, dot.dataset.name);
    const frame = plot.getBoundingClientRect();
    const at = dot.getBoundingClientRect();
    const x = at.x + at.width / 2 - frame.x - tip.offsetWidth / 2;
    const y = at.y - frame.y - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(0, Math.min(x, frame.width - tip.offsetWidth))}px`;
    tip.style.top = `${y < 0 ? at.y - frame.y + at.height + 8 : y}px`;
  };

  const nearest = (event) => {
    const dots = named();
    let best = -1;
    let closest = event.pointerType === "touch" ? 32 : 20;
    dots.forEach((dot, i) => {
      const r = dot.getBoundingClientRect();
      const d = Math.hypot(r.x + r.width / 2 - event.clientX, r.y + r.height / 2 - event.clientY);
      if (d < closest) [closest, best] = [d, i];
    });
    choose(best < 0 ? null : dots[best], best + 1);
  };
  plot.addEventListener("pointermove", nearest);
  plot.addEventListener("pointerdown", nearest);
  plot.addEventListener("pointerleave", (e) => e.pointerType === "mouse" && choose(null, 0));
  slider?.addEventListener("input", () => choose(named()[slider.value - 1] ?? null, +slider.value));
  slider?.addEventListener("keydown", (e) => e.key === "Escape" && choose(null, 0));

  return {
    clear: () => choose(null, 0),
    refresh: () => {
      if (!slider) return;
      const dots = named();
      slider.max = dots.length;
      const index = Math.min(+slider.value, dots.length);
      if (index > 0) choose(dots[index - 1], index);
      else choose(null, 0);
    },
  };
}

// JupyterLab: the kernel answers by setting `reply`.
function render({ model, el }) {
  el.innerHTML = model.get("html");
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  let waiting = null;
  const ask = (values, narrow) => {
    model.set("values", values);
    model.set("narrow", narrow);
    const reply = model.get("reply");
    const done = Object.keys(values).every((k) => same(values[k], reply.values[k])) && reply.narrow === narrow;
    if (done) return Promise.resolve(reply);
    model.save_changes();
    return new Promise((resolve) => (waiting = { resolve, narrow }));
  };
  const view = mount(el.firstElementChild, ask, "Waiting for the kernel …");
  const answer = () => {
    const reply = model.get("reply");
    if (!waiting) view.show(reply);
    else if (reply.narrow === waiting.narrow) {
      waiting.resolve(reply);
      waiting = null;
    }
  };
  model.on("change:reply", answer);
  return () => model.off("change:reply", answer);
}

export default { render };
