import numpy as np
import pytest

from scaling_lib.models.mlp import MLP
from scaling_lib.models.optimizers import SGD, Adam, cosine_schedule
from scaling_lib.training import fit_model

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])


@pytest.mark.parametrize(("optimizer", "lr"), [(Adam, 0.02), (SGD, 0.3)])
def test_xor_needs_a_hidden_layer(optimizer, lr):
    deep, flat = MLP((2, 16, 2), seed=0), MLP((2, 2), seed=0)
    for model in (deep, flat):
        losses = fit_model(
            model, [XOR] * 400, 400, lr, schedule=None, optimizer=optimizer(model.theta)
        )
        assert losses.shape == (400,) and losses[-1] < losses[0]
    assert deep.accuracy(*XOR) == 1
    assert flat.accuracy(*XOR) < 1


class Recorder:
    """A model and an optimizer that write down what they are asked."""

    theta, grad = np.zeros(1), np.ones(1)

    def __init__(self, losses):
        self.losses, self.rates = iter(losses), []

    def loss_and_grad(self, x, y):
        return next(self.losses)

    def step(self, grad, lr):
        self.rates.append(lr)


def test_the_schedule_sets_the_rate_of_each_step_and_batches_may_be_endless():
    model = Recorder([3.0, 2.0, 1.0])
    losses = fit_model(model, iter(lambda: XOR, None), 3, 0.5, optimizer=model)
    assert losses.tolist() == [3, 2, 1]
    assert model.rates == [cosine_schedule(step, 3, 0.5) for step in range(3)]


def test_a_diverged_model_is_not_stepped_again():
    model = Recorder([3.0, np.inf, 1.0])
    losses = fit_model(model, [XOR] * 3, 3, 0.5, optimizer=model)
    assert losses[1] == np.inf and np.isnan(losses[2])
    assert len(model.rates) == 1


def test_after_step_counts_the_steps_done_and_may_end_the_training():
    model, seen = Recorder([4.0, 3.0, 2.0, 1.0]), []

    def after_step(done):
        seen.append((done, len(model.rates)))
        return done == 3

    losses = fit_model(model, [XOR] * 4, 4, 0.5, optimizer=model, after_step=after_step)
    assert seen == [(1, 1), (2, 2), (3, 3)]
    assert losses[:3].tolist() == [4, 3, 2] and np.isnan(losses[3])
