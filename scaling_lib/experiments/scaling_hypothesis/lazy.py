r"""A simple cue against the rule behind it, by number of examples and by training time.

Each example carries a cue, one input that equals the label in most examples, and twelve random bits
of which the parity of three *is* the label. Examples in which the cue is wrong (exceptions) tell
what a network has learned: on fresh ones it gets 0 % right if it follows the cue, 100 % if it knows
the rule. The claim under test: networks take the simplest solution until the data force another
[@branwen2020scaling; shortcuts: @geirhos2020shortcut]. That the rule may come long after the
training examples are known is called grokking [@power2022grokking].
"""

import pathlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from scaling_lib.data.checks import probability
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.learning_curve import LearningCurve
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp import MLP
from scaling_lib.models.optimizers import Adam
from scaling_lib.training import fit_model

BITS = 12
RULE_BITS = 3  # the first of them; the label is their parity
H = 128  # hidden width
BATCH = 128
WEIGHT_DECAY = 0.3
STOP = ("fresh", 0.995)  # training ends there
SHIPPED_STEPS = (50, *(500 * 2**i for i in range(7)))
SHIPPED_DS = (100, 200, 300, 500, 1000, 3000)
SHIPPED_SEEDS = (0, 1, 2)


def examples(
    n: int, agreement: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw examples with a cue that equals the label with probability `agreement`.

    Returns
    -------
    X : numpy.ndarray of float32, shape (n, 1 + 12)
        The cue, then the bits, all -1 or 1.
    y : numpy.ndarray of int64, shape (n,)
        1 if an odd number of the first three bits is 1, else 0.
    exception : numpy.ndarray of bool, shape (n,)
        Whether the cue contradicts the label.
    """
    probability(agreement, "agreement")
    values = rng.integers(0, 2, (n, BITS))
    y = values[:, :RULE_BITS].sum(1) % 2
    exception = rng.random(n) >= agreement
    cue = np.where(exception, 1 - y, y)
    return (2 * np.column_stack([cue, values]) - 1).astype(np.float32), y, exception


def run(
    D: int, agreement: float = 0.9, seed: int = 0, steps: Iterable[int] = SHIPPED_STEPS
) -> pd.DataFrame:
    """Train on batches drawn from D examples, and measure after so many `steps`.

    Returns
    -------
    pandas.DataFrame
        ``step`` and shares of right answers: ``seen`` on the exceptions among the D examples,
        ``fresh`` on 2000 new exceptions, ``ordinary`` on 2000 new examples with the same
        agreement.
    """
    X, y, exception = examples(D, agreement, np.random.default_rng([seed, 1]))
    fresh = examples(2000, 0.0, np.random.default_rng([seed, 2]))[:2]
    ordinary = examples(2000, agreement, np.random.default_rng([seed, 4]))[:2]
    model = MLP((1 + BITS, H, 2), seed=seed)
    curve = LearningCurve(
        steps,
        STOP,
        seen=lambda: model.accuracy(X[exception], y[exception]),
        fresh=lambda: model.accuracy(*fresh),
        ordinary=lambda: model.accuracy(*ordinary),
    )
    rng = np.random.default_rng([seed, 3])
    chosen = (rng.integers(0, D, BATCH) for _ in range(max(steps)))
    fit_model(
        model,
        ((X[rows], y[rows]) for rows in chosen),
        max(steps),
        lr=2e-3,
        schedule=None,
        optimizer=Adam(model.theta, weight_decay=WEIGHT_DECAY),
        after_step=curve,
    )
    return curve.table()


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: numbers of examples, three seeds, training time."""
    write_csv(tabulate(run, jobs, D=list(SHIPPED_DS), seed=list(SHIPPED_SEEDS)).round(4), out)
