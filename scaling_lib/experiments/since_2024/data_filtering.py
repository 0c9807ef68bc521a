r"""A fixed stock of text, from clean to noisy: how much of it to keep, and how often to read that.

The stock holds `U` examples of the book's language in eight classes of quality. In the first
nothing is changed; in the last each token is, with the probability `noise`, one drawn at random; in
between the probability rises evenly. A filter that makes no mistake keeps the best share `q`. The
network reads `D` examples in all, so it reads what is kept :math:`D / (q U)` times. It is tested on
the clean language.

Repeated text wants a lower learning rate, so every run is the best (by exact test loss) of seven.
"""

import numpy as np

from scaling_lib.data.checks import probability
from scaling_lib.experiments.scaling_laws.language_models import best_rate, read_text
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.language import markov_language

U = 2**14
CLASSES = 8
RATES = (2.0, 1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)  # the best is at neither end


def stock(noise: float, seed: int = 0) -> np.ndarray:
    """Return the stock, the cleanest examples first, shape (U, 3)."""
    language = markov_language(0)
    text = language.windows(U, 1000 + seed)
    quality = np.arange(U) * CLASSES // U  # 0 is clean
    chance = probability(noise, "noise") * quality / (CLASSES - 1)
    rng = np.random.default_rng([seed, 4])
    replaced = rng.random(text.shape) < chance[:, None]
    return np.where(replaced, rng.integers(0, language.V, text.shape), text)


def order(kept: int, D: int, seed: int = 0) -> np.ndarray:
    """Return which of `kept` examples is read when: one pass after another, each shuffled anew.

    >>> sorted(order(3, 7)[:3].tolist()), len(order(3, 7))
    ([0, 1, 2], 7)
    """
    rng = np.random.default_rng([seed, 5])
    return np.concatenate([rng.permutation(kept) for _ in range(-(-D // kept))])[:D]


def read(text: np.ndarray, H: int, D: int, seed: int = 0, rate: float = 1.0) -> OneHotLM:
    """Train a model of width H on `D` examples of `text`, passing over it as often as it takes."""
    model = OneHotLM(markov_language(0).V, 2, H, seed)
    return read_text(model, text[order(len(text), D, seed)], rate)


def run(noise: float, H: int, D: int, q: float, seed: int = 0) -> dict:
    """Keep the best share `q` of the stock and read D examples of it.

    Keys: ``passes`` over what is kept, ``rate`` (multiple of the rule's) and ``excess`` (exact test
    loss on the clean language above its entropy, nats per token) of the best of `RATES`.
    """
    kept = stock(noise, seed)[: round(q * U)]
    best = best_rate(lambda rate: read(kept, H, D, seed, rate), RATES)
    return {"passes": round(D / len(kept), 4)} | best


LENGTHS = [2**12, 2**14, 2**16]
SHARES = [1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1.0]
regenerate = shipped_map(run, dict(noise=[0.4, 0.8], H=[16, 64], D=LENGTHS, q=SHARES, seed=SEEDS))
