// Reduce the site's style sheet to what its pages use: node styles.mjs SITE_FOLDER STYLE_SHEET
import fs from "node:fs";
import esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const [site, sheet] = process.argv.slice(2);
const [result] = await new PurgeCSS().purge({
  content: [`${site}/*.html`, `${site}/!(_static)/**/*.html`, `${site}/_static/**/*.js`],
  css: [sheet],
  variables: false,
  // What scripts or readers switch on after the page has loaded.
  safelist: {
    standard: [/^show$/, /^collaps/, /^active$/, /^open$/, /^tooltip/, /^bs-tooltip/, /^dropdown/, /^modal/],
    greedy: [/data-theme/, /data-mode/, /data-bs/, /highlight/, /toggle/, /copybtn/, /^sd-/, /:has\(/, /:is\(/, /:where\(/],
  },
});
const { code } = await esbuild.transform(result.css, { loader: "css", minify: true, legalComments: "none", logLevel: "error" });
fs.writeFileSync(sheet, code);
