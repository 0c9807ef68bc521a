r"""Reinforcement learning with a verifiable reward, on the networks that add (`emergence`).

A network is first trained on right answers for a while. From then on nobody tells it an answer: it
draws one for each of many fresh problems, a check says right (reward 1) or wrong (reward 0), and
the draws that were right are used as training examples. That is the policy gradient
[@williams1992simple] without a baseline:

.. math:: \nabla \operatorname{E}[r] = \operatorname{E}[r\,\nabla \log p(y)]
    = P(r = 1) \operatorname{E}[\nabla \log p(y) \mid r = 1].

Adam divides by the size of the gradient, so the factor in front changes only how noisy a step is:
a network that is right once in a thousand draws learns from a thousandth of what it draws.
"""

import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.learning_curve import LearningCurve
from scaling_lib.experiments.scaling_hypothesis.emergence import (
    DIGITS,
    TEST_PROBLEMS,
    evaluate,
    held_out,
    train_adder,
)
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp import MLP
from scaling_lib.models.optimizers import constant_after
from scaling_lib.models.softmax import log_softmax
from scaling_lib.tasks import addition
from scaling_lib.training import fit_model

DRAWS = 512  # problems a step, one answer drawn for each
LR = 3e-3
WARM_UP = 50  # steps
SHIPPED_SIZES = (64, 128)
SHIPPED_STARTS = (1500, 3000)  # steps on right answers before
SHIPPED_STEPS = tuple(int(2 ** (i / 2)) for i in range(8, 23))  # 16 to 2,048


def rewarded(
    model: MLP, rng: np.random.Generator, draws: int = DRAWS
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield without end the problems of a step whose drawn answer was right, and the answers.

    A step in which no answer is right is drawn again.
    """
    while True:
        a, b = addition.sample(draws, DIGITS, rng)
        x = addition.encode(a, b, DIGITS)
        below = model.probabilities(x).cumsum(-1)
        drawn = (below[..., :-1] < rng.random((draws, DIGITS + 1, 1))).sum(-1)
        right = (drawn == addition.answer(a, b, DIGITS)).all(1)
        if right.any():
            yield x[right], drawn[right]


def right_draws(model: MLP) -> np.ndarray:
    """Return the probability that one draw is right, for each held-out problem."""
    a, b = held_out(TEST_PROBLEMS)
    log_p = log_softmax(model.forward(addition.encode(a, b, DIGITS)))
    digits = addition.answer(a, b, DIGITS)[..., None]
    return np.exp(np.take_along_axis(log_p, digits, -1)[..., 0].sum(1, dtype=float))


def run(H: int, start: int, seed: int = 0, steps: tuple[int, ...] = SHIPPED_STEPS) -> pd.DataFrame:
    """Train an adder for `start` steps on right answers, then by reward; measure after so many.

    Returns
    -------
    pandas.DataFrame
        ``step`` (0 before the first reward); ``reward``, the share of right draws on held-out
        problems; ``likeliest``, the share of problems whose most likely answer is right;
        ``pass_100``, the share of problems that one of 100 draws solves; ``C``, FLOP of all draws
        and of the training steps on the right ones; ``N`` parameters.
    """
    model, kept = train_adder(H, seed, start), 0

    def counted():
        nonlocal kept
        for x, y in rewarded(model, np.random.default_rng([seed, 2])):
            kept += len(x)
            yield x, y

    curve = LearningCurve(
        (0, *steps),
        reward=lambda: right_draws(model).mean(),
        likeliest=lambda: evaluate(model)["exact_match"],
        pass_100=lambda: (1 - (1 - right_draws(model)) ** 100).mean(),
        kept=lambda: kept,
    )
    curve(0)
    schedule = constant_after(WARM_UP)
    fit_model(model, counted(), max(steps), LR, schedule=schedule, after_step=curve)
    table = curve.table()
    once = model.flops_per_example()
    C = DRAWS * table["step"] * once / 3 + table["kept"] * once
    return table.assign(C=C, N=model.N).drop(columns="kept")


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped curves: two widths, two starts, three seeds."""
    grid = {"H": list(SHIPPED_SIZES), "start": list(SHIPPED_STARTS), "seed": range(3)}
    table = tabulate(run, jobs, **grid)
    rounded = table.round({"reward": 4, "likeliest": 4, "pass_100": 4})
    write_csv(rounded.assign(C=table["C"].map("{:.4g}".format)), out)
