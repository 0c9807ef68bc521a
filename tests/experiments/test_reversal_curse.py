import numpy as np
import pytest

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
    table = reversal_curse.run(n=40, d=32, training_steps=600)
    assert table.facts.sum() == 2 * 40
    assert table[table.trained].accuracy.min() > 0.9
    reverse = table[~table.trained]
    assert len(reverse) == 2 and reverse.accuracy.max() < 0.2
    assert (reverse.log_p_right < -5).all()
    with pytest.raises(ValueError, match="one direction"):
        reversal_curse.run(n=1)
