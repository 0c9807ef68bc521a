// What the book's pages bring to life: explorers, snippets to try, questions, and predictions to write down. Each page is
// complete HTML before this runs.
import { mount as mountExplorer } from "../../scaling_lib/page/explorer.js";
import { mount as mountSelfCheck } from "../../scaling_lib/page/quiz.js";
import { mount as mountGuess } from "./guess.js";
import { once } from "./once.js";
import { explorerPython, fetchPython } from "./runtime.js";
import { mount as mountTry } from "./tryit.js";

const explorer = (root, id) => {
  const prepare = once(async () => {
    const python = await explorerPython();
    await python.ask("explorer", { id, spec: JSON.parse(root.querySelector("script").textContent) });
    return python;
  });
  mountExplorer(root, async (values, narrow) => (await prepare()).ask("frame", { id, values, narrow }));
  // A hand on its way to a slider is warning enough to be ready when it arrives.
  for (const event of ["pointerenter", "focusin"]) {
    root.addEventListener(event, () => prepare().catch(() => {}), { once: true });
  }
};

// A browser looks at each field of a page that has loaded, in case it can fill it in, and lays out the section around it.
// The fields for predictions therefore come when the reader comes near, and all of them for who goes on with a key or opens a
// result: what was written down stands there, and what is written after that is no prediction.
const guesses = (roots) => {
  const mount = (root) => {
    near.unobserve(root);
    if (root.dataset.state !== "ready") mountGuess(root);
  };
  const near = new IntersectionObserver(
    (seen) => seen.filter((entry) => entry.isIntersecting).forEach((entry) => mount(entry.target)),
    { rootMargin: "100%" },
  );
  for (const root of roots) near.observe(root);
  const mountAll = () => roots.forEach(mount);
  addEventListener("keydown", mountAll, { once: true, capture: true });
  addEventListener("toggle", ({ target }) => target.matches("details.hide") && mountAll(), { capture: true });
};

const start = () => {
  document.querySelectorAll(".sm-explorer").forEach((root, i) => explorer(root, `e${i}`));
  document.querySelectorAll(".sm-try").forEach(mountTry);
  document.querySelectorAll(".sm-selfcheck").forEach((root) => mountSelfCheck(root));
  guesses(document.querySelectorAll(".sm-guess"));
  document.querySelectorAll(".sm-try").forEach((root) =>
    root.addEventListener("pointerenter", () => fetchPython().catch(() => {}), { once: true }),
  );
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
