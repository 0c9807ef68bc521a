// Bundle what the pages run: components.js (small, on pages that use it) and python.js (fetched on first touch).
import { readFileSync, readdirSync, mkdirSync, writeFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const web = dirname(fileURLToPath(import.meta.url));
const library = join(web, "..", "scaling_lib");
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

// Comments and docstrings are of no use to MicroPython.
const strip = (source) => source.replace(/^( *)"""[\s\S]*?"""\n/gm, (all, indent) => (indent ? `${indent}0\n` : "")).replace(/^ *#.*\n/gm, "");

// Write to a temporary name and rename, so that a build that is interrupted leaves no half file.
const put = (name, text) => {
  writeFileSync(join(out, `${name}.part`), text);
  renameSync(join(out, `${name}.part`), join(out, name));
};

// The explorers' functions: those modules that MicroPython can import.
const WITHOUT_PYTHON = ["__init__", "carrying", "controls", "explorer", "markup"];
const files = { "scaling_lib/__init__.py": "", "scaling_lib/explorers/__init__.py": "", "scaling_lib/page/__init__.py": "" };
for (const name of readdirSync(join(library, "explorers")).sort()) {
  if (!name.endsWith(".py") || WITHOUT_PYTHON.includes(name.slice(0, -3))) continue;
  files[`scaling_lib/explorers/${name}`] = strip(readFileSync(join(library, "explorers", name), "utf8"));
}
files["scaling_lib/page/host.py"] = strip(readFileSync(join(web, "src", "python", "host.py"), "utf8"));

const worker = await bundle("worker.js", {
  format: "iife",
  // The interpreter asks for its own address, and for node's modules; a worker made from a string has neither.
  define: { "import.meta.url": '"https://worker.invalid/"', process: "undefined" },
  external: ["fs", "path", "url", "node:*", "module", "crypto"],
});
const require = createRequire(import.meta.url);
const wasm = readFileSync(require.resolve("@micropython/micropython-webassembly-pyscript/micropython.wasm"));
const pack = (data) => gzipSync(data, { level: 9 }).toString("base64");
const python = `scalingPython("${pack(JSON.stringify({ worker, files }))}","${pack(wasm)}");\n`;

put("python.js", python);
put("components.js", await bundle("page.js"));
