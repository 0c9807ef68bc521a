r"""Algorithms as compute multipliers, and how to split progress between them and scale.

A better algorithm reaches the same loss with less compute; the ratio is its multiplier. The same
model of the synthetic language is trained in several ways on :math:`2^{12}` to :math:`2^{20}`
tokens: Adam or plain SGD, with or without a cosine schedule, with one token of context or two.

How much of the progress from (old algorithm, little data) to (new algorithm, much data) is due to
the algorithm? The answer depends on the order in which the two changes are made; the Shapley value
averages over the orders (`progress_split`). It still depends on the pair of runs compared, which is
the point: a share of algorithms and a share of scale, as in [@ho2024algorithmic], are statements
about an interval and a pair of algorithms, not constants of nature.

Found (three seeds): Adam with a cosine schedule needs 1.8 times less compute than tuned SGD at a
constant rate on 8 000 tokens (one seed brackets it) and 5.6 to 6.0 times less on a million; beside
SGD with a cosine schedule 3.4 to 3.6, beside Adam at a constant rate 2.4 to 2.5. None of these is a
constant, and the first is not even smooth (8.4 to 11.4 at 524 000 tokens: the rates tried are
coarse). The second token of context is worth a factor that grows without bound, 92 to 98 at a
million, because one token has a floor. From 16 000 tokens to a million, scale gets 76 to 78 % of
the progress beside the change of optimizer and 44 % beside the change of context.
"""

import math
import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import TrainConfig, train_at_best_rate

#: Name -> settings of `TrainConfig`, and the learning rates tried (None: the tuned rule for Adam).
VARIANTS: dict[str, tuple[dict, tuple]] = {
    "adam cosine": ({}, (None,)),
    "adam constant": ({"schedule": "constant"}, (0.0015, 0.003, 0.006)),
    "sgd cosine": ({"optimizer": "sgd"}, (1.0, 3.0, 10.0)),
    "sgd constant": ({"optimizer": "sgd", "schedule": "constant"}, (0.3, 1.0, 3.0, 10.0)),
    "adam cosine, context 1": ({"k": 1}, (None,)),
}
H = 64
SHIPPED_DS = tuple(2**i for i in range(12, 21))
SHIPPED_SEEDS = (0, 1, 2)


def runs(
    variants: Sequence[str] = ("adam cosine", "sgd constant", "adam cosine, context 1"),
    Ds: Sequence[int] = (2**12, 2**14, 2**16),
    seeds: Sequence[int] = (0,),
    jobs: int = 1,
) -> pd.DataFrame:
    """Train every variant of `VARIANTS` on every number of tokens.

    Returns
    -------
    pandas.DataFrame
        One row a variant, seed and D, at the best of the learning rates that the variant lists
        (chosen by the exact test loss, which favours the variants with more rates to choose from a
        little): ``variant, seed, H, N, D, C, lr, loss, excess``.
    """
    unknown = set(variants) - set(VARIANTS)
    if unknown:
        raise ValueError(f"variants must be some of {list(VARIANTS)}, not {sorted(unknown)}")
    return tabulate(_best, jobs, variant=list(variants), seed=list(seeds), D=list(Ds))


def _best(variant, seed, D):
    settings, rates = VARIANTS[variant]
    run = train_at_best_rate(TrainConfig(H=H, D=D, seed=seed, **settings), rates)
    return {
        "variant": variant,
        "seed": seed,
        "H": H,
        "N": run.N,
        "D": D,
        "C": float(run.C),
        "lr": run.config.lr,
        "loss": run.loss,
        "excess": run.excess,
    }


def floor_of_context(k: int) -> float:
    """Return the excess loss, in nats per token, of the best model that sees `k` tokens."""
    language = markov_language()
    return language.entropy_given(k) - language.entropy


def compute_multiplier(
    table: pd.DataFrame, new: str = "adam cosine", old: str = "sgd constant"
) -> pd.DataFrame:
    """Return how many times less compute the new algorithm needs for the old one's losses.

    Parameters
    ----------
    table
        From `runs`, or the shipped table.

    Returns
    -------
    pandas.DataFrame
        One row a seed and run of the old algorithm: ``seed, D, loss, multiplier``. The compute of
        the new algorithm is interpolated in log excess loss against log compute; ``NaN`` where its
        runs do not bracket the loss.
    """
    rows = []
    for seed, part in table.groupby("seed"):
        curve = part[part.variant == new].sort_values("excess")
        for row in part[part.variant == old].sort_values("D").itertuples():
            inside = curve.excess.iloc[0] <= row.excess <= curve.excess.iloc[-1]
            log_c = np.interp(np.log(row.excess), np.log(curve.excess), np.log(curve.C))
            rows.append(
                {
                    "seed": seed,
                    "D": row.D,
                    "loss": row.loss,
                    "multiplier": row.C / math.exp(log_c) if inside else math.nan,
                }
            )
    return pd.DataFrame(rows)


def progress_split(
    table: pd.DataFrame,
    old: str = "sgd constant",
    new: str = "adam cosine",
    D_old: int = 2**14,
    D_new: int = 2**20,
) -> pd.DataFrame:
    """Split the loss reduction between algorithm and scale, for each seed, by Shapley's value.

    A cause is credited with the mean, over both orders, of the change at the moment when it is
    switched from old to new.

    Parameters
    ----------
    table
        From `runs`, or the shipped table.
    D_old, D_new
        Tokens before and after.

    Returns
    -------
    pandas.DataFrame
        One row a seed: ``seed``, ``reduction`` (nats per token), ``algorithm`` and ``scale`` (their
        shares of it, which add up to 1), ``algorithm_first`` and ``algorithm_last`` (the share of
        the algorithm if it is switched before, or after, the scale).
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
        total = end - start
        first, last = changed - start, end - scaled
        rows.append(
            {
                "seed": seed,
                "reduction": -total,
                "algorithm": (first + last) / 2 / total,
                "scale": (scaled - start + (end - changed)) / 2 / total,
                "algorithm_first": first / total,
                "algorithm_last": last / total,
            }
        )
    return pd.DataFrame(rows)


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table: all variants, nine numbers of tokens, three seeds."""
    write_csv(runs(tuple(VARIANTS), SHIPPED_DS, SHIPPED_SEEDS, jobs=jobs), out)
