import numpy as np
import pandas as pd
import pytest

from scaling_lib import data as datasets
from scaling_lib.experiments.scaling_hypothesis import emergence, emergence_by_time
from scaling_lib.tasks import addition
from scaling_lib.training.run import MACHINE_TOLERANCE


def test_two_digit_addition_is_learned_and_metrics_agree():
    small, large = (emergence.evaluate(emergence.train_adder(H, 0, 1200, 2)) for H in (4, 96))
    assert large["exact_match"] > 0.7
    assert small["exact_match"] < 0.3
    assert small["token_accuracy"] > small["exact_match"]
    assert large["loss"] < small["loss"]
    for scores in (small, large):
        digits = [scores[f"digit_{i}"] for i in range(3)]
        assert np.mean(digits) == pytest.approx(scores["token_accuracy"])
        assert scores["exact_match"] <= min(digits)


def test_the_place_of_the_leap_depends_on_training_time():
    table = datasets.load("emergence_by_time")
    right = table.groupby(["N", "step"])["exact_match"].mean().unstack()
    assert (right[12_000] > right[1500]).all()
    assert right.loc[12_594, 12_000] > 0.9
    stored = table.query("H == 24 and step == 1500 and seed == 0").iloc[0]
    again = emergence_by_time.run(24, 1500)
    assert again["loss"] == pytest.approx(stored["loss"], rel=0.02)
    assert again["C"] == pytest.approx(stored["C"])


def test_near_the_leap_the_seed_decides():
    table = datasets.load("emergence_by_time")
    assert set(table["seed"]) == set(emergence.SHIPPED_SEEDS)
    right = table[table["step"] == 6000].groupby("N")["exact_match"].agg(["min", "max"])
    assert right.loc[8690, "max"] > right.loc[12_594, "min"]
    assert right.loc[8690, "max"] > 2 * right.loc[8690, "min"]


def test_the_digits_of_one_network_fail_nearly_independently():
    table = datasets.load("emergence_by_time")
    product = table[[f"digit_{i}" for i in range(5)]].prod(axis=1)
    assert (product - table["exact_match"]).abs().max() < 0.03


@pytest.fixture(scope="module")
def shipped():
    return datasets.load("emergence")


def test_shipped_table_is_complete(shipped):
    grid = {(s, H) for s in emergence.SHIPPED_SEEDS for H in emergence.SHIPPED_SIZES}
    assert set(zip(shipped["seed"], shipped["H"], strict=True)) == grid
    assert len(shipped) == len(grid)


def test_shipped_distributions_agree_with_the_table(shipped):
    distributions = emergence.shipped_distributions()
    a, b = emergence.held_out(emergence.PROBLEMS)
    assert np.array_equal(distributions["a"], a)
    assert np.array_equal(distributions["answer"], addition.answer(a, b, 4))
    assert np.allclose(np.exp(distributions["log_p"]).sum(-1), 1, atol=1e-5)
    p = emergence.right_answer_probability(distributions)
    table = shipped.pivot(index="seed", columns="H", values="sampled_exact_match").to_numpy()
    # 256 problems here, 4000 there.
    assert np.abs(p.mean(-1) - table).max() < 0.1
    assert np.corrcoef(p.mean(-1).ravel(), table.ravel())[0, 1] > 0.995


@pytest.mark.long
def test_shipped_runs_come_again(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(emergence, "SHIPPED_SIZES", (8,))
    monkeypatch.setattr(emergence, "SHIPPED_SEEDS", (1,))
    emergence.regenerate(tmp_path / "emergence.csv")
    again = pd.read_csv(tmp_path / "emergence.csv")
    stored = shipped[(shipped["H"] == 8) & (shipped["seed"] == 1)]
    assert list(again) == list(stored)
    np.testing.assert_allclose(again, stored, rtol=MACHINE_TOLERANCE)
    with np.load(tmp_path / emergence.DISTRIBUTIONS_FILE) as arrays:
        log_p = arrays["log_p"].astype(np.float32)
    np.testing.assert_allclose(
        log_p[0, 0],
        emergence.shipped_distributions()["log_p"][1, 0],
        rtol=MACHINE_TOLERANCE,
        atol=0.02,
    )


def test_regenerate_writes_both_files(tmp_path, monkeypatch):
    monkeypatch.setattr(emergence, "SHIPPED_SIZES", (4, 6))
    monkeypatch.setattr(emergence, "SHIPPED_SEEDS", (0,))
    monkeypatch.setattr(emergence, "SHIPPED_STEPS", 20)
    emergence.regenerate(tmp_path / "emergence.csv", jobs=1)
    assert len(pd.read_csv(tmp_path / "emergence.csv")) == 2
    with np.load(tmp_path / emergence.DISTRIBUTIONS_FILE) as stored:
        assert stored["log_p"].shape == (1, 2, emergence.PROBLEMS, 5, 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "emergence.csv",
        emergence.DISTRIBUTIONS_FILE,
    ]
