"""The disclosed corpora: the old table again, growth by hand, the projection against draws."""

import numpy as np
import pandas as pd
import pytest

from scaling_lib.experiments.data_limits.disclosed import (
    MISSED,
    STANDPOINT,
    corpora,
    projected,
    record,
    windows,
)
from scaling_lib.experiments.data_limits.exhaustion import Range

DOUBLING = pd.DataFrame({"year": [2020.0, 2021.0, 2022.0, 2023.0], "D": [1e12, 4e12, 2e12, 8e12]})


def test_the_table_of_the_old_forecast_can_be_had_again():
    then = corpora(until=STANDPOINT, without=MISSED)
    assert len(then) == 29 and then["D"].max() == 3e13
    assert len(corpora(until=STANDPOINT)) == 31
    assert corpora()["year"].is_monotonic_increasing


def test_the_record_never_falls():
    assert record(DOUBLING, [2020.5, 2021.5, 2022.5, 2023.0]).tolist() == [1e12, 4e12, 4e12, 8e12]
    with pytest.raises(ValueError, match="at must not lie before the first model"):
        record(DOUBLING, [2019.0])


def test_windows_fit_both_growths():
    first = windows(DOUBLING, [2020, 2021]).iloc[0]
    # Slopes by hand: sum of (x - 1.5) log2 y over 5, of 0, 2, 1, 3 and of 0, 2, 2, 3.
    assert first["n"] == 4
    assert first["growth"] == pytest.approx(2 ** (4 / 5))
    assert first["record"] == pytest.approx(2 ** (4.5 / 5))
    with pytest.raises(ValueError, match="three models or more, not 2"):
        windows(DOUBLING, [2022])


def test_the_projection_is_the_distribution_of_draws():
    largest, growth = Range(1.5e13, 4e13), Range(2.0, 3.9)
    levels = [0.05, 0.5, 0.95]
    found = projected(2025.3, largest, growth, [2025.3, 2026.5], levels)
    np.testing.assert_allclose(found[0], [1.5e13, largest.median, 4e13], rtol=1e-6)
    rng = np.random.default_rng(0)
    drawn = largest.draw(rng, 400_000) * growth.draw(rng, 400_000) ** 1.2
    np.testing.assert_allclose(found[1], np.quantile(drawn, levels), rtol=0.01)
    with pytest.raises(ValueError, match="at must not lie before now"):
        projected(2025.3, largest, growth, [2025.0], levels)


def test_systems_to_leave_out_must_exist():
    with pytest.raises(ValueError, match="without must name systems of the table"):
        corpora(without=["Nobody"])
