"""What the tests of the exercises share: reading an assignment, marking an answer in-process."""

import contextlib
import functools
import importlib.util
import io
import warnings
from pathlib import Path

import nbformat

from grading import reference

EXERCISES = Path(__file__).resolve().parent.parent.parent / "exercises"
NAMES = (
    *("bitter_lesson", "scaling_laws", "scaling_hypothesis", "data_limits", "scaffolding"),
    "forecasting",
)


@functools.cache
def read(name, kind="source"):
    """The notebook of an assignment: its source, or its release."""
    return nbformat.read(EXERCISES / kind / name / f"{name}.ipynb", as_version=4)


def cells(name, kind="source"):
    return {cell.id: cell for cell in read(name, kind).cells}


def exercises(name):
    """The facts of each exercise, in order."""
    return [c.metadata.exercise for c in read(name).cells if "exercise" in c.metadata]


@functools.cache
def answers(name):
    path = EXERCISES / "answers" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ANSWERS


def run(code, namespace):
    exec(compile(code, "<cell>", "exec"), namespace)
    return namespace


@functools.cache
def solved(name):
    """What the source notebook defines: imports and reference solutions."""
    code = [c for c in read(name).cells if c.cell_type == "code"]
    namespace = {}
    for cell in code:
        if not cell.metadata.nbgrader.grade:
            run(cell.source, namespace)
    return namespace


def given(name, exercise):
    """What stands above an answer: the setup, and of a training exercise loop and prediction."""
    found = cells(name)
    above = ["setup", f"{exercise}-loop", f"{exercise}-prediction"]
    return "\n".join(found[i].source for i in above if i in found)


def checks_of(name, exercise):
    """The test cells of an exercise."""
    found = cells(name)
    ids = [f"{exercise}-test", f"{exercise}-test-2", f"{exercise}-test-3"]
    return [found[i] for i in ids if i in found]


def mark(name, exercise, code, warn="ignore", tests=None):
    """Run the tests of an exercise on an answer, or those of its test cells that are given.

    Returns
    -------
    points : float
    failures : dict
        From the id of a failed test cell to the exception.
    """
    points, failures = 0, {}
    for test in checks_of(name, exercise) if tests is None else tests:
        namespace = run(code, run(given(name, exercise), {}))
        try:
            with (
                reference.taken_from(solved(name).__getitem__),
                contextlib.redirect_stdout(io.StringIO()),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter(warn)
                run(test.source, namespace)
        except Exception as error:
            failures[test.id] = error
        else:
            points += test.metadata.nbgrader.points
    return points, failures
