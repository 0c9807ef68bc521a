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
    later = {64: (8, 12), 128: (4.5, 6.5), 256: (3.5, 5)}  # a task asked ten times less often
    for (H, _), rows in table.groupby(["H", "seed"]):
        known = np.log(rows.dropna()[["frequency", "learned"]])
        assert known.corr().iloc[0, 1] < -0.9
        slope = np.polyfit(known["frequency"], known["learned"], 1)[0]
        low, high = later[H]
        assert low < 10**-slope < high


def test_training_ends_once_all_tasks_are_learned():
    task = SparseParity(tasks=1, bits=6, k=2, seed=0)
    short, long = (
        sparse_parity.run(H=32, steps=range(50, last, 50), task=task) for last in (801, 2401)
    )
    assert short["learned"].notna().all()
    assert short.equals(long)


def test_shipped_runs_come_again():
    again = sparse_parity.run(H=256, seed=1, steps=(200, 400))
    stored = load("sparse_parity").query("H == 256 and seed == 1")
    assert again["learned"].iloc[0] == stored["learned"].iloc[0] == 200
