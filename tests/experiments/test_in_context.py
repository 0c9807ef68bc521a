"""Copying from the context, and looking facts up, which is done by a copier."""

import numpy as np
import pytest

from scaling_lib.data import load
from scaling_lib.experiments.scaffolding import retrieval
from scaling_lib.experiments.scaling_hypothesis import in_context
from scaling_lib.tasks import labelled_pairs as repeats


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
