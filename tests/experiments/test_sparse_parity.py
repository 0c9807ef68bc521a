import numpy as np
import pytest

from scaling_lib.experiments.scaling_hypothesis import sparse_parity
from scaling_lib.tasks.parity import SparseParity


def test_examples_are_parities_of_their_own_bits():
    task = SparseParity(tasks=5, bits=9, k=4, alpha=0.5, seed=3)
    X, y = task.sample(2000, np.random.default_rng(0))
    which, bits = X[:, :5].argmax(1), X[:, 5:]
    for i in range(5):
        rows = which == i
        assert np.array_equal(bits[rows][:, task.subsets[i]].sum(1) % 2, y[rows])
        assert rows.mean() == pytest.approx(task.frequency[i], abs=0.04)
    assert task.frequency[0] / task.frequency[3] == pytest.approx(4**1.5)
    assert all(len(set(subset)) == 4 for subset in task.subsets.tolist())
    with pytest.raises(ValueError, match=r"k must be .* from 1 to"):
        SparseParity(bits=3, k=4)


def test_frequent_skills_come_first_and_sharply():
    task = SparseParity(tasks=4, bits=8, k=2, alpha=1.0, seed=0)
    run = sparse_parity.train(task, H=64, batch=200, training_steps=800, every=20)
    when = run.learned_at()
    assert not np.isnan(when).any()
    assert when[0] == when.min()
    assert when[-1] > 2 * when[0]
    assert sparse_parity.learning_exponent(run) < -0.2
    # Rare skills are still at a coin flip when the first is learned.
    first = np.flatnonzero(run.step == when[0])[0]
    assert run.losses[first, -1] > 0.5
    assert run.mean_loss[0] > run.mean_loss[-1]
    assert np.all(run.mean_loss <= run.losses.max(1))


def test_exponent_needs_three_learned_tasks():
    run = sparse_parity.train(SparseParity(tasks=4), H=8, batch=10, training_steps=10, every=5)
    with pytest.raises(ValueError, match="train longer"):
        sparse_parity.learning_exponent(run)
