r"""Reinforcement learning with a verifiable reward, on the networks that add (`emergence`).

A network is first trained on right answers for a while. From then on it draws an answer for each of
many fresh problems, a check says right (reward 1) or wrong (reward 0), and the draws that were
right are used as training examples. That is the policy gradient [@williams1992simple] without a
baseline: :math:`\nabla \operatorname{E}[r] = \operatorname{E}[r\,\nabla \log p(y)]
= P(r = 1) \operatorname{E}[\nabla \log p(y) \mid r = 1]`.

Adam divides by the size of the gradient, so the factor in front changes only how noisy a step is:
a network that is right once in a thousand draws learns from a thousandth of what it draws.

The control is told the right answers of as many problems, chosen at random instead of by the check.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.experiments.tabulate import SEEDS, learning_curve, shipped_map
from scaling_lib.models import MLP, constant_after
from scaling_lib.models.softmax import draw, of_right
from scaling_lib.tasks import addition

DIGITS = emergence.DIGITS
DRAWS = 512  # problems a step, one answer drawn for each
WARM_UP = 50  # steps
#: At each learning rate the number of steps of a shipped run, 16 and on by factors of root two.
SHIPPED_STEPS = {
    lr: tuple(int(2 ** (i / 2)) for i in range(8, last + 1))
    for lr, last in ((3e-3, 22), (3e-4, 26))
}


def rewarded(
    model: MLP, rng: np.random.Generator, told: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield without end the problems of a step whose drawn answer was right, and the answers.

    A step in which no answer is right is drawn again. With `told` as many problems are chosen at
    random, and come with their right answers.
    """
    while True:
        a, b = addition.sample(DRAWS, DIGITS, rng)
        x, y = addition.encode(a, b, DIGITS), addition.answer(a, b, DIGITS)
        kept = (draw(model.probabilities(x), rng) == y).all(1)
        if kept.any():
            kept = rng.permutation(kept) if told else kept
            yield x[kept], y[kept]


def right_draws(model: MLP) -> np.ndarray:
    """Return the probability that one draw is right, for each held-out problem."""
    log_p, y = emergence.predictions(model, emergence.TEST_PROBLEMS)
    return np.exp(of_right(log_p, y).sum(1, dtype=float))


def run(H: int, start: int, seed=0, lr=3e-3, by="reward", steps=None) -> pd.DataFrame:
    """Train an adder for `start` steps on right answers, then `by` reward; measure after so many.

    ``by="answers"`` is the control, and without `steps` they are those of the shipped table.
    Columns: ``step`` (0 before the first reward); ``reward``, the share of right draws on held-out
    problems; ``likeliest``, the share of problems whose most likely answer is right; ``pass_100``,
    the share of problems that one of 100 draws solves; ``C``, FLOP of all draws and of the training
    steps on the right ones; ``N`` parameters.
    """
    model, kept = emergence.train_adder(H, seed, start), 0
    steps = steps or SHIPPED_STEPS[lr]

    def counted():
        nonlocal kept
        for x, y in rewarded(model, np.random.default_rng([seed, 2]), by == "answers"):
            kept += len(x)
            yield x, y

    def measure(step):
        p, likeliest = right_draws(model), emergence.evaluate(model)["exact_match"]
        pass_100 = (1 - (1 - p) ** 100).mean()
        return {"reward": p.mean(), "likeliest": likeliest, "pass_100": pass_100, "kept": kept}

    rise, once = constant_after(WARM_UP), model.flops_per_example()
    table = learning_curve(model, counted(), lr, (0, *steps), measure, schedule=rise)
    C = DRAWS * table["step"] * once / 3 + table.pop("kept") * once
    return table.assign(C=C, N=model.N)


KNOBS = dict(H=[64, 128], start=[1500, 3000], lr=list(SHIPPED_STEPS), by=["reward", "answers"])
regenerate = shipped_map(
    run,
    KNOBS | dict(seed=SEEDS),
    # The end of the narrower width depends on the seed.
    KNOBS | dict(H=[64], lr=[3e-3], by=["reward"], seed=range(3, 13)),
    places=4,
    digits=4,
)
