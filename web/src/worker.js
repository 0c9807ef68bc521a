// MicroPython in a worker: explorers ask it for frames, snippets run in one of their own that can be stopped.
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
import { install } from "./files.js";

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
  install(python, files);
};

const call = (name, ...texts) => python.globals.get(name)(...texts);

const actions = {
  start,
  explorer: ({ id, spec }) => {
    if (!python.globals.get("serve")) python.runPython("from scaling_lib.page.micropython.host import *");
    call("serve", id, JSON.stringify(spec));
  },
  frame: ({ id, values, narrow }) => JSON.parse(call("frame", id, JSON.stringify(values), narrow)),
  snippet: ({ source }) => {
    python.runPython("from scaling_lib.page.micropython.host import *");
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
    // The first line of a traceback is the page's own call.
    postMessage({ done: data.ticket, error: error.message.replace(/^ *File "\/lib\/scaling_lib\/page.*\n/gm, "") });
  }
};
