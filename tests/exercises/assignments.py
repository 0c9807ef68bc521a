"""What the tests of the exercises share: reading an assignment, marking an answer in-process."""

import contextlib
import copy
import functools
import importlib.util
import io
import pickle
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


@functools.cache
def compiled(code):
    return compile(code, "<cell>", "exec")


def run(code, namespace):
    exec(compiled(code), namespace)
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


@functools.cache
def known(name, wanted):
    """What a name stands for in the source notebook; a function is asked the same thing once."""
    function = solved(name)[wanted]
    if not callable(function):
        return function
    answers = {}

    def ask(*args, **options):
        try:
            question = pickle.dumps((args, options))
        except Exception:  # there is a function of a cell in it
            return function(*args, **options)
        if question not in answers:
            answers[question] = function(*args, **options)
        return copy.deepcopy(answers[question])

    return ask


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
    namespace = run(code, run(given(name, exercise), {}))
    defined = dict(namespace)
    for test in checks_of(name, exercise) if tests is None else tests:
        try:
            with (
                reference.taken_from(functools.partial(known, name)),
                contextlib.redirect_stdout(io.StringIO()),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter(warn)
                run(test.source, namespace)
        except Exception as error:
            failures[test.id] = error
        else:
            points += test.metadata.nbgrader.points
        # As in the grader, a test finds what the cells defined, and not what another one did.
        namespace.clear()
        namespace.update(defined)
    return points, failures
