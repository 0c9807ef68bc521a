"""Gradient descent on one flat parameter vector: Adam, SGD, and learning-rate schedules.

For `g` the gradient at step `t`, Adam [@kingma2015adam] keeps two running means and divides one by
the root of the other::

    m ← β₁·m + (1 − β₁)·g               v ← β₂·v + (1 − β₂)·g²
    m̂ = m / (1 − β₁ᵗ)                   v̂ = v / (1 − β₂ᵗ)
    θ ← θ − lr · m̂ / (√v̂ + ε)

The code below stores the running *sums* ``m/(1 − β₁)`` and ``v/(1 − β₂)``: the constant factors are
then applied once to two numbers, not at every step to every parameter. The result is the same.
"""

import math
from collections.abc import Callable

import numpy as np

EPS = 1e-8  # the ε in the denominator

# 16384 float32 numbers are 64 KB: five such arrays stay in the second-level cache of any laptop, so
# that the eleven passes below read from main memory once instead of eleven times.
BLOCK = 16384

# A parameter whose gradient is exactly zero for long has a first moment that decays into subnormal
# numbers, on which many processors are a hundred times slower. This floor keeps the moment, and its
# square, among the normal numbers. It moves a parameter by less than 1e-9·lr a step.
FLOOR = 1e-18


class Adam:
    """Adam on the flat vector `theta`, with decoupled weight decay (AdamW where that is not zero).

    `betas` are the decay rates β₁ and β₂ of the two running means, each in [0, 1). Each step also
    multiplies `theta` by ``1 − lr · weight_decay``.

    >>> theta = np.array([1.0, -1.0])
    >>> Adam(theta).step(np.array([0.5, 0.0]), lr=0.1)
    >>> theta.round(6).tolist()
    [0.9, -1.0]
    """

    def __init__(self, theta: np.ndarray, betas=(0.9, 0.99), weight_decay: float = 0.0):
        _check_vector(theta)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas must both lie in [0, 1), not {betas}")
        if weight_decay < 0:
            raise ValueError(f"weight_decay must be zero or positive, not {weight_decay}")
        self.theta, self.betas, self.weight_decay = theta, betas, weight_decay
        self.t = 0
        self._m = np.zeros_like(theta)
        self._v = np.zeros_like(theta)
        self._buffer = np.empty(min(BLOCK, len(theta)), theta.dtype)

    def step(self, grad: np.ndarray, lr: float) -> None:
        """Update `theta` in place; `grad` is not changed."""
        self.t += 1
        beta1, beta2 = self.betas
        # m̂ = scale1 · m and v̂ = scale2 · v for the sums m and v that are kept here.
        scale1 = (1 - beta1) / (1 - beta1**self.t)
        scale2 = (1 - beta2) / (1 - beta2**self.t)
        rate = lr * scale1 / math.sqrt(scale2)
        eps = EPS / math.sqrt(scale2)
        shrink = 1 - lr * self.weight_decay
        for start in range(0, len(self.theta), BLOCK):
            block = slice(start, start + BLOCK)
            theta, m, v, g = self.theta[block], self._m[block], self._v[block], grad[block]
            buffer = self._buffer[: len(theta)]

            np.add(g, FLOOR, out=buffer)
            m *= beta1
            m += buffer
            buffer *= buffer
            v *= beta2
            v += buffer

            np.sqrt(v, out=buffer)
            buffer += eps
            np.divide(m, buffer, out=buffer)
            buffer *= rate
            if shrink != 1:
                theta *= shrink
            theta -= buffer


class SGD:
    """Plain gradient descent on the flat vector `theta`: ``θ ← θ − lr · g``."""

    def __init__(self, theta: np.ndarray):
        _check_vector(theta)
        self.theta = theta

    def step(self, grad: np.ndarray, lr: float) -> None:
        """Update `theta` in place; `grad` is not changed."""
        self.theta -= lr * grad


def cosine_schedule(step: int, total: int, peak: float, warmup: float = 0.05) -> float:
    """Learning rate that rises linearly to `peak` and then falls to zero on half a cosine.

    A run that is read before its end has not had its learning rate brought down, which is one
    reason why reading checkpoints misleads. `step` of the `total` steps are already taken; the rate
    rises over the share `warmup` of the run, in [0, 1), or at least one step.

    >>> [round(cosine_schedule(t, 40, 1.0), 3) for t in (0, 1, 2, 21, 39)]
    [0.5, 1.0, 1.0, 0.5, 0.002]
    """
    rise = max(1, int(warmup * total))
    if step < rise:
        return peak * (step + 1) / rise
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))


def constant_schedule(step: int, total: int, peak: float, warmup: float = 0.05) -> float:
    """Learning rate that rises linearly to `peak` and stays there; see `cosine_schedule`.

    >>> [constant_schedule(t, 40, 1.0) for t in (0, 1, 39)]
    [0.5, 1.0, 1.0]
    """
    return constant_after(max(1, int(warmup * total)))(step, total, peak)


def constant_after(rise: int) -> Callable[[int, int, float], float]:
    """Return a schedule that rises over `rise` steps and then stays, however long the run is.

    So a longer run begins as a shorter one, and both are points of one learning curve.

    >>> [constant_after(50)(t, 10**6, 1.0) for t in (0, 49, 10**5)]
    [0.02, 1.0, 1.0]
    """
    return lambda step, total, peak: peak * min(1, (step + 1) / rise)


def _check_vector(theta):
    if not isinstance(theta, np.ndarray) or theta.ndim != 1 or theta.dtype.kind != "f":
        raise ValueError(f"theta must be a flat numpy vector of floats, not {theta!r}")
