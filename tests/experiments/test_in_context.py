"""Copying from the context, and looking facts up, which is done by a copier."""

import numpy as np
import pytest

from scaling_lib.data import load
from scaling_lib.experiments.scaffolding import retrieval
from scaling_lib.experiments.scaling_hypothesis import in_context
from scaling_lib.tasks import repeating_text


def test_repeated_text_can_be_continued_exactly_where_it_says():
    x, targets, seen = repeating_text.repeated(50, 20, 3, 32, np.random.default_rng(0))
    np.testing.assert_array_equal(x[:, 1:], targets[:, :-1])
    for row, target, known in zip(x, targets, seen, strict=True):
        for t in range(20):
            earlier = np.flatnonzero(row[:t] == row[t])
            if known[t]:
                assert row[earlier[-1] + 1] == target[t]
            assert known[t] == (len(earlier) > 0)
    with pytest.raises(ValueError, match="shortest"):
        repeating_text.repeated(1, 20, 12, 32, np.random.default_rng(0))


@pytest.fixture(scope="module")
def reader():
    return retrieval.train_reader(training_steps=600)


@pytest.mark.long
def test_two_layers_copy_and_one_does_not_yet(reader):
    assert in_context.accuracy(reader) > 0.9
    one = in_context.run(32, 1, steps=(200,))
    assert one["accuracy"].iloc[-1] < 0.5


def test_unpredictable_tokens_can_be_left_out():
    rng = np.random.default_rng(0)
    _, targets = next(in_context.passages(rng, only_known=True))
    _, everything = next(in_context.passages(rng))
    assert (targets[:, 0] == -1).all() and (targets[:, -1] >= 0).all()
    assert everything.min() >= 0


def test_shipped_copiers():
    table = load("in_context")
    last = table[table["step"] == 6000].groupby(["layers", "d"])["accuracy"].mean()
    assert last[2, 32] > 0.9
    assert last[1, 16] < 0.6
    assert last[1, 16] < last[1, 64]


@pytest.mark.long
def test_looked_up_facts_follow_the_store_and_the_retriever(reader):
    rng = np.random.default_rng(0)
    facts = retrieval.draw_facts(5000, rng)
    assert len(np.unique(facts.keys, axis=0)) == 5000
    which = rng.integers(0, 5000, 300)

    def share(recall):
        found = retrieval.candidates_for(facts, which, rng, recall=recall)
        return (retrieval.read_off(reader, found) == facts.values[which]).mean()

    assert share(1.0) > 0.9 and 0.3 < share(0.5) < 0.65
    with pytest.raises(ValueError, match="33 tokens"):
        retrieval.read_off(reader, np.zeros((1, 33), int))
    with pytest.raises(ValueError, match="n must"):
        retrieval.draw_facts(200_000, rng)


def test_a_quarter_of_the_facts_changes():
    rng = np.random.default_rng(0)
    old = retrieval.draw_facts(4000, rng)
    new = retrieval.change_facts(old, rng)
    assert (new.keys == old.keys).all()
    assert new.values.min() >= 32 and new.values.max() < 64
    assert (new.values != old.values).mean() == pytest.approx(0.25, abs=0.03)


def test_weights_do_not_change_and_what_is_looked_up_does():
    held = retrieval.in_weights(256, 42, examples=(60_000, 120_000))
    assert held["accuracy"].iloc[-1] > 0.99 and held["after_change"].max() < 0.85
    assert held.iloc[0]["accuracy"] <= held.iloc[1]["accuracy"]


def test_shipped_facts():
    table = load("retrieval")
    looked_up = table[table["way"] == "look-up"]
    assert looked_up[["accuracy", "after_change"]].min(axis=None) > 0.9
    weights = table[table["way"] == "weights"]
    assert (looked_up["N"].iloc[0] / weights["N"].max() - 1) < 0.01  # equal parameters
    large = weights[weights["H"] == 84].set_index(["facts", "examples"])["accuracy"]
    assert large[1024].min() > 0.99
    assert large[16_384, 4_800_000].max() < 0.9
    mean = weights.groupby(["facts", "H", "examples"])["accuracy"].mean().unstack()
    assert (mean.diff(axis=1).iloc[:, 1:] > -0.02).all(axis=None)  # longer training is no worse
