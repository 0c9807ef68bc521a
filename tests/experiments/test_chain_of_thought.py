import numpy as np
import pandas as pd
import pytest

from scaling_lib.data import DATA
from scaling_lib.experiments.scaffolding import chain_of_thought
from scaling_lib.tasks import permutations


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_multiplication_table_is_a_group(n):
    table = permutations.multiplication_table(n)
    elements = range(len(table))
    assert np.array_equal(table[0], elements) and np.array_equal(table[:, 0], elements)
    for row in (*table, *table.T):
        assert sorted(row) == list(elements)
    a, b, c = np.random.default_rng(0).integers(0, len(table), (3, 200))
    np.testing.assert_array_equal(table[table[a, b], c], table[a, table[b, c]])
    assert np.array_equal(table, table.T) == (n == 2)


def test_products_are_those_of_the_table():
    table = permutations.multiplication_table(3)
    factors, products = permutations.sample(50, 5, np.random.default_rng(0), table)
    for row, expected in zip(factors, products, strict=True):
        result = row[0]
        for i, factor in enumerate(row[1:], start=1):
            result = table[result, factor]
            assert result == expected[i]
    with pytest.raises(ValueError, match="n must"):
        permutations.multiplication_table(6)
    with pytest.raises(ValueError, match="k must"):
        permutations.sample(1, 0, np.random.default_rng(0), table)


def test_every_mode_asks_for_the_same_answer_and_only_steps_are_shown():
    table = permutations.multiplication_table(3)
    factors, products = permutations.sample(9, 4, np.random.default_rng(0), table)
    for mode in chain_of_thought.MODES:
        x, targets = chain_of_thought.examples(factors, products, mode, 6)
        np.testing.assert_array_equal(targets[:, -1], products[:, -1])
        np.testing.assert_array_equal(x[:, :4], factors)
        asked = (targets >= 0).sum(1)
        assert (asked == {"direct": 1, "blank": 1, "supervised": 5, "steps": 4}[mode]).all()
    x, _ = chain_of_thought.examples(factors, products, "steps", 6)
    np.testing.assert_array_equal(x[:, 5:], products[:, :-1])


@pytest.mark.long
def test_steps_make_the_chain_learnable():
    direct, steps = (
        chain_of_thought.run(4, mode, training_steps=400, n_test=300)
        for mode in ("direct", "steps")
    )
    assert steps["accuracy"] > 0.9 > 0.5 > direct["accuracy"]
    assert (direct["depth"], steps["depth"]) == (1, 4)
    with pytest.raises(ValueError, match="mode"):
        chain_of_thought.run(4, "guess")
    with pytest.raises(ValueError, match="k must be"):
        chain_of_thought.run(1, "direct")
    with pytest.raises(ValueError, match="task"):
        chain_of_thought.run(4, "direct", task="median")


def test_a_chain_may_go_through_any_table():
    rng = np.random.default_rng
    for task, answer in (("sum", lambda x: x.sum(1) % 6), ("maximum", lambda x: x.max(1))):
        x, results = permutations.sample(40, 5, rng(0), chain_of_thought.TASKS[task])
        np.testing.assert_array_equal(results[:, -1], answer(x))
        np.testing.assert_array_equal(results[:, 0], x[:, 0])


def test_sampled_ends_follow_the_model():
    class Sure:  # writes the number of the question again and again, with chance 0.9
        def logits(self, x):
            z = np.log(np.full((*x.shape, 8), 0.02))
            z[np.arange(len(x)), -1, x[:, 0]] = np.log(0.9)
            return z

    questions = np.array([[1, 0, 6], [4, 0, 6]])
    ends = chain_of_thought.sample_ends(Sure(), questions, 4000, np.random.default_rng(0))
    assert ends.shape == (4000, 2)
    np.testing.assert_allclose((ends == [1, 4]).mean(0), 0.9, atol=0.02)


def test_shipped_chains():
    table = pd.read_csv(DATA / "chain_of_thought.csv")
    small, longer = (table[(table.d == 32) & (table.D == 64 * steps)] for steps in (1500, 6000))
    at_8 = small[small.k == 8].groupby(["task", "mode"]).accuracy.agg(["min", "max"])
    for task in ("product", "sum"):
        assert at_8["min"][task, "steps"] > 0.98
        assert at_8["max"][task].drop("steps").max() < 0.25
    assert at_8["min"]["maximum", "direct"] > 0.99
    assert (table.seed.nunique(), table.k.nunique()) == (3, 5)
    later = longer.groupby("k").accuracy.agg(["min", "max"])
    assert later["min"][3] > 0.99 and later["max"][4] > 0.9 and later["max"][8] < 0.25
