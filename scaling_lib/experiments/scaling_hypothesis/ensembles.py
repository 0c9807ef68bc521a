"""A committee of k narrow networks against one of k times the width, by width and by text.

All networks see the same text; `k` of width `H`, which differ in their initial weights only, have
the parameters and the training FLOP of one of width `k * H`, and the mean of their logits is such a
network. This tests one reading of the claim that a large network is like an ensemble of small ones
[@branwen2020scaling], and not whether there are small networks *inside* a large one.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.scaling_laws.language_models import trained
from scaling_lib.experiments.tabulate import SEEDS, shipped_map, tabulate
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.language import markov_language

K = 8  # members of a committee
RATES = (0.5, 1.0, 2.0)  # learning rates tried, as multiples of the rule's


class Average:
    """Several models that answer together.

    The mean of "probabilities" is a mixture; that of "logits", normalised, a product of experts.
    """

    def __init__(self, members: Sequence[OneHotLM], of: str = "logits"):
        one_of(of, "of", ("probabilities", "logits"))
        self.members, self.of, self.k = list(members), of, members[0].k

    def log_probs(self, contexts: np.ndarray) -> np.ndarray:
        """Return log-probabilities of the next token in nats, shape (B, V)."""
        log_p = np.stack([member.log_probs(contexts) for member in self.members])
        if self.of == "probabilities":
            return np.logaddexp.reduce(log_p) - np.log(len(self.members))
        mean = log_p.mean(0)
        return mean - np.logaddexp.reduce(mean, axis=-1, keepdims=True)


def run(H: int, D: int, seed: int = 0, rates: Sequence[float] = RATES, k: int = K) -> pd.DataFrame:
    """Train k networks of width H and one of width k H at each rate, and average the k.

    Columns: ``rate`` (as a multiple of the rule for that width), and exact excess losses in nats
    per token: ``alone`` (mean of the members), ``probabilities`` and ``logits`` (the two averages),
    ``wide``.
    """
    excess = markov_language(0).excess

    def at(rate):
        members = [trained(H, D, 100 * seed + i, seed, rate) for i in range(k)]
        return {
            "alone": float(np.mean([excess(model) for model in members])),
            "probabilities": excess(Average(members, "probabilities")),
            "logits": excess(Average(members)),
            "wide": excess(trained(k * H, D, 100 * seed, seed, rate)),
        }

    return tabulate(at, rate=rates)


def at_best_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the lowest excess of each column over the rates, and add the ``share``.

    The share is what the committee (averaged logits) brings of what width brings: (alone - logits)
    / (alone - wide). Above 1 the committee is better.
    """
    best = table.groupby(["H", "D", "seed"]).min().drop(columns="rate")
    best["share"] = (best["alone"] - best["logits"]) / (best["alone"] - best["wide"])
    return best.reset_index()


regenerate = shipped_map(
    run, dict(H=[8, 16, 32, 64], D=[2**13, 2**15, 2**17], seed=SEEDS), places=5
)
