import numpy as np
import pytest

from scaling_lib.experiments.scaling_laws import grokking
from scaling_lib.tasks import modular


def test_pairs_are_all_sums():
    X, y = modular.pairs(7)
    a, b = X[:, :7].argmax(1), X[:, 7:].argmax(1)
    assert np.array_equal((a + b) % 7, y)
    assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == 49
    assert np.all(X.sum(1) == 2)
    with pytest.raises(ValueError, match="at least 2"):
        modular.pairs(1)


def test_split_is_a_partition():
    train, test = modular.split(7, 0.4, np.random.default_rng(0))
    assert len(train) == 19
    assert sorted([*train, *test]) == list(range(49))
    with pytest.raises(ValueError, match="fraction"):
        modular.split(7, 1.0, np.random.default_rng(0))


def first_step(curve, column, level):
    """First measured step at which a column reaches a level; NaN if it never does."""
    return curve.loc[curve[column] >= level, "step"].min()


def test_test_accuracy_arrives_long_after_training_accuracy():
    curve = grokking.train(p=53, seed=1, training_steps=1000)
    memorised = first_step(curve, "train_accuracy", 0.99)
    generalised = first_step(curve, "test_accuracy", 0.95)
    assert memorised <= 100
    assert 4 * memorised < generalised <= 1000
    at_memorised = curve[curve["step"] == memorised].iloc[0]
    assert at_memorised["test_accuracy"] < 0.1


def test_too_few_pairs_do_not_generalise_and_many_do_at_once():
    few, many = (grokking.train(p=31, fraction=f, training_steps=300) for f in (0.2, 0.5))
    assert first_step(few, "train_accuracy", 0.99) <= 100
    assert np.isnan(first_step(few, "test_accuracy", 0.95))
    assert few["test_accuracy"].iloc[-1] < 0.2
    assert many["test_accuracy"].iloc[-1] > few["test_accuracy"].iloc[-1]
