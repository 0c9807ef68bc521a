"""Learning in context: copying from a passage seen once, by width, depth and training time.

An attention model is trained as an ordinary language model on random passages that repeat
(`scaling_lib.tasks.repeating_text`). Nothing can be stored in its weights: to predict the second
occurrence it has to learn, during the sequence, what follows what. Copying takes two steps of
attention, one to mark each token with the one before it and one to find it [@olsson2022context];
one layer can do it only if it is exponentially larger [@sanford2024one].
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import SEEDS, learning_curve, shipped_map
from scaling_lib.models import AttentionLM, constant_after
from scaling_lib.tasks.repeating_text import repeated

LENGTH = 24  # tokens of a sequence
SHORTEST = 4  # passage
V = 32  # different tokens
BATCH = 32
TEST_SEED = 999
TEST_SEQUENCES = 300
STOP = ("accuracy", 0.995)  # training ends there
SHIPPED_STEPS = (375, 750, 1500, 3000, 6000)


def passages(
    rng: np.random.Generator, length: int = LENGTH, V: int = V, only_known: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches of passages that repeat, and what follows each token, without end.

    With `only_known`, tokens that nobody can predict are left out of the targets (-1). A language
    model has no such help; it makes copying appear several times sooner.
    """
    while True:
        x, targets, known = repeated(BATCH, length, SHORTEST, V, rng)
        yield x, np.where(known, targets, -1) if only_known else targets


def accuracy(model: AttentionLM) -> float:
    """Share of right answers on fresh passages, where the answer stood earlier in the sequence."""
    rng = np.random.default_rng(TEST_SEED)
    x, targets, known = repeated(TEST_SEQUENCES, model.T, SHORTEST, model.V, rng)
    return float((model.logits(x).argmax(-1) == targets)[known].mean())


def run(d: int, layers: int, seed: int = 0, steps: Iterable[int] = SHIPPED_STEPS) -> pd.DataFrame:
    """Train one model of width d at a constant rate, and measure after so many `steps`.

    Columns: ``N`` (parameters), ``step`` and ``accuracy``.
    """
    model = AttentionLM(V, LENGTH, d, layers, heads=2, ff=2, seed=seed)
    batches, rise = passages(np.random.default_rng([seed, 1])), constant_after(100)

    def measure(step):
        return {"accuracy": accuracy(model)}

    table = learning_curve(model, batches, 5e-3, steps, measure, STOP, schedule=rise)
    return table.assign(N=model.N)[["N", "step", "accuracy"]]


regenerate = shipped_map(run, dict(layers=[1, 2], d=[16, 32, 64], seed=SEEDS), places=4)
