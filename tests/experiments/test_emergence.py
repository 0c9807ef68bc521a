import numpy as np
import pandas as pd
import pytest

from scaling_lib import data as datasets
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.tasks import addition


def test_exact_match_formula():
    assert emergence.exact_match(1.0, 5) == 1
    assert np.allclose(emergence.exact_match(np.array([0.5, 0.9]), 2), [0.25, 0.81])
    with pytest.raises(ValueError, match="between 0 and 1"):
        emergence.exact_match(1.1, 2)


def test_two_digit_addition_is_learned_and_metrics_agree():
    table = emergence.by_size(sizes=(4, 96), training_steps=1200, digits=2, n_test=1000)
    small, large = table.iloc[0], table.iloc[1]
    assert large["exact_match"] > 0.7
    assert small["exact_match"] < 0.3
    assert small["token_accuracy"] > small["exact_match"]
    assert large["loss"] < small["loss"]
    digits = table[["digit_0", "digit_1", "digit_2"]]
    assert np.allclose(digits.mean(axis=1), table["token_accuracy"])
    assert np.all(table["exact_match"] <= digits.min(axis=1))
    assert table["C"].iloc[0] == 1200 * 128 * (6 * (40 * 4 + 16 + 4 * 30) - 2 * 160)


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


def test_shipped_run_is_reproduced(shipped):
    row, log_p = emergence._shipped_run(12, 1)
    stored = shipped[(shipped["H"] == 12) & (shipped["seed"] == 1)].iloc[0]
    assert row["N"] == stored["N"]
    # Another BLAS adds in another order; 6000 steps let the difference grow.
    assert row["loss"] == pytest.approx(stored["loss"], abs=0.1)
    assert row["token_accuracy"] == pytest.approx(stored["token_accuracy"], abs=0.08)
    assert log_p.shape == (emergence.PROBLEMS, 5, 10)


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
