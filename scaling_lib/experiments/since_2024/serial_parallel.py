r"""Compute at test time, spent on a longer chain or on more chains, by one network.

The network makes one of `k` = 8 things out of six (`chain_of_thought`): their product, which it
learns in single steps only, or their maximum, which it learns at once. It is trained on four ways
to write the answer: after 1, 2, 4 or 8 steps, where each step names the result so far of another 8,
4, 2 or 1 factors; a token after the problem says which. At test time the number of steps is a
choice (serial), and so is the number of chains drawn (parallel), over which a vote decides. A chain
of `s` steps costs a forward pass over k + s tokens; what an implementation saves by reading the
problem once for all chains is not counted.
"""

import itertools

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.scaffolding.chain_of_thought import (
    BATCH,
    GROUP,
    LR,
    TASKS,
    TEST_SEED,
    sample_ends,
)
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import AttentionLM, constant_after
from scaling_lib.sampling import sampled_vote
from scaling_lib.tasks import permutations
from scaling_lib.training import fit_model

K = 8
SERIAL = (1, 2, 4, 8)  # steps written
CHAINS = (1, 2, 4, 8, 16)
SHIPPED_STEPS = (750, 1000, 1500, 2500)
PROBLEMS = 200


def examples(
    factors: np.ndarray, products: np.ndarray, serial: int
) -> tuple[np.ndarray, np.ndarray]:
    """Write problems of K factors as tokens, with `serial` steps, and what should follow each.

    The tokens from `GROUP` on ask for 1, 2, 4 or 8 steps.

    >>> x, targets = examples(np.arange(8)[None] % 6, np.arange(8)[None] % 6, 2)
    >>> x.tolist(), targets.tolist()
    ([[0, 1, 2, 3, 4, 5, 0, 1, 7, 3]], [[-1, -1, -1, -1, -1, -1, -1, -1, 3, 1]])
    """
    one_of(serial, "serial", SERIAL)
    written = products[:, K // serial - 1 :: K // serial]
    ask = np.full((len(factors), 1), GROUP + SERIAL.index(serial))
    x = np.concatenate([factors, ask, written[:, :-1]], 1)
    targets = np.full_like(x, -1)
    targets[:, K:] = written
    return x, targets


def run(task: str, seed: int = 0, steps: tuple[int, ...] = SHIPPED_STEPS) -> pd.DataFrame:
    """Train a network on the four ways in turn; spend compute at test time after each of `steps`.

    `task` is "product" or "maximum". Columns: ``step`` of training; ``serial`` steps written;
    ``chains``; ``flop`` of an answer; ``voted``, the share right when a vote decides.
    """
    one_of(task, "task", ("product", "maximum"))
    model = AttentionLM(GROUP + len(SERIAL), 2 * K, seed=seed)
    factors, products = permutations.sample(
        PROBLEMS, K, np.random.default_rng(TEST_SEED), TASKS[task]
    )
    rows, rng = [], np.random.default_rng([seed, 1])

    def measure(step):
        for serial in SERIAL if step in steps else ():
            length = K + serial
            questions = examples(factors, factors, serial)[0][:, : K + 1]
            draws = np.random.default_rng([seed, 2])
            ends = sample_ends(model, questions, max(CHAINS), draws, serial)
            flop = int(length * model.flops_per_token(length, backward=False))
            for chains in CHAINS:
                groups = ends.reshape(-1, chains, PROBLEMS)  # all that were drawn count
                voted = np.mean([sampled_vote(group, products[:, -1], chains) for group in groups])
                rows.append((step, serial, chains, chains * flop, voted))

    batches = (
        examples(*permutations.sample(BATCH, K, rng, TASKS[task]), serial)
        for serial in itertools.cycle(SERIAL)
    )
    rise = constant_after(100)
    fit_model(model, batches, max(steps), LR, schedule=rise, after_step=measure)
    return pd.DataFrame(rows, columns=["step", "serial", "chains", "flop", "voted"])


regenerate = shipped_map(run, dict(task=["product", "maximum"], seed=SEEDS), places=3)
