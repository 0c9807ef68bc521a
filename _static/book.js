// Small services of every page; each works without the others.

// What scrolls can be reached with the keyboard, and only while it scrolls.
function markScrollers() {
  for (const box of document.querySelectorAll(".scrolls, .bd-article pre, .cell_output .output")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
window.addEventListener("load", markScrollers);
window.addEventListener("resize", markScrollers);
document.addEventListener("toggle", markScrollers, true);

// Paper shows what is folded away on the screen.
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const box of opened) box.open = true;
});
window.addEventListener("afterprint", () => {
  for (const box of opened) box.open = false;
});

// Opened from the disk, a page may not read the others to quote them in the results of a search.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

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
  const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (section) entries.set(section, link);
}
function markSection() {
  let current = null;
  for (const section of entries.keys()) {
    if (section.getBoundingClientRect().top < innerHeight / 3) current = section;
  }
  for (const [section, link] of entries) link.classList.toggle("active", section === current);
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
  window.addEventListener("load", markSection);
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
