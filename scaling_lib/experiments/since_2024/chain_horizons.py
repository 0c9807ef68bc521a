r"""How long a chain a network can finish: its horizon, in steps.

A network multiplies permutations of three things, eight at a time, and writes each result
(`chain_of_thought`, mode "steps"). A longer task is cut in pieces: the result so far and the next
seven factors are the next problem. A task of `m` steps is solved if all its `m` results are right.

If a step goes wrong with probability :math:`\epsilon` whatever came before, a share
:math:`(1-\epsilon)^m` of the tasks is solved, and half of them up to :math:`m = \ln 2 / \epsilon`,
for a small :math:`\epsilon`. Steps are drawn, so :math:`\epsilon` is near the loss in nats a step.
"""

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaffolding import chain_of_thought as chains
from scaling_lib.experiments.tabulate import SEEDS, learning_curve, shipped_map
from scaling_lib.models import AttentionLM, constant_after
from scaling_lib.models.softmax import log_softmax, of_right
from scaling_lib.tasks import permutations

K, GROUP = 8, chains.GROUP
STEPS = K - 1  # of a piece: its first result only repeats the result so far
PIECES = 4000
PRODUCT = chains.TASKS["product"]
SHIPPED_STEPS = (200, 225, 250, 280, 320, 400, 500, 640, 800, 1000, 1280)


def problems(number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw problems of eight factors as tokens, and what should follow each."""
    return chains.examples(*permutations.sample(number, K, rng, PRODUCT), "steps", GROUP)


def right_steps(model: AttentionLM) -> np.ndarray:
    """Return how probable each right step of a piece is after right ones, shape (PIECES, 7)."""
    x, targets = problems(PIECES, np.random.default_rng(chains.TEST_SEED))
    log_p = log_softmax(model.logits(x)[:, K + 1 :, :GROUP])
    return np.exp(of_right(log_p, targets[:, K + 1 :]))


def reached(model: AttentionLM, tasks: int, pieces: int, rng: np.random.Generator) -> np.ndarray:
    """Draw long tasks step by step; return how many steps were right in each, shape (tasks,)."""
    state, count = np.zeros(tasks, int), np.zeros(tasks, int)
    alive = np.ones(tasks, bool)
    for _ in range(pieces):
        factors = rng.integers(0, GROUP, (tasks, STEPS))
        x = np.column_stack([state, factors, np.full(tasks, GROUP), state])
        for factor in factors.T:
            x = chains.draw_next(model, x, rng)
            state = PRODUCT[state, factor]
            alive &= x[:, -1] == state
            count += alive
    return count


def run(d: int, seed: int = 0, steps: tuple[int, ...] = SHIPPED_STEPS) -> pd.DataFrame:
    """Train one layer of width `d`; measure it after each of `steps` training steps.

    Columns: ``step``; ``N`` parameters; ``C`` training FLOP; ``loss``, nats a step of the chain;
    ``error``, the probability of a wrong step, mean over a piece; ``horizon``, steps at which half
    of the tasks are solved.
    """
    model = AttentionLM(GROUP + 2, 2 * K, d, seed=seed)
    rng = np.random.default_rng([seed, 1])

    def measure(step):
        right = right_steps(model)
        error = 1 - right.prod(1).mean() ** (1 / STEPS)
        return {"loss": float(-np.log(right).mean()), "error": float(error)}

    batches = chains.problems(K, "steps", PRODUCT, rng)
    rise = constant_after(100)
    table = learning_curve(model, batches, chains.LR, steps, measure, schedule=rise)
    horizon = np.log(0.5) / np.log1p(-table["error"])
    C = table["step"] * chains.BATCH * 2 * K * model.flops_per_token(2 * K)
    return table.assign(horizon=horizon, N=model.N, C=C)


regenerate = shipped_map(run, dict(d=[24, 32, 48], seed=SEEDS), digits=3)
