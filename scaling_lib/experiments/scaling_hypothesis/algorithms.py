r"""Algorithms as compute multipliers, and how to split progress between them and scale.

A better algorithm reaches the same loss with less compute; the ratio is its multiplier. The same
model of the synthetic language is trained in several ways on :math:`2^{12}` to :math:`2^{20}`
tokens: Adam or plain SGD, with or without a cosine schedule, with one token of context or two.

How much of the progress from (old algorithm, little data) to (new algorithm, much data) is due to
the algorithm? The answer depends on the order in which the two changes are made; the Shapley value
averages over the orders (`shapley_split`). It still depends on the pair of runs compared, which is
the point: a share of algorithms and a share of scale, as in [@ho2024algorithmic], are statements
about an interval and a pair of algorithms, not constants of nature.

Found (three seeds): Adam with a cosine schedule needs 1.8 times less compute than tuned SGD at a
constant rate on 8 000 tokens (one seed brackets it) and 5.6 to 6.0 times less on a million; beside
SGD with a cosine schedule 3.4 to 3.6, beside Adam at a constant rate 2.4 to 2.5. None of these is a
constant, and the first is not even smooth (8.4 to 11.4 at 524 000 tokens: the rates tried are
coarse). The second token of context is worth a factor that grows without bound, 92 to 98 at a
million, because one token has a floor. From 16 000 tokens to a million, scale gets 76 to 78 % of
the progress beside the change of optimiser and 44 % beside the change of context.
"""

from __future__ import annotations

import itertools
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.files import write_csv
from scaling_lib.training.run import TrainConfig, train

#: Name -> settings of `TrainConfig`, and the learning rates tried (None: the tuned rule for Adam).
VARIANTS: dict[str, tuple[dict, tuple]] = {
    "adam cosine": ({}, (None,)),
    "adam constant": ({"schedule": "constant"}, (0.0015, 0.003, 0.006)),
    "sgd cosine": ({"optimizer": "sgd"}, (1.0, 3.0, 10.0)),
    "sgd constant": ({"optimizer": "sgd", "schedule": "constant"}, (0.3, 1.0, 3.0, 10.0)),
    "adam cosine, context 1": ({"k": 1}, (None,)),
}
SHIPPED_DS = tuple(2**i for i in range(12, 21))
SHIPPED_SEEDS = (0, 1, 2)


def runs(
    variants: Sequence[str] = ("adam cosine", "sgd constant", "adam cosine, context 1"),
    Ds: Sequence[int] = (2**12, 2**14, 2**16),
    seeds: Sequence[int] = (0,),
    H: int = 64,
    jobs: int = 1,
) -> pd.DataFrame:
    """Train every variant at every number of tokens, at each learning rate that it lists.

    Parameters
    ----------
    variants : sequence of str
        Names in `VARIANTS`.
    Ds : sequence of int
        Tokens of a run.
    seeds : sequence of int
        Seeds of text and weights.
    H : int
        Width of the model.
    jobs : int
        Processes.

    Returns
    -------
    pandas.DataFrame
        One row a variant, D and seed, at its best learning rate (chosen by the exact test loss,
        which favours the variants with more rates to choose from a little): ``variant, seed, H, N,
        D, C, lr, loss, excess``.

    Raises
    ------
    ValueError
        If a variant is unknown.
    """
    unknown = set(variants) - set(VARIANTS)
    if unknown:
        raise ValueError(f"unknown variants {sorted(unknown)}; there are {list(VARIANTS)}")
    configs = [
        (name, TrainConfig(H=H, D=D, seed=seed, lr=lr, **VARIANTS[name][0]))
        for name in variants
        for seed in seeds
        for D in Ds
        for lr in VARIANTS[name][1]
    ]
    rows = Parallel(n_jobs=jobs)(delayed(_row)(*pair) for pair in configs)
    table = pd.DataFrame(rows).sort_values("loss", na_position="last")
    best = table.drop_duplicates(["variant", "seed", "D"])
    order = {name: i for i, name in enumerate(variants)}
    return best.sort_values(
        ["variant", "seed", "D"], key=lambda c: c.map(order) if c.name == "variant" else c
    ).reset_index(drop=True)


def _row(name, config):
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too high may diverge
        run = train(config)
    return {
        "variant": name,
        "seed": config.seed,
        "H": config.H,
        "N": run.N,
        "D": run.D,
        "C": float(run.C),
        "lr": run.config.lr,
        "loss": run.loss,
        "excess": run.excess,
    }


def compute_multiplier(
    table: pd.DataFrame, new: str = "adam cosine", old: str = "sgd constant"
) -> pd.DataFrame:
    """Return how many times less compute the new algorithm needs for the old one's losses.

    Parameters
    ----------
    table : pandas.DataFrame
        From `runs`, or the shipped table.
    new, old : str
        Variants.

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


def shapley_split(values: Mapping[tuple[int, ...], float]) -> np.ndarray:
    r"""Split a change between the factors that made it, averaging over all orders.

    The contribution of factor `i` is the mean, over the :math:`n!` orders in which the factors may
    be switched from old (0) to new (1), of the change in value at the moment when `i` is switched.

    Parameters
    ----------
    values : mapping from tuple of 0 and 1 to float
        The value (a loss, say) for every combination of old and new factors: :math:`2^n` entries.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Contributions; their sum is ``values[(1, ..., 1)] - values[(0, ..., 0)]``.

    Raises
    ------
    ValueError
        If a combination is missing or has another length.

    Examples
    --------
    >>> loss = {(0, 0): 4.0, (1, 0): 3.0, (0, 1): 2.0, (1, 1): 1.5}
    >>> shapley_split(loss).tolist()
    [-0.75, -1.75]
    """
    n = len(next(iter(values), ()))
    combinations = set(itertools.product((0, 1), repeat=n))
    if not n or set(values) != combinations:
        raise ValueError(f"values needs all {2**n} combinations of {n} factors, got {len(values)}")
    share = np.zeros(n)
    for order in itertools.permutations(range(n)):
        state = [0] * n
        for factor in order:
            before = values[tuple(state)]
            state[factor] = 1
            share[factor] += values[tuple(state)] - before
    return share / math.factorial(n)


def progress_split(
    table: pd.DataFrame,
    old: str = "sgd constant",
    new: str = "adam cosine",
    D_old: int = 2**14,
    D_new: int = 2**20,
) -> pd.DataFrame:
    """Split the loss reduction between algorithm and scale, for each seed.

    Parameters
    ----------
    table : pandas.DataFrame
        From `runs`, or the shipped table.
    old, new : str
        Variants.
    D_old, D_new : int
        Tokens before and after.

    Returns
    -------
    pandas.DataFrame
        One row a seed: ``seed``, ``reduction`` (nats per token), ``algorithm`` and ``scale`` (their
        shares of it, which add up to 1), ``algorithm_first`` and ``algorithm_last`` (the share of
        the algorithm if it is switched before, or after, the scale).

    Raises
    ------
    ValueError
        If a run is missing from the table.
    """
    rows = []
    for seed, part in table.groupby("seed"):
        losses = part.set_index(["variant", "D"]).loss
        try:
            value = {
                (i, j): float(losses[variant, D])
                for i, variant in enumerate((old, new))
                for j, D in enumerate((D_old, D_new))
            }
        except KeyError as missing:
            raise ValueError(f"seed {seed} has no run {missing.args[0]}") from None
        total = value[1, 1] - value[0, 0]
        algorithm, scale = shapley_split(value) / total
        rows.append(
            {
                "seed": seed,
                "reduction": -total,
                "algorithm": algorithm,
                "scale": scale,
                "algorithm_first": (value[1, 0] - value[0, 0]) / total,
                "algorithm_last": (value[1, 1] - value[0, 1]) / total,
            }
        )
    return pd.DataFrame(rows)


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table: all variants, nine numbers of tokens, three seeds.

    Parameters
    ----------
    out : pathlib.Path
        CSV file to write.
    jobs : int
        Processes.
    """
    write_csv(runs(tuple(VARIANTS), SHIPPED_DS, SHIPPED_SEEDS, jobs=jobs), out)
