r"""Algorithms as compute multipliers, and how to split progress between them and scale.

A better algorithm reaches the same loss with less compute; the ratio is its multiplier. The same
model of the synthetic language is trained in several ways (`VARIANTS`) on :math:`2^{12}` to
:math:`2^{20}` tokens. How much of the progress from (old algorithm, little data) to (new algorithm,
much data) is due to the algorithm depends on the order of the two changes; the Shapley value
averages over the orders (`progress_split`). It still depends on the pair of runs compared: shares
of algorithms and of scale, as in [@ho2024algorithmic], are no constants of nature.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.tabulate import SEEDS, read_off, shipped_map, tabulate
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import TrainConfig, train

#: Name -> settings of `TrainConfig`, and the learning rates tried (None: the tuned rule for Adam).
#: The best is at neither end.
VARIANTS: dict[str, tuple[dict, tuple]] = {
    "adam cosine": ({}, (None,)),
    "adam constant": ({"schedule": "constant"}, (0.003, 0.006, 0.012, 0.024)),
    "sgd cosine": ({"optimizer": "sgd"}, (1.0, 2.0, 4.0, 8.0, 16.0)),
    "sgd constant": (
        {"optimizer": "sgd", "schedule": "constant"},
        (0.125, 0.25, 0.5, 1.0, 2.0, 4.0),
    ),
    "adam cosine, context 1": ({"k": 1}, (None,)),
}
H = 64


def run(variant: str, seed: int, D: int) -> dict:
    """Train a variant at the best of its learning rates, by exact test loss.

    The choice favours the variants with more rates a little. At a constant rate the loss is the
    mean of nine readings from 0.9 D to D: such a run never settles, and where its last step lands
    moves the excess by a tenth. Keys: ``variant, seed, H, N, D, C, lr, loss, excess``.
    """
    settings, rates = VARIANTS[one_of(variant, "variant", VARIANTS)]
    config = TrainConfig(H=H, D=D, seed=seed, **settings)
    readings = [D] if config.schedule == "cosine" else np.linspace(0.9 * D, D, 9).astype(int)
    config = replace(config, checkpoints=tuple(map(int, readings)))
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too high may diverge
        tried = [train(replace(config, lr=rate)) for rate in rates]
    losses = [np.mean(list(done.checkpoints.values())) for done in tried]
    best, loss = tried[np.nanargmin(losses)], np.nanmin(losses)
    row = {"variant": variant, "seed": seed, "H": H, "N": best.N, "D": D, "C": float(best.C)}
    excess = loss - markov_language().entropy
    return row | {"lr": best.config.lr, "loss": float(loss), "excess": float(excess)}


def runs(variants: Sequence[str], Ds=(2**12, 2**14, 2**16), seeds=(0,)) -> pd.DataFrame:
    """Train every one of the variants on every number of tokens; columns are the keys of `run`."""
    return tabulate(run, variant=list(variants), seed=list(seeds), D=list(Ds))


def floor_of_context(k: int) -> float:
    """Return the excess loss, in nats per token, of the best model that sees `k` tokens."""
    language = markov_language()
    return language.entropy_given(k) - language.entropy


def compute_multiplier(table: pd.DataFrame, new="adam cosine", old="sgd constant") -> pd.DataFrame:
    """Return how many times less compute the new algorithm needs for the old one's losses.

    `table` is from `runs`, or the shipped one. Columns: ``seed, D, loss, multiplier``, one row a
    run of the old algorithm. The compute of the new one is interpolated in log excess loss against
    log compute; NaN where its runs do not bracket the loss.
    """
    parts = []
    for _, part in table.groupby("seed"):
        curve, runs = part[part.variant == new], part[part.variant == old].sort_values("D")
        needed = read_off(runs.excess, curve.excess, curve.C)
        parts.append(runs[["seed", "D", "loss"]].assign(multiplier=runs.C / needed))
    return pd.concat(parts, ignore_index=True)


def progress_split(
    table: pd.DataFrame, old="sgd constant", new="adam cosine", D_old=2**14, D_new=2**20
) -> pd.DataFrame:
    """Split the loss reduction between algorithm and scale, for each seed, by Shapley's value.

    A cause is credited with the mean, over both orders, of the change at the moment when it is
    switched from old to new. `table` is from `runs`, or the shipped one. Columns: ``seed``,
    ``reduction`` (nats per token), ``algorithm`` and ``scale`` (their shares of it, which add up
    to 1), ``algorithm_first`` and ``algorithm_last`` (the share of the algorithm if it is switched
    before, or after, the scale).
    """
    rows = []
    for seed, part in table.groupby("seed"):
        losses = part.set_index(["variant", "D"]).loss
        try:
            start, scaled, changed, end = (
                float(losses[variant, D]) for variant in (old, new) for D in (D_old, D_new)
            )
        except KeyError as missing:
            raise ValueError(f"seed {seed} has no run {missing.args[0]}") from None
        total, first, last = end - start, changed - start, end - scaled
        algorithm = (first + last) / 2 / total
        scale = (scaled - start + (end - changed)) / 2 / total
        rows.append((seed, -total, algorithm, scale, first / total, last / total))
    shares = ["algorithm", "scale", "algorithm_first", "algorithm_last"]
    return pd.DataFrame(rows, columns=["seed", "reduction", *shares])


regenerate = shipped_map(
    run, dict(variant=tuple(VARIANTS), seed=SEEDS, D=[2**i for i in range(12, 21)])
)
