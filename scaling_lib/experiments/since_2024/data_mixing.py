r"""Two languages in one text: the loss on each against the share of each.

A hard language (its 32 words used rather evenly, strong ties between pairs) and an easy one (a few
of its 32 words very frequent, weak ties), drawn from a seed, fill the shares `r` and `1 - r` of one
text. One network reads it and is tested on each language by itself. The languages have words of
their own, as code and prose have; or, as a control, they share all words and half of the rows of
their tables, so that a context does not say which language it is from.

The law of data mixing [@ye2024data] says that the loss on one is :math:`c + k e^{t r}`.
"""

import pathlib

import numpy as np

from scaling_lib.data.checks import one_of, probability
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.tasks.dialects import relative
from scaling_lib.tasks.language import MarkovLanguage, markov_language
from scaling_lib.training import batch_rule, fit_model, learning_rate_rule

V = 32  # words of a language
WORDS = ("own", "shared")
SHIPPED_SHARES = tuple(i / 8 for i in range(9))
SHIPPED_H = (8, 32)
SHIPPED_D = tuple(2**i for i in (13, 14, 15, 16, 17, 19))
SHIPPED_SEEDS = (0, 1, 2)


def languages(words: str, seed: int = 0) -> tuple[MarkovLanguage, MarkovLanguage]:
    """Return the hard and the easy language of a seed.

    >>> hard, easy = languages("own")
    >>> [round(language.entropy, 2) for language in (hard, easy)]
    [2.12, 1.57]
    """
    one_of(words, "words", WORDS)
    hard = markov_language(2 * seed + 10, V, zipf=1.0, last=1.5, pair=1.2)
    easy = markov_language(2 * seed + 11, V, zipf=2.1, last=1.5, pair=0.4)
    return hard, easy if words == "own" else relative(hard, easy, 0.5, seed)


def mixed(words: str, r: float, D: int, seed: int = 0) -> np.ndarray:
    """Return a text of `D` examples in random order, a share `r` of them hard; shape (D, 3).

    The easy language's own words are the numbers from 32 on.
    """
    hard, easy = languages(words, seed)
    first = hard.windows(D, 1000 + seed)[: round(probability(r, "r") * D)]
    second = easy.windows(D, 2000 + seed)[: D - len(first)]
    text = np.concatenate([first, second + np.uint8(V if words == "own" else 0)])
    return text[np.random.default_rng([seed, 5]).permutation(D)]


class Words:
    """A model that is asked about the words from `start` on alone, as `test_loss` asks."""

    k = 2

    def __init__(self, model: OneHotLM, start: int):
        self.model, self.start = model, start

    def log_probs(self, contexts: np.ndarray) -> np.ndarray:
        """Return log-probabilities of the language's words in nats, shape (B, 32)."""
        return self.model.log_probs(contexts + self.start)[:, self.start : self.start + V]


def run(words: str, H: int, D: int, r: float, seed: int = 0) -> dict:
    """Train a model of width H on a mixture; return its excess on both languages, nats a token."""
    text, batch = mixed(words, r, D, seed), batch_rule(D)
    model = OneHotLM(2 * V if words == "own" else V, 2, H, seed)
    batches = ((text[i : i + batch, :2], text[i : i + batch, 2]) for i in range(0, D, batch))
    fit_model(model, batches, -(-D // batch), learning_rate_rule(H, D))
    starts = (0, V if words == "own" else 0)
    losses = [
        language.test_loss(Words(model, start)) - language.entropy
        for language, start in zip(languages(words, seed), starts, strict=True)
    ]
    return dict(zip(("hard", "easy"), np.round(losses, 5).tolist(), strict=True))


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: nine shares, two widths, six lengths, with and without own words."""
    grid = {"words": list(WORDS), "H": list(SHIPPED_H), "D": list(SHIPPED_D)}
    seeds = list(SHIPPED_SEEDS)
    write_csv(tabulate(run, jobs, **grid, r=list(SHIPPED_SHARES), seed=seeds), out)
