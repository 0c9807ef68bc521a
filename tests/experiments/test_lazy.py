import numpy as np
import pytest

from scaling_lib.experiments.scaling_hypothesis import lazy


def test_cue_is_usually_right_and_the_rule_always():
    X, y, conflict = lazy.examples(4000, 0.9, np.random.default_rng(0), bits=6, k=2)
    assert set(np.unique(X)) == {-1, 1}
    assert np.array_equal((X[:, 1] != X[:, 2]).astype(int), y)
    assert np.array_equal((X[:, 0] > 0) == (y == 1), ~conflict)
    assert conflict.mean() == pytest.approx(0.1, abs=0.02)
    with pytest.raises(ValueError, match="agreement"):
        lazy.examples(3, 1.2, np.random.default_rng(0))


def test_cue_first_then_rule_if_there_are_enough_exceptions():
    few = lazy.train(300, training_steps=1500).set_index("step")
    many = lazy.train(3000, training_steps=1500).set_index("step")
    for run in (few, many):
        assert run.loc[50, "agree"] > 0.9
        assert run.loc[50, "conflict"] < 0.1
    assert few.loc[1500, "train"] > 0.99
    assert few.loc[1500, "conflict"] < 0.4
    assert many.loc[1500, "conflict"] > 0.95


def test_without_a_cue_fewer_examples_are_enough():
    table = lazy.by_data((400,), (0.5, 0.95), training_steps=2000).set_index("agreement")
    assert table.loc[0.5, "conflict"] > 0.9
    assert table.loc[0.95, "conflict"] < 0.3
    assert table.loc[0.95, "agree"] > 0.9
    assert table.loc[0.95, "exceptions"] == pytest.approx(20)
