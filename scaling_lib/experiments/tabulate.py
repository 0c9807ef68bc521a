"""The map of an experiment: every combination of its knobs, one table."""

import itertools
from collections.abc import Callable

import pandas as pd
from joblib import Parallel, delayed


def tabulate(run: Callable, jobs: int = 1, **knobs) -> pd.DataFrame:
    """Run an experiment at every combination of its knobs.

    Parameters
    ----------
    run
        Called with one value of each knob by name; returns a dict (one row), or a table of rows.
    jobs
        Processes; with more than one, `run` must be a function of a module.
    **knobs
        A list, tuple or range holds the values to combine, the first knob varying slowest;
        anything else is passed on as it is, and gets no column.

    Returns
    -------
    pandas.DataFrame
        The rows in order, each led by the values of the combined knobs.

    Examples
    --------
    >>> tabulate(lambda H, seed, a: {"loss": a / H + seed}, H=[2, 4], seed=range(2), a=8)
       H  seed  loss
    0  2     0   4.0
    1  2     1   5.0
    2  4     0   2.0
    3  4     1   3.0
    """
    varied = {name: v for name, v in knobs.items() if isinstance(v, list | tuple | range)}
    fixed = {name: v for name, v in knobs.items() if name not in varied}
    points = [
        dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())
    ]
    results = Parallel(n_jobs=jobs)(delayed(run)(**point, **fixed) for point in points)
    parts = []
    for point, result in zip(points, results, strict=True):
        rows = pd.DataFrame([result]) if isinstance(result, dict) else result
        leading = {name: value for name, value in point.items() if name not in rows}
        parts.append(rows.assign(**leading)[[*leading, *rows.columns]])
    return pd.concat(parts, ignore_index=True)
