"""Sample efficiency: larger models reach the same loss on fewer tokens.

Read from runs with their own schedules, one run a point, rather than from checkpoints of one run.
Fewer tokens is not less compute: `tokens_to_target` gives both, and the model that needs the fewest
tokens is not the one that needs the least compute.
"""

import numpy as np
import pandas as pd

from scaling_lib.data.checks import positive


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
