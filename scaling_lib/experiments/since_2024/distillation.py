r"""A small network learns from a large one: from its probabilities instead of the text.

The teacher, of width `TEACHER`, has read `read` tokens of the book's language. A student sees fresh
text. Trained on the text, its target is the token that follows; distilled, it is the teacher's
probability of every token, so the loss is the cross-entropy :math:`-\sum_w p(w) \log q(w)`
[@hinton2015distilling], and a token costs :math:`6 H V + 2 H_T V` FLOP instead of :math:`6 H V`.
Both sides choose, by exact test loss, among the same five learning rates.
"""

from functools import lru_cache

import numpy as np

from scaling_lib.experiments.scaling_laws.language_models import best_rate, read_text, trained
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.language import TEST_BATCH, markov_language

TEACHER = 128
RATES = (0.25, 0.5, 1.0, 2.0, 4.0)  # where an end is best, the next beyond it is worse


@lru_cache(maxsize=2)
def teacher(read: int, seed: int = 0) -> tuple[np.ndarray, float]:
    """Train a teacher on `read` tokens.

    Returns its probability of each token after each pair, shape (V, V, V), and its excess, nats per
    token.
    """
    language = markov_language(0)
    model, V = trained(TEACHER, read, seed, data_seed=100 + seed), language.V
    pairs = np.indices((V, V)).reshape(2, -1).T
    parts = [model.log_probs(pairs[i : i + TEST_BATCH]) for i in range(0, V * V, TEST_BATCH)]
    return np.exp(np.concatenate(parts)).reshape(V, V, V), language.excess(model)


def student(H: int, D: int, seed=0, table: np.ndarray | None = None, rate=1.0) -> OneHotLM:
    """Train a student on `D` tokens: on the text, or on a teacher's `table` of probabilities."""
    language = markov_language(0)
    text, model = language.windows(D, 1000 + seed), OneHotLM(language.V, 2, H, seed)
    target = None if table is None else lambda x, y: table[x[:, 0], x[:, 1]]
    return read_text(model, text, rate, target)


def run(H: int, read: int, D: int, seed: int = 0) -> dict:
    """Train a student of a teacher that read `read` tokens (0: on the text) on D tokens.

    Keys: ``taught``, the excess of the teacher (NaN for the text); ``rate`` (multiple of the
    rule's) and ``excess`` of the best of `RATES`, nats per token.
    """
    table, taught = teacher(read, seed) if read else (None, np.nan)
    best = best_rate(lambda rate: student(H, D, seed, table, rate), RATES)
    return {"taught": round(taught, 5)} | best


LENGTHS = [2**i for i in range(10, 19, 2)]
regenerate = shipped_map(
    run,
    dict(read=[0], H=[8, 32], seed=SEEDS, D=[*LENGTHS, 2**20]),
    dict(read=[2**12, 2**14, 2**16], H=[8, 32], seed=SEEDS, D=LENGTHS),
)
