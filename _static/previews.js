// A link to the glossary or to a reference shows the entry where the reader is: under the pointer, at the keyboard's
// focus, and at the first tap, since a phone has no pointer that hovers; the second tap follows. Without this script, or
// in a browser without `popover`, they are links like all others.
{
  const links = ".bd-article a[href*='#term-']:not(.headerlink), .bd-article .bibtex-citation a";
  const here = document.currentScript.src;
  const wait = { open: 150, close: 300 }; // milliseconds: a pointer passes over links, and crosses the gap to the entry

  const box = document.createElement("div");
  box.id = "preview";
  box.className = "preview";
  box.popover = "manual";
  box.setAttribute("role", "tooltip");

  let shown = null; // the link whose entry is open
  let timer;
  let tapped = false;

  let loading;
  const load = () =>
    (loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      // An entry's number holds for one build: with a later page come later entries. Not before they are asked for: a
      // browser reads the rules of all time zones for its first date.
      script.src = new URL(`previews-data.js?${Date.parse(document.lastModified)}`, here);
      script.onload = () => resolve(window.bookPreviews);
      script.onerror = () => {
        loading = undefined;
        reject(new Error("the entries could not be loaded"));
      };
      document.head.append(script);
    }));

  const close = () => {
    clearTimeout(timer);
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = null;
    if (box.matches(":popover-open")) box.hidePopover();
  };

  // Below the line of the link, or above it where there is more room; it moves with the page.
  const place = (link) => {
    const lines = [...link.getClientRects()];
    const top = lines[0].top;
    const { left, bottom } = lines.at(-1);
    const { width, height } = box.getBoundingClientRect();
    const below = innerHeight - bottom > height + 16 || top < innerHeight - bottom;
    const most = document.documentElement.clientWidth - width - 12;
    box.style.left = `${Math.max(12, Math.min(left, most)) + scrollX}px`;
    box.style.top = `${(below ? bottom + 4 : top - height - 4) + scrollY}px`;
  };

  // Says whether there is something to show.
  const open = async (link) => {
    clearTimeout(timer);
    if (shown === link) return true;
    close();
    shown = link;
    const entries = await load().catch(() => ({}));
    const entry = entries[decodeURIComponent(link.hash.slice(1))];
    if (shown !== link) return true;
    if (!entry) {
      close();
      return false;
    }
    box.innerHTML = entry;
    // Who uses the keyboard has the entry's own links where this link leads.
    for (const inner of box.querySelectorAll("a")) inner.tabIndex = -1;
    box.showPopover();
    place(link);
    link.setAttribute("aria-describedby", box.id);
    return true;
  };

  const later = (task, milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(task, milliseconds);
  };
  const linkOf = (event) => event.target.closest?.(links);

  if ("popover" in HTMLElement.prototype) {
    document.querySelector("main").append(box);
    document.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const link = linkOf(event);
      if (link) later(() => open(link), wait.open);
      else if (box.contains(event.target)) clearTimeout(timer);
      else if (shown && shown !== document.activeElement) later(close, wait.close);
      else clearTimeout(timer);
    });
    document.addEventListener("focusin", (event) => {
      const link = linkOf(event);
      if (link?.matches(":focus-visible")) open(link);
      else if (!box.contains(event.target)) close();
    });
    document.addEventListener("focusout", (event) => {
      if (event.target === shown && !box.matches(":hover")) close();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    document.addEventListener("pointerdown", (event) => {
      tapped = event.pointerType === "touch";
      if (!linkOf(event) && !box.contains(event.target)) close();
    });
    document.addEventListener("click", (event) => {
      const link = linkOf(event);
      if (link && tapped && shown !== link) {
        event.preventDefault();
        open(link).then((found) => found || location.assign(link.href));
      }
      tapped = false;
    });
  }
}
