"""The strategies of the capstone, and the table of what they earn."""

import numpy as np
import pytest

from grading.classes.strategies import PLAN, STRATEGIES, parabolas, play_all
from scaling_lib.capstone.game import parameters
from scaling_lib.capstone.practice import practise
from scaling_lib.capstone.scoring import HeroCurve
from scaling_lib.data import load
from scaling_lib.tasks.dialects import dialect


def test_the_stronger_strategies_beat_the_baseline_on_one_practice_language():
    """`shifted` and `regressed` have seen it; on languages that they have not, see the table."""
    earned = {s.name: practise(4, s.plan, s.decide) for s in STRATEGIES}
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
    assert sorted(table.strategy.unique()) == sorted(s.name for s in STRATEGIES)
    assert table.groupby("strategy").task_seed.nunique().tolist() == [10] * 5
    assert table.task_seed.min() >= 100
    np.testing.assert_allclose(table.allocation_points + table.forecast_points, table.points)
    means = table.groupby("strategy").points.mean()
    assert 8 < means["baseline"] < 12
    assert all(means[s.name] > means["baseline"] + 1.5 for s in STRATEGIES[1:])
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
