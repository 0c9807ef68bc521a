"""Scores against closed forms and numerical integration, properness, and bad input."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from scaling_lib.forecasting import scores as f

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


def normal_crps(mean, sd, x):
    """Closed form of the continuous ranked probability score of a normal forecast."""
    z = (x - mean) / sd
    return sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))


def test_pinball_by_hand():
    losses = f.pinball([0.1, 0.5, 0.9], [[1.0, 2.0, 4.0]], [3.0])
    # Above the first two: level times distance; below the last: a tenth of the distance.
    np.testing.assert_allclose(losses, [[0.1 * 2, 0.5 * 1, 0.1 * 1]])


def test_crps_of_many_quantiles_is_that_of_the_distribution():
    levels = (np.arange(2000) + 0.5) / 2000
    for x in (-2.5, 0.0, 0.7, 4.0):
        score = f.crps_quantiles(levels, stats.norm.ppf(levels, 0.3, 1.5), x)
        assert score == pytest.approx(normal_crps(0.3, 1.5, x), rel=2e-3)


def test_closed_form_agrees_with_numerical_integration():
    for x in (-1.0, 0.4, 3.0):
        value = integrate.quad(lambda y: stats.norm.cdf(y) ** 2, -12, x)[0]
        value += integrate.quad(lambda y: stats.norm.sf(y) ** 2, x, 12)[0]
        assert normal_crps(0, 1, x) == pytest.approx(value, rel=1e-8)


def test_a_single_guess_scores_its_absolute_error():
    assert f.crps_quantiles(LEVELS, np.full(5, 7.0), 9.5) == pytest.approx(2.5)


def test_interval_score_is_the_scaled_pinball_loss_of_both_ends():
    rng = np.random.default_rng(0)
    low, width, x = rng.normal(size=50), rng.exponential(size=50), rng.normal(scale=3, size=50)
    losses = f.pinball([0.1, 0.9], np.stack([low, low + width], -1), x).sum(-1)
    np.testing.assert_allclose(f.interval_score(low, low + width, x, 0.8), losses * 2 / 0.2)


TRUTH = stats.gamma(3.0, scale=0.8)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.8])
def test_pinball_is_least_at_the_true_quantile(level):
    draws = TRUTH.ppf((np.arange(20_000) + 0.5) / 20_000)

    def expected(q):
        return f.pinball([level], np.full((draws.size, 1), q), draws).mean()

    best = optimize.minimize_scalar(expected, bounds=(0, 12), method="bounded").x
    assert best == pytest.approx(TRUTH.ppf(level), abs=5e-3)


def test_quantile_score_punishes_every_departure_from_the_truth():
    draws = TRUTH.ppf((np.arange(20_000) + 0.5) / 20_000)
    honest = TRUTH.ppf(LEVELS)
    middle = TRUTH.ppf(0.5)

    def expected(values):
        return f.crps_quantiles(LEVELS, np.tile(values, (draws.size, 1)), draws).mean()

    best = expected(honest)
    for other in (
        honest + 0.2,
        honest - 0.2,
        middle + 0.6 * (honest - middle),  # overconfident
        middle + 1.6 * (honest - middle),  # timid
        np.full(5, TRUTH.mean()),
    ):
        assert expected(other) > best + 1e-3


def test_interval_score_is_least_at_the_central_interval():
    draws = TRUTH.ppf((np.arange(4000) + 0.5) / 4000)

    def expected(ends):
        low, high = min(ends), max(ends)
        return f.interval_score(low, high, draws, 0.8).mean()

    best = optimize.minimize(expected, [1.0, 5.0], method="Nelder-Mead", tol=1e-6).x
    np.testing.assert_allclose(np.sort(best), TRUTH.ppf([0.1, 0.9]), atol=0.02)


def test_an_improper_score_is_seen_as_such():
    """Width plus a fixed fine for a miss rewards a wrong width: the test above can fail."""
    draws = TRUTH.ppf((np.arange(4000) + 0.5) / 4000)

    def expected(half):
        low, high = TRUTH.ppf(0.5) - half, TRUTH.ppf(0.5) + half
        return high - low + 1.0 * np.mean((draws < low) | (draws > high))

    best = optimize.minimize_scalar(expected, bounds=(0, 6), method="bounded").x
    assert np.mean(np.abs(draws - TRUTH.ppf(0.5)) <= best) < 0.7


@pytest.mark.parametrize("truth", [0.03, 0.4, 0.9])
def test_brier_is_least_at_the_true_probability(truth):
    def expected(p):
        return truth * f.brier(p, True)[0] + (1 - truth) * f.brier(p, False)[0]

    best = optimize.minimize_scalar(expected, bounds=(0, 1), method="bounded").x
    assert best == pytest.approx(truth, abs=1e-4)


def test_brier_parts_by_hand_and_in_sum():
    p = [0.2, 0.2, 0.2, 0.2, 0.8, 0.8]
    o = [0, 0, 1, 0, 1, 1]
    parts = f.brier_parts(p, o)
    assert parts.score == pytest.approx((3 * 0.04 + 0.64 + 2 * 0.04) / 6)
    assert parts.reliability == pytest.approx((4 * 0.05**2 + 2 * 0.2**2) / 6)
    assert parts.resolution == pytest.approx((4 * 0.25**2 + 2 * 0.5**2) / 6)
    assert parts.uncertainty == pytest.approx(0.25)
    assert parts.rest == pytest.approx(0, abs=1e-15)


def test_brier_parts_of_a_calibrated_and_of_a_constant_forecaster():
    rng = np.random.default_rng(1)
    p = rng.choice([0.1, 0.3, 0.5, 0.7, 0.9], size=20_000)
    o = rng.random(p.size) < p
    good, flat = f.brier_parts(p, o), f.brier_parts(np.full(p.size, o.mean()), o)
    assert good.reliability < 0.001 and good.resolution > 0.07
    assert flat.reliability == pytest.approx(0, abs=1e-12)
    assert flat.resolution == pytest.approx(0, abs=1e-12)
    assert flat.score == pytest.approx(flat.uncertainty)


def test_bins_leave_a_rest_that_closes_the_sum():
    rng = np.random.default_rng(2)
    p = rng.random(500)
    o = rng.random(500) < p
    parts = f.brier_parts(p, o, bins=10)
    assert parts.rest != 0
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.rest
    assert total == pytest.approx(parts.score)
    assert f.brier_parts([0.0, 1.0], [0, 1], bins=10).resolution == 0.25
    edges = np.arange(100) / 100  # 0.29 * 100 is 28.999999999999996
    assert f.brier_parts(edges, edges > 0.5, bins=100).rest == pytest.approx(0, abs=1e-12)


def test_calibration_of_an_honest_and_of_an_overconfident_forecaster():
    rng = np.random.default_rng(4)
    mean = rng.normal(size=4000)
    observed = mean + rng.normal(size=4000)
    z = stats.norm.ppf(LEVELS)
    honest = f.calibration(LEVELS, mean[:, None] + z, observed)
    np.testing.assert_allclose(honest["share"], LEVELS, atol=0.02)
    assert ((honest["low"] < honest["share"]) & (honest["share"] < honest["high"])).all()
    narrow = f.calibration(LEVELS, mean[:, None] + 0.5 * z, observed).set_index("level")
    assert narrow.loc[0.05, "low"] > 0.05 and narrow.loc[0.95, "high"] < 0.95


def test_intervals_are_the_exact_ones():
    table = f.calibration([0.5], np.zeros((10, 1)), [-1.0] * 3 + [1.0] * 7, confidence=0.95)
    exact = stats.binomtest(3, 10).proportion_ci(0.95, method="exact")
    assert table["low"][0] == pytest.approx(exact.low)
    assert table["high"][0] == pytest.approx(exact.high)
    never = f.calibration([0.5], np.zeros((5, 1)), np.ones(5))
    assert never["low"][0] == 0 and 0 < never["high"][0] < 1


def test_outcomes_on_a_quantile_count_as_below():
    assert f.calibration([0.5], [[2.0]], [2.0])["share"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: f.pinball([0.5, 0.1], [1, 2], 1), "levels must be a rising list"),
        (lambda: f.pinball([0.1, 0.1], [1, 2], 1), "levels must be a rising list"),
        (lambda: f.pinball([0, 0.5], [1, 2], 1), "levels must be above 0 and below 1, not 0"),
        (lambda: f.pinball([10, 50, 90], [1, 2, 3], 1), "levels must be .* below 1, not 10"),
        (lambda: f.pinball([], [], 1), r"levels must be .*, not \[\]"),
        (lambda: f.pinball([0.1, 0.9], [2, 1], 1), "must not cross.* 0.1 is 2 .* 0.9 is 1"),
        (lambda: f.pinball([0.1, 0.9], [[1, 2], [5, 4]], [1, 1]), "must not cross.* is 5"),
        (lambda: f.pinball([0.1, 0.9], [1, 2, 3], 1), "one value for each of the 2 levels"),
        (lambda: f.pinball([0.1, 0.9], [[1, 2], [3]], 1), r"not \[\[1, 2\], \[3\]\]"),
        (lambda: f.pinball([0.1, 0.9], [1, np.nan], 1), "values must be a finite number, not nan"),
        (lambda: f.pinball([0.1, 0.9], [1, 2], np.inf), "observed must be a finite .* not inf"),
        (lambda: f.pinball([0.1, 0.9], [1, 2], [1, 2]), "one outcome for each"),
        (lambda: f.pinball(["a"], [1], 1), r"levels must be .*, not \['a'\]"),
        (lambda: f.interval_score(2, 1, 1), "turned round"),
        (lambda: f.interval_score([[0]], 1, [0.5, 2]), r"one shape, not \[\(1, 1\), \(2,\)\]"),
        (lambda: f.interval_score(1, 2, 1, 80), "level must be above 0 and below 1, not 80"),
        (lambda: f.interval_score(1, np.nan, 1), "high must be a finite number, not nan"),
        (lambda: f.brier(70, True), "probability must be between 0 and 1, not 70"),
        (lambda: f.brier([0.1, 0.2], [True]), "as many as the 2 probabilities, not 1"),
        (lambda: f.brier([], []), r"probability must be .*, not \[\]"),
        (lambda: f.brier([0.1], [2]), "True or False"),
        (lambda: f.brier([0.1], ["yes"]), "True or False"),
        (lambda: f.brier_parts([0.1], [True], bins=0), "bins must be a whole number of at least 1"),
        (lambda: f.brier_parts([0.1], [True], bins=2.5), "bins must be a whole number"),
        (lambda: f.calibration([0.5], [[1.0]], [1.0], confidence=90), "confidence must be above 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
