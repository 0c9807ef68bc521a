// Small services of every page; each works without the others.

// What an address leads to on this page; one that was cut or mistyped leads nowhere.
function placeOf(hash) {
  try {
    return document.getElementById(decodeURIComponent(hash.slice(1)));
  } catch {
    return null;
  }
}

// Colours: as the device has them, or as the reader chose. Storage may be closed to a page from the disk.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice then holds for this page alone.
  }
}
const switches = document.querySelectorAll(".theme-switch-button");
function nameMode() {
  const words = `Colours: ${{ auto: "as the device", light: "light", dark: "dark" }[root.dataset.mode]}. Change them`;
  for (const button of switches) button.title = button.querySelector("span").textContent = words;
}
function setMode(mode) {
  root.dataset.mode = mode;
  root.dataset.theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
  store("mode", mode);
  nameMode();
}
nameMode();
dark.addEventListener("change", () => {
  if (root.dataset.mode === "auto") setMode("auto");
});
for (const button of switches) {
  button.addEventListener("click", () => {
    // The first step always changes what the reader sees.
    const order = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    setMode(order[(order.indexOf(root.dataset.mode) + 1) % order.length]);
  });
}
if (root.dataset.mode === "auto") setMode("auto");

// Who comes from the search finds the words marked where they were found, and the first of them in sight.
const looked = (new URLSearchParams(location.search).get("mark") ?? "").match(/[\p{L}\p{N}@.,^_'’-]+/gu);
let mark = null;
if (looked && window.Highlight) {
  root.classList.add("whole");
  mark = () => {
    const target = placeOf(location.hash) ?? document.querySelector(".bd-article");
    const words = looked.map((word) => word.replace(/[.^]/g, "\\$&")).join("|");
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`, "giu");
    const ranges = [];
    for (const part of target.matches("dt") ? [target, target.nextElementSibling] : [target]) {
      const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const node = texts.currentNode;
        if (node.parentElement.closest(".katex, script, pre")) continue;
        for (const { 0: word, index } of node.data.matchAll(pattern)) {
          ranges.push(new StaticRange({ startContainer: node, startOffset: index, endContainer: node, endOffset: index + word.length }));
        }
      }
    }
    if (!ranges.length) return;
    CSS.highlights.set("found", new Highlight(...ranges));
    const places = ranges.map((range) => range.startContainer.parentElement);
    const first = places.find((place) => !place.closest("details:not([open])")) ?? places[0];
    for (let fold = first.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const { top, bottom } = first.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) first.scrollIntoView({ block: "center" });
  };
  addEventListener("load", mark);
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !CSS.highlights.delete("found")) return;
    // Nor does the page bring them back when it is loaded again.
    const address = new URL(location);
    address.searchParams.delete("mark");
    history.replaceState(history.state, "", address);
  });
}

// Search: a field over the page; without this script the same buttons lead to the page of the search.
const search = document.querySelector(".search-button__wrapper");
if (search) {
  const field = search.querySelector("input");
  const address = document.querySelector("[data-search]")?.dataset.search;
  const own = document.querySelector(".book-search input"); // of the page of the search
  let before = null;
  const show = (shown) => {
    if (shown && own) return own.select(), own.focus();
    if (shown === search.classList.contains("show")) return;
    search.classList.toggle("show", shown);
    // Tab does not lead to what lies under the field.
    for (const part of document.body.children) part.inert = shown && part !== search;
    if (!shown) return before?.focus();
    before = document.activeElement;
    field.focus();
    field.select();
    if (address && !document.querySelector("script[src*='/search.js']")) {
      document.head.append(Object.assign(document.createElement("script"), { src: address }));
    }
  };
  for (const button of document.querySelectorAll(".search-button__button")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      show(true);
    });
  }
  search.querySelector(".search-button__overlay").addEventListener("click", () => show(false));
  // A result may lead to another place of this page, where the same words are marked then.
  search.addEventListener("click", (event) => {
    const link = event.target.closest(".hits a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.pathname + link.search !== location.pathname + location.search) return;
    if (mark && link.hash !== location.hash) addEventListener("hashchange", mark, { once: true });
    show(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && search.classList.contains("show")) {
      // The words stay in the field, and the marks of an earlier search on the page.
      event.preventDefault();
      event.stopPropagation();
      show(false);
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      event.preventDefault();
      show(true);
    }
  });
}

// The contents keep their place from page to page, and move only where the reader's own page would be out of sight.
const sidebar = document.querySelector(".bd-sidebar-primary");
try {
  const place = Number(sessionStorage.getItem("contents-top"));
  if (place) sidebar.scrollTop = place;
  addEventListener("pagehide", () => sessionStorage.setItem("contents-top", sidebar.scrollTop));
} catch {
  // No storage: the contents start at their top.
}
function showOwnEntry() {
  const own = [...sidebar.querySelectorAll("li.current > a")].at(-1)?.getBoundingClientRect();
  const frame = sidebar.getBoundingClientRect();
  if (!own?.height || (own.top >= frame.top && own.bottom <= frame.bottom)) return;
  sidebar.scrollTop += own.top - frame.top - frame.height / 3;
}

// The contents on the left and on the right open and close.
for (const side of ["primary", "secondary"]) {
  const state = document.getElementById(`pst-${side}-sidebar-checkbox`);
  const panel = document.querySelector(`.bd-sidebar-${side}`);
  const buttons = document.querySelectorAll(`.${side}-toggle`);
  // A page of one part has no contents of its own.
  for (const button of buttons) button.hidden = !panel?.querySelector("a");
  if (!state || !panel) continue;
  // On a narrow window the panel lies over the page, and is shut at first; else it stands beside the text.
  const narrow = matchMedia(`(max-width: ${{ primary: 959.98, secondary: 1199.98 }[side] / 16}em)`); // as in the style sheet
  const set = (checked) => {
    state.checked = checked;
    for (const button of buttons) button.ariaExpanded = checked === narrow.matches;
  };
  set(state.checked);
  narrow.addEventListener("change", () => set(state.checked));
  for (const button of buttons) {
    button.addEventListener("click", () => {
      set(!state.checked);
      if (panel === sidebar) showOwnEntry();
      const own = [...panel.querySelectorAll(".current > a")].at(-1) ?? panel.querySelector("a");
      if (state.checked && narrow.matches) own.focus();
    });
  }
  const shut = () => {
    if (!state.checked || !narrow.matches) return;
    const inside = panel.contains(document.activeElement);
    set(false);
    if (inside) [...buttons].find((button) => button.checkVisibility())?.focus();
  };
  panel.addEventListener("click", (event) => {
    if (event.target.closest("a[href^='#']") && narrow.matches) set(false);
  });
  // Who goes on behind it with Tab sees where they are.
  panel.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !panel.contains(relatedTarget) && narrow.matches) set(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut();
  });
  state.addEventListener("change", () => set(state.checked)); // the overlay was touched
}

// What scrolls sideways is reached with Tab; what fits its box is not a stop. The page comes with the
// stops of a phone, and each box is measured when it comes near: measuring all would lay out the whole page.
const measured = new IntersectionObserver((seen) => {
  // All are measured before any is changed: the page is laid out once.
  const boxes = seen.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
  const scrolling = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
  boxes.forEach((box, i) => {
    if (scrolling[i]) box.tabIndex = 0;
    // Who stands on it keeps their place.
    else if (box === document.activeElement) box.addEventListener("blur", () => box.removeAttribute("tabindex"), { once: true });
    else box.removeAttribute("tabindex");
  });
}, { rootMargin: "50%" });
function measureAll() {
  measured.disconnect();
  for (const box of document.querySelectorAll(".scrolls, .bd-article pre, .cell_output .output")) measured.observe(box);
}
const whenIdle = (task) =>
  window.requestIdleCallback ? requestIdleCallback(task, { timeout: 1000 }) : setTimeout(task, 200);
window.addEventListener("load", () => {
  whenIdle(showOwnEntry);
  whenIdle(measureAll);
  // The style sheet leaves sections out of the first layout. From the first sign of a reader on they follow one by one
  // while nothing else happens, so that the length of the page is right before it is scrolled far.
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
  const layOut = () => {
    const section = sections.shift();
    if (!section) return;
    section.style.contentVisibility = "visible";
    whenIdle(layOut);
  };
  const sign = new AbortController();
  const begin = () => {
    sign.abort();
    whenIdle(layOut);
  };
  if (scrollY > 0) return begin();
  for (const name of ["scroll", "pointermove", "pointerdown", "keydown"]) {
    addEventListener(name, begin, { signal: sign.signal, passive: true });
  }
});
window.addEventListener("resize", () => whenIdle(measureAll));

// Whoever opens one result behind a prediction sees the others that belong to it.
const folds = [...document.querySelectorAll("details.hide, div.predict")];
folds.forEach((fold, i) => {
  fold.addEventListener("toggle", () => {
    if (!fold.open) return;
    for (const next of folds.slice(i + 1)) {
      if (next.matches(".predict")) return;
      next.open = true;
    }
  });
});

// A link to what is folded away opens it, also where the browser does not do so by itself.
function openTarget() {
  const target = placeOf(location.hash);
  let opened = false;
  for (let box = target?.closest("details:not([open])"); box; box = box.parentElement.closest("details:not([open])")) {
    box.open = true;
    opened = true;
  }
  if (opened) target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();

// Paper shows results that are folded away on the screen; the style sheet says what it leaves out.
let opened = [];
let theme;
window.addEventListener("beforeprint", () => {
  // Paper is white.
  theme = root.dataset.theme;
  root.dataset.theme = "light";
  opened = [...document.querySelectorAll(".bd-article details:not([open], .code-fold, .solution-fold, .sm-question *)")];
  for (const box of opened) {
    box.dataset.paper = ""; // the reader has not seen it
    box.open = true;
  }
});
window.addEventListener("afterprint", () => {
  root.dataset.theme = theme;
  for (const box of opened) {
    box.open = false;
    delete box.dataset.paper;
  }
});

// All code, or only what a claim is computed with: one switch for the whole book. The layout has read the choice already.
const codeFolds = document.querySelectorAll("details.code-fold");
const codeSwitch = document.querySelector(".code-switch");
function showCode(shown) {
  if (shown) root.dataset.code = "shown";
  else delete root.dataset.code;
  for (const fold of codeFolds) fold.open = shown;
  if (codeSwitch) codeSwitch.querySelector(".code-switch__words").textContent = shown ? "Show less code" : "Show all code";
}
if (root.dataset.code) showCode(true);
codeSwitch?.addEventListener("click", () => {
  // What the reader looks at stays where it is.
  const parts = document.querySelectorAll(".bd-article :is(p, h2, h3, figure, .cell, li)");
  const under = document.querySelector(".bd-header-article").getBoundingClientRect().bottom;
  const seen = [...parts].find((part) => part.getBoundingClientRect().top >= under && part.checkVisibility());
  const before = seen?.getBoundingClientRect().top;
  const shown = !root.dataset.code;
  showCode(shown);
  store("code", shown ? "shown" : "");
  const keep = () => scrollBy(0, seen.getBoundingClientRect().top - before);
  if (!seen) return;
  keep();
  // Once more when the browser has done the same in its own way.
  requestAnimationFrame(keep);
});

// A menu closes when the reader turns elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The contents beside the page show where the reader is.
const entries = new Map();
for (const link of document.querySelectorAll(".bd-toc-nav a[href^='#']")) {
  const section = placeOf(link.hash);
  if (section) entries.set(section, link);
}
// The entry that was followed holds until the reader scrolls away: near the end a section cannot come to the top.
let followed = null;
let landed = null;
function markSection() {
  const range = document.documentElement.scrollHeight - innerHeight;
  const last = Math.min(innerHeight, range);
  // A third down the window, and at the foot once the end of the page is reached.
  const end = 1 - Math.min(range - scrollY, last) / last;
  const line = innerHeight * (1 / 3 + (2 / 3) * end);
  let current = null;
  for (const section of entries.keys()) {
    if (section.getBoundingClientRect().top < line) current = section;
  }
  if (followed) {
    landed ??= scrollY;
    if (Math.abs(scrollY - landed) < 2) current = followed;
    else followed = null;
  }
  // With the sections around it: the entry of a subsection may be folded away.
  for (const [section, link] of entries) link.classList.toggle("active", current !== null && section.contains(current));
}
if (entries.size) {
  let waiting = false;
  document.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      markSection();
    });
  }, { passive: true });
  const follow = () => {
    const target = placeOf(location.hash);
    followed = entries.has(target) ? target : null;
    landed = null;
    if (followed) markSection();
  };
  addEventListener("hashchange", follow);
  if (location.hash) follow();
}

// Back to the top: offered while the reader scrolls up.
const backToTop = document.getElementById("pst-back-to-top");
if (backToTop) {
  let before = 0;
  document.addEventListener("scroll", () => {
    backToTop.style.display = scrollY < before && scrollY > 600 ? "block" : "none";
    before = scrollY;
  }, { passive: true });
  backToTop.addEventListener("click", () => scrollTo(0, 0));
}

// Copy a cell; the old way is for pages from plain HTTP, where browsers close the new one.
async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("copying is not allowed here");
}
for (const code of document.querySelectorAll("div.cell_input pre, div[class^=highlight-sh] pre, div.copyable pre")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copybtn";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await copyText(code.textContent.replace(/\n$/, ""));
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  code.parentElement.append(button);
}
