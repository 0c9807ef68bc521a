"""Test the tests: what known right and wrong answers to each exercise earn."""

import ast
import pathlib
import runpy

from grading.marking.run_and_test import Tests
from grading.marking.session import Session
from grading.sandbox.enclosure import Limits, choose
from grading.source.assignment import SOURCES, load
from grading.source.source_names import SourceNames
from grading.source.submitted_cells import defined_names

# From the fields of an answer to their types, and these in words.
FIELDS = dict.fromkeys(("exercise", "name", "kind", "code"), (str, "text"))
FIELDS["expected"] = ((int, float), "a number")

KINDS = ("alternative", "wrong")

# Answers that are wrong to every exercise: from names to what each function returns.
STOCK = {
    "returns nothing": "None",
    "returns not a number": "float('nan')",
    "returns an empty array": "__import__('numpy').array([])",
    "returns zero": "0.0",
    "returns its first argument": "args[0] if args else None",
}


def read_answers(path, assignment):
    """Read the known answers to an assignment: a Python file that defines ``ANSWERS``.

    That is a list of dicts: ``exercise`` (the ``grade_id`` of a solution cell), ``name``, ``kind``
    (one of `KINDS`), ``code`` (replaces the solution cell) and ``expected``, the points that the
    exercise's tests must give. `ValueError` names the answer that cannot be used and why.
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
    for i, answer in enumerate(answers):
        where = f"{path}: answer {i + 1}"
        if type(answer) is not dict or answer.keys() != FIELDS.keys():
            raise ValueError(f"{where} must be a dict with {', '.join(FIELDS)}")
        for field, (kind, what) in FIELDS.items():
            if not isinstance(answer[field], kind) or isinstance(answer[field], bool):
                raise ValueError(f"{where}: {field} must be {what}, not {answer[field]!r}")
        if answer["exercise"] not in assignment.solutions:
            known = ", ".join(sorted(assignment.solutions))
            wrong = repr(answer["exercise"])
            raise ValueError(f"{where}: exercise must be one of {known}, not {wrong}")
        if answer["kind"] not in KINDS:
            raise ValueError(f"{where}: kind must be {' or '.join(KINDS)}, not {answer['kind']!r}")
        try:
            ast.parse(answer["code"])
        except SyntaxError as error:
            raise ValueError(f"{where}: {error}") from None
    return answers


def score_answers(name_or_path, answers=None):
    """Give each answer to the tests of its exercise.

    The answers are the instructor's own, so that they are also run where there is no sandbox. Their
    file is by default ``exercises/answers/NAME.py``.

    Returns
    -------
    list of dict
        One row an answer, the reference first: ``exercise``, ``name``, ``kind``, ``expected`` and
        ``earned`` points, ``points`` (all there are), ``lost`` (from tests to messages) and ``ok``
        (whether it earned what is expected).
    """
    assignment = load(name_or_path)
    path = answers or SOURCES.parent / "answers" / f"{assignment.name}.py"
    known = read_answers(path, assignment)
    # The answers share a session, which is as long as there are answers.
    limits = Limits(total=3600.0, hard=3600.0, restarts=1000)
    source = SourceNames(assignment)
    kind, withheld = choose(unsafe=True), assignment.withheld
    session = Session(kind, limits, given=source.is_trusted, withheld=withheld)
    try:
        for cell in assignment.cells:
            if cell.kind == "code" and cell.role != "test":
                if error := session.run(cell.source)["error"]:
                    raise ValueError(f"{assignment.name}: cell {cell.id!r} fails: {error}")
        session.snapshot("reference")
        tests = Tests(assignment, source, session)
        return [
            _score(assignment, tests, session, answer)
            for cell in assignment.solutions.values()
            if assignment.tests_of(cell.id)
            for answer in _answers_to(cell, assignment, known)
        ]
    finally:
        session.close()


def _answers_to(cell, assignment, known):
    points = sum(assignment.tests[test].points for test in assignment.tests_of(cell.id))
    common = {"exercise": cell.id, "kind": "reference", "expected": points}
    yield common | {"name": "the reference solution", "code": cell.source}
    yield from (answer for answer in known if answer["exercise"] == cell.id)
    functions = {n.name for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef)}
    for name, value in STOCK.items():
        code = "\n".join(
            f"def {one}(*args, **kwargs):\n    return {value}"
            if one in functions
            else f"args = ()\n{one} = {value}"
            for one in sorted(defined_names(cell.source))
        )
        yield common | {"name": name, "kind": "stock", "code": code, "expected": 0}


def _score(assignment, tests, session, answer):
    session.restore("reference")
    error = session.run(answer["code"])["error"]
    moment = f"answer {len(session.past)}"
    session.snapshot(moment)
    outcomes = []
    for test in assignment.tests_of(answer["exercise"]):
        session.restore(moment)
        outcome = tests.check_visible(test)
        if not outcome.message and assignment.tests[test].hidden:
            outcome = tests.check_hidden(test)
        outcomes.append(outcome)
    lost = {o.id: o.detail or "it gave a part of its points" for o in outcomes if not o.passed}
    if error:
        lost["the cell itself"] = error
    earned, points = (sum(getattr(o, name) for o in outcomes) for name in ("score", "points"))
    facts = {name: answer[name] for name in ("exercise", "name", "kind", "expected")}
    ok = earned == answer["expected"]
    return facts | {"earned": earned, "points": points, "lost": lost, "ok": ok}


def answers_table(rows, why=False):
    """Yield the lines of a Markdown table of `score_answers`; `why` adds why points were lost."""
    yield "| exercise | answer | kind | earned | expected |  |"
    yield "|---|---|---|--:|--:|---|"
    for row in rows:
        cells = [row["exercise"], row["name"], row["kind"]]
        cells += [f"{row['earned']:g} of {row['points']:g}", f"{row['expected']:g}"]
        yield "| " + " | ".join([*cells, "" if row["ok"] else "**differs**"]) + " |"
        for test, text in row["lost"].items() if why else ():
            yield f"  - {test}: {' '.join(text.split())}"
    wrong = sum(not row["ok"] for row in rows)
    yield f"\n{len(rows)} answers, {wrong or 'none'} of them not as expected"
