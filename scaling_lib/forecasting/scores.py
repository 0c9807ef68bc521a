r"""Forecasts that can be marked: quantiles, proper scores, calibration.

A score is *proper* if a forecaster who believes in a distribution gets the best expected score by
stating it, and *strictly* proper if nothing else does as well [@gneiting2007strictly]. All scores
here are losses: zero is perfect, less is better, and a score of quantiles has the unit of what is
forecast. Forecast a quantity that spans orders of magnitude in its logarithm.

Quantiles are rows: `levels` of shape (k,) rises between 0 and 1, `values` of shape (..., k) never
falls along its last axis, `observed` has shape (...). Whatever does not fit is a `ValueError`.

>>> levels = [0.1, 0.5, 0.9]
>>> round(crps_quantiles(levels, [24.0, 25.0, 26.5], 25.5).item(), 3)
0.35
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from scaling_lib.data import checks
from scaling_lib.data.checks import finite, whole


class BrierParts(NamedTuple):
    """A Brier score and its parts: ``score = reliability - resolution + uncertainty + rest``."""

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    rest: float


def check_quantiles(levels, values):
    """Return levels and values as arrays, or raise a `ValueError` that says what is wrong."""
    levels = checks.level(levels, "levels", many=True)
    values = finite(values, "values", many=True)
    if levels.ndim != 1 or (np.diff(levels) <= 0).any():
        raise ValueError(f"levels must be a rising list, such as 0.1, 0.5, 0.9, not {levels}")
    if values.ndim == 0 or values.shape[-1] != levels.size:
        raise ValueError(
            f"values must have one value for each of the {levels.size} levels, not the shape "
            f"{values.shape}"
        )
    crossing = np.argwhere(np.diff(values, axis=-1) < 0)
    if crossing.size:
        *row, k = crossing[0]
        low, high = values[(*row, k)], values[(*row, k + 1)]
        raise ValueError(
            f"quantiles must not cross: the value at level {levels[k]:g} is {low:g} and the one at "
            f"level {levels[k + 1]:g} is {high:g}"
        )
    return levels, values


def pinball(levels, values, observed):
    r"""Pinball loss of each quantile, in the shape of `values`.

    .. math:: \rho_\tau(q, x) = (\mathbf{1}\{x < q\} - \tau)\,(q - x)

    Its expectation is least where `q` is a quantile of level :math:`\tau` [@koenker1978regression].
    """
    levels, values = check_quantiles(levels, values)
    observed = _outcomes(observed, values)[..., None]
    return ((observed < values) - levels) * (values - observed)


def crps_quantiles(levels, values, observed):
    r"""Score a quantile forecast, in the shape of `observed`: the weighted sum of pinball losses.

    .. math:: S = 2 \sum_i w_i\, \rho_{\tau_i}(q_i, x)

    Each weight is the share of the unit interval nearest to its level, so that the sum is a
    quadrature of :math:`\mathrm{CRPS} = 2\int_0^1 \rho_\tau(F^{-1}(\tau), x)\,d\tau` and tends to
    it with more levels [@gneiting2007strictly; @bracher2021evaluating]. It is proper for any number
    of levels: every term is least at the true quantile. With levels that are symmetric about a
    half, a forecast whose quantiles all agree scores its absolute error.
    """
    losses = pinball(levels, values, observed)
    levels = np.asarray(levels, float)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return 2 * losses @ np.diff(edges)


def interval_score(low, high, observed, level=0.8):
    r"""Interval score: the width, and a fine for a miss.

    .. math:: S = (u - l) + \frac2\alpha\,(l - x)_+ + \frac2\alpha\,(x - u)_+ ,
              \qquad \alpha = 1 - \text{level}

    It is least in expectation at the quantiles :math:`\alpha/2` and :math:`1 - \alpha/2`
    [@gneiting2007strictly]. `low`, `high` and `observed` have one shape, which is that of the
    score, or are numbers.
    """
    alpha = 1 - checks.level(level)
    low, high, observed = (
        finite(value, name, many=True)
        for name, value in {"low": low, "high": high, "observed": observed}.items()
    )
    shapes = [value.shape for value in (low, high, observed) if value.ndim]
    if len({*shapes}) > 1:
        raise ValueError(f"low, high and observed must have one shape, not {shapes}")
    if (low > high).any():
        raise ValueError("low must not be above high: an interval is turned round")
    misses = np.maximum(low - observed, 0) + np.maximum(observed - high, 0)
    return high - low + 2 / alpha * misses


def brier(probability, happened):
    r"""Brier score of stated probabilities, shape (n,) [@brier1950verification].

    .. math:: (p - o)^2, \qquad o = 1 \text{ if the event happened, else } 0
    """
    p, o = _events(probability, happened)
    return (p - o) ** 2


def brier_parts(probability, happened, bins=None):
    r"""Split the mean Brier score into reliability, resolution and uncertainty: `BrierParts`.

    .. math:: \overline{(p-o)^2} =
              \underbrace{\sum_k \tfrac{n_k}{n} (\bar p_k - \bar o_k)^2}_{\text{reliability}}
              - \underbrace{\sum_k \tfrac{n_k}{n} (\bar o_k - \bar o)^2}_{\text{resolution}}
              + \underbrace{\bar o\,(1 - \bar o)}_{\text{uncertainty}} + \text{rest}

    over groups `k` of forecasts [@murphy1973new]: of equal probabilities, where the rest is zero,
    or, if `bins` is given, in so many equal bins; the rest is what differs within a bin.
    """
    p, o = _events(probability, happened)
    stated = p
    if bins is not None:
        bins = whole(bins, "bins")
        # Rounded, since 0.29 · 100 is 28.999999999999996.
        stated = np.minimum(np.round(p * bins, 9).astype(int), bins - 1)
    groups = np.unique(stated, return_inverse=True)[1]
    n = np.bincount(groups)
    mean_p, mean_o = np.bincount(groups, p) / n, np.bincount(groups, o) / n
    score = float(np.mean((p - o) ** 2))
    reliability = float(n @ (mean_p - mean_o) ** 2 / p.size)
    resolution = float(n @ (mean_o - o.mean()) ** 2 / p.size)
    uncertainty = float(o.mean() * (1 - o.mean()))
    rest = score - (reliability - resolution + uncertainty)
    return BrierParts(score, reliability, resolution, uncertainty, rest)


def calibration(levels, values, observed, confidence=0.9):
    """Count how often the outcome fell at or below each quantile: the data of a calibration plot.

    The table has a row for each `level`, with `n`, the `share` at or below the quantile, and `low`
    and `high`, the exact interval for a share of `n` *independent* outcomes [@clopper1934use].
    Outcomes that share a surprise are not independent, and the true interval is then wider.
    """
    levels, values = check_quantiles(levels, values)
    values = np.atleast_2d(values)
    observed = _outcomes(np.atleast_1d(observed), values)
    below, n = (observed[:, None] <= values).sum(0), len(observed)
    confidence = checks.level(confidence, "confidence")
    exact = [stats.binomtest(count, n).proportion_ci(confidence) for count in below.tolist()]
    low, high = np.transpose(exact)
    return pd.DataFrame({"level": levels, "n": n, "share": below / n, "low": low, "high": high})


def _outcomes(observed, values):
    """Return the outcomes, one for each forecast."""
    observed = finite(observed, "observed", many=True)
    if observed.shape != values.shape[:-1]:
        raise ValueError(
            f"observed must have one outcome for each forecast, shape {values.shape[:-1]}, not "
            f"{observed.shape}"
        )
    return observed


def _events(stated, happened):
    """Return probabilities and outcomes (0 or 1) of one length."""
    p = np.atleast_1d(checks.probability(stated, "probability", many=True))
    o = np.atleast_1d(happened)
    if p.ndim != 1 or p.shape != o.shape:
        raise ValueError(f"happened must be as many as the {p.size} probabilities, not {o.size}")
    if not np.isin(o, (0, 1)).all():
        raise ValueError(f"happened must be True or False (1 or 0) for each event, not {o}")
    return p, o.astype(float)
