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
