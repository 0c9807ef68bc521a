"""Test the tests: what known right and wrong answers to each exercise earn."""

import ast
import dataclasses
import pathlib
import runpy

from grading.marking.run_tests import Tests
from grading.marking.session import Session
from grading.sandbox.enclosure import choose
from grading.sandbox.limits import Limits
from grading.source.assignment import load
from grading.source.match_cells import defined_names
from grading.source.source_names import SourceNames

FIELDS = {"exercise": str, "name": str, "kind": str, "code": str, "expected": (int, float)}
KINDS = ("alternative", "wrong")

STOCK = {
    "returns nothing": "None",
    "returns not a number": "float('nan')",
    "returns an empty array": "__import__('numpy').array([])",
    "returns zero": "0.0",
    "returns its first argument": "args[0] if args else None",
}
"""Answers that are wrong to every exercise: from names to what each function returns."""


def read_answers(path, assignment):
    """Read a file of known answers.

    Parameters
    ----------
    path : path-like
        Python file that defines ``ANSWERS``, a list of dicts: ``exercise`` (the ``grade_id`` of a
        solution cell), ``name``, ``kind`` (``"alternative"`` or ``"wrong"``), ``code`` (replaces
        the solution cell) and ``expected``, the points that the exercise's tests must give.
    assignment : Assignment
        To which they are answers.

    Returns
    -------
    list of dict
        The answers.

    Raises
    ------
    ValueError
        If the file cannot be used; names the answer and what is wrong.
    """
    path = pathlib.Path(path)
    try:
        answers = runpy.run_path(str(path))["ANSWERS"]
    except KeyError:
        raise ValueError(f"{path} defines no ANSWERS") from None
    except (OSError, SyntaxError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if type(answers) is not list:
        raise ValueError(f"{path}: ANSWERS must be a list, not {type(answers).__name__}")
    exercises = {cell.id for cell in assignment.cells if cell.role == "solution"}
    for i, answer in enumerate(answers):
        where = f"{path}: answer {i + 1}"
        if type(answer) is not dict or answer.keys() != FIELDS.keys():
            raise ValueError(f"{where} must be a dict with {', '.join(FIELDS)}")
        for field, kind in FIELDS.items():
            if not isinstance(answer[field], kind) or isinstance(answer[field], bool):
                raise ValueError(f"{where}: {field} cannot be {answer[field]!r}")
        if answer["exercise"] not in exercises:
            known = ", ".join(sorted(exercises))
            raise ValueError(f"{where}: no exercise {answer['exercise']!r}, only {known}")
        if answer["kind"] not in KINDS:
            raise ValueError(f"{where}: kind is {' or '.join(KINDS)}, not {answer['kind']!r}")
        try:
            ast.parse(answer["code"])
        except SyntaxError as error:
            raise ValueError(f"{where}: {error}") from None
    return answers


def score_answers(name_or_path, answers=None, sandbox=None):
    """Give each answer to the tests of its exercise.

    Parameters
    ----------
    name_or_path : str or path-like
        The assignment; see `grading.source.assignment.load`.
    answers : path-like, optional
        The file of answers; by default ``exercises/answers/NAME.py``.
    sandbox : str, optional
        See `grading.sandbox.enclosure.choose`. The answers are the instructor's own, so that they
        are also run where there is no sandbox.

    Returns
    -------
    list of dict
        One row an answer, the reference first: ``exercise``, ``name``, ``kind``, ``expected`` and
        ``earned`` points, ``points`` (all there are), ``lost`` (from tests to messages) and ``ok``
        (whether it earned what is expected).

    Raises
    ------
    ValueError
        If the assignment or the answers cannot be used.
    """
    assignment = load(name_or_path)
    if answers is None:
        from grading.source.assignment import SOURCES

        answers = SOURCES.parent / "answers" / f"{assignment.name}.py"
    known = read_answers(answers, assignment)
    # The answers share a session, which is as long as there are answers.
    limits = dataclasses.replace(Limits(), total=3600.0, hard=3600.0, restarts=1000)
    source = SourceNames(assignment)
    session = Session(choose(sandbox, unsafe=True), limits, given=source.is_trusted)
    try:
        for cell in assignment.cells:
            if cell.kind == "code" and cell.role != "test":
                if error := session.run(cell.source)["error"]:
                    raise ValueError(f"{assignment.name}: cell {cell.id!r} fails: {error}")
        session.mark("reference")
        tests = Tests(assignment, source, session)
        return [
            _score(assignment, tests, session, answer)
            for cell in assignment.cells
            if cell.role == "solution" and assignment.tests_of(cell.id)
            for answer in _answers_to(cell, assignment, known)
        ]
    finally:
        session.close()


def _answers_to(cell, assignment, known):
    points = sum(assignment.tests[test].points for test in assignment.tests_of(cell.id))
    common = {"exercise": cell.id, "kind": "reference", "expected": points}
    yield common | {"name": "the reference solution", "code": cell.source}
    yield from (answer for answer in known if answer["exercise"] == cell.id)
    for name, value in STOCK.items():
        code = "\n".join(_stock(cell, value))
        yield common | {"name": name, "kind": "stock", "code": code, "expected": 0}


def _stock(cell, value):
    functions = {n.name for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef)}
    for name in sorted(defined_names(cell.source)):
        if name in functions:
            yield f"def {name}(*args, **kwargs):\n    return {value}"
        else:
            yield f"args = ()\n{name} = {value}"


def _score(assignment, tests, session, answer):
    session.restore("reference")
    error = session.run(answer["code"])["error"]
    mark = f"answer {len(session.past)}"
    session.mark(mark)
    earned, lost, points = 0, {}, 0
    for test in assignment.tests_of(answer["exercise"]):
        session.restore(mark)
        outcome = tests.check_visible(test)
        if not outcome.message and assignment.tests[test].hidden:
            outcome = tests.check_hidden(test)
        earned += outcome.score
        points += outcome.points
        if not outcome.passed:
            lost[test] = outcome.detail or "it gave a part of its points"
    if error:
        lost["the cell itself"] = error
    return {
        "exercise": answer["exercise"],
        "name": answer["name"],
        "kind": answer["kind"],
        "expected": answer["expected"],
        "earned": earned,
        "points": points,
        "lost": lost,
        "ok": earned == answer["expected"],
    }
