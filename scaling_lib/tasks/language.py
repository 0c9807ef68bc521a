r"""A synthetic language whose entropy, and the exact test loss of any model, are known.

Each token depends on the two before it. For tokens `u, v` and next token `w` among `V`,

.. math::
    P(w \mid u, v) \propto \exp\bigl(-a \log r(w) + b\, g_1[v, w] + c\, g_2[u, v, w]\bigr),
    \qquad r(w) = w + 1,

with `a = 1.5` (frequent and rare words, as in Zipf's law), `b = 1.5` (what the last token tells),
`c = 1` (what only the pair tells), and `g₁, g₂` standard Gaussian numbers drawn from a seed.
Every pair `(u, v)` has its own deviations, so there is always more to learn. (With `a = 1` the loss
bends as a function of N, and a small neural network as the teacher stops being worth imitating
beyond its own size: both were tried and given up.)

Because the table is known, so is the lowest possible loss, the entropy rate
:math:`E = -\sum_{u,v} \pi(u, v) \sum_w P(w \mid u, v) \log P(w \mid u, v)`, with :math:`\pi` the
stationary distribution of pairs; and a model's test loss is an exact sum over the table.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scaling_lib.data.checks import whole

STREAMS = 1024
"""How many independent streams a sample is read from, in turn."""
TEST_BATCH = 1024
"""Contexts tested at a time, to keep the memory small."""


@dataclass(frozen=True, eq=False)
class MarkovLanguage:
    """A language given by its table; `markov_language` draws one from a seed."""

    P: np.ndarray  #: ``P[u, v, w]`` is the probability of `w` after `u`, `v`; shape (V, V, V)
    pi: np.ndarray  #: stationary distribution of pairs of neighbouring tokens, shape (V, V)

    @property
    def V(self) -> int:
        """Vocabulary size."""
        return len(self.P)

    @property
    def entropy(self) -> float:
        """Entropy rate in nats per token: the loss that no model can beat."""
        return self.entropy_given(2)

    def entropy_given(self, k: int) -> float:
        """Return the lowest loss of a model that sees the last `k` tokens only, nats per token."""
        if k not in (0, 1, 2):
            raise ValueError(f"k must be 0, 1 or 2: the language looks back two tokens; not {k}")
        joint = self.pi[:, :, None] * self.P
        joint = joint.sum(axis=tuple(range(2 - k)))
        conditional = joint / joint.sum(axis=-1, keepdims=True)
        return float(-(joint * np.log(conditional)).sum())

    def windows(self, n: int, seed: int) -> np.ndarray:
        """Draw `n` training examples: three tokens in a row, the last being the target.

        The examples come from 1024 streams in turn, so neighbours in the result are independent.
        The first `m` of `n` examples are the same for every `n`: a run on more tokens sees what the
        shorter run saw, and then more. Shape (n, 3), uint8.
        """
        whole(n, "n")
        rng = np.random.default_rng(seed)
        V = self.V
        # Row i of the table, shifted by i, in one ascending vector: one binary search per stream
        # then finds the next token of all streams.
        cumulative = self.P.reshape(V * V, V).cumsum(axis=1)
        cumulative[:, -1] = 1.0
        ladder = (cumulative + np.arange(V * V)[:, None]).ravel()

        steps = -(-n // STREAMS)
        tokens = np.empty((steps + 2, STREAMS), np.min_scalar_type(V - 1))
        pair = rng.choice(V * V, size=STREAMS, p=self.pi.ravel())
        tokens[0], tokens[1] = pair // V, pair % V
        for t in range(2, steps + 2):
            place = np.searchsorted(ladder, pair + rng.random(STREAMS), side="right")
            token = np.minimum(place - pair * V, V - 1)
            tokens[t] = token
            pair = (pair % V) * V + token
        examples = np.stack([tokens[:-2], tokens[1:-1], tokens[2:]], axis=-1)
        return np.ascontiguousarray(examples.reshape(-1, 3)[:n])

    def test_loss(self, model) -> float:
        """Return the exact expected loss of a model on endless fresh text, nats per token.

        The model has ``k`` (1 or 2 tokens of context) and ``log_probs(contexts)`` for contexts of
        shape (B, k).
        """
        V = self.V
        contexts = np.indices((V, V)).reshape(2, -1).T[:, 2 - model.k :]
        weights = self.pi.reshape(-1, 1) * self.P.reshape(-1, V)
        loss = 0.0
        for start in range(0, V * V, TEST_BATCH):
            part = slice(start, start + TEST_BATCH)
            loss -= float((weights[part] * model.log_probs(contexts[part])).sum())
        return loss

    def excess(self, model) -> float:
        """Return how far the `test_loss` of a model lies above the entropy, nats per token."""
        return self.test_loss(model) - self.entropy


@lru_cache(maxsize=4)
def markov_language(seed=0, V=64, zipf=1.5, last=1.5, pair=1.0) -> MarkovLanguage:
    """Draw a language. The same arguments give the same language.

    `V` is the size of its vocabulary, 2 … 256; `zipf`, `last` and `pair` are the weights `a`, `b`
    and `c` of the module's equation. ``pair=0`` makes the token before the last one useless.

    >>> language = markov_language(seed=0)
    >>> [round(language.entropy_given(k), 4) for k in (0, 1, 2)]
    [2.9265, 2.4285, 2.1216]
    """
    whole(V, "V", 2, 256)  # the table has V³ entries
    rng = np.random.default_rng(seed)
    logits = -zipf * np.log(np.arange(1, V + 1))
    logits = logits + last * rng.standard_normal((V, V))
    logits = logits + pair * rng.standard_normal((V, V, V))
    P = np.exp(logits - logits.max(axis=-1, keepdims=True))
    P /= P.sum(axis=-1, keepdims=True)
    return MarkovLanguage(P, stationary_pairs(P))


def stationary_pairs(P: np.ndarray) -> np.ndarray:
    """Iterate the distribution of pairs of a table P until it no longer changes; shape (V, V)."""
    V = len(P)
    pi = np.full((V, V), 1 / V**2)
    for _ in range(10_000):
        # pi'(v, w) = Σ_u pi(u, v) P(w | u, v), one vector-matrix product for each v
        following = (pi.T[:, None, :] @ P.transpose(1, 0, 2))[:, 0, :]
        if np.abs(following - pi).sum() < 1e-14:
            break
        pi = following
    return following
