// Shorten SVGs in place: node svgs.mjs FILE...
import { readFileSync, writeFileSync } from "node:fs";
import { optimize } from "svgo";

const config = {
  floatPrecision: 1, // a tenth of a pixel
  plugins: [
    {
      name: "preset-default",
      params: {
        overrides: {
          // What is drawn large and shown small (glyphs) stays so: rounded to tenths it would lose its shape.
          convertPathData: { applyTransforms: false },
          convertTransform: { transformPrecision: 6 },
          mergePaths: false,
          cleanupIds: { force: true },
        },
      },
    },
  ],
};

// matplotlib writes a glyph in 6,400 units to its size: 400 are enough, 0.03 pixels at the size of our words.
const coarse = (svg) =>
  svg.replace(/(<path id="[^"]+" d=")([^"]+)(" transform="scale\()0\.015625(\)")/g, (_, start, outline, scale, end) =>
    start + outline.replace(/-?[\d.]+/g, (number) => Math.round(number / 16)) + scale + "0.25" + end);

for (const path of process.argv.slice(2)) {
  writeFileSync(path, optimize(coarse(readFileSync(path, "utf8")), { path, ...config }).data);
}
