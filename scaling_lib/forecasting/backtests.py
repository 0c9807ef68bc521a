"""Back-tests: stand in the past, forecast with what was known then, score what came."""

import numpy as np
import pandas as pd

from scaling_lib.data.checks import finite
from scaling_lib.forecasting.scores import check_quantiles, crps_quantiles


def backtest(method, when, value, standpoints, horizon, levels):
    """Score a method from several standpoints.

    Returns a table with a row for each forecast: `standpoint`, `when`, `value` (observed), `score`
    (see `crps_quantiles`), and one column a level, named by it. `ValueError` if a standpoint has
    nothing before it or nothing to forecast, or the method returns something else than quantiles.

    Parameters
    ----------
    method : callable
        ``method(when, value, new, levels)``: from times and values that are known it returns
        quantiles for new times, an array with a row for each new time and a column for each level.
    when, value : array_like, shape (n,)
        Times and what was observed then, in any order.
    standpoints : sequence of float
        The method is shown what lies before each of them, and asked for what follows, as far as
        `horizon`, in units of `when`.
    levels : array_like, shape (k,)
        Levels of the quantiles.

    Examples
    --------
    >>> def last(when, value, new, levels):
    ...     return np.full((len(new), len(levels)), value[-1])
    >>> backtest(last, [1, 2, 3], [10, 11, 13], [3], 1, [0.5])["score"].tolist()
    [2.0]
    """
    when, value = finite(when, "when", many=True), finite(value, "value", many=True)
    if when.ndim != 1 or when.shape != value.shape:
        raise ValueError(
            "when and value must be two lists of one length, not of shapes "
            f"{when.shape} and {value.shape}"
        )
    finite(standpoints, "standpoints", many=True)
    order = np.argsort(when, kind="stable")
    when, value = when[order], value[order]
    levels = np.asarray(levels, float)
    tables = []
    for standpoint in standpoints:
        past = when < standpoint
        future = (standpoint <= when) & (when < standpoint + horizon)
        if not past.any() or not future.any():
            raise ValueError(
                f"standpoint {standpoint:g}: {past.sum()} observations before it and "
                f"{future.sum()} to forecast; both must be at least one"
            )
        quantiles = method(when[past].copy(), value[past].copy(), when[future].copy(), levels)
        try:
            _, quantiles = check_quantiles(levels, quantiles)
            score = crps_quantiles(levels, quantiles, value[future])
        except ValueError as error:
            raise ValueError(f"standpoint {standpoint:g}: {error}") from None
        columns = {"standpoint": standpoint, "when": when[future], "value": value[future]}
        columns |= {"score": score, **dict(zip(levels.tolist(), quantiles.T, strict=True))}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)
