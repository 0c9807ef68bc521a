"""What `pytest --nbval-lax` says of an assignment: which checks pass, and what the others want."""

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SEPARATE = "hidden tests are not in this notebook: `python -m grading check NAME` runs them"


def is_check(cell):
    """Say whether a cell is a check that earns points."""
    marks = cell["metadata"].get("nbgrader", {})
    return marks.get("grade", False) and cell["cell_type"] == "code"


def without_code(cell):
    """Say whether nothing but comments is in a cell: its tests are not in this version."""
    try:
        return not ast.parse(cell["source"]).body
    except SyntaxError:
        return False


def in_short(cell, traceback):
    """Return what a failed cell says: the message of a check, else the lines that led to it.

    Parameters
    ----------
    cell : dict
        Of the notebook.
    traceback : str
        As the kernel gave it, with its colors.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", traceback)
    found = list(re.finditer(r"^(\w+): (.*)", text, re.M | re.S))
    name = cell.get("id", "a cell")
    if not found:
        return f"{name}: {text.strip()}"
    # A message may have lines that look like an exception: it begins with the first one after the
    # last line of code.
    code = max((m.end() for m in re.finditer(r"^ *-*>? *\d+ .*$", text, re.M)), default=0)
    last = next((m for m in found if m.start() >= code), found[-1])
    kind, message = last[1], last[2].strip()
    if kind == "NotImplementedError":
        return f"{name}: not solved yet. {message}"
    if kind == "AssertionError" and message:
        return f"{name}: {message}"
    arrows = "\n".join(re.findall(r"^-+> *\d* .*$", text, re.M))
    return f"{name}: {kind}: {message}\n{arrows}".rstrip()


def pytest_collection_modifyitems(items):
    """Skip the checks whose tests are elsewhere, and let the others fail in short."""
    for item in items:
        if not (item.path.is_relative_to(HERE) and hasattr(item, "cell")):
            continue
        if is_check(item.cell) and without_code(item.cell):
            item.add_marker(pytest.mark.skip(reason=SEPARATE))
        item.repr_failure = lambda failure, item=item, usual=item.repr_failure: (
            in_short(item.cell, failure.value.inner_traceback)
            if getattr(failure.value, "inner_traceback", None)
            else usual(failure)
        )
