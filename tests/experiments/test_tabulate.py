import numpy as np
import pandas as pd
import pytest

from scaling_lib.experiments.tabulate import read_off, shipped_map, tabulate


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
