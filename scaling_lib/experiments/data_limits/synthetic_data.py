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
only source of new information, as `feng2024beyond` say of larger models.

Found (seeds 0 to 2, 1000 real examples, four rounds; exact match, mean of three): real data alone
.20; with all answers .17, so unverified answers to seven times as many problems do a little harm;
verified .57 with 5500 examples, as much as about 3100 real ones give, so one verified answer is
worth about half a real one; right answers to random problems .70 with 7200. A verifier that lets
one wrong answer in ten pass leaves .35, three in ten .25.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.models.mlp import MLP, log_softmax, steps
from scaling_lib.models.optimizers import Adam, cosine_schedule
from scaling_lib.tasks import addition

DIGITS = 2
KEPT = ("none", "all", "verified", "teacher")
TEST = 2000  # of the 10 000 pairs: never trained on


def problems(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a, b of all pairs to learn from and a, b of the held-out pairs, shuffled by `seed`."""
    pairs = np.random.default_rng([seed, 3]).permutation(10 ** (2 * DIGITS))
    a, b = pairs // 10**DIGITS, pairs % 10**DIGITS
    return a[TEST:], b[TEST:], a[:TEST], b[:TEST]


def train(
    a: np.ndarray, b: np.ndarray, answers: np.ndarray, seed: int, H: int = 64, T: int = 1500
) -> MLP:
    """Train a network of two hidden layers on given problems and answers.

    Parameters
    ----------
    a, b : numpy.ndarray of int, shape (n,)
        The problems.
    answers : numpy.ndarray of int, shape (n, 3)
        Digits of the answers, units first; they need not be right.
    seed : int
        Seeds weights and order.
    H, T : int
        Hidden units in each layer, and steps of 128 examples.

    Returns
    -------
    MLP
    """
    model = MLP(
        (20 * DIGITS, H, H, 10 * (DIGITS + 1)),
        heads=DIGITS + 1,
        init_std=(DIGITS**-0.5, (2 / H) ** 0.5, H**-0.5),
        seed=seed,
    )
    X, rng = addition.encode(a, b, DIGITS), np.random.default_rng([seed, 7])
    picks = (rng.integers(len(a), size=128) for _ in range(T))
    batches = ((X[pick], answers[pick]) for pick in picks)
    for _ in steps(model, Adam(model.theta), batches, lambda t: cosine_schedule(t, T, 3e-3)):
        pass
    return model


def answer(model: MLP, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sample one answer a problem, digit by digit; shape (n, 3), units first."""
    log_p = log_softmax(model.forward(addition.encode(a, b, DIGITS)))
    below = np.exp(log_p).cumsum(-1)
    draw = rng.random(below.shape[:2])[..., None]
    return np.minimum((draw > below).sum(-1), 9)


def exact_match(model: MLP, a: np.ndarray, b: np.ndarray) -> float:
    """Share of problems of which the most likely answer is right in every digit."""
    p = model.forward(addition.encode(a, b, DIGITS))
    return float((p.argmax(-1) == addition.answer(a, b, DIGITS)).all(1).mean())


def rounds(
    keep: str,
    real: int = 1000,
    count: int = 4,
    seed: int = 0,
    passes: float = 0.0,
) -> pd.DataFrame:
    """Let a network learn from its own answers for some rounds.

    Parameters
    ----------
    keep : {"none", "all", "verified", "teacher"}
        What is kept of the answers; see the module.
    real : int
        Problems with their right answers, at most 8000.
    count : int
        Rounds.
    seed : int
        Seeds the split of the problems, the weights and the answers.
    passes : float
        Probability with which the verifier lets a wrong answer pass.

    Returns
    -------
    pandas.DataFrame
        One row a round, round 0 being the real data alone: ``keep, seed, passes, round``,
        ``examples`` (trained on), ``right`` (share of them with a right answer) and ``accuracy``
        (exact match on 2000 held-out problems).

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    a, b, test_a, test_b = problems(seed)
    if keep not in KEPT:
        raise ValueError(f"keep must be one of {KEPT}, got {keep!r}")
    if not 1 <= real < len(a):
        raise ValueError(f"real must be between 1 and {len(a) - 1} problems, got {real}")
    if not 0 <= passes <= 1:
        raise ValueError(f"passes must be a probability, got {passes}")
    truth, rng = addition.answer(a, b, DIGITS), np.random.default_rng([seed, 5])
    known = np.arange(len(a)) < real
    answers, rows = np.where(known[:, None], truth, -1), []
    for number in range(count + 1):
        used = answers[:, 0] >= 0
        model = train(a[used], b[used], answers[used], seed)
        right = (answers[used] == truth[used]).all(1).mean()
        score = exact_match(model, test_a, test_b)
        rows.append((keep, seed, passes, number, int(used.sum()), float(right), score))
        if keep == "none":
            continue
        new = answer(model, a, b, rng)
        good = (new == truth).all(1) | (rng.random(len(a)) < passes)
        accepted = ~known & (good if keep != "all" else True)
        if keep == "teacher":
            # As many more right answers as a verifier would let pass, to problems at random.
            open_ = np.flatnonzero(~used)
            chosen = rng.permutation(open_)[: int((accepted & ~used).sum())]
            answers[chosen] = truth[chosen]
        else:
            answers[accepted] = new[accepted]
    columns = ["keep", "seed", "passes", "round", "examples", "right", "accuracy"]
    return pd.DataFrame(rows, columns=columns)


def compare(
    keeps: Sequence[str] = KEPT, seeds: Sequence[int] = (0, 1, 2), **settings
) -> pd.DataFrame:
    """Run `rounds` for several ways of keeping and several seeds; one table."""
    return pd.concat(
        [rounds(keep, seed=seed, **settings) for keep in keeps for seed in seeds],
        ignore_index=True,
    )


def accuracy_by_real(
    sizes: Sequence[int] = (500, 1000, 1500, 2000, 3000, 4000), seeds: Sequence[int] = (0, 1, 2)
) -> pd.DataFrame:
    """Train on right answers alone: what `sizes` of real data are worth.

    Returns
    -------
    pandas.DataFrame
        ``examples, seed, accuracy``, one row a network.
    """
    rows = [
        (size, seed, rounds("none", real=size, count=0, seed=seed)["accuracy"].iloc[0])
        for size in sizes
        for seed in seeds
    ]
    return pd.DataFrame(rows, columns=["examples", "seed", "accuracy"])
