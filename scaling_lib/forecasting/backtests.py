"""Back-tests: stand in the past, forecast with what was known then, score what came.

A method is a function ``method(when, value, new, levels)``: from times and values that are known it
returns quantiles for new times, an array with a row for each new time and a column for each level.
"""

import numpy as np
import pandas as pd

from scaling_lib.forecasting import scores as forecasting


def backtest(method, when, value, standpoints, horizon, levels):
    """Score a method from several standpoints.

    Parameters
    ----------
    method : callable
        ``method(when, value, new, levels)``, see above.
    when, value : array_like, shape (n,)
        Times and what was observed then, in any order.
    standpoints : sequence of float
        The method is shown what lies before each of them, and asked for what follows.
    horizon : float
        How far it is asked to see, in units of `when`.
    levels : array_like, shape (k,)
        Levels of the quantiles, see `forecasting.check_quantiles`.

    Returns
    -------
    pandas.DataFrame
        One row a forecast: `standpoint`, `when`, `value` (observed), `score` (see
        `forecasting.crps_quantiles`), and one column a level, named by it.

    Raises
    ------
    ValueError
        If the observations do not fit together, a standpoint has nothing before it or nothing to
        forecast, or the method returns something else than quantiles.

    Examples
    --------
    >>> def last(when, value, new, levels):
    ...     return np.full((len(new), len(levels)), value[-1])
    >>> backtest(last, [1, 2, 3], [10, 11, 13], [3], 1, [0.5])["score"].tolist()
    [2.0]
    """
    when, value = np.asarray(when, float), np.asarray(value, float)
    if when.ndim != 1 or when.shape != value.shape or not np.isfinite([when, value]).all():
        raise ValueError("when and value must be two lists of finite numbers of one length")
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
            _, quantiles = forecasting.check_quantiles(levels, quantiles)
            scores = forecasting.crps_quantiles(levels, quantiles, value[future])
        except ValueError as error:
            raise ValueError(f"standpoint {standpoint:g}: {error}") from None
        table = pd.DataFrame(quantiles, columns=levels)
        for place, (name, column) in enumerate(
            {
                "standpoint": standpoint,
                "when": when[future],
                "value": value[future],
                "score": scores,
            }.items()
        ):
            table.insert(place, name, column)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
