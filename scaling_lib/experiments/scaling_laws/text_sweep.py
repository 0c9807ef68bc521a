"""Scaling on a real text, where neither the law nor its floor is known.

Character models on the documentation in Python's standard library: H = 4 … 512 (N = 740 … 146,176)
by D = 2¹² … 2²⁰ characters, with 8 or 2 characters of context, seeds 0, 1, 2. The learning rate of
each (H, D) is the best of three on seed 0 with 8 characters, and serves all other runs. Sizes do
not lie on lines of equal compute (the embedding grows as √H), so the loss there is interpolated.

The rule for the runs that a fit may use was written down before any run of seeds 1 and 2 or with 2
characters was made. It leaves out H below 8 (a few numbers a character, which level off early),
runs on fewer than 2¹⁴ tokens, which lack steps, and models more than four times too small or too
large for their bill, if 20 tokens a parameter [@hoffmann2022training] are right.
"""

import pathlib

import numpy as np
import pandas as pd

from scaling_lib.data import load
from scaling_lib.data.checks import one_of, whole
from scaling_lib.experiments.scaling_laws.scaling_sweep import run_grid, unfinished, write_table
from scaling_lib.models import Counts
from scaling_lib.tasks.text import python_docs
from scaling_lib.training import TrainConfig, sweep

COLUMNS = ["seed", "k", "H", "d", "batch", "lr", "N", "D", "C", "C_6ND", "loss", "lr_rank"]
COLUMNS += ["version"]
OTHERS = [(8, 1), (8, 2), (2, 0), (2, 1), (2, 2)]  # characters of context, seed


def shipped(k: int = 8) -> pd.DataFrame:
    """Read the 216 shipped runs with `k` characters of context, 8 or 2.

    ``C`` is the exact FLOP, ``loss`` in nats per character, and ``lr_rank`` 0, 1 or 2 when the
    lowest, middle or highest of the three learning rates was the best on seed 0 with 8 characters;
    0 and 2 mean that a rate outside might be better.
    """
    runs = load("scaling_text")
    one_of(k, "k", sorted(set(runs["k"])))
    return runs[runs["k"] == k].reset_index(drop=True)


def best_learning_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Keep, for each size and length, the run of ``sweeps/text.toml`` with the lowest loss.

    The loss is that of the held-out text, so a choice among three rates is a little optimistic;
    next to the differences between sizes it is nothing.
    """
    groups = runs.groupby(["seed", "D", "H"])
    ranked = runs.assign(lr_rank=groups["lr"].rank().astype(int) - 1)
    return ranked.loc[groups["loss"].idxmin(), COLUMNS].reset_index(drop=True)


def again(run, k: int, seed: int) -> TrainConfig:
    """Return the configuration of a shipped run with another context and seed."""
    return TrainConfig(task="text", k=k, H=int(run.H), D=int(run.D), lr=float(run.lr), seed=seed)


def counted_loss(k: int = 2) -> float:
    """Loss of a table of counts on the held-out text, nats per character: no floor is above it.

    The table says how often each character followed each `k` characters in all of the training
    text, with 8 imagined counts in the proportions that `k - 1` characters give (and so on).

    >>> round(counted_loss(2), 2)
    1.89
    """
    text = python_docs()
    model = Counts(text.V, added=[8] * (whole(k, "k", most=2) + 1))
    model.add(np.lib.stride_tricks.sliding_window_view(text.train, k + 1))
    return text.test_loss(model)


def regenerate(out: pathlib.Path, jobs: int) -> None:
    """Make the shipped table again."""
    chosen = best_learning_rate(run_grid("text", jobs))
    configs = [again(run, k, seed) for k, seed in OTHERS for run in chosen.itertuples()]
    others = sweep(configs, jobs=jobs, out=unfinished("text_others"))
    others = others.merge(chosen[["H", "D", "lr_rank"]], on=["H", "D"])
    table = pd.concat([chosen, others])[COLUMNS]
    table = table.sort_values(["k", "seed", "D", "H"], ignore_index=True)
    write_table("text", table, out)
    write_table("text_others", table, out)
