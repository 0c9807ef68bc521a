import pathlib

import numpy as np
import pandas as pd
import pytest

from scaling_lib.experiments.scaffolding import chain_of_thought, retrieval
from scaling_lib.experiments.scaling_hypothesis import in_context, reversal_curse
from scaling_lib.tasks import labelled_pairs as repeats
from scaling_lib.tasks import permutations, relations

DATA = pathlib.Path(chain_of_thought.__file__).parents[2] / "data"


# Permutations and chain of thought
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


def test_steps_make_the_chain_learnable():
    table = chain_of_thought.compare((4,), ("direct", "steps"), training_steps=400, n_test=300)
    direct, steps = table.accuracy
    assert steps > 0.9 > 0.5 > direct
    assert table.depth.tolist() == [1, 4]
    with pytest.raises(ValueError, match="mode"):
        chain_of_thought.run(4, "guess")
    with pytest.raises(ValueError, match="k must be"):
        chain_of_thought.run(1, "direct")


def test_shipped_chains():
    table = pd.read_csv(DATA / "chain_of_thought.csv")
    long = table[table.k == 8].groupby("mode").accuracy
    assert long.min()["steps"] > 0.99
    assert long.max()[["direct", "supervised", "blank"]].max() < 0.25
    assert (table.seed.nunique(), table.k.nunique()) == (3, 6)


# Reversal curse
def test_facts_are_distinct_and_written_both_ways():
    facts = relations.draw(200, np.random.default_rng(0), pool=20)
    forward, backward = (write(np.arange(200)) for write in (facts.forward, facts.backward))
    np.testing.assert_array_equal(forward[:, :2], backward[:, 3:])
    np.testing.assert_array_equal(forward[:, 3:], backward[:, :2])
    assert len(np.unique(forward[:, :2], axis=0)) == len(np.unique(forward[:, 3:], axis=0)) == 200
    assert not set(facts.names.ravel()) & set(facts.descriptions.ravel())
    with pytest.raises(ValueError, match="n must"):
        relations.draw(401, np.random.default_rng(0), pool=20)


def test_what_was_learned_one_way_is_not_known_the_other_way():
    table = reversal_curse.run(n=40, d=32, training_steps=600)
    assert table.facts.sum() == 2 * 40
    assert table[table.trained].accuracy.min() > 0.9
    reverse = table[~table.trained]
    assert len(reverse) == 2 and reverse.accuracy.max() < 0.2
    assert (reverse.log_p_right < -5).all()
    with pytest.raises(ValueError, match="one direction"):
        reversal_curse.run(n=1)


# In-context learning and retrieval
def test_repeated_text_can_be_continued_exactly_where_it_says():
    x, targets, seen = repeats.repeated(50, 20, 3, 32, np.random.default_rng(0))
    np.testing.assert_array_equal(x[:, 1:], targets[:, :-1])
    for row, target, known in zip(x, targets, seen, strict=True):
        for t in range(20):
            earlier = np.flatnonzero(row[:t] == row[t])
            if known[t]:
                assert row[earlier[-1] + 1] == target[t]
            assert known[t] == (len(earlier) > 0)
    with pytest.raises(ValueError, match="shortest"):
        repeats.repeated(1, 20, 12, 32, np.random.default_rng(0))


@pytest.fixture(scope="module")
def reader():
    return retrieval.train_reader(training_steps=600)


def test_two_layers_copy_and_one_does_not(reader):
    assert in_context.score(reader)["accuracy"] > 0.9
    one, _ = in_context.train_copier(layers=1, training_steps=300)
    assert in_context.score(one)["accuracy"] < 0.5


def test_curve_is_measured_on_the_way():
    _, curve = in_context.train_copier(8, layers=1, training_steps=25, measure_every=10)
    assert curve.step.tolist() == [10, 20, 25]
    assert curve.columns.tolist() == ["step", "accuracy", "loss"]


def test_shipped_copiers():
    table = pd.read_csv(DATA / "in_context.csv")
    last = table[table.step == table.step.max()].groupby(["layers", "d"]).accuracy.mean()
    assert last[2, 32] > 0.9 and last[1, 64] < 0.8
    assert last[2, 4] < 0.1


def test_looked_up_facts_follow_the_store_and_the_retriever(reader):
    rng = np.random.default_rng(0)
    facts = retrieval.draw_facts(500, rng)
    which = rng.integers(0, 500, 300)
    good = (retrieval.look_up(reader, facts, which, rng) == facts.values[which]).mean()
    poor = (retrieval.look_up(reader, facts, which, rng, recall=0.5) == facts.values[which]).mean()
    assert good > 0.9 and 0.3 < poor < 0.65
    with pytest.raises(ValueError, match="candidates"):
        retrieval.look_up(reader, facts, which, rng, candidates=16)
    with pytest.raises(ValueError, match="n must"):
        retrieval.draw_facts(3000, rng)


def test_weights_hold_few_facts_and_do_not_change(reader):
    table = retrieval.compare(reader, (4,), (64, 1024)).set_index(["way", "facts"])
    assert table.accuracy["weights", 64] > 0.9 > 0.4 > table.accuracy["weights", 1024]
    assert table.after_change["weights", 64] < 0.85
    assert table.after_change["look-up", 1024] > 0.9
