import itertools
import math

import numpy as np
import pytest

from scaling_lib.models.optimizers import BLOCK, EPS, SGD, Adam, constant_schedule, cosine_schedule


def adam_as_published(theta, gradients, lr, betas, weight_decay):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, g in enumerate(gradients, start=1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        theta = theta * (1 - lr * weight_decay) - lr * m_hat / (np.sqrt(v_hat) + EPS)
    return theta


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("n", [3, BLOCK + 7, 3 * BLOCK])
def test_adam_is_the_published_update_in_every_block(n, weight_decay):
    rng = np.random.default_rng(0)
    start = rng.standard_normal(n)
    gradients = rng.standard_normal((5, n)) * 10.0 ** rng.integers(-6, 2, n)
    expected = adam_as_published(start, gradients, 0.01, (0.9, 0.99), weight_decay)
    theta = start.copy()
    optimizer = Adam(theta, weight_decay=weight_decay)
    for g in gradients:
        optimizer.step(g, 0.01)
    np.testing.assert_allclose(theta, expected, rtol=1e-9, atol=1e-12)


def test_adam_leaves_the_gradient_alone_and_keeps_float32():
    theta, grad = np.ones(4, np.float32), np.full(4, 0.5, np.float32)
    Adam(theta).step(grad, 0.1)
    assert theta.dtype == np.float32
    assert (grad == 0.5).all()


def test_parameters_without_gradient_stay_and_their_moments_stay_normal_numbers():
    theta = np.ones(2, np.float32)
    optimizer = Adam(theta)
    grad = np.array([1.0, 0.0], np.float32)
    for _ in range(3000):
        optimizer.step(grad, 0.01)
    assert theta[1] == 1
    assert optimizer._m[1] >= np.finfo(np.float32).tiny
    assert optimizer._v[1] >= np.finfo(np.float32).tiny


def test_sgd_goes_against_the_gradient():
    theta = np.array([1.0, 2.0])
    for _ in range(2):
        SGD(theta).step(np.array([1.0, -0.5]), 0.1)
    np.testing.assert_allclose(theta, [0.8, 2.1])


def test_schedules():
    rates = [cosine_schedule(t, 100, 2.0) for t in range(100)]
    assert max(rates) == 2.0 and rates.index(2.0) == 4
    assert all(a > b for a, b in itertools.pairwise(rates[5:]))
    assert rates[-1] == pytest.approx(1 + math.cos(math.pi * 94 / 95))
    assert [constant_schedule(t, 100, 2.0) for t in (0, 4, 99)] == [0.4, 2.0, 2.0]
    assert cosine_schedule(0, 1, 3.0) == 3.0


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Adam(np.ones((2, 2))), "theta"),
        (lambda: SGD([1.0]), "theta"),
        (lambda: Adam(np.ones(2, int)), "theta"),
        (lambda: Adam(np.ones(2), betas=(1.0, 0.9)), "betas"),
        (lambda: Adam(np.ones(2), weight_decay=-1), "weight_decay"),
    ],
)
def test_bad_settings_are_named(make, word):
    with pytest.raises(ValueError, match=word):
        make()
