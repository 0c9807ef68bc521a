"""The shipped addition networks one by one: what most experiments of this chapter sample from."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scaling_lib.experiments.scaling_hypothesis import emergence


class Adder(NamedTuple):
    """A shipped network, and what it predicts for each held-out problem."""

    names: dict[str, int]  #: ``seed``, ``H`` and ``N`` (parameters)
    log_p: np.ndarray  #: log of the probability of each digit, shape (problems, digits, 10)
    p: np.ndarray  #: probability that one sample is right, shape (problems,)
    right: np.ndarray  #: whether the most probable answer is right, shape (problems,)


def adders() -> Iterator[Adder]:
    """Yield the networks of the first seed by size, then those of the next."""
    shipped = emergence.shipped_distributions()
    p = emergence.right_answer_probability(shipped)
    right = (shipped["log_p"].argmax(-1) == shipped["answer"]).all(-1)
    for i, j in np.ndindex(right.shape[:2]):
        names = {"seed": shipped["seed"][i], "H": shipped["H"][j], "N": shipped["N"][j]}
        names = {name: int(number) for name, number in names.items()}
        yield Adder(names, shipped["log_p"][i, j], p[i, j], right[i, j])
