"""Scaling on a real text, where neither the law nor its floor is known.

Character models with a context of 8 on the documentation in Python's standard library: H = 4 … 512
(N = 740 … 146,176) by D = 2¹² … 2²⁰ characters, seed 0, the best of three learning rates.

Found: the loss falls from 3.1 to 1.39 nats per character, and the additive law does not describe it
(R² 0.950; runs of more than 1/8 of the largest compute are forecast 18 % off). A law with a sharp
bend between its terms does better (generalised, s = 3.9: R² 0.994, 4 % off). Neither identifies the
floor E: its interval reaches down to zero. H = 4 stops gaining at 2¹⁷ characters. One seed only.

Sizes do not lie on lines of equal compute here (the embedding grows as √H), so the loss at equal
compute has to be interpolated.
"""

import pathlib

import pandas as pd

from scaling_lib.data import load
from scaling_lib.experiments.scaling_laws.scaling_sweep import run_grid, write_table

COLUMNS = ["seed", "H", "d", "batch", "lr", "N", "D", "C", "C_6ND", "loss", "lr_rank", "version"]


def shipped() -> pd.DataFrame:
    """Read the 72 shipped runs.

    Returns
    -------
    pandas.DataFrame
        ``seed``, ``H``, ``d``, ``batch``, ``lr``, ``N``, ``D``, ``C`` (exact FLOP), ``C_6ND``,
        ``loss`` (nats per character) and ``lr_rank``: 0, 1 or 2 when the lowest, middle or highest
        of the three learning rates was the best; 0 and 2 mean that a rate outside might be better.
    """
    return load("scaling_text")


def best_learning_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Keep, for each size and length, the run of ``sweeps/text.toml`` with the lowest loss.

    The loss is that of the held-out text, so a choice among three rates is a little optimistic;
    next to the differences between sizes it is nothing.
    """
    groups = runs.groupby(["seed", "D", "H"])
    ranked = runs.assign(lr_rank=groups["lr"].rank().astype(int) - 1)
    return ranked.loc[groups["loss"].idxmin(), COLUMNS].reset_index(drop=True)


def regenerate(out: pathlib.Path, jobs: int) -> None:
    """Make the shipped table again."""
    write_table("text", best_learning_rate(run_grid("text", jobs)), out)
