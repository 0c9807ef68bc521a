"""The capstone's notebook: its tests know right strategies from wrong ones, its runs are fair.

The instructor's strategies are tested here as well, since the process remembers practice runs.
"""

import ast

import numpy as np
import pytest
from assignments import EXERCISES, answers, cells, run, run_through

from grading.classes.strategies import PLAN, STRATEGIES, parabolas, play_all
from grading.source.hidden_tests import SEED_VARIABLE
from scaling_lib.capstone.game import EXPLORE_FLOP, parameters
from scaling_lib.capstone.practice import practise
from scaling_lib.capstone.scoring import HeroCurve
from scaling_lib.data import load
from scaling_lib.tasks.dialects import dialect

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


def test_the_source_runs_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_through(NAME) == {}


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


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "baseline"])
def test_no_sensible_strategy_fails_the_checks(name):
    """One that is corrected by practice is off on made-up languages, which do not bend."""
    code = f"""
from grading.classes.strategies import STRATEGIES
known, decide = STRATEGIES[{name!r}]
plan = lambda: known
"""
    points, failures = mark(code)
    assert failures == {} and points >= 2
    assert points == 4 or name in ("parabolas", "surface")


def test_the_stronger_strategies_beat_the_baseline_on_one_practice_language():
    """`shifted` and `regressed` have seen it; on languages that they have not, see the table."""
    earned = {name: practise(4, *strategy) for name, strategy in STRATEGIES.items()}
    points = {name: result.points for name, result in earned.items()}
    assert 7 < points["baseline"] < 12
    assert min(points["shifted"], points["regressed"]) > 17
    for name in ("surface", "parabolas"):  # the better width, and an interval that misses
        assert earned[name].allocation_points > earned["baseline"].allocation_points
        assert not earned[name].inside


def test_parabolas_put_up_with_a_missing_minimum():
    H, D = np.array(PLAN).T
    N = np.array([parameters(int(h)) for h in H])
    loss = 1 + 30 / N**0.7 + 40 / D**0.5
    loss[0] = np.nan
    width, predicted, low, high = parabolas(H, N, D, loss, 1.0)
    assert low < predicted < high and 60 < width < 600


def test_the_table_of_scores_is_complete_and_plays_on_languages_nobody_practised():
    table = load("capstone_scores")
    assert sorted(table.strategy.unique()) == sorted(STRATEGIES)
    assert table.groupby("strategy").task_seed.nunique().tolist() == [10] * 5
    assert table.task_seed.min() >= 100
    np.testing.assert_allclose(table.allocation_points + table.forecast_points, table.points)
    means = table.groupby("strategy").points.mean()
    assert 8 < means["baseline"] < 12
    assert (means.drop("baseline") > means["baseline"] + 1.5).all()
    assert means.idxmax() == "regressed"


def test_the_table_of_scores_can_be_made_again():
    """One language, whose hero runs are read from the table."""
    table = load("capstone_scores").query("task_seed == 100").set_index("strategy")
    row = table.iloc[0]
    losses = {int(name[5:]): row[name] for name in row.index if name.startswith("hero_")}
    again = play_all(100, HeroCurve(losses, dialect(100).entropy))
    for row in again:
        assert row["H"] == pytest.approx(table.H[row["strategy"]], rel=0.05)
        assert row["points"] == pytest.approx(table.points[row["strategy"]], abs=0.5)
