r"""A simple cue against the rule behind it, by number of examples and by training time.

Each example carries a cue, one input that equals the label in most examples, and twelve random bits
of which the parity of three *is* the label. Examples in which the cue is wrong (exceptions) tell
what a network has learned: on fresh ones it gets 0 % right if it follows the cue, 100 % if it knows
the rule. The claim under test: networks take the simplest solution until the data force another
[@branwen2020scaling; shortcuts: @geirhos2020shortcut]. That the rule may come long after the
training examples are known is called grokking [@power2022grokking].
"""

import numpy as np
import pandas as pd

from scaling_lib.data.checks import probability
from scaling_lib.experiments.tabulate import learning_curve, shipped_map
from scaling_lib.models import MLP, Adam
from scaling_lib.training import draw_batches

BITS = 12
RULE_BITS = 3  # the first of them; the label is their parity
H = 128  # hidden width
BATCH = 128
WEIGHT_DECAY = 0.3
STOP = ("fresh", 0.995)  # training ends there
SHIPPED_STEPS = (50, *(500 * 2**i for i in range(8)))  # to 64,000
SHIPPED_SEEDS = range(10)  # at 300 examples three of them are too few to see the spread


def examples(
    n: int, agreement: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw examples with a cue that equals the label with probability `agreement`.

    X, float32 of shape (n, 1 + 12), is the cue, then the bits, all -1 or 1; y (n,) is 1 if an odd
    number of the first three bits is 1, else 0; the third, bool (n,), says whether the cue
    contradicts the label.
    """
    probability(agreement, "agreement")
    values = rng.integers(0, 2, (n, BITS))
    y = values[:, :RULE_BITS].sum(1) % 2
    exception = rng.random(n) >= agreement
    cue = np.where(exception, 1 - y, y)
    return (2 * np.column_stack([cue, values]) - 1).astype(np.float32), y, exception


def run(
    D: int, agreement=0.9, seed=0, steps=SHIPPED_STEPS, weight_decay=WEIGHT_DECAY
) -> pd.DataFrame:
    """Train on batches drawn from D examples, and measure after so many `steps`.

    Columns: ``step`` and shares of right answers: ``seen`` on the exceptions among the D examples,
    ``fresh`` on 2000 new exceptions, ``ordinary`` on 2000 new examples with the same agreement.
    """
    X, y, exception = examples(D, agreement, np.random.default_rng([seed, 1]))
    tests = {
        "seen": (X[exception], y[exception]),
        "fresh": examples(2000, 0.0, np.random.default_rng([seed, 2]))[:2],
        "ordinary": examples(2000, agreement, np.random.default_rng([seed, 4]))[:2],
    }
    model = MLP((1 + BITS, H, 2), seed=seed)
    how = {"schedule": None, "optimizer": Adam(model.theta, weight_decay=weight_decay)}
    batches = draw_batches(X, y, BATCH, np.random.default_rng([seed, 3]))

    def measure(step):
        return {name: model.accuracy(*test) for name, test in tests.items()}

    return learning_curve(model, batches, 2e-3, steps, measure, STOP, **how)


SIZES = [100, 200, 300, 500, 1000, 3000]
regenerate = shipped_map(
    run,
    dict(D=SIZES, weight_decay=[WEIGHT_DECAY], seed=SHIPPED_SEEDS),
    dict(D=[300, 500, 1000], weight_decay=[0.0, 0.1, 1.0], seed=SHIPPED_SEEDS),
    places=4,
)
