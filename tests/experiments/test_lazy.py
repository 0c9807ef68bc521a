import numpy as np
import pytest

from scaling_lib.experiments.scaling_hypothesis import lazy


def test_cue_is_usually_right_and_the_rule_always():
    X, y, conflict = lazy.examples(4000, 0.9, np.random.default_rng(0))
    assert set(np.unique(X)) == {-1, 1}
    assert np.array_equal((X[:, 1:4] > 0).sum(1) % 2, y)
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
    none, usual = (lazy.train(400, a, training_steps=2000).iloc[-1] for a in (0.5, 0.95))
    assert none["conflict"] > 0.9
    assert usual["conflict"] < 0.3
    assert usual["agree"] > 0.9
