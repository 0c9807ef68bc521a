"""Repeated data: what an epoch over old text is worth beside fresh text.

The synthetic language never runs out, so the same number of training tokens can be spent on fresh
text or on several passes over a small one. `U` is the number of unique tokens, `D` the number of
tokens processed, ``epochs = D / U``; runs with one epoch are the fresh baseline
[@muennighoff2023scaling].

The learning-rate rule of the laboratory was tuned on fresh text. Repeated text is overfitted sooner
and wants a smaller rate, so every repeated run is the best (by exact test loss) of three: the
rule's rate, a half and a quarter of it. With the rule alone, repetition looks worse than it is.
"""

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.files import write_csv
from scaling_lib.training import TrainConfig, learning_rate_rule, train_at_best_rate

#: Shares of the learning-rate rule that a repeated run may choose from.
RATES = (1.0, 0.5, 0.25)
SHIPPED_SIZES = (8, 32, 128)
SHIPPED_UNIQUE = (2**12, 2**14, 2**16)
SHIPPED_EPOCHS = (1, 2, 4, 8, 16, 32, 64)
SHIPPED_SEEDS = (0, 1, 2)
SHIPPED_MOST = 2**20


def runs(
    sizes: Sequence[int] = (32,),
    unique: Sequence[int] = (2**12, 2**14),
    epochs: Sequence[int] = (1, 2, 4, 8, 16),
    seeds: Sequence[int] = (0,),
    most: int = 2**17,
    jobs: int = 1,
) -> pd.DataFrame:
    """Train networks of width H on `unique` tokens for some epochs, and on as much fresh text.

    Combinations of more than `most` tokens are left out; the fresh runs go up to it in doublings
    from the smallest `unique`.

    Returns
    -------
    pandas.DataFrame
        One row a run: ``seed, H, N, D`` (tokens processed), ``U`` (unique tokens), ``epochs``,
        ``C`` (training FLOP), ``lr``, ``loss``, ``excess`` (exact test loss and its distance from
        the entropy, nats per token), ``train_loss`` (mean over the last tenth of the run).
    """
    grid = {(D, 1) for D in (min(unique) * 2**i for i in range(64)) if D <= most}
    grid |= {(U * e, e) for U in unique for e in epochs if U * e <= most}
    return pd.DataFrame(
        Parallel(n_jobs=jobs)(
            delayed(_row)(H, D, e, seed) for seed in seeds for H in sizes for D, e in sorted(grid)
        )
    )


def _row(H, D, epochs, seed):
    rates = [rate * learning_rate_rule(H, D) for rate in (RATES if epochs > 1 else RATES[:1])]
    run = train_at_best_rate(TrainConfig(H=H, D=D, epochs=epochs, seed=seed), rates)
    return {
        "seed": seed,
        "H": H,
        "N": run.N,
        "D": D,
        "U": D // epochs,
        "epochs": epochs,
        "C": float(run.C),
        "lr": run.config.lr,
        "loss": run.loss,
        "excess": run.excess,
        "train_loss": float(run.curve[-max(1, len(run.curve) // 10) :].mean()),
    }


def _with_fresh(table):
    """Add ``worth``: the fresh tokens, as a multiple of U, that give the excess of each run.

    Read off the fresh runs of the same seed and width, log-log; NaN outside them.
    """
    fresh = table[table.epochs == 1].sort_values("excess")
    curves = dict(list(fresh.groupby(["seed", "H"])))

    def tokens(run):
        curve = curves[run.seed, run.H]
        excess, D = np.log(curve.excess), np.log(curve.D)
        return np.exp(np.interp(np.log(run.excess), excess, D, left=np.nan, right=np.nan))

    return table.assign(worth=[tokens(run) / run.U for run in table.itertuples()])


def cost_of_repeating(table: pd.DataFrame) -> pd.DataFrame:
    """Compare each run of the table of `runs` with a fresh run on as many tokens.

    Returns
    -------
    pandas.DataFrame
        One row for each H, U and number of epochs, over seeds: ``ratio`` (excess loss relative to
        fresh text of the same D: 1 means as good as new), ``low`` and ``high`` (smallest and
        largest over seeds), ``excess`` and ``fresh`` (means), ``fresh_equivalent`` (fresh tokens
        that would have given the same excess, by log-log interpolation, as a multiple of U; NaN
        outside the fresh runs).
    """
    same = ["seed", "H", "D"]
    fresh = table[table.epochs == 1][[*same, "excess"]].rename(columns={"excess": "fresh"})
    both = _with_fresh(table).merge(fresh, on=same, how="left")
    return (
        both.assign(ratio=both.excess / both.fresh)
        .groupby(["H", "U", "epochs"])
        .agg(
            ratio=("ratio", "mean"),
            low=("ratio", "min"),
            high=("ratio", "max"),
            excess=("excess", "mean"),
            fresh=("fresh", "mean"),
            fresh_equivalent=("worth", "mean"),
        )
        .reset_index()
    )


def saturation(table: pd.DataFrame) -> pd.DataFrame:
    r"""Fit R*, the repetitions after which a token is worn out, to each size and amount of text.

    For each seed, width and number of unique tokens U of the table of `runs`, the tokens D' of
    fresh text that would have given the same excess are read off the fresh runs, and
    :math:`D' = U + U R^* (1 - e^{-(D/U - 1)/R^*})` [@muennighoff2023scaling] is fitted to their
    logarithm, over the epochs up to the best: the law cannot fall.

    Returns
    -------
    pandas.DataFrame
        One row for each H and U: ``H, N, U, ratio`` (unique tokens per parameter), ``R`` (mean over
        seeds), ``low``, ``high`` (smallest and largest over seeds), ``best`` (epochs of the lowest
        excess, mean over seeds). R is infinite where repetition is as good as new.
    """
    grid = np.geomspace(0.05, 500, 4000)
    repeated = _with_fresh(table)[table.epochs > 1].sort_values("epochs")
    rows = []
    for (_, H, N, U), again in repeated.groupby(["seed", "H", "N", "U"]):
        rising = again[: int(np.argmin(again.excess)) + 1]
        seen = rising[rising.worth.notna()]
        law = 1 + grid[:, None] * -np.expm1(-(seen.epochs.to_numpy() - 1) / grid[:, None])
        error = np.sum((np.log(law) - np.log(seen.worth.to_numpy())) ** 2, axis=1)
        R = grid[np.argmin(error)] if np.argmin(error) < len(grid) - 1 else np.inf
        rows.append(
            {"H": H, "N": N, "U": U, "ratio": U / N, "R": R, "best": rising.epochs.iloc[-1]}
        )
    return (
        pd.DataFrame(rows)
        .groupby(["H", "N", "U", "ratio"])
        .agg(R=("R", "mean"), low=("R", "min"), high=("R", "max"), best=("best", "mean"))
        .reset_index()
    )


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table as CSV."""
    table = runs(
        SHIPPED_SIZES, SHIPPED_UNIQUE, SHIPPED_EPOCHS, SHIPPED_SEEDS, SHIPPED_MOST, jobs=jobs
    )
    write_csv(table, out)
