// The Python that MicroPython runs on the page, by the path at which it imports it: all of one folder.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = "scaling_lib/page/micropython";

export const pythonFiles = () =>
  Object.fromEntries(
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".py"))
      .sort()
      .map((name) => [`${folder}/${name}`, readFileSync(join(root, folder, name), "utf8")]),
  );
