import pathlib

import numpy as np
import pandas as pd
import pytest

from scaling_lib.experiments.scaling_laws import text_attention


def test_more_text_is_better_than_little():
    table = text_attention.sweep(widths=(8,), Ds=(2**12, 2**15), rates=(1.0,))
    few, more = table.loss
    assert np.log(96) > few > more + 0.1
    assert (table.D <= [2**12, 2**15]).all()
    assert (table.error < 0.02).all()


def test_too_much_or_too_little_text():
    for D in (10, 10**7):
        with pytest.raises(ValueError, match="D must lie between"):
            text_attention.train_on_text(8, D)


def test_the_shipped_curves_are_not_convex_as_a_power_law_would_be():
    path = pathlib.Path(text_attention.__file__).parents[2] / "data" / "text_attention.csv"
    table = pd.read_csv(path).sort_values("D")
    middle = np.log(table[table.d == 24].loss.to_numpy())
    slopes = np.diff(middle)
    assert slopes[3] < 1.5 * slopes[:2].mean() < 0  # steeper after the plateau than before it
    assert table.groupby("d").loss.min().is_monotonic_decreasing
