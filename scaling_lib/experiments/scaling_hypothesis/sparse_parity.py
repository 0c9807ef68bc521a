r"""Many sharp skills add up to one smooth curve: multitask sparse parity.

A network with one hidden layer trains on fresh examples of several parity tasks of falling
frequency (the task: [@michaud2023quantization]). A parity gives nothing away until all its bits are
found, so each task is a skill that comes at once, and the frequent ones come first.
"""

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import SEEDS, learning_curve, shipped_map
from scaling_lib.models import MLP
from scaling_lib.models.softmax import log_softmax
from scaling_lib.tasks.parity import SparseParity

BATCH = 1000
TEST_EXAMPLES = 500  # of each task
LEARNED_LOSS = 0.1  # nats; a task is learned below it
SHIPPED_STEPS = tuple(range(50, 12_001, 50))


def losses_by_task(model: MLP, task: SparseParity) -> np.ndarray:
    """Test loss of each task in nats, shape (tasks,)."""
    which = np.repeat(np.arange(task.tasks), TEST_EXAMPLES)
    X, y = task.examples(which, np.random.default_rng([task.seed, 2]))
    log_p = log_softmax(model.forward(X))[np.arange(len(y)), y]
    return -log_p.reshape(task.tasks, TEST_EXAMPLES).mean(1)


def run(H=256, seed=0, steps=SHIPPED_STEPS, task: SparseParity | None = None) -> pd.DataFrame:
    """Train a network of width H on fresh examples, and measure after so many `steps`.

    Training ends once every task is learned.

    Columns, one row a task: ``task``, ``frequency``, ``learned`` (first of the steps at which its
    loss is below 0.1 nats; NaN if never) and ``highest`` (its highest loss, nats).
    """
    task = SparseParity(seed=seed) if task is None else task
    std = (task.bits**-0.5, H**-0.5)
    model = MLP((task.tasks + task.bits, H, 2), init_std=std, seed=seed)

    def measure(step):
        losses = losses_by_task(model, task)
        return {"losses": losses, "learned": (losses < LEARNED_LOSS).mean()}

    rng = np.random.default_rng([seed, 1])
    batches = (task.sample(BATCH, rng) for _ in range(max(steps)))
    table = learning_curve(model, batches, 5e-3, steps, measure, ("learned", 1), schedule=None)
    at, losses = table["step"].to_numpy(float), np.stack(table["losses"])
    below = losses < LEARNED_LOSS
    return pd.DataFrame(
        {
            "task": np.arange(1, task.tasks + 1),
            "frequency": task.frequency,
            "learned": np.where(below.any(0), at[below.argmax(0)], np.nan),
            "highest": losses.max(0),
        }
    )


regenerate = shipped_map(run, dict(H=[64, 128, 256], seed=SEEDS), places=4)
