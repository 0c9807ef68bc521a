r"""A ball under five cups: what written steps bring to tasks that differ in one move only.

The ball starts under cup 0 and moves follow, each one of two. The first turns all cups on by one
place. The second is the only difference between the tasks (`SECOND`). In ``stay`` it does nothing:
the moves commute and counting the turns is enough. In ``double`` the cup at x goes to 2 x modulo 5;
the order matters, and the 20 shuffles that the two moves make are a solvable group. In ``three``
three cups change places in a circle, and the 60 shuffles (all even ones) are not solvable.

For solvable groups a network of constant depth can do it at every length; for all others
:math:`O(\log k)` layers are known to suffice for `k` moves [@liu2023transformers]. Two ways to ask:
``supervised``, the place of the ball after every move, each answered at once; and ``steps``, the
places one after another behind the question, each read again (`chain_of_thought`).
"""

import pathlib

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaffolding.chain_of_thought import LR, TEST_SEED, examples, problems
from scaling_lib.experiments.tabulate import SEEDS, learning_curve, tabulate
from scaling_lib.models import AttentionLM, constant_after
from scaling_lib.tasks import permutations

CUPS = 5
TURN = (1, 2, 3, 4, 0)
SECOND = {"stay": (0, 1, 2, 3, 4), "double": (0, 2, 4, 1, 3), "three": (1, 2, 0, 3, 4)}
MOVES = 24  # in a problem
WIDTH, WIDER = 32, 56  # one wider layer has as many parameters as three
WARM_UP = 100  # steps
STOP = ("worst", 0.995)  # training ends there
SHIPPED_STEPS = (250, 500, 1000, 2000)  #: of training, after which shipped runs were measured


def table(second: str) -> np.ndarray:
    """Return where the ball goes, shape (5 places, 2 moves), for `permutations.sample`."""
    one_of(second, "second", tuple(SECOND))
    return np.array([TURN, SECOND[second]]).T


def run(
    second: str, mode="supervised", layers=1, seed=0, d=WIDTH, k=MOVES, steps=SHIPPED_STEPS
) -> pd.DataFrame:
    """Train one network to follow the ball through `k` moves, and measure after so many `steps`.

    `second` is one of `SECOND`; by `mode`, "supervised" or "steps", the places are answered at once
    or written and read again.

    Columns: ``step``; ``moves`` 1 to k, ``accuracy`` after so many moves on 1000 fresh problems;
    ``N`` parameters. Training ends when the worst of them is 0.995; the last measurement then
    stands for the steps that are left.
    """
    one_of(mode, "mode", ("supervised", "steps"))
    length = 2 * k if mode == "steps" else k + 1
    model = AttentionLM(CUPS + 2, length, d, layers, heads=2, seed=seed)
    rules = table(second)
    moves, places = permutations.sample(1000, k, np.random.default_rng(TEST_SEED), rules)
    x, _ = examples(moves, places, mode, CUPS)

    def measure(step):
        if mode == "steps":
            answers = model.complete(x[:, : k + 1], k, allowed=slice(CUPS))[:, k + 1 :]
        else:
            answers = model.logits(x[:, :k])[:, :, :CUPS].argmax(-1)
        right = (answers == places).mean(0)
        return {"accuracy": right, "worst": right.min()}

    batches = problems(k, mode, rules, np.random.default_rng([seed, 1]))
    rise = constant_after(WARM_UP)
    curve = learning_curve(model, batches, LR, steps, measure, STOP, schedule=rise)
    measured = curve.assign(moves=[range(1, k + 1)] * len(curve), N=model.N)
    rows = measured.explode(["moves", "accuracy"])[["step", "moves", "accuracy", "N"]]
    return rows.astype({"moves": int, "accuracy": float})


def reach(runs: pd.DataFrame) -> pd.DataFrame:
    """Return how many moves each shipped run follows with at least 0.9 right, from the 1st on.

    Columns: ``second``; ``arm``, "1 layer", "1 wider layer", "3 layers" (all at once) or "steps";
    ``step, seed, reach``.
    """
    arm = runs.layers.map({1: "1 layer", 3: "3 layers"})
    arm = arm.mask(runs.d == WIDER, "1 wider layer").mask(runs["mode"] == "steps", "steps")
    names = ["second", "arm", "step", "seed"]
    far = runs.assign(arm=arm, reach=runs.accuracy >= 0.9).groupby(names).reach
    return far.agg(lambda right: right.cumprod().sum()).reset_index()


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped curves: three second moves, three depths at once, one with steps."""
    knobs = dict(second=list(SECOND), layers=[1, 3], seed=SEEDS)
    wider = knobs | {"second": ["three"], "layers": [1], "d": [WIDER]}
    parts = [
        tabulate(run, jobs, **knobs),
        tabulate(run, jobs, **wider),
        tabulate(run, jobs, **knobs | {"layers": [1]}, mode="steps").assign(mode="steps"),
    ]
    table = pd.concat(parts).fillna({"d": WIDTH, "mode": "supervised"}).astype({"d": int})
    write_csv(table.round(3), out)
