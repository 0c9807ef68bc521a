"""Tool use: a small addition network that may call an exact tool for part of the work.

**A tool for the hard part** (`carry_bits`): the carries of a sum are what makes it hard, because a
carry can depend on every digit below. A network that is told the carries only has to add three
small numbers in each place. **A tool for the hard problems** (`call_when_unsure`): the network
answers alone where it is confident and an exact adder answers the rest.
"""

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaling_hypothesis.emergence import adders


def carry_bits(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """Return the exact carry into each place, units (always 0) first: what the tool answers.

    >>> carry_bits(np.array([95]), np.array([7]), digits=2).tolist()
    [[0.0, 1.0, 1.0]]
    """
    power = 10 ** np.arange(digits + 1)
    return (a[:, None] % power + b[:, None] % power >= power).astype(np.float32) * (power > 1)


def call_when_unsure() -> pd.DataFrame:
    """Let the shipped networks hand their least certain problems to an exact adder.

    Columns: ``seed, H, N, share`` (of problems that may be handed over), ``accuracy`` (calls where
    the probability of the network's own answer is lowest), ``random`` (calls on random problems)
    and ``alone`` (its accuracy without a tool).
    """
    rows = []
    for adder in adders():
        confidence = np.exp(adder.log_p.max(-1).sum(-1))
        surest_last = adder.right[np.argsort(confidence)]
        alone, problems = adder.right.mean(), len(adder.right)
        for share in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0):
            calls = round(share * problems)
            accuracy = (calls + surest_last[calls:].sum()) / problems
            by_lot = {"random": share + (1 - share) * alone, "alone": alone}
            rows.append(adder.names | {"share": share, "accuracy": accuracy} | by_lot)
    return pd.DataFrame(rows)
