"""Text that repeats itself: what comes next stands earlier in the same sequence.

A random passage is written over and over. From its second occurrence on, the next token is known to
whoever finds the last occurrence of the current token and copies what came after it ("induction").
The passages are drawn anew for each sequence, so nothing about them can be stored in weights.
"""

import numpy as np


def repeated(
    sequences: int, length: int, shortest: int, V: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw random passages, each repeated until the sequence is full.

    A passage has from `shortest` to half of `length` tokens of a vocabulary of `V`, all different,
    and another length in each sequence, so that looking back by a fixed number of places fails.
    Returns, in shape (sequences, length), the tokens, the token that follows each, and whether the
    current token stood earlier in the sequence, so that its successor is known.

    >>> x, targets, seen = repeated(1, 8, 4, 10, np.random.default_rng(0))
    >>> bool((x[0, :4] == x[0, 4:]).all()), seen[0].tolist() == [False] * 3 + [False] + [True] * 4
    (True, True)
    """
    longest = length // 2
    if not 2 <= shortest <= longest <= V:
        got = f"{shortest}, {longest}, {V}"
        raise ValueError(f"2 <= shortest <= length // 2 <= V must hold, not so of {got}")
    order = rng.random((sequences, V)).argsort(axis=1)
    period = rng.integers(shortest, longest + 1, (sequences, 1))
    place = np.arange(length + 1)
    text = np.take_along_axis(order, place % period, axis=1)
    return text[:, :-1], text[:, 1:], place[:-1] >= period
