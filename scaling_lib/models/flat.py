"""A model is one flat vector of parameters, named views into it, and a gradient of the same shape.

>>> model = Model({"W": (2, 2), "b": (2,)})
>>> model.p["b"][:] = 1
>>> model.theta.tolist()
[0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
"""

import math

import numpy as np


class Model:
    """What the training loop, `fit_model`, asks of a model.

    `train` asks more, which the models of `mlp_lm` have: ``count_parameters``,
    ``flops_per_token``, ``log_probs`` for the test loss, and ``free_memory``.
    """

    def __init__(self, shapes: dict[str, tuple[int, ...]], dtype=np.float32):
        self.theta, self.p = _views(shapes, dtype)  # all N parameters, and each array by its name
        self.grad, self.g = _views(shapes, dtype)  # the gradient of the last batch's loss
        self.N = len(self.theta)

    def loss_and_grad(self, x: np.ndarray, y: np.ndarray) -> float:
        """Fill `grad`, and return the mean loss of inputs `x` with targets `y`, in nats."""
        raise NotImplementedError


def _views(shapes, dtype):
    """Return a vector of zeros, and the named arrays that lie in it one after the other."""
    vector = np.zeros(sum(math.prod(shape) for shape in shapes.values()), dtype)
    views, start = {}, 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        views[name] = vector[start:stop].reshape(shape)
        start = stop
    return vector, views
