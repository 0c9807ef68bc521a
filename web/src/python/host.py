# The page's stand-in for a kernel. Runs in MicroPython only.
import json

from scaling_lib.page.explorers.drawing import respond

explorers = {}


def serve(id, text):
    spec = json.loads(text)
    where = spec["function"]
    space = {}
    if where.get("source"):
        exec("import math\n" + where["source"], space)
    else:
        exec("from " + where["module"] + " import " + where["name"], space)
    explorers[id] = (space[where["name"]], spec)


def frame(id, values, narrow):
    function, spec = explorers[id]
    return json.dumps(respond(function, spec, json.loads(values), narrow))


def run(source):
    # As in a notebook, the value of a last line that is an expression is shown.
    lines = source.rstrip().split("\n")
    i = len(lines) - 1
    while i > 0 and (not lines[i].strip() or lines[i][0] in " \t)]}#"):
        i -= 1
    tail = "\n".join(lines[i:])
    space = {"__name__": "__main__", "__show__": show}
    try:
        compile(tail, "your code", "eval")
        # MicroPython knows no [*lines, last].
        source = "\n".join(lines[:i] + ["__show__((" + tail + "\n))"])  # noqa: RUF005
    except SyntaxError:
        pass
    exec(compile(source, "your code", "exec"), space)


def show(value):
    if value is not None:
        print(repr(value))
