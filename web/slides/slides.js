// Start the deck: arrow keys or Space, S for the speaker's notes, O for the overview, ?print-pdf to print.
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0.05,
  hash: true,
  center: false,
  slideNumber: "c/t",
  transition: "none",
  backgroundTransition: "none",
  plugins: [RevealNotes],
});

// Set a slide as large as it can be with all of it seen, between half of its size and a third more.
// At the foot are the number and, in the corner, the arrows.
const FOOT = 60;
const fits = (slide) => {
  const box = slide.getBoundingClientRect();
  const scale = box.height / slide.offsetHeight;
  const foot = box.bottom - FOOT * scale;
  const arrows = [...document.querySelectorAll(".controls > button")].map((arrow) => arrow.getBoundingClientRect());
  const corner = { top: Math.min(...arrows.map((a) => a.top)), left: Math.min(...arrows.map((a) => a.left)) };
  const parts = [...slide.children].filter((part) => part.localName !== "aside");
  const words = document.createRange();
  const clear = (part) => {
    words.selectNodeContents(part);
    return [...words.getClientRects()].every(
      (line) => line.width < 2 || line.bottom < corner.top || line.right < corner.left,
    );
  };
  return (
    slide.scrollWidth <= slide.clientWidth + 2 &&
    parts.every((part) => part.getBoundingClientRect().bottom <= foot && clear(part))
  );
};
const fit = (slide) => {
  let size = slide.matches(".title, .figure") ? 100 : 135;
  do slide.style.fontSize = `${size}%`;
  while (!fits(slide) && (size -= 5) >= 50);
};
Reveal.on("ready", () => fit(Reveal.getCurrentSlide()));
Reveal.on("slidechanged", (event) => fit(event.currentSlide));
Reveal.on("pdf-ready", () => document.querySelectorAll(".slides section section").forEach(fit));
