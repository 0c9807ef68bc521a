// The Python that MicroPython runs on the page, by the path at which it imports it.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(fileURLToPath(import.meta.url));
const explorers = join(web, "..", "scaling_lib", "page", "explorers");

// Those modules of the explorers that belong to the kernel's side.
const KERNEL_ONLY = ["__init__", "carrying", "controls", "explorer", "markup"];

// Comments and docstrings are of no use to MicroPython; a body needs something in their place.
const strip = (source) =>
  source
    .replace(/^( *)r?"""[\s\S]*?"""\n/gm, (all, indent) => (indent ? `${indent}0\n` : ""))
    .replace(/^ *#.*\n/gm, "");

export function pythonFiles() {
  const files = {};
  for (const folder of ["", "page/", "page/explorers/"]) files[`scaling_lib/${folder}__init__.py`] = "";
  for (const name of readdirSync(explorers).sort()) {
    if (!name.endsWith(".py") || KERNEL_ONLY.includes(name.slice(0, -3))) continue;
    files[`scaling_lib/page/explorers/${name}`] = strip(readFileSync(join(explorers, name), "utf8"));
  }
  files["scaling_lib/page/host.py"] = strip(readFileSync(join(web, "src", "python", "host.py"), "utf8"));
  return files;
}
