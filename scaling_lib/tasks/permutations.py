r"""Products of permutations: a task that is solved step by step, and hard to solve at once.

The elements of the symmetric group :math:`S_n` are numbered; a problem is a list of `k` of them and
its answer their product :math:`g_1 g_2 \cdots g_k`. The order matters (for `n >= 3`), so the answer
is the end of a chain of `k - 1` look-ups, each of which needs the result of the one before.
"""

import itertools

import numpy as np

from scaling_lib.data.checks import whole


def multiplication_table(n: int = 3) -> np.ndarray:
    """Return the table of products of the symmetric group on `n` things, shape (n!, n!).

    ``table[a, b]`` is the permutation that applies b first, then a. Elements are in lexicographic
    order; element 0 changes nothing.

    >>> multiplication_table(2)
    array([[0, 1],
           [1, 0]])
    """
    whole(n, "n", 2, 5)  # the group has n! elements
    elements = list(itertools.permutations(range(n)))
    number = {element: i for i, element in enumerate(elements)}
    return np.array(
        [[number[tuple(a[b[i]] for i in range(n))] for b in elements] for a in elements]
    )


def sample(
    problems: int, k: int, rng: np.random.Generator, table: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw problems of `k` factors uniformly.

    `table` is from `multiplication_table`, or any other of shape (states, factors) that says which
    state follows a state and a factor; the chain begins in state 0. Returns the factors, shape
    (problems, k), and the state after the first 1, 2, ..., k of them; the last is the answer.
    """
    whole(k, "k")
    factors = rng.integers(0, table.shape[1], (problems, k))
    products = table[0, factors]
    for i in range(1, k):
        products[:, i] = table[products[:, i - 1], factors[:, i]]
    return factors, products
