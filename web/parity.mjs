// Run explorers as a page does, in node: reads {cases: [{spec, values: [...]}]} from stdin and writes, for each case, the
// frames and the replies as JSON.
import { readFileSync } from "node:fs";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
import { pythonFiles } from "./sources.mjs";
import { install } from "./src/files.js";

const { cases } = JSON.parse(readFileSync(0, "utf8"));
const python = await loadMicroPython({ heapsize: 24 << 20 });
install(python, pythonFiles());
python.runPython(`
from scaling_lib.page.micropython.host import *

def bare(id, text):
    function, spec = served[id]
    return json.dumps(frame_at(function, spec, json.loads(text)))
`);
const call = (name, ...texts) => python.globals.get(name)(...texts);
const results = cases.map(({ spec, values }, i) => {
  call("serve", `c${i}`, JSON.stringify(spec));
  const replies = values.map((v) => JSON.parse(call("frame", `c${i}`, JSON.stringify(v), false)));
  const frames = values.map((v) => JSON.parse(call("bare", `c${i}`, JSON.stringify(v))));
  return { frames, replies };
});
process.stdout.write(JSON.stringify(results));
