// MicroPython in a worker: explorers ask it for frames, snippets run in one of their own that can be stopped.
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
import { install } from "./files.js";

const HEAP = 24 << 20; // bytes
const [AT_ONCE, PIECE, MOST_OUTPUT] = [500, 100, 20000]; // characters
let python;
let written = 0;
let waiting = [];
const decoder = new TextDecoder();

const flush = () => {
  const text = decoder.decode(new Uint8Array(waiting), { stream: true });
  waiting = [];
  if (!text || written >= MOST_OUTPUT) return;
  written += text.length;
  postMessage({ output: text, full: written >= MOST_OUTPUT });
};
const write = ([byte]) => {
  waiting.push(byte);
  // While code goes on, nothing runs here that could send a part of a line later: it is sent as it comes, and in pieces where
  // there is much of it.
  if (byte === 10 || written < AT_ONCE || waiting.length >= PIECE) flush();
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
