r"""A small network learns from a large one: from its probabilities instead of the text.

The teacher, of width `TEACHER`, has read `read` tokens of the book's language. A student sees fresh
text. Trained on the text, its target is the token that follows; distilled, it is the teacher's
probability of every token, so the loss is the cross-entropy
:math:`-\sum_w p(w) \log q(w)` [@hinton2015distilling]. Both sides choose, by exact test loss, among
the same three learning rates.

In the book's count a token costs :math:`6 H V` FLOP in training and :math:`2 H V` for an answer. So
a distilled student pays :math:`6 H V` and the teacher's :math:`2 H_T V` for each token.
"""

import pathlib
from functools import lru_cache

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaling_laws.language_models import trained
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.tasks.language import TEST_BATCH, markov_language
from scaling_lib.training import batch_rule, fit_model, learning_rate_rule

TEACHER = 128
RATES = (1.0, 2.0, 4.0)
SHIPPED_H = (8, 32)
SHIPPED_READ = (2**12, 2**14, 2**16)  # by the teacher
SHIPPED_D = tuple(2**i for i in range(10, 19, 2))
SHIPPED_TEXT = (*SHIPPED_D, 2**20)
SHIPPED_SEEDS = (0, 1, 2)


@lru_cache(maxsize=2)
def teacher(read: int, seed: int = 0) -> tuple[np.ndarray, float]:
    """Train a teacher on `read` tokens.

    Returns
    -------
    tuple
        Its probability of each token after each pair, shape (V, V, V); its excess, nats per token.
    """
    language = markov_language(0)
    model, V = trained(TEACHER, read, seed, data_seed=100 + seed), language.V
    pairs = np.indices((V, V)).reshape(2, -1).T
    parts = [model.log_probs(pairs[i : i + TEST_BATCH]) for i in range(0, V * V, TEST_BATCH)]
    table = np.exp(np.concatenate(parts)).reshape(V, V, V)
    return table, language.test_loss(model) - language.entropy


def student(
    H: int, D: int, seed: int = 0, table: np.ndarray | None = None, rate: float = 1.0
) -> OneHotLM:
    """Train a student on `D` tokens: on the text, or on a teacher's `table` of probabilities."""
    language, batch = markov_language(0), batch_rule(D)
    text = language.windows(D, 1000 + seed)
    model = OneHotLM(language.V, 2, H, seed)
    parts = (text[i : i + batch] for i in range(0, D, batch))
    batches = (
        (part[:, :2], part[:, 2] if table is None else table[part[:, 0], part[:, 1]])
        for part in parts
    )
    fit_model(model, batches, -(-D // batch), rate * learning_rate_rule(H, D))
    return model


def run(H: int, read: int, D: int, seed: int = 0) -> dict:
    """Train a student of a teacher that read `read` tokens (0: on the text) on D tokens.

    Returns
    -------
    dict
        ``taught``, the excess of the teacher (NaN for the text); ``rate`` (multiple of the rule's)
        and ``excess`` of the best of three rates, nats per token.
    """
    language = markov_language(0)
    table, taught = teacher(read, seed) if read else (None, np.nan)
    losses = {rate: language.test_loss(student(H, D, seed, table, rate)) for rate in RATES}
    rate = min(losses, key=losses.get)
    excess = losses[rate] - language.entropy
    return {"taught": round(taught, 5), "rate": rate, "excess": round(excess, 5)}


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: two students, three teachers and the text, three seeds."""
    grid = {"H": list(SHIPPED_H), "seed": list(SHIPPED_SEEDS)}
    text = tabulate(run, jobs, read=[0], **grid, D=list(SHIPPED_TEXT))
    taught = tabulate(run, jobs, read=list(SHIPPED_READ), **grid, D=list(SHIPPED_D))
    write_csv(pd.concat([text, taught], ignore_index=True), out)
