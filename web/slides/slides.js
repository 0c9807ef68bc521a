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
// At the foot are the number and the arrows.
const FOOT = 60;
const fits = (slide) => {
  const box = slide.getBoundingClientRect();
  const ends = [...slide.children].map((part) => part.getBoundingClientRect().bottom - box.top);
  const end = (Math.max(...ends) / box.height) * slide.offsetHeight;
  return end <= slide.offsetHeight - FOOT && slide.scrollWidth <= slide.clientWidth + 2;
};
const fit = (slide) => {
  let size = slide.classList.contains("title") ? 100 : 135;
  do slide.style.fontSize = `${size}%`;
  while (!fits(slide) && (size -= 5) >= 50);
};
Reveal.on("ready", () => fit(Reveal.getCurrentSlide()));
Reveal.on("slidechanged", (event) => fit(event.currentSlide));
Reveal.on("pdf-ready", () => document.querySelectorAll(".slides section section").forEach(fit));
