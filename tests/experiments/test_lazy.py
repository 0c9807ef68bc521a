import numpy as np
import pytest

from scaling_lib import data
from scaling_lib.experiments.scaling_hypothesis import lazy


def test_cue_is_usually_right_and_the_rule_always():
    X, y, exception = lazy.examples(4000, 0.9, np.random.default_rng(0))
    assert set(np.unique(X)) == {-1, 1}
    assert np.array_equal((X[:, 1:4] > 0).sum(1) % 2, y)
    assert np.array_equal((X[:, 0] > 0) == (y == 1), ~exception)
    assert exception.mean() == pytest.approx(0.1, abs=0.02)
    with pytest.raises(ValueError, match="agreement"):
        lazy.examples(3, 1.2, np.random.default_rng(0))


def test_cue_first_then_rule_if_there_are_enough_exceptions():
    few, many = (lazy.run(D, steps=(50, 1500)).set_index("step") for D in (300, 3000))
    for run in (few, many):
        assert run.loc[50, "ordinary"] > 0.8
        assert run.loc[50, "fresh"] < 0.1
    assert few.loc[1500, "seen"] > 0.99
    assert few.loc[1500, "fresh"] < 0.4
    assert many.loc[1500, "fresh"] > 0.95


def test_without_a_cue_fewer_examples_are_enough():
    none, usual = (lazy.run(400, a, steps=(2000,)).iloc[-1] for a in (0.5, 0.95))
    assert none["fresh"] > 0.9
    assert usual["fresh"] < 0.3
    assert usual["ordinary"] > 0.9


@pytest.fixture(scope="module")
def shipped():
    table = data.load("lazy")
    assert len(table) == (6 + 3 * 3) * len(lazy.SHIPPED_SEEDS) * len(lazy.SHIPPED_STEPS)
    return table


def test_shipped_map_shows_that_the_rule_comes_late(shipped):
    table = shipped[shipped["weight_decay"] == lazy.WEIGHT_DECAY]
    fresh = table.groupby(["D", "step"])["fresh"].agg(["min", "max"])
    assert fresh.loc[(300, 4000), "max"] < 0.5
    assert fresh.loc[(1000, 4000), "min"] > 0.9
    assert fresh.loc[(500, 64_000), "min"] > 0.9
    assert fresh.loc[(100, 64_000), "max"] < 0.5
    late = table[table["step"] >= 2000]
    assert late["seen"].min() > 0.99


def test_seed_and_weight_decay_decide_with_300_and_500_examples_and_not_with_1000(shipped):
    late = shipped[shipped["step"] == 64_000].set_index(["D", "weight_decay"])["fresh"]
    found = (late > 0.9).groupby(level=[0, 1]).sum().unstack()
    assert found.loc[300].tolist() == [0, 7, 8, 0]
    assert found.loc[500].tolist() == [3, 10, 10, 7]
    assert found.loc[1000].tolist() == [10, 10, 10, 10]
    assert late[500].min() < 0.5


def test_shipped_runs_come_again(shipped):
    for D, seed, decay in ((200, 1, 0.3), (300, 4, 1.0)):
        again = lazy.run(D, seed=seed, steps=(50, 500), weight_decay=decay)
        of_run = (shipped["D"] == D) & (shipped["seed"] == seed)
        stored = shipped[of_run & (shipped["weight_decay"] == decay) & (shipped["step"] <= 500)]
        np.testing.assert_allclose(again["fresh"], stored["fresh"], atol=0.03)
