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
for (const path of process.argv.slice(2)) writeFileSync(path, optimize(readFileSync(path, "utf8"), { path, ...config }).data);
