"""The book's main sweep: 264 models of a language whose entropy is known.

Sizes H = 4 … 512 (N = 836 … 98,880) by lengths D = 2¹² … 2²² tokens, seeds 0, 1, 2, each run to the
end of its own schedule, one pass, on the synthetic language of seed 0. Products H·D are powers of
two, so the runs also lie on lines of equal FLOP. The additive law describes the losses of H ≥ 8 (H
= 4 levels off) and is not the truth: its floor is 1.1 % below the entropy, outside its own 90 %
interval. A sharper bend between its two terms fits better and forecasts worse.
"""

import math
import pathlib

import numpy as np
import pandas as pd
from scipy.stats import linregress

from scaling_lib.data import load
from scaling_lib.data.files import write_csv
from scaling_lib.fitting.isoflop import parabola
from scaling_lib.training import read_grid, sweep

ROOT = pathlib.Path(__file__).parents[3]
SHIPPED_COLUMNS = ["task_seed", "seed", "H", "batch", "lr", "N", "D", "C", "C_6ND", "loss"]
SHIPPED_COLUMNS += ["entropy", "version"]


def shipped() -> pd.DataFrame:
    """Read the 264 shipped runs.

    Columns: ``seed, H, batch, lr, N, D, C`` (exact FLOP), ``C_6ND, loss, entropy`` and ``excess``
    (nats per token).
    """
    runs = load("scaling_language")
    return runs.assign(excess=runs.loss - runs.entropy)


def hold_out(runs: pd.DataFrame, factor: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split runs into those to fit and those, of more than max(C) / factor FLOP, to forecast.

    >>> fitted, held_out = hold_out(pd.DataFrame({"C": [1, 2, 4, 8]}), factor=4)
    >>> fitted.C.tolist(), held_out.C.tolist()
    ([1, 2], [4, 8])
    """
    if not factor > 1:
        raise ValueError(f"factor must be larger than 1, not {factor}")
    large = runs.C > runs.C.max() / factor
    return runs[~large], runs[large]


def mean_over_seeds(runs: pd.DataFrame) -> pd.DataFrame:
    """Average the loss over seeds: one row for each (H, N, D, C, C_6ND)."""
    return runs.groupby(["H", "N", "D", "C", "C_6ND"], as_index=False)["loss"].mean()


def isoflop_minima(runs: pd.DataFrame) -> pd.DataFrame:
    """Find the best size for each compute, by a parabola in log N around the lowest of its runs.

    `runs` have one loss for each ``N`` and ``C``: average over seeds first. Columns: ``C``,
    ``N_opt`` and ``loss`` at the minimum, for every line of equal compute that has at least four
    runs and whose lowest is not at an end (there the minimum lies outside the sweep).
    """
    rows = []
    for C, line in runs.sort_values("N").groupby("C"):
        lowest = int(line.loss.argmin())
        if len(line) < 4 or lowest in (0, len(line) - 1):
            continue
        start = max(0, lowest - 2)
        near = line.iloc[start : start + 5]
        place, value, curvature = parabola(np.log(near.N), near.loss)
        if curvature > 0:
            rows.append((C, math.exp(place), float(value)))
    return pd.DataFrame(rows, columns=["C", "N_opt", "loss"])


def allocation_exponent(minima: pd.DataFrame) -> tuple[float, float]:
    """Return `a` of the line N_opt ∝ C^a through minima of `isoflop_minima`, and its std. error."""
    if len(minima) < 3:
        raise ValueError(f"three minima are needed for a slope and its error, not {len(minima)}")
    line = linregress(np.log(minima.C), np.log(minima.N_opt))
    return float(line.slope), float(line.stderr)


def run_grid(name: str, jobs: int) -> pd.DataFrame:
    """Run ``sweeps/<name>.toml``, continuing what an earlier attempt left in ``_build/sweeps``."""
    grid = ROOT / "sweeps" / f"{name}.toml"
    if not grid.exists():
        raise ValueError(f"{grid} is missing: shipped runs are made from the book's repository")
    return sweep(read_grid(grid), jobs=jobs, out=unfinished(name))


def unfinished(name: str) -> pathlib.Path:
    """Where the runs of a grid are kept until its table is written."""
    return ROOT / "_build" / "sweeps" / f"{name}.csv"


def write_table(name: str, table: pd.DataFrame, out: pathlib.Path) -> None:
    """Write the shipped table, and drop the unfinished one."""
    write_csv(table, out)
    for path in (unfinished(name), unfinished(name).with_suffix(".seconds.csv")):
        path.unlink(missing_ok=True)


def regenerate(out: pathlib.Path, jobs: int) -> None:
    """Make the shipped table again."""
    write_table("language", run_grid("language", jobs)[SHIPPED_COLUMNS], out)
