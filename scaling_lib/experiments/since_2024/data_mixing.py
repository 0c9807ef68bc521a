r"""Two languages in one text: the loss on each against the share of each.

A hard language (its 32 words used rather evenly, strong ties between pairs) and an easy one (a few
of its 32 words very frequent, weak ties), drawn from a seed, fill the shares `r` and `1 - r` of one
text. One network reads it and is tested on each language by itself. The languages have words of
their own, as code and prose have. In a first control they share all words, so that a context does
not say which language it is from; in a second they also share half of the rows of their tables.

The law of data mixing [@ye2024data] says that the loss on one is :math:`c + k e^{t r}`.
"""

import numpy as np

from scaling_lib.data.checks import one_of, probability
from scaling_lib.experiments.scaling_laws.language_models import read_text
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.dialects import relative
from scaling_lib.tasks.language import MarkovLanguage, markov_language

V = 32  # words of a language
WORDS = {"own": 0.0, "shared": 0.0, "alike": 0.5}  # and the share of equal rows


def languages(words: str, seed: int = 0) -> tuple[MarkovLanguage, MarkovLanguage]:
    """Return the hard and the easy language of a seed.

    >>> hard, easy = languages("own")
    >>> [round(language.entropy, 2) for language in (hard, easy)]
    [2.12, 1.57]
    """
    one_of(words, "words", WORDS)
    hard = markov_language(2 * seed + 10, V, zipf=1.0, last=1.5, pair=1.2)
    easy = markov_language(2 * seed + 11, V, zipf=2.1, last=1.5, pair=0.4)
    return hard, relative(hard, easy, WORDS[words], seed)


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
    start = V if words == "own" else 0  # of the easy language's words
    model = read_text(OneHotLM(V + start, 2, H, seed), mixed(words, r, D, seed))
    hard, easy = languages(words, seed)
    losses = hard.excess(Words(model, 0)), easy.excess(Words(model, start))
    return dict(zip(("hard", "easy"), np.round(losses, 5).tolist(), strict=True))


LENGTHS = [2**i for i in (13, 14, 15, 16, 17, 19)]
SHARES = [i / 8 for i in range(9)]
regenerate = shipped_map(run, dict(words=list(WORDS), H=[8, 32], D=LENGTHS, r=SHARES, seed=SEEDS))
