r"""Caesar ciphers that were never shown: what is memorised, and what a rule costs.

Each problem shows one example pair of a cipher and asks for another letter to be deciphered
(`scaling_lib.tasks.caesar`). The learners see problems of some shifts; 13 (ROT13) is never one of
them. The claim under test: a language model that deciphers shifts 3 and 5 but fails on 13 has
stored answers, not the rule [@chollet2024francois]. `run` trains a network; `program_search` tries
all rules :math:`\alpha c + \beta b + \gamma a + \delta \pmod{26}` and keeps those that fit.
"""

import pathlib
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.learning_curve import LearningCurve
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp import MLP
from scaling_lib.models.optimizers import Adam, constant_after
from scaling_lib.tasks import caesar
from scaling_lib.training import fit_model

P = caesar.LETTERS
BATCH = 256
H = 128  # hidden width
STOP = ("unseen", 0.999)  # training ends there
SHIPPED_STEPS = tuple(250 * 2**i for i in range(6))
SHIPPED_SHIFTS = (2, 4, 6, 8, 12)
SHIPPED_SEEDS = (0, 1, 2)


def run(
    n_shifts: int,
    seed: int = 0,
    loss: str = "mse",
    steps: Iterable[int] = SHIPPED_STEPS,
    H: int = H,
) -> pd.DataFrame:
    """Train a network on the problems of some shifts, and measure after so many `steps`.

    Parameters
    ----------
    n_shifts
        Number of training shifts: 3 and 5 first, then others at random; never 13.
    loss
        "mse" or "cross_entropy".
    H
        Hidden width; one hidden layer with cubic activation and no biases.

    Returns
    -------
    pandas.DataFrame
        ``step``, ``C`` (training FLOP) and shares of right answers: ``train`` (the shifts trained
        on), ``rot13``, ``unseen`` (all shifts from 1 that were not trained on, 13 included).
    """
    return learning_curve(_shares_right, n_shifts, seed, loss, steps, H)


def learning_curve(
    scores_of: Callable, n_shifts: int, seed: int, loss: str, steps: Iterable[int], H: int = H
) -> pd.DataFrame:
    """Train as `run` does, and measure the scores ``scores_of(model, shifts)``, a `dict`."""
    rng = np.random.default_rng(seed)
    shifts = caesar.choose_shifts(n_shifts, rng)
    model = MLP((3 * P, H, P), "cubic", loss, bias=False, init_std=(P**-0.5, H**-0.5), seed=rng)
    letters, y = caesar.problems(shifts)
    X = caesar.encode(letters)
    curve = LearningCurve(steps, STOP, **scores_of(model, shifts))
    chosen = (rng.integers(0, len(y), BATCH) for _ in range(max(steps)))
    fit_model(
        model,
        ((X[rows], y[rows]) for rows in chosen),
        max(steps),
        lr=3e-3,
        schedule=constant_after(50),
        optimizer=Adam(model.theta, betas=(0.9, 0.98), weight_decay=1.0),
        after_step=curve,
    )
    table = curve.table()
    table.insert(1, "C", table["step"] * float(BATCH * model.flops_per_example()))
    return table


def _shares_right(model, shifts):
    tests = {"train": shifts, "rot13": [caesar.ROT13], "unseen": unseen(shifts)}
    encoded = {}
    for name, tested in tests.items():
        letters, y = caesar.problems(tested)
        encoded[name] = caesar.encode(letters), y
    return {name: lambda test=test: model.accuracy(*test) for name, test in encoded.items()}


def unseen(shifts: Iterable[int]) -> list[int]:
    """Return the shifts from 1 to 25 that are not among `shifts`."""
    return [shift for shift in range(1, P) if shift not in shifts]


def program_search(n_shifts: int, D: int = 12, seed: int = 0) -> dict[str, float]:
    r"""Try every rule :math:`\alpha c + \beta b + \gamma a + \delta \pmod{26}` on D problems.

    The true rule is :math:`c - b + a`. Rules that fail on a problem are dropped before the next
    one, so nearly all work is done on the first problem. Shifts are chosen as in `run`.

    Returns
    -------
    dict
        ``D``; ``left``, the rules that fit all problems; ``operations`` (eight for each rule and
        problem: three products, three sums, remainder, comparison); and the accuracies ``train``,
        ``rot13`` and ``unseen``, averaged over at most 50 of the rules left.
    """
    rng = np.random.default_rng(seed)
    shifts = caesar.choose_shifts(n_shifts, rng)
    letters, y = caesar.problems(shifts)
    seen = rng.integers(0, len(y), D)
    rules = np.indices((P, P, P, P), dtype=np.int16).reshape(4, -1)
    tried = 0
    for (a, b, c), answer in zip(letters[seen], y[seen], strict=True):
        tried += rules.shape[1]
        rules = rules[:, (rules[0] * c + rules[1] * b + rules[2] * a + rules[3]) % P == answer]
    some = rules[:, rng.permutation(rules.shape[1])[:50]].astype(np.int64)

    def accuracy(tested):
        letters, y = caesar.problems(tested)
        a, b, c = letters.T[:, :, None]
        return float(((some[0] * c + some[1] * b + some[2] * a + some[3]) % P == y[:, None]).mean())

    return {
        "D": D,
        "left": rules.shape[1],
        "operations": 8.0 * tried,
        "train": accuracy(shifts),
        "rot13": accuracy([caesar.ROT13]),
        "unseen": accuracy(unseen(shifts)),
    }


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: two losses, numbers of shifts, three seeds, training time."""
    knobs = {
        "loss": ["mse", "cross_entropy"],
        "n_shifts": list(SHIPPED_SHIFTS),
        "seed": list(SHIPPED_SEEDS),
    }
    write_csv(tabulate(run, jobs, **knobs).round(4), out)
