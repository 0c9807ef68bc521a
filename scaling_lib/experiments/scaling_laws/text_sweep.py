"""Scaling on a real text, where neither the law nor its floor is known.

Character models on the documentation in Python's standard library: H = 4 … 512 by D = 2¹² … 2²⁰
characters, with 2, 8 or 16 characters of context, seeds 0, 1, 2. The learning rate of each (H, D)
is the best of three on seed 0 with 8 characters of context, and serves all other runs of that pair.

The rule for the runs that a fit may use, `comparable`, was written down before any run of seeds 1
and 2 or of the contexts of 2 and 16 was made, and before it was applied to the runs of seed 0. (An
earlier look at those, with windows chosen afterwards, had shown that the window matters.) It leaves
out, of every sweep alike,

- H below 8: such models are a few numbers for each character, and level off early;
- runs on less than 2¹⁴ tokens, which at our batches take fewer than 512 steps: what they lack
  is steps, of which the law says nothing;
- models more than four times too small or too large for their bill, if 20 tokens a parameter
  [@hoffmann2022training] are right: 20/16 ≤ D/N ≤ 20·16. At equal 6ND a size four times off has a
  ratio sixteen times off. Nobody asks a law about such a run, and the law has to bend for it.

Sizes do not lie on lines of equal compute here (the embedding grows as √H), so the loss at equal
compute has to be interpolated.
"""

import pathlib

import pandas as pd

from scaling_lib.data import load
from scaling_lib.experiments.scaling_laws.scaling_sweep import run_grid, unfinished, write_table
from scaling_lib.training import TrainConfig, sweep

COLUMNS = ["seed", "k", "H", "d", "batch", "lr", "N", "D", "C", "C_6ND", "loss", "lr_rank"]
COLUMNS += ["version"]

CONTEXTS = (2, 8, 16)
SEEDS = (0, 1, 2)
LEAST_H = 8
LEAST_D = 2**14
TOKENS_PER_PARAMETER = 20
TOO_FAR = 4  # times too small or too large a model for its bill


def comparable(runs: pd.DataFrame) -> pd.DataFrame:
    """Keep the runs that the rule above admits to a fit, from any sweep with H, N and D."""
    ratio = runs.D / runs.N / TOKENS_PER_PARAMETER
    near = ratio.between(TOO_FAR**-2, TOO_FAR**2)
    return runs[near & (runs.H >= LEAST_H) & (runs.D >= LEAST_D)]


def shipped(k: int = 8) -> pd.DataFrame:
    """Read the 216 shipped runs with `k` characters of context: 2, 8 or 16.

    Returns
    -------
    pandas.DataFrame
        ``seed``, ``k``, ``H``, ``d``, ``batch``, ``lr``, ``N``, ``D``, ``C`` (exact FLOP),
        ``C_6ND``, ``loss`` (nats per character) and ``lr_rank``: 0, 1 or 2 when the lowest, middle
        or highest of the three learning rates was the best; 0 and 2 mean that a rate outside might
        be better.
    """
    runs = load("scaling_text")
    return runs[runs["k"] == k].reset_index(drop=True)


def best_learning_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Keep, for each size and length, the run of ``sweeps/text.toml`` with the lowest loss.

    The loss is that of the held-out text, so a choice among three rates is a little optimistic;
    next to the differences between sizes it is nothing.
    """
    groups = runs.groupby(["seed", "D", "H"])
    ranked = runs.assign(lr_rank=groups["lr"].rank().astype(int) - 1)
    return ranked.loc[groups["loss"].idxmin(), COLUMNS].reset_index(drop=True)


def others(chosen: pd.DataFrame) -> list[TrainConfig]:
    """Configurations of all seeds and contexts at the rates of `chosen`, those already made too."""
    return [
        TrainConfig(task="text", k=k, H=int(run.H), D=int(run.D), lr=float(run.lr), seed=seed)
        for k in CONTEXTS
        for seed in SEEDS
        for run in chosen.itertuples()
    ]


def regenerate(out: pathlib.Path, jobs: int) -> None:
    """Make the shipped table again."""
    chosen = best_learning_rate(run_grid("text", jobs))
    runs = sweep(others(chosen), jobs=jobs, out=unfinished("text_others"))
    runs = runs.merge(chosen[["H", "D", "lr_rank"]], on=["H", "D"])
    table = runs.sort_values(["k", "seed", "D", "H"], ignore_index=True)[COLUMNS]
    write_table("text", table, out)
    write_table("text_others", table, out)
