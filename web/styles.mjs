// Reduce what the theme and the extensions bring to what the pages use, and minify it together with
// the book's own styles: node styles.mjs SITE THEIRS OURS TARGET
import fs from "node:fs";
import esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const [site, theirs, ours, target] = process.argv.slice(2);
const [purged] = await new PurgeCSS().purge({
  content: [`${site}/*.html`, `${site}/!(_static)/**/*.html`, `${site}/_static/**/*.js`],
  css: [theirs],
  fontFace: true,
  keyframes: true,
  variables: true,
  // What scripts or readers switch on after the page has loaded.
  dynamicAttributes: ["data-theme", "data-mode", "data-bs-theme", "data-bs-popper", "open", "aria-expanded"],
  safelist: { standard: [/^show$/, /^active$/, /^collaps/, /^tooltip/, /^bs-tooltip/, /^dropdown-menu/] },
});
const css = purged.css + fs.readFileSync(ours, "utf8");
const options = { loader: "css", minify: true, legalComments: "none", logLevel: "error" };
fs.writeFileSync(target, (await esbuild.transform(css, options)).code);
