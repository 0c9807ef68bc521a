"""The capstone's notebook: its tests know right strategies from wrong ones, its runs are fair."""

import ast

import pytest
from assignments import EXERCISES, answers, cells, run

from grading.classes.strategies import STRATEGIES
from grading.source.hidden_tests import SEED_VARIABLE
from scaling_lib.capstone.game import EXPLORE_FLOP, parameters

NAME = "capstone"
TESTS = ("one-shot-test", "one-shot-test-2", "one-shot-test-3")


@pytest.fixture(params=["public", "a secret"])
def seed(request, monkeypatch):
    monkeypatch.setenv(SEED_VARIABLE, request.param)


def mark(code):
    """Run the tests on a strategy: a test cell gives its last number, or all of its points."""
    points, failures = 0, {}
    for name in TESTS:
        test = cells(NAME)[name]
        namespace = run(code, run(cells(NAME)["setup"].source, {}))
        *body, last = ast.parse(test.source).body
        try:
            run(ast.unparse(ast.Module(body, [])), namespace)
            value = last.value if isinstance(last, ast.Expr) else None
            given = (
                eval(ast.unparse(last), namespace) if value else run(ast.unparse(last), namespace)
            )
            points += given if isinstance(given, int | float) else test.metadata.nbgrader.points
        except Exception as error:
            failures[name] = error
    return points, failures


def test_the_reference_gets_full_marks(seed):
    assert mark(cells(NAME)["one-shot"].source) == (4, {})


@pytest.mark.parametrize("answer", answers(NAME), ids=lambda answer: answer["name"])
def test_each_strategy_gets_what_it_deserves_and_hears_what_to_think_of(answer, seed):
    points, failures = mark(answer["code"])
    assert points == answer["expected"], failures
    said = failures.get("one-shot-test")
    if said is not None:
        assert isinstance(said, AssertionError) and len(str(said)) > 20, repr(said)


@pytest.mark.parametrize("value", ["None", "float('nan')", "(64, 2, 1, 3)", "args[0]", "args"])
def test_a_decision_without_work_gets_nothing(value):
    code = "plan = lambda: baseline.PLAN\ndef decide(*args):\n    return " + value
    assert mark(code)[0] == 0


def test_points_add_up():
    graded = [c.metadata.nbgrader for c in cells(NAME).values() if "nbgrader" in c.metadata]
    points = {m.grade_id: m.points for m in graded if m.grade}
    assert points == dict(zip((*TESTS, "one-shot-text"), (1, 2, 1, 10), strict=True))
    assert cells(NAME)["one-shot-task"].metadata.exercise.points == 4


def test_the_student_version_has_no_solution_and_commits_to_nothing():
    found = cells(NAME, "release")
    text = "\n".join(cell.source for cell in found.values())
    assert "least_squares" not in text and "HIDDEN" not in text and "SOLUTION" not in text
    assert found["one-shot"].source.count("NotImplementedError") == 2
    assert "final=False" in found["decision"].source and "final=True)" not in text


def test_the_reference_plan_can_be_paid():
    namespace = run(cells(NAME)["one-shot"].source, run(cells(NAME)["setup"].source, {}))
    assert 0.9 * EXPLORE_FLOP < sum(6 * parameters(H) * D for H, D in namespace["plan"]())


def test_the_rubric_has_five_criteria_with_anchors():
    text = (EXERCISES / "rubrics" / "capstone.md").read_text(encoding="utf-8")
    criteria = text.split("\n## ")[1:]
    assert len(criteria) == 5 and "one-shot-text" in text
    for part in criteria:
        assert all(f"- **{n}**: " in part for n in "012") and part.count("*For example:*") == 3


@pytest.mark.parametrize("strategy", STRATEGIES[1:], ids=lambda strategy: strategy.name)
def test_no_sensible_strategy_fails_the_checks(strategy):
    """One that is corrected by practice is off on made-up languages, which do not bend."""
    code = f"""
from grading.classes.strategies import STRATEGIES
strategy = next(s for s in STRATEGIES if s.name == {strategy.name!r})
plan, decide = (lambda: strategy.plan), strategy.decide
"""
    points, failures = mark(code)
    assert failures == {} and points >= 2
    assert points == 4 or strategy.name in ("parabolas", "surface")
