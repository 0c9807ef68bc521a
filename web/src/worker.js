// MicroPython in a worker: explorers ask it for frames, snippets run in one of their own that can be stopped.
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const HEAP = 24 << 20; // bytes
const MOST_OUTPUT = 20000; // characters
let python;
let written = 0;
let line = [];
const decoder = new TextDecoder();

const flush = () => {
  if (!line.length) return;
  const text = decoder.decode(new Uint8Array(line));
  line = [];
  if (written < MOST_OUTPUT) postMessage({ output: text, full: written + text.length >= MOST_OUTPUT });
  written += text.length;
};
const write = ([byte]) => {
  line.push(byte);
  if (byte === 10) flush();
};

const start = async ({ wasm, files }) => {
  const url = URL.createObjectURL(new Blob([wasm], { type: "application/wasm" }));
  python = await loadMicroPython({ url, heapsize: HEAP, linebuffer: false, stdout: write, stderr: write });
  URL.revokeObjectURL(url);
  for (const [path, text] of Object.entries(files)) {
    path.split("/").slice(0, -1).reduce((folder, part) => {
      const inside = `${folder}/${part}`;
      if (!python.FS.analyzePath(inside).exists) python.FS.mkdir(inside);
      return inside;
    }, "/lib");
    python.FS.writeFile(`/lib/${path}`, text);
  }
};

const call = (name, ...texts) => python.globals.get(name)(...texts);

const actions = {
  start,
  explorer: ({ id, spec }) => {
    if (!python.globals.get("serve")) python.runPython("from scaling_lib.page.host import *");
    call("serve", id, JSON.stringify(spec));
  },
  frame: ({ id, values, narrow }) => JSON.parse(call("frame", id, JSON.stringify(values), narrow)),
  snippet: ({ source }) => {
    python.runPython("from scaling_lib.page.host import *");
    written = 0;
    try {
      call("run", source);
    } finally {
      flush();
    }
  },
};

onmessage = async ({ data }) => {
  try {
    postMessage({ done: data.ticket, result: await actions[data.action](data) });
  } catch (error) {
    postMessage({ done: data.ticket, error: error.message });
  }
};
