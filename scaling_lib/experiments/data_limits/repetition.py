"""Repeated data: what an epoch over old text is worth beside fresh text [@muennighoff2023scaling].

`U` is the number of unique tokens, `D` the number of tokens processed, ``epochs = D / U``; runs
with one epoch are the fresh baseline. The learning-rate rule was tuned on fresh text, and text that
is read often wants a smaller rate. So every run, fresh or repeated, is the best (by exact test
loss) of the same `RATES`, and its loss at the rule's rate stands beside it.
"""

import math
import pathlib
from dataclasses import replace

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.tabulate import SEEDS, read_off
from scaling_lib.training import TrainConfig, learning_rate_rule, train

#: Learning rates tried, as multiples of the rule's; in the shipped runs the best is at neither end.
RATES = tuple(2.0**i for i in range(1, -7, -1))


def runs(
    sizes=(32,), unique=(2**12, 2**14), epochs=(1, 2, 4, 8, 16), seeds=(0,), most=2**17, jobs=1
) -> pd.DataFrame:
    """Train networks of width H on `unique` tokens for some epochs, and on as much fresh text.

    Combinations of more than `most` tokens are left out; the fresh runs go up to it in doublings
    from the smallest `unique`.

    Columns: ``seed, H, N, D`` (tokens processed), ``U`` (unique tokens), ``epochs``, ``C``
    (training FLOP), ``lr``, ``loss``, ``excess`` (exact test loss and its distance from the
    entropy, nats per token), ``train_loss`` (mean over the last tenth of the run), all of the best
    learning rate, and ``at_rule`` (excess at the rule's learning rate).
    """
    grid = {(D, 1) for D in (min(unique) * 2**i for i in range(64)) if D <= most}
    grid |= {(U * e, e) for U in unique for e in epochs if U * e <= most}
    return pd.DataFrame(
        Parallel(n_jobs=jobs)(
            delayed(_row)(H, D, e, seed) for seed in seeds for H in sizes for D, e in sorted(grid)
        )
    )


def _row(H, D, epochs, seed):
    config, rule = TrainConfig(H=H, D=D, epochs=epochs, seed=seed), learning_rate_rule(H, D)
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too high may diverge
        tried = [train(replace(config, lr=rate * rule)) for rate in RATES]
    run = min(tried, key=lambda run: (math.isnan(run.loss), run.loss))
    row = {"seed": seed, "H": H, "N": run.N, "D": D, "U": D // epochs, "epochs": epochs}
    row |= {"C": float(run.C), "lr": run.config.lr, "loss": run.loss, "excess": run.excess}
    row["train_loss"] = float(run.curve[-max(1, len(run.curve) // 10) :].mean())
    return row | {"at_rule": tried[RATES.index(1.0)].excess}


def _with_fresh(table):
    """Add ``worth``, the fresh tokens of equal excess (same seed and width) as a multiple of U."""
    fresh = dict(list(table[table.epochs == 1].groupby(["seed", "H"])))
    parts = []
    for key, part in table.groupby(["seed", "H"]):
        worth = read_off(part.excess, fresh[key].excess, fresh[key].D) / part.U
        parts.append(part.assign(worth=worth))
    return pd.concat(parts).loc[table.index]


def cost_of_repeating(table: pd.DataFrame) -> pd.DataFrame:
    """Compare each run of the table of `runs` with a fresh run on as many tokens.

    Columns, over seeds: ``H, U, epochs``, ``ratio`` (excess loss relative to fresh text of the same
    D: 1 means as good as new), ``low`` and ``high`` (smallest and largest over seeds), ``excess``,
    ``at_rule`` and ``fresh`` (means), ``fresh_equivalent`` (fresh tokens that would have given
    the same excess, by log-log interpolation, as a multiple of U; NaN outside the fresh runs).
    """
    same = ["seed", "H", "D"]
    fresh = table[table.epochs == 1][[*same, "excess"]].rename(columns={"excess": "fresh"})
    both = _with_fresh(table).merge(fresh, on=same, how="left")
    groups = both.assign(ratio=both.excess / both.fresh).groupby(["H", "U", "epochs"])
    means = groups.agg(
        ratio=("ratio", "mean"),
        low=("ratio", "min"),
        high=("ratio", "max"),
        excess=("excess", "mean"),
        at_rule=("at_rule", "mean"),
        fresh=("fresh", "mean"),
        fresh_equivalent=("worth", "mean"),
    )
    return means.reset_index()


def saturation(table: pd.DataFrame) -> pd.DataFrame:
    r"""Fit R*, the repetitions after which a token is worn out, to each size and amount of text.

    For each seed, width and number of unique tokens U of the table of `runs`, the tokens D' of
    fresh text that would have given the same excess are read off the fresh runs, and
    :math:`D' = U + U R^* (1 - e^{-(D/U - 1)/R^*})` [@muennighoff2023scaling] is fitted to their
    logarithm.

    Columns: ``H, N, U, ratio`` (unique tokens per parameter), ``R`` (mean over seeds; infinite
    where repetition is as good as new), ``low``, ``high`` (smallest and largest over seeds).
    """
    grid = np.geomspace(0.05, 500, 4000)
    repeated = _with_fresh(table)[table.epochs > 1]
    rows = []
    for (_, H, N, U), again in repeated.groupby(["seed", "H", "N", "U"]):
        seen = again[again.worth.notna()]
        law = 1 + grid[:, None] * -np.expm1(-(seen.epochs.to_numpy() - 1) / grid[:, None])
        error = np.sum((np.log(law) - np.log(seen.worth.to_numpy())) ** 2, axis=1)
        R = grid[np.argmin(error)] if np.argmin(error) < len(grid) - 1 else np.inf
        rows.append((H, N, U, U / N, R))
    names = ["H", "N", "U", "ratio"]
    groups = pd.DataFrame(rows, columns=[*names, "R"]).groupby(names)
    return groups.agg(R=("R", "mean"), low=("R", "min"), high=("R", "max")).reset_index()


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table as CSV."""
    epochs = [2**i for i in range(7)]
    write_csv(runs((8, 32, 128), (2**12, 2**14, 2**16), epochs, SEEDS, 2**20, jobs), out)
