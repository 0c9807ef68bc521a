"""Model collapse: generation after generation of a language model trained on what the last wrote.

Each generation counts trigrams of text and writes the next text. The true language is known
(`scaling_lib.tasks.language`), so the test loss is exact.

Generation 0 reads the real text alone. From then on there are three regimes: ``replace`` reads only
what the newest generation wrote [@shumailov2024models], ``mix`` reads the real text and what the
newest wrote, ``accumulate`` reads the real text and what all of them wrote
[@gerstgrasser2024model]. The real text and the tokens that each generation writes are the same in
all three, so that a regime differs from the next in one thing: what is kept.
"""

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of, whole
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import Counts
from scaling_lib.tasks.language import MarkovLanguage, markov_language

REGIMES = ("replace", "mix", "accumulate")
SHIPPED_GENERATIONS = (*range(21), *range(30, 201, 10))
SMOOTHING = (64, 5, 2)  # counts added to those of tokens, of pairs, of trigrams
RARE = 0.01  # a word is rare after a pair to which generation 0 gives it less


def trigrams(
    real=100_000, written=100_000, generations=15, regime="replace", seed=0
) -> pd.DataFrame:
    """Let trigram models of the synthetic language learn from each other's text.

    There are `real` tokens of real text, the same in every generation that reads it, and each
    generation writes `written` tokens.

    Columns: ``generation``, ``excess`` (exact test loss on the true language above its entropy,
    nats per token), ``rare`` (the part of it that is due to words below `RARE`), ``square``
    (squared error of the probabilities, summed over next tokens and averaged over the contexts of
    the true language), ``distinct`` (different trigrams in the newest text).
    """
    one_of(regime, "regime", REGIMES)
    whole(real, "real")
    whole(written, "written")
    language = markov_language()
    V = language.V
    newest = real_text = language.windows(real, seed)
    model, rows = Counts(V, SMOOTHING), []
    for generation in range(generations + 1):
        if generation and regime != "accumulate":
            model = Counts(V, SMOOTHING)
            if regime == "mix":
                model.add(real_text)
        model.add(newest)
        P, pairs = model.probabilities(), model.counts.sum(-1)
        weights = language.pi[:, :, None]
        # Of each word; with the last two terms, whose sum is zero, none is negative.
        excess = weights * (language.P * np.log(language.P / P) - language.P + P)
        if generation == 0:
            rare = P < RARE
        square = (weights * (P - language.P) ** 2).sum()
        distinct = np.count_nonzero(np.bincount(newest.astype(np.int64) @ [V**2, V, 1]))
        rows.append((generation, excess.sum(), excess[rare].sum(), square, distinct))
        fitted = MarkovLanguage(P, pairs / pairs.sum())  # its text starts like what was read
        newest = fitted.windows(written, seed + 1000 * (generation + 1))
    return pd.DataFrame(rows, columns=["generation", "excess", "rare", "square", "distinct"])


def _shipped(real, times, regime, seed):
    table = trigrams(real, times * real, max(SHIPPED_GENERATIONS), regime, seed)
    table = table[table["generation"].isin(SHIPPED_GENERATIONS)]
    return table.assign(written=times * real)


regenerate = shipped_map(
    _shipped,
    dict(real=[25_000, 100_000], times=[1, 9], regime=REGIMES, seed=SEEDS),
    digits=5,
)
