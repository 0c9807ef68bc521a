"""Answer when a control moves: the kernel calls `respond`, a page calls `serve` and `frame`.

A page also runs a reader's snippets here, with `run`.
"""

import json
import math

from scaling_lib.page.micropython.controls import argument, in_words
from scaling_lib.page.micropython.drawing import draw, rich


def load_function(spec):
    """Return the function behind an explorer's specification."""
    where = spec["function"]
    space = {"math": math}
    exec(where.get("source") or f"from {where['module']} import {where['name']}", space)
    return space[where["name"]]


def frame_at(function, spec, values):
    """Return what the function makes of the controls' positions."""
    given = {c["name"]: argument(c, values[c["name"]]) for c in spec["controls"]}
    if spec.get("data") is not None:
        given["data"] = spec["data"]
    return function(**given)


def respond(function, spec, values, narrow=False):
    """Return all that changes when a control moves: picture, words, which tasks are reached."""
    shown = frame_at(function, spec, values)
    svg = draw(shown, spec["axes"], spec["alt"] + " " + shown["text"], narrow)
    words = {c["name"]: in_words(c, values[c["name"]]) for c in spec["controls"]}
    return {
        "values": values,
        "narrow": narrow,
        "svg": svg,
        "text": rich(shown["text"]),
        "words": words,
        "reached": [rich(said) for said in shown.get("reached", [])],
    }


served = {}


def serve(id, text):
    """Make ready for an explorer's specification, given as JSON."""
    spec = json.loads(text)
    served[id] = (load_function(spec), spec)


def frame(id, values, narrow):
    """Return the answer of a served explorer as JSON."""
    function, spec = served[id]
    return json.dumps(respond(function, spec, json.loads(values), narrow))


def run(source):
    """Run a snippet; as in a notebook, a last line that is an expression shows its value."""
    lines = source.rstrip().split("\n")
    i = len(lines) - 1
    while i > 0 and (not lines[i].strip() or lines[i][0] in " \t)]}#"):
        i -= 1
    tail = "\n".join(lines[i:])
    space = {"__name__": "__main__", "__show__": show, "input": ask}
    try:
        compile(tail, "your code", "eval")
        # MicroPython knows no [*lines, last].
        source = "\n".join(lines[:i] + ["__show__((" + tail + "\n))"])  # noqa: RUF005
    except SyntaxError:
        pass
    exec(compile(source, "your code", "exec"), space)


def ask(prompt=""):
    """Refuse: the page has no line on which a reader could type."""
    raise EOFError("nothing can be typed in here: write the value into the code")


def show(value):
    """Print a value as a notebook would."""
    if value is not None:
        print(repr(value))
