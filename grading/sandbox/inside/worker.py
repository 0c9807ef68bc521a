"""Run a submission's cells and call its functions, inside the sandbox.

Nothing here is trusted: the submission shares this process and may rewrite it. All it can change is
what this process answers, and that is its own answers.
"""

import base64
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import confine
import plain_data

MAX_OUTPUT = 20_000
MAX_PICTURE = 400_000
MAX_PICTURES = 20


def private_pipes():
    """Move the pipes to the grader out of the way of what the submission prints."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = open(2, "w", closefd=False)
    return reader, writer


def make_shell():
    """Return an IPython shell that asks for nothing and remembers nothing."""
    import builtins

    from IPython.core.interactiveshell import InteractiveShell

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            """Do nothing: `%matplotlib inline` asks for it."""

        def enable_matplotlib(self, gui=None):
            """Draw as a notebook does also for `%matplotlib widget`, which asks for a browser."""
            return super().enable_matplotlib("inline")

        def system(self, cmd):
            """Run a shell line, without the terminal of its own for which IPython asks."""
            command = self.var_expand(cmd, depth=1)
            done = subprocess.run(
                command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
            print(done.stdout + done.stderr, end="")
            self.user_ns["_exit_code"] = done.returncode

    shell = Shell.instance(history_load_length=0)
    shell.history_manager.enabled = False
    shell.colors = "nocolor"
    shell.snapshots = {}

    def no_input(*_):
        raise RuntimeError("input() is not available while grading")

    builtins.input = no_input
    return shell


def describe(error):
    """Return what is told about an exception: the built-in type it derives from, its words."""
    base = next(k for k in type(error).__mro__ if k.__module__ == "builtins")
    return {"ok": False, "type": base.__name__, "name": type(error).__name__, "text": words(error)}


def words(error):
    """Return an exception's text; it may be the submission's own class."""
    try:
        return str(error)[:2000]
    except BaseException:
        return ""


def mime(output):
    """Return an output's plain text and picture, as far as they are small."""
    kept = {}
    for kind, content in output.data.items():
        if kind not in ("text/plain", "image/png"):
            continue
        if isinstance(content, bytes):
            content = base64.b64encode(content).decode()
        if isinstance(content, str) and len(content) < MAX_PICTURE:
            kept[kind] = content
    return kept


def run(shell, message):
    """Run one cell."""
    from IPython.utils.capture import capture_output

    with capture_output() as captured:
        result = shell.run_cell(message["source"], store_history=False)
    error = result.error_before_exec or result.error_in_exec
    answer = {"ok": True}
    if error is not None and not isinstance(error, SystemExit):
        answer = describe(error)
    answer["printed"] = captured.stdout[:MAX_OUTPUT]
    answer["shown"] = [mime(output) for output in captured.outputs[:MAX_PICTURES]]
    return answer


def get(shell, message):
    """Say what a name stands for."""
    if message["name"] not in shell.user_ns:
        return {"ok": True, "kind": "missing"}
    value = shell.user_ns[message["name"]]
    if callable(value):
        return {"ok": True, "kind": "function"}
    return {"ok": True, "kind": "data", "data": plain_data.encode(value)}


def call(shell, message):
    """Call one of the submission's functions."""
    import importlib

    from IPython.utils.capture import capture_output

    def imported(path):
        value = importlib.import_module(path[0])
        for name in path[1].split("."):
            value = getattr(value, name)
        return value

    def generator(state):
        import numpy as np

        kind = getattr(np.random, state["bit_generator"])()
        kind.state = state
        return np.random.Generator(kind)

    given = {"own": shell.user_ns.__getitem__, "imported": imported, "generator": generator}
    arguments = plain_data.decode(message["data"], given)
    before = written(arguments)
    with capture_output():
        value = shell.user_ns[message["name"]](*arguments[0], **arguments[1])
        if written(arguments) != before:
            return {"ok": True, "changed": True}
        try:
            return {"ok": True, "data": plain_data.encode(value)}
        except plain_data.NotPlain as error:  # not an exception that the function has raised
            return {"ok": True, "unusable": str(error)}


def written(arguments):
    """Return what two looks at the same arguments have in common, if nothing changed them."""
    try:
        return plain_data.encode(arguments, lambda value: ("other", None))
    except plain_data.NotPlain:  # something was put into them
        return None


def snapshot(shell, message):
    """Remember what every name stands for now."""
    shell.snapshots[message["moment"]] = dict(shell.user_ns)
    return {"ok": True}


def restore(shell, message):
    """Let every name stand for what it did at an earlier moment."""
    names = shell.snapshots[message["moment"]]
    shell.user_ns.clear()
    shell.user_ns.update(names)
    return {"ok": True}


OPERATIONS = {"run": run, "get": get, "call": call, "snapshot": snapshot, "restore": restore}


def serve(reader, writer):
    """Answer requests until the grader hangs up."""

    def send(answer):
        writer.write(plain_data.frame(answer))
        writer.flush()

    shell = make_shell()
    sys.path[0] = ""  # as in Jupyter, modules may lie beside the notebook
    send({"ok": True})
    while len(head := reader.read(plain_data.HEAD.size)) == plain_data.HEAD.size:
        text, data = plain_data.HEAD.unpack(head)
        message = json.loads(reader.read(text)) | {"data": reader.read(data)}
        try:
            answer = OPERATIONS[message["op"]](shell, message)
        except BaseException as error:
            answer = describe(error)
        try:
            send(answer)
        except BaseException:
            send({"ok": False, "type": "ValueError", "name": "", "text": "an answer without end"})


if __name__ == "__main__":
    confine.confine(json.loads(sys.argv[1]))
    serve(*private_pipes())
