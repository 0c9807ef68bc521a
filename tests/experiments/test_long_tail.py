import numpy as np
import pytest

from scaling_lib.experiments.bitter_lesson import long_tail


def test_unseen_mass_of_equal_facts():
    assert long_tail.unseen_mass(10, a=0.0, V=5) == pytest.approx(0.8**10)
    assert long_tail.unseen_mass(0, a=1.2, V=50) == pytest.approx(1)
    assert long_tail.unseen_mass(1, a=1.0, V=1) == pytest.approx(0)


def test_simulation_agrees_with_expectation_and_good_turing_with_both():
    table = long_tail.simulate((1000, 30_000), seeds=range(5))
    mean = table.groupby("D")[["unseen", "good_turing", "expected", "seen"]].mean()
    assert np.allclose(mean["unseen"], mean["expected"], rtol=0.05)
    assert np.allclose(mean["good_turing"], mean["expected"], rtol=0.08)
    assert mean["seen"].is_monotonic_increasing


def test_power_law_holds_far_from_both_ends():
    D = np.array([1000, 10_000])
    exact = long_tail.unseen_mass(D, a=1.5)
    assert np.allclose(long_tail.unseen_mass_power_law(D, a=1.5), exact, rtol=0.03)
    slope = np.log(exact[1] / exact[0]) / np.log(10)
    assert slope == pytest.approx(-1 / 3, abs=0.02)
    with pytest.raises(ValueError, match="above 1"):
        long_tail.unseen_mass_power_law(10, a=1.0)
    with pytest.raises(ValueError, match="V must"):
        long_tail.frequencies(1.0, 0)
