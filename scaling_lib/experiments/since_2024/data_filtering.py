r"""A fixed stock of text, from clean to noisy: how much of it to keep, and how often to read that.

The stock holds `U` examples of the book's language in eight classes of quality. In the first
nothing is changed; in the last each token is, with the probability `noise`, one drawn at random; in
between the probability rises evenly. A filter that makes no mistake keeps the best share `q`. The
network reads `D` examples in all, so it reads what is kept :math:`D / (q U)` times. It is tested on
the clean language.

Repeated text wants a lower learning rate, so every run is the best (by exact test loss) of four.
"""

import pathlib

import numpy as np

from scaling_lib.data.checks import probability
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import batch_rule, fit_model, learning_rate_rule

U = 2**14
CLASSES = 8
RATES = (1.0, 0.5, 0.25, 0.125)
SHIPPED_KEPT = (1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1.0)
SHIPPED_NOISE = (0.4, 0.8)
SHIPPED_H = (16, 64)
SHIPPED_D = (2**12, 2**14, 2**16)
SHIPPED_SEEDS = (0, 1, 2)


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
    model, batch = OneHotLM(markov_language(0).V, 2, H, seed), batch_rule(D)
    parts = (text[p] for p in np.split(order(len(text), D, seed), range(batch, D, batch)))
    batches = ((part[:, :2], part[:, 2]) for part in parts)
    fit_model(model, batches, -(-D // batch), rate * learning_rate_rule(H, D))
    return model


def run(noise: float, H: int, D: int, q: float, seed: int = 0) -> dict:
    """Keep the best share `q` of the stock and read D examples of it.

    Returns
    -------
    dict
        ``passes`` over what is kept, ``rate`` (multiple of the rule's) and ``excess`` (exact test
        loss on the clean language above its entropy, nats per token) of the best of four rates.
    """
    kept = stock(noise, seed)[: round(q * U)]
    language = markov_language(0)
    losses = {rate: language.test_loss(read(kept, H, D, seed, rate)) for rate in RATES}
    rate = min(losses, key=losses.get)
    excess = losses[rate] - language.entropy
    return {"passes": round(D / len(kept), 4), "rate": rate, "excess": round(excess, 5)}


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: two noises, two widths, three budgets, six filters, three seeds."""
    grid = {"noise": list(SHIPPED_NOISE), "H": list(SHIPPED_H), "D": list(SHIPPED_D)}
    seeds = list(SHIPPED_SEEDS)
    write_csv(tabulate(run, jobs, **grid, q=list(SHIPPED_KEPT), seed=seeds), out)
