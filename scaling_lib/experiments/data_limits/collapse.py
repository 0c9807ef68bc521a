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
from scaling_lib.tasks.language import MarkovLanguage, markov_language

REGIMES = ("replace", "accumulate", "mix")
SHIPPED_GENERATIONS = (*range(21), *range(30, 201, 10))


class Trigrams:
    """Counts of three tokens in a row, smoothed by bigrams, unigrams and a uniform floor."""

    k = 2  # tokens of context: what `MarkovLanguage.test_loss` asks of a model
    WEIGHTS = (2.0, 5.0, 1.0)  # of the shorter context, in counts: trigram, bigram, unigram

    def __init__(self, V: int):
        self.V, self.counts = V, np.zeros((V, V, V))

    def add(self, windows: np.ndarray) -> None:
        """Count text given as windows of three tokens, shape (n, 3)."""
        u, v, w = windows.astype(np.int64).T
        code = (u * self.V + v) * self.V + w
        self.counts += np.bincount(code, minlength=self.V**3).reshape(self.counts.shape)

    def probabilities(self) -> np.ndarray:
        """Return P[u, v, w], the smoothed probability of `w` after `u`, `v`."""
        trigram, bigram, unigram = self.WEIGHTS
        three = self.counts
        two, one = three.sum(0), three.sum((0, 1))
        p = (one + unigram) / (one.sum() + unigram * self.V)
        p = (two + bigram * p) / (two.sum(1, keepdims=True) + bigram)
        return (three + trigram * p) / (three.sum(2, keepdims=True) + trigram)

    def log_probs(self, contexts: np.ndarray) -> np.ndarray:
        """Return log-probabilities of the next token in nats; contexts of shape (B, 2)."""
        return np.log(self.probabilities()[contexts[:, 0], contexts[:, 1]])


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
    model, rows = Trigrams(V), []
    for generation in range(generations + 1):
        if regime != "accumulate":
            model = Trigrams(V)
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
