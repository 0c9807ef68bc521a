"""The one training loop: loss and gradient of a batch, then a step downhill."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from scaling_lib.models.flat import Model
from scaling_lib.models.optimizers import SGD, Adam, cosine_schedule


def draw_batches(
    X: np.ndarray, y: np.ndarray, size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield without end batches of `size` examples drawn with replacement."""
    while True:
        rows = rng.integers(0, len(y), size)
        yield X[rows], y[rows]


def one_pass(text: np.ndarray, batch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield contexts and the tokens after them of a text (n, k + 1), `batch` examples at a time."""
    for start in range(0, len(text), batch):
        part = text[start : start + batch]
        yield part[:, :-1], part[:, -1]


def fit_model(
    model: Model,
    batches: Iterable[tuple[np.ndarray, np.ndarray]],
    steps: int,
    lr: float,
    *,
    schedule: Callable[[int, int, float], float] | None = cosine_schedule,
    optimizer: Adam | SGD | None = None,
    after_step: Callable[[int], bool | None] | None = None,
) -> np.ndarray:
    """Train `model` in place, one optimizer step a batch.

    Parameters
    ----------
    batches
        Inputs and targets of one step each; the first `steps` of them are used.
    lr
        Highest learning rate.
    schedule
        ``schedule(step, steps, lr)``, the learning rate of a step counted from 0; None keeps `lr`.
    optimizer
        Built on ``model.theta``; Adam by default.
    after_step
        Called with the number of steps done; training ends early if it returns True.

    Returns
    -------
    numpy.ndarray of float32, shape (steps,)
        Loss of each batch before its step; NaN from where training diverged or ended on.
    """
    optimizer = optimizer or Adam(model.theta)
    losses = np.full(steps, np.nan, np.float32)
    for step, (x, y) in enumerate(itertools.islice(batches, steps)):
        losses[step] = loss = model.loss_and_grad(x, y)
        if not math.isfinite(loss):
            break
        optimizer.step(model.grad, schedule(step, steps, lr) if schedule else lr)
        if after_step and after_step(step + 1):
            break
    return losses
