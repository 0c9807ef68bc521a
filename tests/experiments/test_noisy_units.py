import math

import numpy as np
import pytest

from scaling_lib.experiments.scaffolding import noisy_units as nu


def simulate(p, n, rho, dependence, rng, trials=40_000):
    """Draw the units; share of problems that the majority gets right, and its standard error."""
    if dependence == "beta" and rho:
        right = rng.binomial(n, rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), trials))
    else:
        right = rng.binomial(n, p, trials)
        shared = rng.random(trials) < rho
        right[shared] = n * (rng.random(shared.sum()) < p)
    score = (np.sign(2 * right - n) + 1) / 2
    return score.mean(), score.std() / math.sqrt(trials)


@pytest.mark.parametrize("dependence", nu.DEPENDENCE)
@pytest.mark.parametrize("rho", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("n", [3, 10, 51])
def test_closed_forms_agree_with_simulation(n, rho, dependence):
    share, error = simulate(0.6, n, rho, dependence, np.random.default_rng(n))
    assert abs(nu.majority(0.6, n, rho, dependence) - share) < 4 * error


@pytest.mark.parametrize("dependence", nu.DEPENDENCE)
def test_one_unit_is_as_good_as_itself(dependence):
    assert nu.majority(0.7, 1, 0.3, dependence) == pytest.approx(0.7)


def test_a_common_cause_sets_a_floor():
    p, rho = 0.8, 0.1
    assert nu.majority(p, 2001, rho) == pytest.approx(1 - rho * (1 - p), abs=1e-9)
    errors = [1 - nu.majority(0.8, n) for n in (11, 21, 41, 81)]
    ratios = np.diff(np.log(errors)) / [10, 20, 40]
    assert ratios.max() < -0.2  # exponential in n when independent
    assert nu.majority(0.4, 101) < 0.03  # and the other way below one half


def test_units_needed_is_the_smallest_and_grows_with_the_logarithm_of_the_length():
    needed = [nu.units_needed(0.8, 10**j, 0.99) for j in range(7)]
    for j, n in enumerate(needed):
        chain, shorter = (nu.majority(0.8, units) ** 10**j for units in (n, n - 2))
        assert chain >= 0.99 > shorter
    gaps = np.diff(needed)
    assert gaps.max() <= 12 and gaps.min() >= 8
    assert nu.units_needed(0.4, 3, 0.9) is None
    assert nu.units_needed(0.4, 1, 0.3) == 1


def test_vote_correlation_recovers_the_common_cause():
    rng = np.random.default_rng(0)
    units, problems, rho = 6, 40_000, 0.3
    right = rng.random((units, problems)) < 0.7
    shared = rng.random(problems) < rho
    right[:, shared] = rng.random(shared.sum()) < 0.7
    assert nu.vote_correlation(right) == pytest.approx(rho, abs=0.02)
    assert math.isnan(nu.vote_correlation([[True, True], [True, False]]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nu.majority(1.0, 3), "p must"),
        (lambda: nu.majority(0.6, 3, 1.0), "rho must"),
        (lambda: nu.majority(0.6, 3, 0.1, "copula"), "dependence"),
        (lambda: nu.units_needed(0.9, 0, 0.9), "steps"),
        (lambda: nu.units_needed(0.9, 3, 1.0), "target"),
        (lambda: nu.vote_correlation([True, False]), "units, problems"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
