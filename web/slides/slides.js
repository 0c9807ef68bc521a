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

// Set a slide smaller until all of it can be seen, down to half of its size.
const fits = (slide) => slide.scrollHeight <= slide.clientHeight + 2 && slide.scrollWidth <= slide.clientWidth + 2;
const fit = (slide) => {
  for (let size = 100; size >= 50 && !fits(slide); size -= 5) slide.style.fontSize = `${size}%`;
};
Reveal.on("ready", () => fit(Reveal.getCurrentSlide()));
Reveal.on("slidechanged", (event) => fit(event.currentSlide));
Reveal.on("pdf-ready", () => document.querySelectorAll(".slides section section").forEach(fit));
