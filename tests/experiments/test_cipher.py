import numpy as np
import pandas as pd
import pytest

from scaling_lib import data as datasets
from scaling_lib.experiments.scaling_hypothesis import cipher
from scaling_lib.tasks import caesar as task


def test_problems_follow_the_cipher():
    letters, y = task.problems([3, 20])
    a, b, c = letters.T
    shift = (b - a) % 26
    assert set(shift.tolist()) == {3, 20}
    assert np.array_equal((y + shift) % 26, c)
    assert len(np.unique(letters, axis=0)) == 2 * 26 * 26
    X = task.encode(letters)
    assert np.array_equal(X.reshape(-1, 3, 26).argmax(-1), letters)
    for bad in ([], [26], [-1]):
        with pytest.raises(ValueError, match="shifts"):
            task.problems(bad)


def test_the_test_shift_is_never_chosen():
    for seed in range(5):
        shifts = task.choose_shifts(24, np.random.default_rng(seed))
        assert sorted(shifts) == [s for s in range(1, 26) if s != 13]
        assert shifts[:2] == [3, 5]
    with pytest.raises(ValueError, match=r"n must be .* from 1 to 24"):
        task.choose_shifts(25, np.random.default_rng(0))


def test_network_memorises_few_shifts_and_finds_the_rule_from_many():
    few = cipher.train_network(2, training_steps=300, H=128).iloc[-1]
    many = cipher.train_network(16, training_steps=700, H=128).iloc[-1]
    assert few["train"] > 0.99
    assert few["unseen"] < 0.05
    assert many["unseen"] > 0.9
    assert many["rot13"] > 0.9
    assert few["C"] == 300 * 512 * (6 * (78 * 128 + 128 * 26) - 2 * 78 * 128)


def test_program_search_needs_varied_shifts():
    one, two, eight = (cipher.program_search(n) for n in (1, 2, 8))
    assert one["train"] == two["train"] == eight["train"] == 1
    assert one["left"] == 26
    assert one["rot13"] < 0.2
    assert two["left"] == 2
    assert two["rot13"] == 1
    assert two["unseen"] < 0.8
    assert eight["left"] == 1
    assert eight["unseen"] == 1
    assert eight["operations"] > 8 * 26**4


def test_compute_to_target_reads_the_curves():
    curve = pd.DataFrame(
        {
            "n_shifts": [8, 8, 8, 8],
            "seed": [0, 0, 1, 1],
            "D": [1, 2, 1, 2],
            "C": [10.0, 20.0, 10.0, 20.0],
            "unseen": [0.2, 0.96, 0.1, 0.3],
        }
    )
    table = cipher.compute_to_target(curve).set_index("learner")
    assert table.loc["network", "reached"] == 0.5
    assert table.loc["network", "operations"] == 20
    assert table.loc["program search", "reached"] == 1
    assert np.isnan(table.loc["lookup", "D"])


def test_shipped_table_shows_both():
    shipped = datasets.load("cipher")
    final = cipher.final(shipped)
    assert len(final) == len(cipher.SHIPPED_SHIFTS) * len(cipher.SHIPPED_SEEDS)
    assert final["train"].min() > 0.99
    assert final.loc[final["n_shifts"] <= 2, "rot13"].max() < 0.05
    assert final.loc[final["n_shifts"] >= 10, "rot13"].min() > 0.95
    again = cipher.train_network(20, seed=3, training_steps=300)
    stored = shipped[(shipped["n_shifts"] == 20) & (shipped["seed"] == 3)].head(3)
    assert np.allclose(again["unseen"], stored["unseen"], atol=0.01)
    assert np.array_equal(again["D"], stored["D"])


def test_regenerate_writes_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(cipher, "SHIPPED_SHIFTS", (24,))
    monkeypatch.setattr(cipher, "SHIPPED_SEEDS", (0,))
    monkeypatch.setattr(cipher, "train_network", lambda **knobs: knobs)
    cipher.regenerate(tmp_path / "cipher.csv")
    assert (tmp_path / "cipher.csv").read_text() == "n_shifts,seed\n24,0\n"
