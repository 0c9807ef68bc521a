// Run explorers as a page does, in node: reads {cases: [{spec, values: [...]}]} from stdin and writes, for each case, the
// frames and the replies as JSON, and the milliseconds that a reply took.
import { readFileSync } from "node:fs";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
import { pythonFiles } from "./sources.mjs";
import { install } from "./src/files.js";

const { cases } = JSON.parse(readFileSync(0, "utf8"));
const python = await loadMicroPython({ heapsize: 24 << 20 });
install(python, pythonFiles());
python.runPython(`
from scaling_lib.page.host import *
from scaling_lib.page.explorers.drawing import argument

def bare(id, text):
    function, spec = explorers[id]
    values = json.loads(text)
    given = {c["name"]: argument(c, values[c["name"]]) for c in spec["controls"]}
    if spec.get("data") is not None:
        given["data"] = spec["data"]
    return json.dumps(function(**given))
`);
const call = (name, ...texts) => python.globals.get(name)(...texts);
const results = cases.map(({ spec, values }, i) => {
  call("serve", `c${i}`, JSON.stringify(spec));
  const start = performance.now();
  const replies = values.map((v) => JSON.parse(call("frame", `c${i}`, JSON.stringify(v), false)));
  const milliseconds = (performance.now() - start) / values.length;
  const frames = values.map((v) => JSON.parse(call("bare", `c${i}`, JSON.stringify(v))));
  return { frames, replies, milliseconds };
});
process.stdout.write(JSON.stringify(results));
