"""What the tests of the exercises share: reading an assignment, marking an answer in-process."""

import ast
import contextlib
import copy
import functools
import importlib.util
import io
import pickle
import sys
import warnings
from pathlib import Path
from unittest import mock

import nbformat

from grading import reference
from scaling_lib import fit

EXERCISES = Path(__file__).resolve().parent.parent.parent / "exercises"
NAMES = (
    *("bitter_lesson", "scaling_laws", "scaling_hypothesis", "data_limits", "scaffolding"),
    *("since_2024", "forecasting"),
)

CHANGED = []
"""Arguments that an answer has changed, if it says so: what it defines is not handed on."""


@functools.cache
def read(name, kind="source"):
    """The notebook of an assignment: its source, or its release."""
    return nbformat.read(EXERCISES / kind / name / f"{name}.ipynb", as_version=4)


def cells(name, kind="source"):
    return {cell.id: cell for cell in read(name, kind).cells}


def exercises(name):
    """The facts of each exercise, in order."""
    return [c.metadata.exercise for c in read(name).cells if "exercise" in c.metadata]


def asked(name, facts):
    """The function that an exercise asks for."""
    return cells(name)[facts["id"]].source.split("def ", 1)[1].split("(", 1)[0]


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


def show(value):
    """Make of a value what a notebook shows."""
    repr(value), getattr(value, "_repr_html_", str)()


def run_through(name, added=None):
    """Run a source from top to bottom, as an instructor does; a warning is an error.

    What `added` has for the id of a cell is run after it. Returns the exceptions, by cell.
    """
    namespace, failures = {}, {}
    for cell in read(name).cells:
        if cell.cell_type == "code":
            code = ast.parse(cell.source + (added or {}).get(cell.id, ""))
            try:
                with (
                    reference.taken_from(namespace.__getitem__),
                    mock.patch.object(sys, "displayhook", show),
                    warnings.catch_warnings(),
                ):
                    warnings.simplefilter("error")
                    exec(compile(ast.Interactive(code.body), cell.id, "single"), namespace)
            except Exception as error:
                failures[cell.id] = error
    return failures


@functools.cache
def solved(name):
    """What the source notebook defines: imports and reference solutions."""
    code = [c for c in read(name).cells if c.cell_type == "code"]
    namespace = {}
    for cell in code:
        if not cell.metadata.nbgrader.grade:
            run(cell.source, namespace)
    return namespace


def remembering(function, hand_out=copy.deepcopy):
    """Return the function as one that is asked the same thing once."""
    answers = {}

    def ask(*args, **options):
        try:
            question = pickle.dumps((args, options))
        except Exception:  # there is a function of a cell in it
            return function(*args, **options)
        if question not in answers:
            answers[question] = function(*args, **options)
        return hand_out(answers[question])

    return ask


FIT = remembering(fit, hand_out=lambda result: result)
"""Answers that differ in what they make of a fit share it, with the intervals that it has found."""


@functools.cache
def known(name, wanted):
    """What a name stands for in the source notebook; a function remembers."""
    function = solved(name)[wanted]
    return remembering(function) if callable(function) else function


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


def mark(name, exercise, code, tests=None, solved_once=False):
    """Run the tests of an exercise on an answer, or those of its test cells that are given.

    With `solved_once` the answer is the reference solution, and is asked the same thing only once:
    as answer and as reference.

    Returns
    -------
    points : float
    failures : dict
        From the id of a failed test cell to the exception.
    """
    points, failures = 0, {}
    namespace = run(given(name, exercise), {})
    if "fit" in namespace:
        namespace["fit"] = FIT
    run(code, namespace)
    if solved_once:
        own = [n for n, it in namespace.items() if getattr(it, "__globals__", None) is namespace]
        namespace |= {function: known(name, function) for function in own}
    defined = dict(namespace)
    for test in checks_of(name, exercise) if tests is None else tests:
        try:
            with (
                reference.taken_from(functools.partial(known, name)),
                contextlib.redirect_stdout(io.StringIO()),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                run(test.source, namespace)
        except Exception as error:
            failures[test.id] = error.with_traceback(None)  # which would keep all that it holds
        else:
            points += test.metadata.nbgrader.points
        # As in the grader, a test finds what the cells defined, and not what another one did.
        namespace.clear()
        namespace.update(defined)
    return points, failures
