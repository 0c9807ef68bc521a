r"""Multitask sparse parity: many small skills, each met with its own frequency.

An input is a one-hot control part that names one of n tasks, then random bits. The answer is the
parity of the k bits that belong to that task. Nothing about one task helps with another, and half
of a task is worth nothing, so each is a skill of its own. Task i is drawn with probability
:math:`p_i \propto i^{-(1 + \alpha)}` [@michaud2023quantization].
"""

import numpy as np

from scaling_lib.data.checks import whole


class SparseParity:
    """So many `tasks`, each the parity of `k` of the random `bits` of an input.

    `seed` draws the bits of each task, ``subsets`` (tasks, k); ``frequency`` (tasks,) falls as
    ``i ** -(1 + alpha)``, and an `alpha` of -1 makes all tasks equally frequent.

    >>> SparseParity(tasks=3, bits=8, k=2, alpha=0.0).frequency.round(3)
    array([0.545, 0.273, 0.182])
    """

    def __init__(self, tasks=12, bits=16, k=3, alpha=0.6, seed=0):
        self.tasks, self.bits, self.seed = whole(tasks, "tasks"), bits, seed
        whole(k, "k", most=bits)
        rng = np.random.default_rng(seed)
        self.subsets = np.stack([rng.permutation(bits)[:k] for _ in range(tasks)])
        frequency = np.arange(1, tasks + 1) ** -(1 + alpha)
        self.frequency = frequency / frequency.sum()

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n examples, tasks by their frequency.

        X, float32 of shape (n, tasks + bits), is the one-hot task, then the bits; y is the parity.
        """
        return self.examples(rng.choice(self.tasks, n, p=self.frequency), rng)

    def examples(self, task: np.ndarray, rng: np.random.Generator):
        """Draw one example of each task named, with random bits; returns X, y as `sample`."""
        task = np.asarray(task)
        bits = rng.integers(0, 2, (len(task), self.bits))
        y = np.take_along_axis(bits, self.subsets[task], axis=1).sum(1) % 2
        X = np.zeros((len(task), self.tasks + self.bits), np.float32)
        X[np.arange(len(task)), task] = 1
        X[:, self.tasks :] = bits
        return X, y
