import numpy as np
import pytest

from scaling_lib.experiments.bitter_lesson import polynomial


def test_line_underfits_and_high_degrees_overfit_few_points_only():
    table = polynomial.by_degree((1, 3, 12), (20, 2000), seeds=range(30)).set_index(["D", "degree"])
    test, train = table["test"], table["train"]
    assert test[20, 3] < test[20, 1] < test[20, 12]
    assert test[2000, 12] < test[2000, 3] < test[2000, 1]
    assert train[20, 12] < train[20, 3] < train[20, 1]
    assert np.all(test > polynomial.NOISE**2)
    assert np.all((table["test_low"] <= test) & (test <= table["test_high"]))


def test_polynomial_is_recovered_without_noise():
    x = np.linspace(-1, 1, 30)
    curve = polynomial.fit(x, 2 * x**3 - x, 3)
    assert np.allclose(curve(0.5), 2 * 0.125 - 0.5)
    with pytest.raises(ValueError, match="parameters"):
        polynomial.fit(x[:3], x[:3], 3)
