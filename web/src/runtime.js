// Python on the page. Nothing of it is fetched before a reader moves, or is about to move, something that needs it.
// One classic script carries the worker's code, the interpreter and the explorers' own sources, so that a page opened
// from the disk, where scripts may fetch nothing, works as well.
import { once, runScript } from "./once.js";

const here = document.currentScript.src;

const unpack = async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

export const fetchPython = once(async () => {
  let packed;
  globalThis.scalingPython = (...parts) => (packed = parts);
  await runScript(new URL(`python.js?${PYTHON}`, here), "the Python runtime could not be loaded");
  const [text, wasm] = await Promise.all(packed.map(unpack));
  const { worker, files } = JSON.parse(new TextDecoder().decode(text));
  const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
  return { url, wasm, files };
});

// Start an interpreter. `ask(action, arguments)` promises its result; `stop` ends it, whatever it is doing.
export async function startPython(onOutput = () => {}) {
  const { url, wasm, files } = await fetchPython();
  const worker = new Worker(url);
  const waiting = new Map();
  let tickets = 0;
  worker.onmessage = ({ data }) => {
    if (data.output !== undefined) return onOutput(data);
    const { resolve, reject } = waiting.get(data.done);
    waiting.delete(data.done);
    if (data.error === undefined) resolve(data.result);
    else reject(new Error(data.error));
  };
  worker.onerror = (event) => waiting.forEach(({ reject }) => reject(new Error(event.message)));
  const ask = (action, parts) =>
    new Promise((resolve, reject) => {
      waiting.set(++tickets, { resolve, reject });
      worker.postMessage({ ...parts, action, ticket: tickets });
    });
  await ask("start", { wasm, files });
  return { ask, stop: () => worker.terminate() };
}

// The interpreter that all explorers of a page share.
export const explorerPython = once(() => startPython());
