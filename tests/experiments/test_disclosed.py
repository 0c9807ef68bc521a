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
from scaling_lib.forecasting import crps_quantiles

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


def test_two_errors_cancelled_in_the_old_forecast():
    """It started too low and grew too fast: to mend one of the two makes it worse."""
    at, levels = 2025 + np.arange(5, 19) / 12, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    came = np.log10(record(corpora(), at))

    def marks(size, growth):
        q = np.log10(projected(STANDPOINT, Range(*size), Range(*growth), at, levels))
        held = (q[:, 0] <= came) & (came <= q[:, -1])
        return crps_quantiles(levels, q, came).mean(), held.sum()

    low, right, exact = (1.5e13, 4e13), (2.45e13, 6.53e13), (4e13, 4e13)
    fast, still = (2.0, 3.9), (1, 1)
    said, inside = marks(low, fast)
    assert inside == 14
    assert marks(low, still)[0] > 1.5 * said
    for start in (right, exact):  # of the same width, and of none
        assert marks(start, still)[0] < 0.5 * said
        score, inside = marks(start, fast)
        assert inside <= 5 and score > 2 * said


def test_systems_to_leave_out_must_exist():
    with pytest.raises(ValueError, match="without must name systems of the table"):
        corpora(without=["Nobody"])
