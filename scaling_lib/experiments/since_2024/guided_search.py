"""A search at test time that a network guides: Caesar ciphers that the network never saw.

A candidate answer is a letter, and so a shift; the example of the problem tells whether it is the
right one. A search that can check tries the candidates in some order and always ends with the right
one. The network gives the order: its most probable letter first. What the network contributes is
the number of tries until the right one, `tries`; a search in random order needs 13.5 on average.

Learners and problems are those of `cipher`.
"""

import pathlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaling_hypothesis import cipher
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.tasks import caesar

BLIND = (caesar.LETTERS + 1) / 2  # mean tries of a search in random order
BUDGETS = (1, 2, 4, 8, 16)


def tries(outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the place of the right answer in the order of the outputs, 1 for the first.

    Parameters
    ----------
    outputs
        A score for each candidate, shape (problems, candidates).
    y
        The right candidate of each problem, shape (problems,).

    Examples
    --------
    >>> tries(np.array([[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]]), np.array([1, 0]))
    array([1, 3])
    """
    outputs, y = np.asarray(outputs), np.asarray(y)
    if outputs.ndim != 2 or y.shape != outputs.shape[:1]:
        raise ValueError(
            f"y must have one answer a row of outputs, not the shapes {y.shape} {outputs.shape}"
        )
    return (outputs > np.take_along_axis(outputs, y[:, None], 1)).sum(1) + 1


def run(
    n_shifts: int,
    seed: int = 0,
    loss: str = "mse",
    steps: Iterable[int] = cipher.SHIPPED_STEPS,
) -> pd.DataFrame:
    """Train a network as `cipher.run` does, and let it guide a search through unseen shifts.

    Returns
    -------
    pandas.DataFrame
        ``step``, ``C`` (training FLOP), ``unseen`` (share right at the first try), ``tries`` (mean
        over all problems of unseen shifts) and ``within_2`` to ``within_16``, the share solved
        within so many tries.
    """
    return cipher.learning_curve(_scores, n_shifts, seed, loss, steps)


def _scores(model, shifts):
    letters, y = caesar.problems(cipher.unseen(shifts))
    X = caesar.encode(letters)

    def places():
        return tries(model.forward(X), y)

    scores = {"unseen": lambda: (places() == 1).mean(), "tries": lambda: places().mean()}
    within = {f"within_{k}": lambda k=k: (places() <= k).mean() for k in BUDGETS[1:]}
    return scores | within


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: two losses, numbers of shifts, three seeds, training time."""
    knobs = {
        "loss": ["mse", "cross_entropy"],
        "n_shifts": list(cipher.SHIPPED_SHIFTS),
        "seed": list(cipher.SHIPPED_SEEDS),
    }
    write_csv(tabulate(run, jobs, **knobs).round(4), out)
