"""A search at test time that a network guides: Caesar ciphers that the network never saw.

A candidate answer is a letter, and so a shift; the example of the problem tells whether it is the
right one. A search that can check tries the candidates in some order and always ends with the right
one. The network gives the order: its most probable letter first. What the network contributes is
the number of tries until the right one, `tries`; a search in random order needs 13.5 on average.

Learners and problems are those of `cipher`.
"""

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaling_hypothesis import cipher
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models.softmax import of_right

SHIPPED_STEPS = cipher.SHIPPED_STEPS[:6]  # to 8,000


def tries(outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the place of the right answer in the order of the outputs, 1 for the first.

    `outputs` (problems, candidates) are scores, and `y` (problems,) the right candidates.

    >>> tries(np.array([[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]]), np.array([1, 0]))
    array([1, 3])
    """
    return (outputs > of_right(outputs, y)[:, None]).sum(1) + 1


def run(n_shifts: int, seed=0, loss="mse", steps=SHIPPED_STEPS) -> pd.DataFrame:
    """Train a network as `cipher.run` does, and let it guide a search through unseen shifts.

    Columns: ``step``, ``C`` (training FLOP), ``unseen`` (share right at the first try), ``tries``
    (mean over all problems of unseen shifts) and ``within_2`` to ``within_16``, the share solved
    within so many tries.
    """

    def scores_of(model, shifts):
        X, y = cipher.encoded_problems(cipher.unseen(shifts))

        def measure(step):
            places = tries(model.forward(X), y)
            within = {f"within_{k}": (places <= k).mean() for k in (2, 4, 8, 16)}
            return {"unseen": (places == 1).mean(), "tries": places.mean()} | within

        return measure

    return cipher.follow(scores_of, n_shifts, seed, loss, steps)


regenerate = shipped_map(run, cipher.KNOBS | dict(seed=SEEDS), places=4)
