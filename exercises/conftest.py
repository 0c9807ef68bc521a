"""What `pytest --nbval-lax` says of an assignment: which checks pass, and what the others want."""

import ast
import builtins
import json
import os
import re
from pathlib import Path

import pytest

# Kernels inherit it: small matrices are slower on many threads, on a busy machine ten times.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

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
    found = list(re.finditer(r"^(\w+): ", text, re.M))
    name = cell.get("id", "a cell")
    if not found:
        return f"{name}: {text.strip()}"
    # A message may have lines that look like an exception: it begins with the first one after the
    # last line of code. Of an exception that another one caused, what came before is left out.
    code = max((m.end() for m in re.finditer(r"^ *-*>? *\d+ .*$", text, re.M)), default=0)
    last = next((m for m in found if m.start() >= code), found[-1])
    kind, message = last[1], text[last.end() :].strip()
    if kind == "NotImplementedError":
        return f"{name}: not solved yet. {message}"
    if kind == "AssertionError" and message:
        return f"{name}: {message}"
    lines = re.findall(r"^-+> *\d* .*$", text, re.M)
    if issubclass(getattr(builtins, kind, Exception), SyntaxError):
        lines = [line for line in text[: last.start()].splitlines() if line.strip()]
    if kind == "NameError":
        message += ". Is it spelled so where it is defined, and did that cell run without an error?"
    return "\n".join([f"{name}: {kind}: {message}", *lines])


def pytest_collect_file(file_path):
    """Refuse a file that is no notebook in one line."""
    if file_path.suffix == ".ipynb" and file_path.is_relative_to(HERE):
        try:
            json.loads(file_path.read_text(encoding="utf-8"))["cells"]
        except (ValueError, TypeError, KeyError):
            words = "is empty, no notebook, or was cut off"
            raise pytest.Collector.CollectError(f"{file_path.name} {words}") from None


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
