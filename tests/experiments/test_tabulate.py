import itertools

import numpy as np
import pandas as pd
import pytest

from scaling_lib.experiments.tabulate import learning_curve, read_off, shipped_map, tabulate
from scaling_lib.models import MLP
from scaling_lib.training import fit_model


def test_an_array_holds_values_and_no_values_are_refused():
    assert tabulate(lambda H: {"twice": 2 * H}, H=np.array([1, 2]))["twice"].tolist() == [2, 4]
    with pytest.raises(ValueError, match=r"H must hold at least one value, not \[\]"):
        tabulate(lambda H, seed: {}, seed=[1], H=[])


def test_a_shipped_map_holds_all_parts_one_after_the_other_and_rounded(tmp_path):
    def run(a, b=5):
        return {"x": a / 3, "big": 1e6 * b / 7}

    regenerate = shipped_map(run, dict(a=(1, 2)), dict(a=[1], b=range(2)), places=2, digits=3)
    regenerate(tmp_path / "map.csv", jobs=1)
    table = pd.read_csv(tmp_path / "map.csv")
    assert list(table) == ["a", "x", "big", "b"]
    assert table["x"].tolist() == [0.33, 0.67, 0.33, 0.33]
    assert table["big"].tolist() == [714_000, 714_000, 0, 143_000]


def test_a_power_law_is_read_off_exactly_and_never_continued():
    found = read_off([2.0, 3.0, 20.0], [10.0, 1.0, 4.0], [1000.0, 1.0, 64.0])
    assert found[:2].round(9).tolist() == [8, 27] and pd.isna(found[2])


def batches(rows=8):
    X = np.ones((rows, 2), np.float32)
    return itertools.repeat((X, np.zeros(rows, int)))


def test_scores_are_measured_at_the_steps_named():
    losses = fit_model(MLP((2, 3, 2)), batches(), 5, lr=0.1)
    again = MLP((2, 3, 2))

    def measure(step):
        return {"loss": again.evaluate(*next(batches()))[0]}

    table = learning_curve(again, batches(), 0.1, [4, 1, 0, 5], measure)
    assert table["step"].tolist() == [0, 1, 4, 5]
    np.testing.assert_allclose(table["loss"][:3], losses[[0, 1, 4]], rtol=1e-5)


def test_training_ends_at_the_level_and_the_last_row_stands_for_the_rest():
    steps, count = [1, 2, 3, 4], itertools.count()
    counted = (batch for batch, _ in zip(batches(), count, strict=False))
    table = learning_curve(MLP((2, 2)), counted, 0.1, steps, lambda step: {"n": step}, ("n", 2))
    assert next(count) == 2  # batches drawn
    assert table["step"].tolist() == steps and table["n"].tolist() == [1, 2, 2, 2]
