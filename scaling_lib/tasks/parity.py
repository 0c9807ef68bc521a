r"""Multitask sparse parity: many small skills, each met with its own frequency.

An input is a one-hot control part that names one of n tasks, then random bits. The answer is the
parity of the k bits that belong to that task. Nothing about one task helps with another, and half
of a task is worth nothing, so each is a skill of its own. Task i is drawn with probability
:math:`p_i \propto i^{-(1 + \alpha)}` [@michaud2023quantization].
"""

import dataclasses

import numpy as np

from scaling_lib.data.checks import whole


@dataclasses.dataclass(frozen=True)
class SparseParity:
    """A set of parity tasks: the bits of each, `subsets` (tasks, k), and its `frequency` (tasks,).

    >>> SparseParity(tasks=3, bits=8, k=2, alpha=0.0).frequency.round(3)
    array([0.545, 0.273, 0.182])
    """

    tasks: int = 12
    bits: int = 16  # of an input, drawn at random
    k: int = 3  # bits that count in each task
    alpha: float = 0.6  # -1 makes all tasks equally frequent
    seed: int = 0  # of which bits belong to which task
    subsets: np.ndarray = dataclasses.field(init=False, repr=False, compare=False)
    frequency: np.ndarray = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self):
        whole(self.tasks, "tasks")
        whole(self.k, "k", most=self.bits)
        rng = np.random.default_rng(self.seed)
        subsets = np.stack([rng.permutation(self.bits)[: self.k] for _ in range(self.tasks)])
        frequency = np.arange(1, self.tasks + 1) ** -(1 + self.alpha)
        object.__setattr__(self, "subsets", subsets)
        object.__setattr__(self, "frequency", frequency / frequency.sum())

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
