"""Facts of the form "A is B", stated in one direction or in both.

A name A is two tokens, a description B is two other tokens, and a fact is read as five tokens:
``A1 A2 IS B1 B2``, or the other way round, ``B1 B2 IS A1 A2``. Names and descriptions are drawn at
random and pair off one to one: nothing in a name gives its description away, so a fact can only be
known by having been seen.
"""

from dataclasses import dataclass

import numpy as np

from scaling_lib.data.checks import whole


@dataclass(frozen=True, eq=False)
class Facts:
    """Names and descriptions, shape (n, 2), that belong together; `draw` makes them.

    The last token of the vocabulary of `V` is "is".
    """

    names: np.ndarray
    descriptions: np.ndarray
    V: int

    def forward(self, which: np.ndarray) -> np.ndarray:
        """Write facts as "name is description": tokens of shape (len(which), 5)."""
        return self._write(self.names[which], self.descriptions[which])

    def backward(self, which: np.ndarray) -> np.ndarray:
        """Write facts as "description is name": tokens of shape (len(which), 5)."""
        return self._write(self.descriptions[which], self.names[which])

    def _write(self, first, second):
        return np.concatenate([first, np.full((len(first), 1), self.V - 1), second], 1)


def draw(n: int, rng: np.random.Generator, pool: int = 40) -> Facts:
    """Draw `n` facts with distinct names and distinct descriptions.

    Names are made of `pool` tokens, and descriptions of as many others.

    >>> facts = draw(3, np.random.default_rng(0))
    >>> facts.forward(np.arange(3)).shape, facts.V
    ((3, 5), 81)
    """
    whole(n, "n", most=pool**2)  # pairs of tokens
    names, descriptions = (rng.permutation(pool**2)[:n] for _ in range(2))
    names = np.stack([names // pool, names % pool], 1)
    descriptions = pool + np.stack([descriptions // pool, descriptions % pool], 1)
    return Facts(names, descriptions, 2 * pool + 1)
