import numpy as np
import pytest

from scaling_lib.models.softmax import SPREAD, log_softmax, softmax, softmax_cross_entropy


def test_softmax_survives_large_logits():
    z = np.array([[1000.0, 0.0], [-1000.0, -1000.0]])
    assert np.allclose(softmax(z), [[1, 0], [0.5, 0.5]])
    assert log_softmax(z)[0, 1] == -1000


def test_logits_of_any_size_do_not_overflow():
    z = np.array([[1e4, 0.0], [-1e4, 0.0]], np.float32)
    assert softmax_cross_entropy(z, np.array([0, 1])) == 0
    assert (z == 0).all()


@pytest.mark.parametrize("spread", [1.0, 30.0])  # the logits lie within or beyond SPREAD
def test_softmax_and_its_gradient(spread):
    """Small integers serve as targets: samples are stored in as few bytes as hold a token."""
    z = spread * np.random.default_rng(0).standard_normal((300, 64))
    assert (np.ptp(z) > SPREAD) == (spread > 1)
    y = np.arange(300, dtype=np.uint8) % 64
    expected = -log_softmax(z)[np.arange(300), y].mean()
    gradient = (np.exp(log_softmax(z)) - np.eye(64)[y]) / 300
    assert softmax_cross_entropy(z, y) == pytest.approx(expected)
    np.testing.assert_allclose(z, gradient, atol=1e-15)


def test_probabilities_as_targets_give_the_cross_entropy_with_them():
    z = np.random.default_rng(0).standard_normal((5, 7))
    p = softmax(np.random.default_rng(1).standard_normal((5, 7)))
    start = z.copy()
    loss = softmax_cross_entropy(z, p)
    assert loss == pytest.approx(-(p * log_softmax(start)).sum(1).mean())
    for place in ((0, 0), (3, 6)):
        moved = start.copy()
        moved[place] += 1e-6
        slope = (softmax_cross_entropy(moved, p) - loss) / 1e-6
        assert slope == pytest.approx(z[place], rel=1e-4)


def test_certain_probabilities_are_tokens():
    z = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    y, other = np.array([1, 0, 6, 6, 2]), z.copy()
    assert softmax_cross_entropy(z, np.eye(7, dtype=np.float32)[y]) == pytest.approx(
        softmax_cross_entropy(other, y), rel=1e-5
    )
    np.testing.assert_allclose(z, other, atol=1e-6)
