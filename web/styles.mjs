// Reduce what the theme and the extensions bring to what the pages use, and minify it together with
// the book's own styles: node styles.mjs SITE THEIRS OURS, names of sheets in SITE/_static with commas between them
import fs from "node:fs";
import { join, resolve } from "node:path";
import esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const [site, theirs, ours] = process.argv.slice(2);
const folder = resolve(site, "_static");

const bundle = async (names) => {
  const result = await esbuild.build({
    stdin: { contents: names.split(",").map((name) => `@import "./${name}";`).join("\n"), loader: "css", resolveDir: folder },
    bundle: true,
    write: false, // the files that the sheets name stay where they are, only their addresses change
    outdir: folder,
    outbase: folder,
    assetNames: "[dir]/[name]",
    loader: Object.fromEntries([".woff2", ".png", ".svg", ".gif"].map((kind) => [kind, "file"])),
    external: ["*.ttf"], // of no use where there is WOFF2, and removed
    logLevel: "error",
  });
  const css = result.outputFiles.find((file) => file.path.endsWith(".css")).text;
  return css.replace(/,\s*url\([^)]+\.ttf"?\) format\("truetype"\)/g, "");
};

const [purged] = await new PurgeCSS().purge({
  content: [`${site}/*.html`, `${site}/!(_static)/**/*.html`, `${site}/_static/**/*.js`],
  css: [{ raw: await bundle(theirs) }],
  fontFace: true,
  keyframes: true,
  variables: true,
  // What scripts or readers switch on after the page has loaded.
  dynamicAttributes: ["data-theme", "data-mode", "open", "aria-expanded"],
  safelist: { standard: ["show", "active"] },
});
const options = { loader: "css", minify: true, legalComments: "none", logLevel: "error" };
const { code } = await esbuild.transform(purged.css + (await bundle(ours)), options);
// Whether two columns have room beside each other is a question of how large the reader's letters are.
const inLetters = (query) => query.replace(/([\d.]+)px/g, (_, pixels) => `${pixels / 16}em`);
fs.writeFileSync(join(folder, "site.css"), code.replace(/@media[^{]*/g, inLetters));
