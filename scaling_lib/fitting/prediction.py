"""What a fit predicts, with intervals, and how well it does on runs that it has not seen."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from scaling_lib.fitting import intervals
from scaling_lib.fitting.runs import prepare


class Prediction(NamedTuple):
    """Predicted values with the ends of their intervals, arrays of one shape."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Score(NamedTuple):
    """How a fit does on runs that it has not seen.

    `mean_error`, `worst_error` (both absolute) and `bias` (signed) are relative errors of the
    prediction, or plain differences for a law of scores; `rms` is that of the residuals (in log
    loss or in score), `inside` the share of runs within the prediction interval of `level`.
    """

    n: int
    mean_error: float
    worst_error: float
    bias: float
    rms: float
    inside: float
    level: float


def predict(result, columns, level=None, kind="observation"):
    """Predict the target, see `FitResult.predict`."""
    columns = {name: np.atleast_1d(values) for name, values in dict(columns).items()}
    columns, _, _ = prepare(result.law, columns, target=False)
    f = result._problem.at(columns)
    middle = f.value(result._theta[None])[0]
    value = result._problem.to_target(middle)
    if level is None:
        return value
    check_level(level)
    if kind not in ("observation", "mean"):
        raise ValueError(f"kind must be 'observation' or 'mean', not {kind!r}.")
    noisy = kind == "observation"
    scale = math.sqrt(result.n / (result.n - result._problem.p))
    if result.replicates is not None:
        draws = f.value(result._draws)
        if noisy:
            rng = np.random.default_rng(result.seed)
            draws = draws + scale * rng.choice(result._residuals, size=draws.shape)
        low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    else:
        J = f.jacobian(result._theta[None])[0]
        variance = np.einsum("mi,ij,mj->m", J, result._covariance, J)
        half = intervals.student(level, result.n - result._problem.p) ** 2 * variance
        if noisy:
            half = half + (scale * np.quantile(np.abs(result._residuals), level)) ** 2
        low, high = middle - np.sqrt(half), middle + np.sqrt(half)
    return Prediction(value, result._problem.to_target(low), result._problem.to_target(high))


def score(result, held_out, columns=None, level=0.9):
    """Return the `Score` of a fit on other runs, see `FitResult.score`."""
    inputs, observed, _ = prepare(result.law, held_out, columns)
    predicted = result.predict(inputs, level)
    if result.law.link == "log":
        error = predicted.value / observed - 1.0
        residual = np.log(predicted.value / observed)
    else:
        error = residual = predicted.value - observed
    inside = (predicted.low <= observed) & (observed <= predicted.high)
    return Score(
        observed.size,
        float(np.abs(error).mean()),
        float(np.abs(error).max()),
        float(error.mean()),
        float(np.sqrt(np.mean(residual**2))),
        float(inside.mean()),
        level,
    )


def check_level(level):
    """Raise ValueError unless a level lies between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}.")
