"""Model collapse: generation after generation of a language model trained on what the last wrote.

Each generation counts trigrams of text and writes the next text. The true language is known
(`scaling_lib.tasks.language`), so the test loss is exact.

Three regimes: ``replace`` keeps only the newest generation's output [@shumailov2024models],
``accumulate`` trains on everything so far, the real data included [@gerstgrasser2024model], and
``mix`` replaces but keeps a share of the real data (the same every time) in each generation.
"""

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of, probability
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import Counts
from scaling_lib.tasks.language import MarkovLanguage, markov_language

REGIMES = ("replace", "accumulate", "mix")
SHIPPED_GENERATIONS = (*range(21), *range(30, 201, 10))
SMOOTHING = (64, 5, 2)  # counts added to those of tokens, of pairs, of trigrams


def trigrams(n=100_000, generations=15, regime="replace", seed=0, real_share=0.1) -> pd.DataFrame:
    """Let trigram models of the synthetic language learn from each other's text, `n` tokens each.

    Columns: ``generation``, ``excess`` (exact test loss on the true language above its entropy,
    nats per token), ``distinct`` (different trigrams in the newest text).
    """
    one_of(regime, "regime", REGIMES)
    probability(real_share, "real_share")
    language = markov_language()
    V = language.V
    newest = language.windows(n, seed)
    kept = newest[: round(real_share * n)] if regime == "mix" else newest[:0]
    model, rows = Counts(V, SMOOTHING), []
    for generation in range(generations + 1):
        if regime != "accumulate":
            model = Counts(V, SMOOTHING)
        model.add(newest)
        pairs = np.zeros((V, V))
        np.add.at(pairs, (newest[:, 0], newest[:, 1]), 1 / len(newest))
        fitted = MarkovLanguage(model.probabilities(), pairs)  # new text starts like the last one
        distinct = len(np.unique(newest.astype(np.int64) @ [V**2, V, 1]))
        rows.append((generation, language.excess(model), distinct))
        newest = kept
        if n > len(kept):
            fresh = fitted.windows(n - len(kept), seed + 1000 * (generation + 1))
            newest = np.concatenate([kept, fresh])
    return pd.DataFrame(rows, columns=["generation", "excess", "distinct"])


def _shipped(regime, n, seed, real_share):
    table = trigrams(n, max(SHIPPED_GENERATIONS), regime, seed, real_share)
    table = table[table["generation"].isin(SHIPPED_GENERATIONS)]
    return table.assign(real_share=real_share if regime == "mix" else np.nan).round(5)


KNOBS = dict(n=[25_000, 100_000], seed=SEEDS)
regenerate = shipped_map(
    _shipped,
    dict(regime=["replace", "accumulate"]) | KNOBS | dict(real_share=0.0),
    dict(regime=["mix"]) | KNOBS | dict(real_share=[0.1, 0.5]),
)
