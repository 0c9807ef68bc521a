// A snippet that the reader edits and runs. It has an interpreter of its own, which the time limit can end.
import { startPython } from "./runtime.js";

const SECONDS = 10;

// Old as it is, no other way to write into a field leaves what came before to be undone.
const insert = (text) => document.execCommand("insertText", false, text);

export function mount(root) {
  const shown = root.querySelector(".sm-try-code");
  const output = root.querySelector(".sm-try-output");
  const text = output.querySelector("pre");
  const button = (name) => root.querySelector(`.sm-try-${name}`);
  const run = button("run");
  const original = JSON.parse(root.querySelector("script").textContent);
  const first = text.textContent;
  let editor = null;
  let stop = null;

  const print = (more) => text.append(more);

  const edit = () => {
    if (!editor) {
      editor = document.createElement("textarea");
      Object.assign(editor, { value: original, spellcheck: false, autocapitalize: "off", autocomplete: "off" });
      editor.setAttribute("aria-label", "Code");
      editor.setAttribute("aria-describedby", root.querySelector(".sm-try-hint").id);
      const grow = () => (editor.rows = Math.max(2, editor.value.split("\n").length));
      editor.addEventListener("input", () => {
        grow();
        button("reset").hidden = editor.value === original;
      });
      editor.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        if (event.ctrlKey || event.metaKey || event.shiftKey) {
          event.preventDefault();
          start();
        } else {
          // Keep the indentation, and add one step after a colon. Tab is left alone: it leaves the field.
          const before = editor.value.slice(0, editor.selectionStart).split("\n").pop();
          event.preventDefault();
          const indent = before.match(/^ */)[0] + (before.trimEnd().endsWith(":") ? "    " : "");
          insert(`\n${indent}`);
        }
      });
      grow();
      shown.replaceChildren(editor);
      button("edit").hidden = true;
      root.querySelector(".sm-try-hint").hidden = false;
      // The field opens at its beginning.
      editor.setSelectionRange(0, 0);
    }
    editor.focus();
  };

  const start = async () => {
    if (stop) return stop("Stopped.");
    text.textContent = "";
    output.hidden = false;
    output.classList.remove("sm-try-failed");
    run.textContent = "Stop";
    let python;
    let over = false;
    const finish = (message) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      python?.stop();
      if (message) {
        // What the book printed is not lost to a browser that cannot run the same code.
        const asWritten = first && (editor?.value ?? original) === original;
        if (asWritten) text.textContent = `${first}\n\nThis is what the book printed. Here it did not run:\n`;
        print(/[^\n]$/.test(text.textContent) ? `\n${message}` : message);
        output.classList.add("sm-try-failed");
      } else if (!text.textContent) print("(no output)");
      run.textContent = "Run";
      stop = null;
    };
    stop = finish;
    let timer = setTimeout(() => finish("Python did not start within a minute."), 60000);
    try {
      python = await startPython(({ output: more, full }) => {
        if (over) return;
        print(more);
        if (full) finish("\nStopped: too much output.");
      });
      if (over) return python.stop();
      clearTimeout(timer);
      timer = setTimeout(() => finish(`\nStopped after ${SECONDS} seconds.`), SECONDS * 1000);
      await python.ask("snippet", { source: editor ? editor.value : original });
      finish();
    } catch (error) {
      finish(error.message.trimEnd());
    }
  };

  run.addEventListener("click", start);
  button("edit").addEventListener("click", edit);
  button("reset").addEventListener("click", () => {
    editor.focus();
    editor.select();
    insert(original);
    text.textContent = first;
    output.hidden = !first;
    output.classList.remove("sm-try-failed");
  });
  root.dataset.state = "ready";
}
