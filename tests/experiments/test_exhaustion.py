"""Dates of exhaustion against the formula solved by hand, and refusals."""

import numpy as np
import pytest

from scaling_lib.experiments.data_limits.exhaustion import Range, dates, meeting, tornado

FIXED = {
    "stock": Range(1e14, 1e14),
    "largest": Range(1e13, 1e13),
    "growth": Range(2.0, 2.0),
    "stock_growth": Range(1.0, 1.0),
}


def test_meeting_is_where_the_two_curves_cross():
    year = meeting(2025.0, 3e14, 3e13, 3.0, 1.07)
    assert 3e13 * 3.0 ** (year - 2025) == pytest.approx(3e14 * 1.07 ** (year - 2025))


def test_a_demand_that_does_not_outgrow_the_stock_never_meets_it():
    assert meeting(2025.0, 1e14, 1e13, 1.05, 1.05) == np.inf
    assert meeting(2025.0, 1e14, 1e13, 1.0, 1.1) == np.inf
    # It lies in the past where the largest set is beyond the stock already.
    assert meeting(2025.0, 1e13, 2e13, 2.0, 1.0) == pytest.approx(2024.0)
    # A stock that is used up and grows faster is ahead again in 2051: that is no date of meeting.
    assert (meeting(2025.0, 1e13, [1e14, 1e13, 2e13], [1.1, 1.2, 1.2], 1.2) == 2025.0).all()


def test_a_range_is_the_ninety_per_cent_interval_of_its_draws():
    x = Range(1e14, 1e15).draw(np.random.default_rng(0), 200_000)
    assert np.mean((x > 1e14) & (x < 1e15)) == pytest.approx(0.9, abs=0.003)
    assert np.median(x) == pytest.approx(Range(1e14, 1e15).median, rel=0.01)


def test_certain_inputs_give_one_date():
    assert np.allclose(dates(2025.0, FIXED), 2025 + np.log2(10))


def test_the_tornado_finds_the_only_uncertain_input():
    inputs = FIXED | {"stock": Range(5e13, 2e14)}
    table = tornado(2025.0, inputs).set_index("input")
    assert table.index[0] == "stock" and table.share["stock"] == pytest.approx(1)
    assert table.at_high["stock"] - table.at_low["stock"] == pytest.approx(2.0)


def test_shares_add_up_and_follow_the_width():
    inputs = FIXED | {"stock": Range(5e13, 2e14), "largest": Range(9e12, 1.1e13)}
    table = tornado(2025.0, inputs)
    assert table.share.sum() == pytest.approx(1)
    # Only logarithms enter, so a variance is the square of the width in powers.
    expected = (np.log(4) / np.log(11 / 9)) ** 2
    shares = table.set_index("input").share
    assert shares["stock"] / shares["largest"] == pytest.approx(expected, rel=1e-6)


def test_bad_inputs_are_refused():
    with pytest.raises(ValueError, match=r"low must be at most high=1.0, not 2.0"):
        Range(2.0, 1.0)
    with pytest.raises(ValueError, match="low"):
        Range(0.0, 1.0)
    with pytest.raises(ValueError, match="stock_growth"):
        dates(2025.0, {"stock": Range(1, 2)})
