import numpy as np
import pytest

from scaling_lib.models.mlp import MLP


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@pytest.mark.parametrize("activation", ["relu", "quadratic", "cubic"])
@pytest.mark.parametrize(
    ("sizes", "heads", "bias"), [((5, 7, 6, 6), 2, True), ((5, 4, 3), 1, False)]
)
def test_gradient_equals_finite_differences(activation, loss, sizes, heads, bias):
    rng = np.random.default_rng(0)
    model = MLP(sizes, activation, loss, heads, bias, seed=1, dtype=np.float64)
    X = rng.standard_normal((9, 5)) / 2
    y = rng.integers(0, model.classes, (9, heads) if heads > 1 else 9)
    model.loss_and_grad(X, y)
    grad = model.grad.copy()
    numeric = np.empty_like(grad)
    for i in range(model.N):
        kept = model.theta[i]
        model.theta[i] = kept + 1e-6
        above, _ = model.evaluate(X, y)
        model.theta[i] = kept - 1e-6
        below, _ = model.evaluate(X, y)
        model.theta[i] = kept
        numeric[i] = (above - below) / 2e-6
    assert np.abs(numeric - grad).max() < 1e-6 * np.abs(grad).max() + 1e-9


def test_loss_of_known_logits():
    model = MLP((2, 4), seed=0, dtype=np.float64)
    model.theta[:] = 0
    X = np.ones((3, 2))
    y = np.array([0, 1, 3])
    assert model.evaluate(X, y)[0] == pytest.approx(np.log(4))
    assert model.loss_and_grad(X, y) == pytest.approx(np.log(4))
    square = MLP((2, 4), loss="mse", seed=0, dtype=np.float64)
    square.theta[:] = 0
    assert square.loss_and_grad(X, y) == pytest.approx(1.0)


def test_counts():
    model = MLP((4, 8, 8, 6), heads=2)
    assert model.N == 4 * 8 + 8 + 8 * 8 + 8 + 8 * 6 + 6 == model.theta.size == model.grad.size
    assert model.flops_per_example() == 6 * (32 + 64 + 48) - 2 * 32
    assert MLP((4, 8, 3), bias=False).N == 56
    model.p["W1"][0, 0] = 7
    assert model.theta[0] == 7


def test_same_seed_same_network_and_seeds_differ():
    assert np.array_equal(MLP((4, 3), seed=3).theta, MLP((4, 3), seed=3).theta)
    assert not np.array_equal(MLP((4, 3), seed=3).theta, MLP((4, 3), seed=4).theta)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP((4,)), "at least two widths"),
        (lambda: MLP((4, 0)), "sizes must be a whole number of at least 1, not 0"),
        (lambda: MLP((4, 3), heads=0), "heads must be a whole number of at least 1, not 0"),
        (lambda: MLP((4, 3), activation="tanh"), "activation"),
        (lambda: MLP((4, 3), loss="hinge"), "loss"),
        (lambda: MLP((4, 3), heads=2), "heads"),
        (lambda: MLP((4, 3), init_std=(1, 1)), "init_std"),
        (lambda: MLP((4, 3)).forward(np.zeros((2, 5))), "shape"),
        (lambda: MLP((4, 3)).loss_and_grad(np.zeros((2, 4)), np.zeros(3, int)), "y must"),
        (lambda: MLP((4, 3)).evaluate(np.zeros((2, 4)), [0, -1]), "y must be from 0 to 2, not -1"),
        (lambda: MLP((4, 3), loss="mse").evaluate(np.zeros((1, 4)), [3]), "from 0 to 2, not 3"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
