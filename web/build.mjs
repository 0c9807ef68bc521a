// Bundle what the pages run: components.js (small, on pages that use it), python.js (fetched on first touch) and search.js
// (fetched when a reader turns to the search).
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { pythonFiles } from "./sources.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(web, "..", "_build", "components");
mkdirSync(out, { recursive: true });

const bundle = async (entry, options = {}) => {
  const result = await build({
    entryPoints: [join(web, "src", entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
    logLevel: "warning",
    ...options,
  });
  return result.outputFiles[0].text;
};

const worker = await bundle("worker.js", {
  // The interpreter asks for its own address, and for node's modules; a worker made from a string has neither.
  define: { "import.meta.url": '"https://worker.invalid/"', process: "undefined" },
  external: ["fs", "path", "url", "node:*", "module", "crypto"],
});
const require = createRequire(import.meta.url);
const wasm = readFileSync(require.resolve("@micropython/micropython-webassembly-pyscript/micropython.wasm"));
const pack = (data) => gzipSync(data, { level: 9 }).toString("base64");
const python = `scalingPython("${pack(JSON.stringify({ worker, files: pythonFiles() }))}","${pack(wasm)}");\n`;

writeFileSync(join(out, "python.js"), python);
// A browser that kept an earlier Python fetches this one.
const version = createHash("sha256").update(python).digest("hex").slice(0, 8);
writeFileSync(join(out, "components.js"), await bundle("page.js", { define: { PYTHON: JSON.stringify(version) } }));
writeFileSync(join(out, "search.js"), await bundle("search.js"));
