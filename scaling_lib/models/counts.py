"""A language model that is a table of counts, smoothed by the tables of shorter contexts."""

from collections.abc import Sequence

import numpy as np


class Counts:
    """How often each token followed each `k` tokens, with imagined counts added.

    ``added[i]`` counts are imagined after each context of `i` tokens, in the proportions that the
    `i - 1` last of them give; ``added[0]``, of the tokens by themselves, are equal for all `V`.

    >>> model = Counts(2, added=(2, 1))
    >>> model.add(np.array([[0, 1], [0, 1]]))
    >>> model.probabilities().tolist()
    [[0.08333333333333333, 0.9166666666666666], [0.25, 0.75]]
    """

    def __init__(self, V: int, added: Sequence[float]):
        self.k, self.added = len(added) - 1, added
        self.counts = np.zeros((V,) * len(added))

    def add(self, windows: np.ndarray) -> None:
        """Count text given as windows of k + 1 tokens, shape (n, k + 1)."""
        code = np.ravel_multi_index(tuple(windows.T), self.counts.shape)
        self.counts += np.bincount(code, minlength=self.counts.size).reshape(self.counts.shape)

    def probabilities(self) -> np.ndarray:
        """Return P[..., w], the smoothed probability of `w` after each context."""
        p = np.full(len(self.counts), 1 / len(self.counts))
        for length, added in enumerate(self.added):
            seen = self.counts.sum(axis=tuple(range(self.k - length)))
            p = (seen + added * p) / (seen.sum(-1, keepdims=True) + added)
        return p

    def log_probs(self, contexts: np.ndarray) -> np.ndarray:
        """Return log-probabilities of the next token in nats; contexts of shape (B, k)."""
        return np.log(self.probabilities()[tuple(contexts.T)])
