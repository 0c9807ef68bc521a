r"""Many sharp skills add up to one smooth curve: multitask sparse parity.

A network with one hidden layer trains on fresh examples of several parity tasks of falling
frequency (the task: [@michaud2023quantization]). A parity gives nothing away until all its bits are
found, so each task is a skill that comes at once, and the frequent ones come first.
"""

import pathlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.learning_curve import LearningCurve
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp import MLP
from scaling_lib.models.softmax import log_softmax
from scaling_lib.tasks.parity import SparseParity
from scaling_lib.training import fit_model

BATCH = 1000
TEST_EXAMPLES = 500  # of each task
LEARNED_LOSS = 0.1  # nats; a task is learned below it
SHIPPED_HS = (64, 128, 256)
SHIPPED_STEPS = tuple(range(50, 3001, 50))
SHIPPED_SEEDS = (0, 1, 2)


def losses_by_task(model: MLP, task: SparseParity) -> np.ndarray:
    """Test loss of each task in nats, shape (tasks,)."""
    which = np.repeat(np.arange(task.tasks), TEST_EXAMPLES)
    X, y = task.examples(which, np.random.default_rng([task.seed, 2]))
    log_p = log_softmax(model.forward(X))[np.arange(len(y)), y]
    return -log_p.reshape(task.tasks, TEST_EXAMPLES).mean(1)


def run(
    H: int = 256,
    seed: int = 0,
    steps: Iterable[int] = SHIPPED_STEPS,
    task: SparseParity | None = None,
) -> pd.DataFrame:
    """Train a network of width H on fresh examples, and measure after so many `steps`.

    Returns
    -------
    pandas.DataFrame
        One row a task: ``task``, ``frequency``, ``learned`` (first of the steps at which its loss
        is below 0.1 nats; NaN if never) and ``highest`` (its highest loss, nats).
    """
    task = SparseParity(seed=seed) if task is None else task
    std = (task.bits**-0.5, H**-0.5)
    model = MLP((task.tasks + task.bits, H, 2), init_std=std, seed=seed)
    losses = []
    curve = LearningCurve(steps, n=lambda: losses.append(losses_by_task(model, task)) or 0)
    rng = np.random.default_rng([seed, 1])
    batches = (task.sample(BATCH, rng) for _ in range(max(steps)))
    fit_model(model, batches, max(steps), lr=5e-3, schedule=None, after_step=curve)
    below = np.array(losses) < LEARNED_LOSS
    at = curve.table()["step"].to_numpy(float)
    return pd.DataFrame(
        {
            "task": np.arange(1, task.tasks + 1),
            "frequency": task.frequency,
            "learned": np.where(below.any(0), at[below.argmax(0)], np.nan),
            "highest": np.max(losses, 0),
        }
    )


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: three widths, three seeds, the step at which each task is learned."""
    write_csv(tabulate(run, jobs, H=list(SHIPPED_HS), seed=list(SHIPPED_SEEDS)).round(4), out)
