r"""Synthetic data with and without a verifier: a network that learns from its own answers.

A small network adds two 2-digit numbers and is given the right answers to `real` problems. In each
round it answers the problems of a pool for which it has no answers, one sampled answer each, and a
new network is trained on the real examples and on what is kept of the answers:

- ``none``: nothing;
- ``all``: every answer of this round, right or wrong (synthetic data as they come);
- ``verified``: the right ones, added to those of earlier rounds. The verifier may be imperfect: it
  lets a wrong answer pass with probability `passes`;
- ``teacher``: as many more right answers as the network would get verified, but to problems drawn
  at random: what it would learn if it were told, not only confirmed in what it can already do.

A right sum is a right sum whoever wrote it, so a verified example is *identical* to a real one;
whether it carries the same signal then depends on which examples get through. The verifier is the
only source of new information, as [@feng2024beyond] say of larger models.

Found (seeds 0 to 2, 1000 real examples, four rounds; exact match, mean of three): real data alone
.20; with all answers .17, so unverified answers to seven times as many problems do a little harm;
verified .57 with 5500 examples, as much as about 3100 real ones give, so one verified answer is
worth about half a real one; right answers to random problems .70 with 7200. A verifier that lets
one wrong answer in ten pass leaves .35, three in ten .25.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of, probability, whole
from scaling_lib.experiments.scaling_hypothesis.emergence import untrained_adder
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp import MLP
from scaling_lib.tasks import addition
from scaling_lib.training import fit_model

DIGITS = 2
KEPT = ("none", "all", "verified", "teacher")
TEST = 2000  # of the 10 000 pairs: never trained on
H, BATCH, LR = 64, 128, 3e-3


def problems(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return X, y of the pairs to learn from and X, y of the held-out ones, shuffled by `seed`.

    X is one-hot digits, shape (n, 40); y is the digits of the sum, units first, shape (n, 3).
    """
    pairs = np.random.default_rng([seed, 3]).permutation(10 ** (2 * DIGITS))
    a, b = pairs // 10**DIGITS, pairs % 10**DIGITS
    X, y = addition.encode(a, b, DIGITS), addition.answer(a, b, DIGITS)
    return X[TEST:], y[TEST:], X[:TEST], y[:TEST]


def train(X: np.ndarray, answers: np.ndarray, seed: int, training_steps: int) -> MLP:
    """Train a network of two hidden layers on given answers, right or wrong."""
    model = untrained_adder(H, seed, DIGITS)
    rng = np.random.default_rng([seed, 7])
    picks = (rng.integers(len(X), size=BATCH) for _ in itertools.count())
    fit_model(model, ((X[pick], answers[pick]) for pick in picks), training_steps, LR)
    return model


def answer(model: MLP, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sample one answer a problem, digit by digit; shape (n, 3), units first."""
    below = model.probabilities(X).cumsum(-1)
    draw = rng.random(below.shape[:2])[..., None]
    return np.minimum((draw > below).sum(-1), 9)


def rounds(
    keep: str,
    real: int = 1000,
    count: int = 4,
    seed: int = 0,
    passes: float = 0.0,
    training_steps: int = 1500,
) -> pd.DataFrame:
    """Let a network learn from its own answers for `count` rounds.

    Parameters
    ----------
    keep : {"none", "all", "verified", "teacher"}
        What is kept of the answers; see the module.
    real : int
        Problems with their right answers, below 8000.
    passes : float
        Probability with which the verifier lets a wrong answer pass.

    Returns
    -------
    pandas.DataFrame
        One row a round, round 0 being the real data alone: ``round``, ``examples`` (trained on),
        ``right`` (share of them with a right answer) and ``accuracy`` (exact match of the most
        likely answers to 2000 held-out problems).
    """
    X, truth, test_X, test_truth = problems(seed)
    one_of(keep, "keep", KEPT)
    whole(real, "real", most=len(X) - 1)
    probability(passes, "passes")
    rng = np.random.default_rng([seed, 5])
    known = np.arange(len(X)) < real
    answers, rows = np.where(known[:, None], truth, -1), []
    for number in range(count + 1):
        used = answers[:, 0] >= 0
        model = train(X[used], answers[used], seed, training_steps)
        rows.append(
            {
                "round": number,
                "examples": int(used.sum()),
                "right": float((answers[used] == truth[used]).all(1).mean()),
                "accuracy": float(model.correct(test_X, test_truth).all(1).mean()),
            }
        )
        if keep == "none":
            continue
        new = answer(model, X, rng)
        good = (new == truth).all(1) | (rng.random(len(X)) < passes)
        accepted = ~known & (good if keep != "all" else True)
        if keep == "teacher":
            # As many more right answers as a verifier would let pass, to problems at random.
            open_ = np.flatnonzero(~used)
            chosen = rng.permutation(open_)[: int((accepted & ~used).sum())]
            answers[chosen] = truth[chosen]
        else:
            answers[accepted] = new[accepted]
    return pd.DataFrame(rows)


def compare(
    keeps: Sequence[str] = KEPT, seeds: Sequence[int] = (0, 1, 2), **settings
) -> pd.DataFrame:
    """Run `rounds` for several ways of keeping and seeds, one table led by ``keep``, ``seed``."""
    return tabulate(rounds, keep=keeps, seed=seeds, **settings)


def accuracy_by_real(
    sizes: Sequence[int] = (500, 1000, 1500, 2000, 3000, 4000), seeds: Sequence[int] = (0, 1, 2)
) -> pd.DataFrame:
    """Train on `sizes` right answers alone: ``examples, seed, accuracy``."""

    def accuracy(examples, seed):
        return {"accuracy": rounds("none", real=examples, count=0, seed=seed)["accuracy"].iloc[0]}

    return tabulate(accuracy, examples=sizes, seed=seeds)
