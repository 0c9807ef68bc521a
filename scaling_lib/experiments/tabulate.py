"""The tables of an experiment: every combination of its knobs, and scores along its training."""

import itertools
import pathlib
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.files import write_csv
from scaling_lib.training import fit_model

SEEDS = (0, 1, 2)  # of the shipped maps


def tabulate(run: Callable, jobs: int = 1, **knobs) -> pd.DataFrame:
    """Run an experiment at every combination of its knobs; the rows lead with the varied ones.

    `run` takes one value of each knob by name, and returns a dict (one row) or a table of rows.
    A list, tuple, range or array holds the values to combine, the first knob varying slowest;
    anything else is passed on as it is. With several `jobs` (processes) `run` must be a module's
    function.

    >>> tabulate(lambda H, seed, a: {"loss": a / H + seed}, H=[2, 4], seed=range(2), a=8)
       H  seed  loss
    0  2     0   4.0
    1  2     1   5.0
    2  4     0   2.0
    3  4     1   3.0
    """
    several = list | tuple | range | np.ndarray
    varied = {name: v for name, v in knobs.items() if isinstance(v, several)}
    for name, values in varied.items():
        if not len(values):
            raise ValueError(f"{name} must hold at least one value, not {values}")
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


def shipped_map(run: Callable, *parts: dict, places: int | None = None, digits=6) -> Callable:
    """Return the function ``regenerate(out, jobs)`` that makes the shipped map of an experiment.

    It tabulates `run` over the knobs of each of `parts`, and writes the rows as CSV, rounded to so
    many decimal `places` and significant `digits`.
    """

    def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
        tables = [tabulate(run, jobs, **knobs) for knobs in parts]
        table = pd.concat(tables, ignore_index=True)
        write_csv(table if places is None else table.round(places), out, digits)

    return regenerate


def learning_curve(
    model, batches, lr, steps: Iterable[int], measure: Callable[[int], dict], stop=None, **how
) -> pd.DataFrame:
    """Train `model` by `fit_model` and return its scores after each of `steps`, one row a step.

    ``measure(step)`` returns the scores by name; step 0 is before training. `stop` is a score and a
    level: once it is reached training ends, and the last scores stand for the steps that are left.
    `how` are further arguments of `fit_model`.
    """
    steps, rows = sorted(steps), []
    due = frozenset(steps)

    def after_step(step):
        if step not in due:
            return False
        rows.append({"step": step} | measure(step))
        return stop is not None and bool(rows[-1][stop[0]] >= stop[1])

    after_step(0)
    fit_model(model, batches, steps[-1], lr, after_step=after_step, **how)
    return pd.DataFrame(rows + [rows[-1] | {"step": step} for step in steps[len(rows) :]])


def read_off(x, xs, ys):
    """Return y at each `x` on the curve through `xs`, `ys`, straight between logarithms.

    NaN outside the curve, whose points may come in any order.

    >>> read_off([2, 100], [10, 1], [1, 100]).round(6)
    array([25., nan])
    """
    order = np.argsort(xs)
    curve = (np.log(np.asarray(values)[order]) for values in (xs, ys))
    return np.exp(np.interp(np.log(x), *curve, left=np.nan, right=np.nan))
