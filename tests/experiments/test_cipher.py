import numpy as np
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
    few = cipher.run(2, steps=(400,)).iloc[-1]
    many = cipher.run(16, steps=(500, 1000)).iloc[-1]
    assert few["train"] > 0.99
    assert few["unseen"] < 0.05
    assert many["unseen"] > 0.9
    assert many["rot13"] > 0.9
    assert few["C"] == 400 * cipher.BATCH * (6 * (78 * 128 + 128 * 26) - 2 * 78 * 128)


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


@pytest.fixture(scope="module")
def shipped():
    return datasets.load("cipher")


def test_shipped_map_is_complete_and_few_shifts_are_only_stored(shipped):
    grid = shipped.groupby(["loss", "n_shifts", "seed"])["step"].apply(tuple)
    assert len(grid) == 2 * 5 * len(cipher.SHIPPED_SEEDS)
    assert set(grid) == {cipher.SHIPPED_STEPS}
    assert shipped.loc[shipped["n_shifts"] == 2, "rot13"].max() < 0.05
    last = shipped[(shipped["step"] == 2000) & (shipped["loss"] == "mse")]
    assert last.loc[last["n_shifts"] == 12, "rot13"].min() > 0.95


def test_with_cross_entropy_no_seed_finds_the_rule_and_rot13_is_luck(shipped):
    rows = shipped[(shipped["loss"] == "cross_entropy") & (shipped["n_shifts"] == 12)]
    by_step = rows.groupby("step")[["rot13", "unseen"]].agg(["min", "mean", "max"])
    late = by_step.loc[16_000]
    assert late["unseen", "max"] < 0.65
    assert late["unseen", "mean"] - by_step.loc[8000, ("unseen", "mean")] < 0.05
    assert late["rot13", "max"] - late["rot13", "min"] > 0.5


def test_shipped_runs_come_again(shipped):
    again = cipher.run(12, seed=2, steps=(250, 500))
    stored = shipped.query("loss == 'mse' and n_shifts == 12 and seed == 2 and step <= 500")
    np.testing.assert_allclose(again["unseen"], stored["unseen"], atol=0.05)
