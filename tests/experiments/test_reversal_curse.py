import numpy as np
import pytest

from scaling_lib.data import load
from scaling_lib.experiments.scaling_hypothesis import reversal_curse
from scaling_lib.tasks import relations


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
    last = reversal_curse.run(n=40, steps=(600,)).iloc[-1]
    assert min(last["both_ways"], last["as_seen"]) > 0.9
    assert last["reversed"] < 0.2


def test_facts_are_split_and_targets_count_what_they_should():
    groups = reversal_curse.split(40, 0.5)
    assert [len(group) for group in groups] == [20, 10, 10]
    assert np.array_equal(np.concatenate(groups), np.arange(40))
    with pytest.raises(ValueError, match="of each kind"):
        reversal_curse.split(4, 0.9)
    sentences = np.arange(10).reshape(2, 5)
    _, answer = next(reversal_curse.batches(sentences, np.random.default_rng(0)))
    _, everything = next(reversal_curse.batches(sentences, np.random.default_rng(0), "all"))
    assert (answer[:, :2] == -1).all() and (answer[:, 2:] >= 0).all()
    assert (everything >= 0).all()


def test_no_shipped_design_turns_facts_round():
    table = load("reversal_curse")
    assert set(table["design"]) == set(reversal_curse.DESIGNS)
    assert table["reversed"].max() < 0.2
    assert table.loc[table["step"] == table["step"].max(), "as_seen"].min() > 0.9
