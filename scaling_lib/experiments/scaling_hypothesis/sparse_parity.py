r"""Many sharp skills add up to one smooth curve: multitask sparse parity.

A network with one hidden layer trains on fresh examples of several parity tasks of falling
frequency (the task: [@michaud2023quantization]). The loss of each task stays near :math:`\ln 2` (a
coin flip) and then drops within a few hundred steps, frequent tasks first; the mean loss, weighted
by frequency, falls smoothly.

Found (12 tasks of 3 of 16 bits, H = 256, 3000 steps of 1000 examples, seeds 0 to 2): the most
frequent task is learned (loss below 0.1 nats) at step 200 to 250, the last at 2150 to 2550; the
step grows as frequency to the power -0.61, -0.65 and -0.58. That is slower than 1/frequency, which
one would get if each task needed a fixed number of its own examples: rare tasks here need fewer of
their own examples than frequent ones. The order is not strict; neighbouring rare tasks swap places.
"""

import dataclasses

import numpy as np

from scaling_lib.models.mlp import MLP
from scaling_lib.models.softmax import log_softmax
from scaling_lib.tasks.parity import SparseParity
from scaling_lib.training import fit_model

TEST_EXAMPLES = 200  # of each task
LEARNED_LOSS = 0.1  # nats; a task is learned below it


@dataclasses.dataclass(frozen=True)
class ParityRun:
    """Losses of each skill during training."""

    task: SparseParity
    step: np.ndarray  #: steps done, shape (records,)
    losses: np.ndarray  #: test loss of each task, nats, shape (records, tasks)
    N: int
    C: float  #: training FLOP of the whole run

    @property
    def mean_loss(self) -> np.ndarray:
        """Loss weighted by frequency, nats, shape (records,)."""
        return self.losses @ self.task.frequency

    def learned_at(self) -> np.ndarray:
        """First recorded step at which each task is learned; NaN if never."""
        below = self.losses < LEARNED_LOSS
        return np.where(below.any(0), self.step[below.argmax(0)].astype(float), np.nan)


def train(
    task: SparseParity | None = None,
    H: int = 256,
    batch: int = 1000,
    training_steps: int = 3000,
    seed: int = 0,
    every: int = 50,
) -> ParityRun:
    """Train on fresh examples and measure the loss of every task after `every` so many steps.

    Default task: 12 tasks of 3 of 16 bits, frequency exponent 0.6, bits chosen by `seed`.
    """
    task = SparseParity(seed=seed) if task is None else task
    inputs = task.tasks + task.bits
    model = MLP((inputs, H, 2), init_std=(task.bits**-0.5, H**-0.5), seed=seed)
    rng = np.random.default_rng([seed, 1])
    which = np.repeat(np.arange(task.tasks), TEST_EXAMPLES)
    X_test, y_test = task.examples(which, np.random.default_rng([seed, 2]))

    def test_losses():
        log_p = log_softmax(model.forward(X_test))
        return -log_p[np.arange(len(y_test)), y_test].reshape(task.tasks, TEST_EXAMPLES).mean(1)

    at, losses = [0], [test_losses()]

    def measure(step):
        if step % every == 0:
            at.append(step)
            losses.append(test_losses())

    batches = (task.sample(batch, rng) for _ in range(training_steps))
    fit_model(model, batches, training_steps, lr=5e-3, schedule=None, after_step=measure)
    C = float(training_steps * batch * model.flops_per_example())
    return ParityRun(task, np.array(at), np.array(losses, dtype=float), model.N, C)


def learning_exponent(run: ParityRun) -> float:
    r"""Slope b of :math:`\text{step} \propto \text{frequency}^{b}` over the tasks learned.

    Least squares in logarithms; tasks that are never learned are left out.
    """
    when = run.learned_at()
    known = ~np.isnan(when)
    if known.sum() < 3:
        raise ValueError("fewer than three tasks were learned: train longer or wider")
    return float(np.polyfit(np.log(run.task.frequency[known]), np.log(when[known]), 1)[0])
