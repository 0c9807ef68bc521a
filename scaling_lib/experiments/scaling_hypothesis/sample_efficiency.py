"""Sample efficiency: larger models reach the same loss on fewer tokens.

Read from runs with their own schedules, one run a point, rather than from checkpoints of one run.
Fewer tokens is not less compute: `tokens_to_target` gives both, and the model that needs the fewest
tokens is not the one that needs the least compute.
"""

import pandas as pd

from scaling_lib.data.checks import positive
from scaling_lib.experiments.tabulate import read_off


def tokens_to_target(table: pd.DataFrame, excess: float = 0.2) -> pd.DataFrame:
    """Interpolate how many tokens, and how much compute, each size needs for a target loss.

    `table` holds runs with columns ``seed, H, N, D, C, loss, entropy``; the target is `excess` nats
    per token above the entropy. Columns: ``seed, H, N, tokens, flop``, interpolated in log excess
    against log D (and log C); NaN where the runs of that size do not bracket the target.
    """
    positive(excess, "excess")
    rows = [
        (*names, *(read_off(excess, runs.loss - runs.entropy, runs[x]) for x in ("D", "C")))
        for names, runs in table.groupby(["seed", "H", "N"])
    ]
    return pd.DataFrame(rows, columns=["seed", "H", "N", "tokens", "flop"])
