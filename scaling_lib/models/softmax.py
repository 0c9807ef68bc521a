"""Softmax over the last axis, its logarithm, and cross-entropy with its gradient, in nats."""

import numpy as np

SPREAD = 80.0  # exp(-80) is still a normal float32


def check_tokens(tokens: np.ndarray, V: int, name: str) -> None:
    """Raise a `ValueError` unless tokens are from 0 to V − 1, which look-ups do not check."""
    low, high = 0 if tokens.dtype.kind == "u" else tokens.min(), tokens.max()
    if low < 0 or high >= V:
        raise ValueError(f"{name} must be from 0 to {V - 1}, not {low if low < 0 else high}")


def log_softmax(z: np.ndarray) -> np.ndarray:
    """Return ``z − log Σ exp z``, without overflow."""
    z = z - z.max(-1, keepdims=True)
    z -= np.log(np.exp(z).sum(-1, keepdims=True))
    return z


def softmax(z: np.ndarray) -> np.ndarray:
    """Return ``exp z / Σ exp z``, without overflow."""
    return np.exp(log_softmax(z))


def of_right(log_p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return what `log_p` (..., classes) says of the right classes `y` (...)."""
    return np.take_along_axis(log_p, y[..., None], -1)[..., 0]


def draw(p: np.ndarray, rng: np.random.Generator, times: tuple[int, ...] = ()) -> np.ndarray:
    """Draw classes with the probabilities `p` (..., classes), all so many `times`."""
    below = p.cumsum(-1)[..., :-1]
    return (rng.random((*times, *below.shape[:-1], 1)) > below).sum(-1)


def softmax_cross_entropy(z: np.ndarray, targets: np.ndarray) -> float:
    """Turn logits into the gradient of the mean cross-entropy, in place, and return that mean.

    `z` has shape (B, V) and is contiguous; on return it is ``(softmax(z) − one-hot(targets)) / B``.
    `targets` are tokens, shape (B,); or their probabilities, shape (B, V), in place of the one-hot.

    >>> z = np.zeros((1, 2))
    >>> round(softmax_cross_entropy(z, np.array([1])), 4), z.tolist()
    (0.6931, [[0.5, -0.5]])
    """
    B, V = z.shape
    if targets.ndim == 2:
        log_p = log_softmax(z)
        np.exp(log_p, out=z)
        z -= targets
        z /= B
        return float(-(targets * log_p).sum() / B)
    check_tokens(targets, V, "targets")
    flat = z.reshape(-1)  # the same numbers in one row: places in it are quicker to reach
    at_target = np.arange(0, B * V, V) + targets
    # Subtracting a maximum keeps exponentials from overflowing. One for all rows is ten times
    # quicker than one a row, and as good unless logits lie so far apart that others vanish.
    top = z.max()
    z -= top if top - z.min() < SPREAD else z.max(axis=1, keepdims=True)
    z_target = flat[at_target]
    np.exp(z, out=z)
    total = z @ np.ones((V, 1), z.dtype)  # sums of rows, quicker than z.sum(axis=1)
    loss = (np.log(total).sum() - z_target.sum()) / B
    total *= B
    z /= total
    flat[at_target] -= 1 / B
    return float(loss)
