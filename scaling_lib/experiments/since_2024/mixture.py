r"""A mixture of experts on the synthetic language: many parameters, few of them at work on a token.

Each of `G` experts is a whole `OneHotLM` of width `H`. A fixed rule sends every context to one of
them, as in hash layers [@roller2021hash]: by the last token, or at random (a table drawn once). So
a mixture holds :math:`G N` parameters and costs the FLOP of :math:`N` for each token. Each expert
trains on the part of the text that comes to it, by the book's rules for so many tokens, and every
run, dense or mixed, is the best (by exact test loss) of three multiples of the rule's rate.
"""

import numpy as np

from scaling_lib.data.checks import one_of, whole
from scaling_lib.experiments.scaling_laws.language_models import best_rate
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import TrainConfig, fit_model

ROUTES = ("last token", "random")
RATES = (0.5, 1.0, 2.0)  # where 0.5 is best, 0.25 is worse


class Mixture:
    """Experts and the rule `route[u, v]`, the number of the expert for the context `u, v`."""

    k = 2  # tokens of context: what `MarkovLanguage.test_loss` asks of a model

    def __init__(self, experts: list[OneHotLM], route: np.ndarray):
        self.experts, self.route = experts, route

    def log_probs(self, contexts: np.ndarray) -> np.ndarray:
        """Return log-probabilities of the next token in nats, each by its expert; shape (B, V)."""
        chosen = self.route[contexts[:, 0], contexts[:, 1]]
        out = np.empty((len(contexts), self.experts[0].V), np.float32)
        for g in np.unique(chosen):
            out[chosen == g] = self.experts[g].log_probs(contexts[chosen == g])
        return out


def routing(rule: str, G: int, seed: int = 0) -> np.ndarray:
    """Return the number of the expert for each context `u, v`, shape (V, V).

    >>> routing("last token", 4)[:2, :6].tolist()
    [[0, 1, 2, 3, 0, 1], [0, 1, 2, 3, 0, 1]]
    """
    one_of(rule, "rule", ROUTES)
    V = markov_language(0).V
    if rule == "last token":
        return np.tile(np.arange(V) % whole(G, "G"), (V, 1))
    return np.random.default_rng(seed).permutation(V * V).reshape(V, V) % whole(G, "G")


def expert(text: np.ndarray, H: int, seed: int = 0, rate: float = 1.0) -> OneHotLM:
    """Train a model of width `H` on `text` (n, 3), by the book's rules for n tokens."""
    config = TrainConfig(H=H, D=len(text)).resolved()
    model = OneHotLM(markov_language(0).V, 2, H, seed)
    parts = np.array_split(text, -(-len(text) // config.batch))
    batches = ((p[:, :-1], p[:, -1]) for p in parts)
    fit_model(model, batches, len(parts), rate * config.lr)
    model.free_memory()
    return model


def mixture(H: int, G: int, D: int, rule="last token", seed=0, rate=1.0) -> Mixture:
    """Train `G` experts of width `H` on `D` tokens, each on what the rule sends to it."""
    route = routing(rule, G, seed=seed)
    text = markov_language(0).windows(D, 1000 + seed)
    chosen = route[text[:, 0], text[:, 1]]
    experts = [expert(text[chosen == g], H, 1000 * seed + g, rate) for g in range(G)]
    return Mixture(experts, route)


def run(H: int, G: int, D: int, rule: str = "last token", seed: int = 0) -> dict:
    """Train a mixture at the best of three rates.

    Keys: ``active`` and ``total`` parameters, ``rate`` (multiple of the rule's), ``excess`` (exact
    test loss above the entropy, nats per token).
    """
    N = OneHotLM.count_parameters(markov_language(0).V, 2, H)
    best = best_rate(lambda rate: mixture(H, G, D, rule, seed, rate), RATES)
    return {"active": N, "total": G * N} | best


KNOBS = dict(D=[2**15, 2**18], seed=SEEDS)
regenerate = shipped_map(
    run,
    dict(H=[4, 8, 16, 32, 64, 128], G=[1], rule=["last token"]) | KNOBS,
    dict(H=[8, 16], G=[2, 4, 8, 16], rule=ROUTES) | KNOBS,
)
