import numpy as np
import pytest

from scaling_lib.data import load
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
    run = sparse_parity.run(H=64, steps=range(50, 801, 50), task=task)
    assert run["learned"].notna().all()
    assert run["learned"].iloc[0] == run["learned"].min()
    assert run["learned"].iloc[-1] > 2 * run["learned"].iloc[0]
    assert run["highest"].max() > np.log(2)


def test_shipped_skills_come_in_the_order_of_their_frequency():
    table = load("sparse_parity")
    assert len(table) == 12 * 3 * 3
    learned = table.groupby(["H", "seed"])["learned"].count()
    assert learned[256].min() > learned[64].max()
    for _, rows in table.groupby(["H", "seed"]):
        known = rows.dropna()
        assert np.corrcoef(np.log(known["frequency"]), np.log(known["learned"]))[0, 1] < -0.9
