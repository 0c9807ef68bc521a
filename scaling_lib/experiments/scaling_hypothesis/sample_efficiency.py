"""Sample efficiency: larger models reach the same loss on fewer tokens.

Read from runs with their own schedules, one run a point, rather than from checkpoints of one run:
the shipped sweep of the synthetic language (`scaling_lib.data.load("scaling_language")`), or a
small one trained live. Fewer tokens is not less compute: `tokens_to_target` gives both, and the
model that needs the fewest tokens is not the one that needs the least compute.

Found in the shipped sweep (three seeds): to come within 0.2 nats of the entropy takes 421 000 (sd
23 000) tokens with 16 hidden units, 43 300 (2 100) with 64 and 23 300 (300) with 512, while compute
is lowest near 32 to 64. The gain saturates: the step from 256 to 512 units saves a twelfth.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import positive
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.training import TrainConfig, train


def learning_curves(
    sizes: Sequence[int] = (8, 32, 128),
    Ds: Sequence[int] = (2**12, 2**13, 2**14, 2**15, 2**16),
    seed: int = 0,
) -> pd.DataFrame:
    """Train models of several widths H on several numbers of tokens.

    Returns
    -------
    pandas.DataFrame
        One row a run, with the columns that `tokens_to_target` reads: ``seed, H, D, N, C, loss,
        entropy``.
    """

    def run(seed, H, D):
        result = train(TrainConfig(H=H, D=D, seed=seed))
        return {name: getattr(result, name) for name in ("N", "C", "loss", "entropy")}

    return tabulate(run, seed=[seed], H=list(sizes), D=list(Ds))


def tokens_to_target(table: pd.DataFrame, excess: float = 0.2) -> pd.DataFrame:
    """Interpolate how many tokens, and how much compute, each size needs for a target loss.

    Parameters
    ----------
    table
        Runs with columns ``seed, H, N, D, C, loss, entropy``.
    excess
        Target, nats per token above the entropy.

    Returns
    -------
    pandas.DataFrame
        One row a seed and size: ``seed, H, N, tokens, flop``, interpolated in log excess against
        log D (and log C); NaN where the runs of that size do not bracket the target.
    """
    missing = {"seed", "H", "N", "D", "C", "loss", "entropy"} - set(table.columns)
    if missing:
        raise ValueError(f"the table has no column {sorted(missing)}")
    positive(excess, "excess")
    rows = []
    for (seed, H, N), runs in table.groupby(["seed", "H", "N"]):
        runs = runs.assign(log_excess=np.log(runs.loss - runs.entropy)).sort_values("log_excess")
        row = {"seed": seed, "H": H, "N": N, "tokens": np.nan, "flop": np.nan}
        target = np.log(excess)
        if runs.log_excess.iloc[0] <= target <= runs.log_excess.iloc[-1]:
            for name, column in (("tokens", "D"), ("flop", "C")):
                row[name] = np.exp(np.interp(target, runs.log_excess, np.log(runs[column])))
        rows.append(row)
    return pd.DataFrame(rows)
