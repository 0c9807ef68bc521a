"""A small assignment of three functions, and how to hand in something for it."""

import base64
import copy
import json

from grading.marking.run_and_test import what_matches
from grading.source.assignment import parse
from grading.source.submitted_cells import match, read_notebook

NAME = "small"
SEED = "a secret that no submission knows"


def metadata(name, role, points=None):
    flags = {
        "solution": dict(grade=False, solution=True, locked=False),
        "test": dict(grade=True, solution=False, locked=True),
        "text": dict(grade=True, solution=True, locked=False),
        "locked": dict(grade=False, solution=False, locked=True),
    }[role]
    data = {"grade_id": name, "schema_version": 3, "task": False, **flags}
    if points is not None:
        data["points"] = points
    return {"nbgrader": data}


def cell(kind, source, name="", role="", points=None):
    made = {"cell_type": kind, "id": name or f"c{abs(hash(source)) % 10**8}", "source": source}
    made["metadata"] = metadata(name, role, points) if role else {}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


def notebook(cells):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    data = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": data, "nbformat": 4, "nbformat_minor": 5}


SETUP = """import numpy as np
E, A, ALPHA = 1.7, 400.0, 0.34
TOLERANCE = 1e-6


def close(a, b):
    return np.shape(a) == np.shape(b) and bool(np.all(np.abs(np.subtract(a, b)) <= TOLERANCE))"""

LOSS = """def loss(N):
    return E + A / np.asarray(N, dtype=float) ** ALPHA"""

ALLOCATION = """def allocation(C):
    N = np.sqrt(C / 120)
    return N, 20 * N"""

SLOPE = """def slope(x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape or np.ptp(x) == 0:
        raise ValueError("x and y must be as long as each other, and x must vary")
    dx = x - x.mean()
    return float((dx * (y - y.mean())).sum() / (dx**2).sum())"""

SOLUTIONS = {"loss": LOSS, "allocation": ALLOCATION, "slope": SLOPE}

LOSS_TEST = """assert close(loss(1e6), 1.7 + 400 / 1e6**0.34), "a plain number: did you forget E?"
assert close(loss(np.array([1e3, 1e4])), [39.90, 19.17]) or np.allclose(
    loss(np.array([1e3, 1e4])), 1.7 + 400 / np.array([1e3, 1e4]) ** 0.34
)
### BEGIN HIDDEN TESTS
from grading import fresh, reference, same

sizes = 10 ** fresh("loss").uniform(3, 9, size=(2, 3))
assert same(loss(sizes), reference.loss(sizes), rtol=1e-6), "the hidden sizes"
assert close(loss(sizes), reference.loss(sizes)), "the tolerance of the setup"
### END HIDDEN TESTS"""

ALLOCATION_TEST = """N, D = allocation(1.2e20)
assert abs(N - 1e9) < 1e3, f"N is {N:.3g}, not 1e9: C is 6 N D, and D is 20 N"
"""

ALLOCATION_TEST_2 = """### BEGIN HIDDEN TESTS
from grading import fresh, reference, same

for C in 10 ** fresh("allocation").uniform(15, 25, size=3):
    N, D = allocation(float(C))
    assert same(N, reference.allocation(C)[0], rtol=1e-6)
    assert same(6 * N * D, C, rtol=1e-6)
### END HIDDEN TESTS"""

SLOPE_TEST = """assert close(slope([0.0, 1.0, 2.0], [1.0, 3.0, 5.0]), 2.0), "the line has slope 2"
### BEGIN HIDDEN TESTS
from grading import fresh, reference, same

rng = fresh("slope")
x, y = rng.normal(size=7), rng.normal(size=7)
assert same(slope(x, y), reference.slope(x, y), rtol=1e-6)
for bad in ([1.0, 2.0], [1.0]), ([2.0, 2.0], [1.0, 2.0]):
    try:
        slope(*bad)
    except ValueError:
        continue
    raise AssertionError("no ValueError")
### END HIDDEN TESTS"""

STUB = "def {}({}):\n    raise NotImplementedError"
STUBS = {
    "loss": STUB.format("loss", "N"),
    "allocation": STUB.format("allocation", "C"),
    "slope": STUB.format("slope", "x, y"),
}


def source():
    """The instructor's notebook."""
    solved = {
        name: f"### BEGIN SOLUTION\n{code}\n### END SOLUTION" for name, code in SOLUTIONS.items()
    }
    return notebook(_cells(solved, hidden=True))


def _cells(solutions, hidden=False):
    def test(text):
        return text if hidden else text.split("### BEGIN HIDDEN")[0]

    return [
        cell("markdown", "# A small assignment", "title-cell"),
        cell("code", SETUP, "setup", "locked"),
        cell("markdown", "The loss of N parameters.", "about-loss"),
        cell("code", solutions["loss"], "loss", "solution"),
        cell("code", test(LOSS_TEST), "loss-test", "test", 3),
        cell("code", solutions["allocation"], "allocation", "solution"),
        cell("code", test(ALLOCATION_TEST), "allocation-test", "test", 1),
        cell("code", test(ALLOCATION_TEST_2), "allocation-test-2", "test", 3),
        cell("markdown", "What does 20 tokens per parameter assume?", "about-text"),
        cell("markdown", "*Your answer.*", "allocation-text", "text", 2),
        cell("code", solutions["slope"], "slope", "solution"),
        cell("code", test(SLOPE_TEST), "slope-test", "test", 4),
    ]


POINTS = {"loss": 3, "allocation": 4, "slope": 4}
FULL = 11


class Paper:
    """A submission in the making: the released notebook with solutions filled in.

    Parameters
    ----------
    solved : iterable of str
        Exercises for which the reference solution is handed in.
    **code : str
        What is handed in for others.
    """

    def __init__(self, solved=("loss", "allocation", "slope"), **code):
        given = {name: SOLUTIONS[name] if name in solved else STUBS[name] for name in SOLUTIONS}
        self.notebook = notebook(copy.deepcopy(_cells(given | code)))

    @property
    def cells(self):
        return self.notebook["cells"]

    def index(self, name):
        return next(i for i, cell in enumerate(self.cells) if cell["id"] == name)

    def add(self, code, after=None, before=None, kind="code", **more):
        """Put in a cell without metadata; at the end if it is not said where."""
        place = len(self.cells)
        if after or before:
            place = self.index(after or before) + bool(after)
        new = cell(kind, code, f"extra-{len(self.cells)}")
        self.cells.insert(place, new | more)
        return self

    def edit(self, name, code):
        self.cells[self.index(name)]["source"] = code
        return self

    def remove(self, *names):
        for name in names:
            del self.cells[self.index(name)]
        return self

    def move(self, name):
        """Put a cell at the end."""
        self.cells.append(self.cells.pop(self.index(name)))
        return self

    def strip(self):
        """Lose all that a conversion by some other program loses."""
        for one in self.cells:
            one["metadata"] = {}
            one.pop("id")
        self.notebook |= {"metadata": {}, "nbformat_minor": 2}
        return self

    def version_3(self):
        """The notebook as IPython 1 wrote it."""
        cells = []
        for one in self.cells:
            old = {"cell_type": one["cell_type"], "metadata": one["metadata"]}
            old["input" if one["cell_type"] == "code" else "source"] = one["source"]
            cells.append(old | ({"language": "python", "outputs": []} if "input" in old else {}))
        return json.dumps(
            {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
        )

    @property
    def text(self):
        return json.dumps(self.notebook)


def seeming_report(job):
    """What `run_job` would report on a notebook that is worth what it seems to be; nothing runs."""
    assignment = parse(**job["assignment"])
    cells = read_notebook(base64.b64decode(job["notebook"]))
    solved = [c.source for c in cells if "NotImplementedError" not in c.source]
    events = [what_matches(assignment, cells, match(assignment, cells))]
    events += [
        {"event": "outcome", "id": test, "message": "", "detail": "", "score": cell.points}
        for test, cell in assignment.tests.items()
        if any(f"def {test.split('-')[0]}(" in text for text in solved)
    ]
    events.append({"event": "done", "starts": 1})
    return {"events": events, "end": "", "left": 0, "seconds": 0, "sandbox": "none"}
