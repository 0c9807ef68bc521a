"""Hero runs of the capstone's ten practice languages, and how far to trust them.

Dialects 0 to 9 at the hero budget of 5·10¹¹ FLOP: five widths each; between them, further widths of
three languages, to check the curve that is drawn through the five; and two widths of two languages
with three further seeds of weights and sample, for the noise.
"""

import numpy as np
import pandas as pd

from scaling_lib.capstone.game import HERO_FLOP, tokens_for
from scaling_lib.capstone.scoring import LADDER, HeroCurve
from scaling_lib.data import load
from scaling_lib.data.files import write_csv
from scaling_lib.training.run import TrainConfig
from scaling_lib.training.sweeps import sweep

SEED = 1000  # of weights and samples; exploring runs have another one
LANGUAGES = range(10)
BETWEEN = {"task_seeds": (1, 4, 8), "widths": (91, 181, 362, 724)}
NOISE = {"task_seeds": (1, 4), "widths": (128, 256), "seeds": (1001, 1002, 1003)}
COLUMNS = ["task_seed", "seed", "H", "N", "D", "C_6ND", "loss", "entropy", "version"]


def grid():
    """Return every run as (task_seed, H, seed)."""
    runs = [(t, H, SEED) for t in LANGUAGES for H in LADDER]
    runs += [(t, H, SEED) for t in BETWEEN["task_seeds"] for H in BETWEEN["widths"]]
    return runs + [
        (t, H, s) for t in NOISE["task_seeds"] for s in NOISE["seeds"] for H in NOISE["widths"]
    ]


def curve_errors(runs=None):
    """Compare the curve through the ladder with runs between its rungs.

    Parameters
    ----------
    runs : pandas.DataFrame, optional
        By default the shipped table.

    Returns
    -------
    pandas.DataFrame
        ``task_seed``, ``H``, ``excess`` (nats per token, measured) and ``error`` of the curve,
        relative to the excess.
    """
    runs = load("capstone_practice") if runs is None else runs
    runs = runs[runs.seed == SEED]
    rows = []
    for task_seed, group in runs.groupby("task_seed"):
        entropy = group.entropy.iloc[0]
        rungs = group[group.H.isin(LADDER)]
        curve = HeroCurve(dict(zip(rungs.H, rungs.loss, strict=True)), entropy)
        for run in group[~group.H.isin(LADDER)].itertuples():
            excess = run.loss - entropy
            rows.append((task_seed, run.H, excess, (curve.loss_at(run.H) - run.loss) / excess))
    return pd.DataFrame(rows, columns=["task_seed", "H", "excess", "error"])


def seed_noise(runs=None):
    """Return the standard deviation of the excess over seeds, relative to its mean.

    Parameters
    ----------
    runs : pandas.DataFrame, optional
        By default the shipped table.

    Returns
    -------
    pandas.Series
        By ``task_seed`` and ``H``, where there is more than one seed.
    """
    runs = load("capstone_practice") if runs is None else runs
    excess = (runs.loss - runs.entropy).groupby([runs.task_seed, runs.H])
    spread = excess.std(ddof=1) / excess.mean()
    return spread[np.asarray(excess.size() > 1)]


def regenerate(out, jobs):
    """Make the shipped table again.

    Parameters
    ----------
    out : pathlib.Path
        The CSV file.
    jobs : int
        Processes.
    """
    configs = [
        TrainConfig(task="dialect", task_seed=t, H=H, D=tokens_for(H, HERO_FLOP), seed=seed)
        for t, H, seed in grid()
    ]
    table = sweep(configs, jobs=jobs)
    write_csv(table[COLUMNS].sort_values(["task_seed", "seed", "H"]), out, digits=7)
