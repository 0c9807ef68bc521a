r"""Forecasts that can be marked: quantiles, proper scores, calibration.

A score is *proper* if a forecaster who believes in a distribution gets the best expected score by
stating it, and *strictly* proper if nothing else does as well [@gneiting2007strictly]. All scores
here are losses: zero is perfect, less is better, and a score of quantiles or samples has the unit
of what is forecast. Forecast a quantity that spans orders of magnitude in its logarithm.

Quantiles are rows: `levels` of shape (k,), `values` of shape (..., k), `observed` of shape (...).

>>> levels = [0.1, 0.5, 0.9]
>>> round(crps_quantiles(levels, [24.0, 25.0, 26.5], 25.5).item(), 3)
0.35
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats


class BrierParts(NamedTuple):
    """A Brier score and its parts: ``score = reliability - resolution + uncertainty + rest``."""

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    rest: float


def check_quantiles(levels, values):
    """Return the levels and values of quantile forecasts, or say what is wrong with them.

    Parameters
    ----------
    levels : array_like, shape (k,)
        Probabilities, strictly increasing, between 0 and 1.
    values : array_like, shape (..., k)
        Quantiles at these levels, the last axis never decreasing.

    Returns
    -------
    levels, values : ndarray

    Raises
    ------
    ValueError
        If something is not a finite number, the levels are not probabilities in increasing order,
        the shapes do not fit, or quantiles cross.
    """
    levels, values = _finite(levels, "levels"), _finite(values, "values")
    if levels.ndim != 1 or not levels.size:
        raise ValueError("levels must be a list of at least one probability")
    if (levels <= 0).any() or (levels >= 1).any() or (np.diff(levels) <= 0).any():
        raise ValueError(
            f"levels must increase and lie between 0 and 1, for example 0.1, 0.5, 0.9; "
            f"these are {levels.tolist()}"
        )
    if values.ndim == 0 or values.shape[-1] != levels.size:
        raise ValueError(
            f"a forecast needs one value for each of the {levels.size} levels; the values have "
            f"shape {values.shape}"
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
    r"""Pinball loss of each quantile.

    .. math:: \rho_\tau(q, x) = (\mathbf{1}\{x < q\} - \tau)\,(q - x)

    Its expectation is least where `q` is a quantile of level :math:`\tau` [@koenker1978regression].

    Parameters
    ----------
    levels : array_like, shape (k,)
        Probabilities.
    values : array_like, shape (..., k)
        Quantiles.
    observed : array_like, shape (...)
        What happened.

    Returns
    -------
    ndarray, shape (..., k)

    Raises
    ------
    ValueError
        See `check_quantiles`; also if `observed` is not finite or does not fit.
    """
    levels, values = check_quantiles(levels, values)
    observed = _outcome(observed, values.shape[:-1])[..., None]
    return ((observed < values) - levels) * (values - observed)


def crps_quantiles(levels, values, observed):
    r"""Score a quantile forecast: the weighted sum of its pinball losses.

    .. math:: S = 2 \sum_i w_i\, \rho_{\tau_i}(q_i, x)

    Each weight is the share of the unit interval nearest to its level, so that the sum is a
    quadrature of :math:`\mathrm{CRPS} = 2\int_0^1 \rho_\tau(F^{-1}(\tau), x)\,d\tau` and tends to
    it with more levels [@gneiting2007strictly; @bracher2021evaluating]. It is proper for any number
    of levels: every term is least at the true quantile.

    Parameters
    ----------
    levels, values, observed
        As for `pinball`.

    Returns
    -------
    ndarray, shape (...)
        In the unit of `observed`. With levels that are symmetric about a half, a forecast whose
        quantiles all agree scores its absolute error.

    Raises
    ------
    ValueError
        See `pinball`.
    """
    losses = pinball(levels, values, observed)
    levels = np.asarray(levels, float)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return 2 * losses @ np.diff(edges)


def crps_samples(samples, observed):
    r"""Continuous ranked probability score of a forecast that is given by samples.

    .. math:: \mathrm{CRPS} = \mathbb{E}|X - x| - \tfrac12\,\mathbb{E}|X - X'|

    with `X` and `X'` independent draws from the samples [@gneiting2007strictly].

    Parameters
    ----------
    samples : array_like, shape (..., m)
        Draws from the forecast.
    observed : array_like, shape (...)
        What happened.

    Returns
    -------
    ndarray, shape (...)
        In the unit of `observed`; of the empirical distribution of the samples, exactly.

    Raises
    ------
    ValueError
        If something is not finite, there are no samples, or the shapes do not fit.
    """
    samples = _finite(samples, "samples")
    if samples.ndim == 0 or not samples.shape[-1]:
        raise ValueError("a forecast by samples needs at least one sample")
    m = samples.shape[-1]
    observed = _outcome(observed, samples.shape[:-1])[..., None]
    error = np.abs(samples - observed).mean(-1)
    # In order, sample i is the larger of i pairs and the smaller of m - 1 - i.
    weights = 2 * np.arange(m) - m + 1
    return error - (np.sort(samples, axis=-1) @ weights) / m**2


def interval_score(low, high, observed, level=0.8):
    r"""Interval score: the width, and a fine for a miss.

    .. math:: S = (u - l) + \frac2\alpha\,(l - x)_+ + \frac2\alpha\,(x - u)_+ ,
              \qquad \alpha = 1 - \text{level}

    It is least in expectation at the quantiles :math:`\alpha/2` and :math:`1 - \alpha/2`
    [@gneiting2007strictly].

    Parameters
    ----------
    low, high : array_like, shape (...)
        Ends of the central interval.
    observed : array_like, shape (...)
        What happened.
    level : float
        Probability that the interval should hold with, between 0 and 1.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ValueError
        If something is not finite, an interval is turned round, or `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, for example 0.8, not {level!r}")
    low, high = _finite(low, "low"), _finite(high, "high")
    observed = _finite(observed, "observed")
    if (low > high).any():
        raise ValueError("low must not be above high: an interval is turned round")
    misses = np.maximum(low - observed, 0) + np.maximum(observed - high, 0)
    return high - low + 2 / (1 - level) * misses


def brier(probability, happened):
    r"""Brier score of stated probabilities [@brier1950verification].

    .. math:: (p - o)^2, \qquad o = 1 \text{ if the event happened, else } 0

    Parameters
    ----------
    probability : array_like, shape (n,)
        Stated probabilities, 0 to 1.
    happened : array_like of bool, shape (n,)
        Whether each event happened.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        If a probability or an outcome is not one, or there are not as many of both.
    """
    p, o = _events(probability, happened)
    return (p - o) ** 2


def brier_parts(probability, happened, bins=None):
    r"""Split the mean Brier score into reliability, resolution and uncertainty.

    .. math:: \overline{(p-o)^2} =
              \underbrace{\sum_k \tfrac{n_k}{n} (\bar p_k - \bar o_k)^2}_{\text{reliability}}
              - \underbrace{\sum_k \tfrac{n_k}{n} (\bar o_k - \bar o)^2}_{\text{resolution}}
              + \underbrace{\bar o\,(1 - \bar o)}_{\text{uncertainty}} + \text{rest}

    over groups `k` of forecasts [@murphy1973new]. Grouped by equal probabilities the rest is zero;
    in bins, it is what differs between forecasts of one bin.

    Parameters
    ----------
    probability, happened
        As for `brier`.
    bins : int, optional
        Group in this many equal bins instead of by equal probabilities.

    Returns
    -------
    BrierParts

    Raises
    ------
    ValueError
        See `brier`; also if `bins` is not a positive whole number.
    """
    p, o = _events(probability, happened)
    groups = _groups(p, bins)
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

    Parameters
    ----------
    levels : array_like, shape (k,)
        Probabilities.
    values : array_like, shape (n, k)
        One forecast a row.
    observed : array_like, shape (n,)
        What happened.
    confidence : float
        Of the interval around each share.

    Returns
    -------
    pandas.DataFrame
        One row a level: `level`, `n`, `share` at or below the quantile, and `low`, `high`, the
        exact interval for a share of `n` *independent* outcomes [@clopper1934use]. Outcomes that
        share a surprise are not independent, and the true interval is then wider.

    Raises
    ------
    ValueError
        See `pinball`; also if there are no forecasts.
    """
    levels, values = check_quantiles(levels, values)
    values = np.atleast_2d(values)
    observed = _outcome(np.atleast_1d(observed), values.shape[:-1])
    below = (observed[:, None] <= values).sum(0)
    return _shares({"level": levels}, below, np.full(levels.size, len(observed)), confidence)


def reliability(probability, happened, bins=None, confidence=0.9):
    """Count how often events of a stated probability happened: the data of a reliability plot.

    Parameters
    ----------
    probability, happened, bins
        As for `brier_parts`.
    confidence : float
        Of the interval around each share.

    Returns
    -------
    pandas.DataFrame
        One row a group, by rising probability: `probability` (mean of the group), `n`, `share` that
        happened, and `low`, `high` as in `calibration`.

    Raises
    ------
    ValueError
        See `brier_parts`.
    """
    p, o = _events(probability, happened)
    groups = _groups(p, bins)
    n = np.bincount(groups)
    stated = np.bincount(groups, p) / n
    return _shares({"probability": stated}, np.bincount(groups, o), n, confidence)


def _finite(value, name):
    """Return an array of finite floats, or name what is not."""
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, all rows of one length, not {value!r}") from None
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} must be finite: leave out or repair what is missing or infinite")
    return numbers


def _outcome(observed, shape):
    """Return the outcomes, one for each forecast."""
    observed = _finite(observed, "observed")
    if observed.shape != shape:
        raise ValueError(
            f"there must be one outcome for each forecast: the forecasts have shape {shape}, the "
            f"outcomes {observed.shape}"
        )
    return observed


def _events(probability, happened):
    """Return probabilities and outcomes (0 or 1) of one length."""
    p, o = np.atleast_1d(_finite(probability, "probability")), np.atleast_1d(happened)
    if ((p < 0) | (p > 1)).any():
        raise ValueError("probability must lie between 0 and 1; 70 per cent is 0.7")
    if p.ndim != 1 or p.shape != o.shape or not p.size:
        raise ValueError(
            f"give as many outcomes as probabilities, at least one: {o.shape} and {p.shape}"
        )
    if not np.isin(o, (0, 1)).all():
        raise ValueError("happened must be True or False (1 or 0) for each event")
    return p, o.astype(float)


def _groups(p, bins):
    """Return the group of each forecast: equal (or binned) probabilities, numbered from 0."""
    if bins is None:
        return np.unique(p, return_inverse=True)[1]
    if not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ValueError(f"bins must be a positive whole number, not {bins!r}")
    return np.unique(np.minimum((p * bins).astype(int), bins - 1), return_inverse=True)[1]


def _shares(first, successes, n, confidence):
    """Return shares with exact binomial intervals, as a table."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence!r}")
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, successes, n - successes + 1)
    high = stats.beta.ppf(1 - tail, successes + 1, n - successes)
    return pd.DataFrame(
        {
            **first,
            "n": n,
            "share": successes / n,
            "low": np.where(successes == 0, 0.0, low),
            "high": np.where(successes == n, 1.0, high),
        }
    )
