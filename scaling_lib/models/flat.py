"""A model is one flat vector of parameters, named views into it, and a gradient of the same shape.

>>> theta, p = flat_views({"W": (2, 2), "b": (2,)})
>>> p["b"][:] = 1
>>> theta.tolist()
[0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
"""

import math
from typing import Protocol

import numpy as np


class Model(Protocol):
    """What the training loop, `fit_model`, asks of a model.

    `train` asks more, which the models of `mlp_lm` have: ``N``, ``count_parameters``,
    ``flops_per_token``, ``log_probs`` for the test loss, and ``free_memory``.
    """

    theta: np.ndarray
    """All N parameters."""
    grad: np.ndarray
    """The gradient of the last batch's loss, shape (N,)."""

    def loss_and_grad(self, x: np.ndarray, y: np.ndarray) -> float:
        """Fill `grad`, and return the mean loss of inputs `x` with targets `y`, in nats."""


def flat_views(
    shapes: dict[str, tuple[int, ...]], dtype=np.float32
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return a vector of zeros, and the named arrays that lie in it one after the other."""
    vector = np.zeros(sum(math.prod(shape) for shape in shapes.values()), dtype)
    views, start = {}, 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        views[name] = vector[start:stop].reshape(shape)
        start = stop
    return vector, views
