"""Synthetic languages that differ in kind: for problems whose answer must not be common knowledge.

Another seed of `markov_language` gives other numbers, but the same answer to the question how large
a model should be. A dialect also draws the weights of the language's three parts, so that its
best model may be several times larger or smaller than that of the next dialect.
"""

import numpy as np

from scaling_lib.data.checks import probability
from scaling_lib.tasks.language import MarkovLanguage, markov_language, stationary_pairs

# Tokens: half of the book's main language, so that small runs are past the beginning of training,
# where every law bends.
V = 32


def dialect_weights(seed: int) -> dict[str, float]:
    """Draw the weights of a dialect: `zipf` (2.1 … 1), `pair` (0.4 … 1.2) and `last` (0.75 … 2).

    Along a line from 0 to 1 the language goes from few frequent words and weak ties between pairs,
    where small models do, to many words and strong ties, which ask for large ones; what the last
    token tells is drawn apart.

    >>> {name: round(weight, 2) for name, weight in dialect_weights(0).items()}
    {'zipf': 1.12, 'pair': 1.11, 'last': 1.45}
    """
    # The second number keeps these draws apart from those of the table.
    along, last = np.random.default_rng([seed, 1]).random(2)
    return {
        "zipf": float(2.1 - 1.1 * along),
        "pair": float(0.4 + 0.8 * along),
        "last": float(0.75 + 1.25 * last),
    }


def dialect(seed: int) -> MarkovLanguage:
    """Draw a dialect. The same seed gives the same dialect."""
    return markov_language(seed, V, **dialect_weights(seed))


def relative(of: MarkovLanguage, other: MarkovLanguage, share: float, seed: int) -> MarkovLanguage:
    """Return `other` with a `share` of its rows, one a pair of tokens, replaced by those of `of`.

    Which rows is drawn from `seed`; a larger share contains the rows of a smaller one.

    >>> a, b = dialect(0), dialect(1)
    >>> half = relative(a, b, share=0.5, seed=0)
    >>> round(float((half.P == a.P).all(-1).mean()), 2)
    0.5
    """
    probability(share, "share")
    V = of.V
    rank = np.random.default_rng(seed).permutation(V * V).reshape(V, V, 1)
    P = np.where(rank < round(share * V * V), of.P, other.P)
    return MarkovLanguage(P, stationary_pairs(P))
