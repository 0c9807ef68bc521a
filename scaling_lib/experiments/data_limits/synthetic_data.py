r"""Expert iteration: a network learns to add from those of its own answers that are kept.

A small network adds two numbers of two digits and is given the right answers to `real` problems. In
each round it answers other problems, samples of its own, and a new network is trained on the real
examples and on what is kept of the answers [@anthony2017thinking]:

- ``all``: every answer of the newest round, right or wrong;
- ``agree``: of the newest round, the answers on which `AGREE` of `SAMPLES` samples are the same;
- ``verified``: the right ones, added to those of earlier rounds. The problems without an answer are
  tried again in every round (a closed pool). The verifier may let wrong answers pass;
- ``open``: verified, but each problem is tried in one round only, and each round brings `FRESH` new
  ones (an open pool).
"""

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of, probability, whole
from scaling_lib.experiments.scaling_hypothesis.emergence import untrained_adder
from scaling_lib.experiments.tabulate import SEEDS, shipped_map, tabulate
from scaling_lib.models import MLP
from scaling_lib.models.softmax import draw
from scaling_lib.tasks import addition
from scaling_lib.training import draw_batches, fit_model

DIGITS = 2
KEPT = ("all", "agree", "verified", "open")
TEST = 2000  # of the 10 000 pairs: never trained on
FRESH = 500  # new problems a round of the open pool
AGREE, SAMPLES = 6, 8
LEAK = 0.1  # the share of wrong answers that the shipped imperfect verifier lets pass
H, BATCH, LR = 64, 128, 3e-3
REAL_ALONE = (250, 500, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 7000, 8000)


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
    batches = draw_batches(X, answers, BATCH, np.random.default_rng([seed, 7]))
    fit_model(model, batches, training_steps, LR)
    return model


def answer(model: MLP, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sample one answer a problem, digit by digit; shape (n, 3), units first."""
    return draw(model.probabilities(X), rng)


def agreed(model: MLP, X: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Sample `SAMPLES` answers a problem: the commonest, and where at least `AGREE` are the same.

    Shapes (n, 3) and (n,).
    """
    samples = np.stack([answer(model, X, rng) for _ in range(SAMPLES)])
    votes = (samples[:, None] == samples[None]).all(-1).sum(1)
    best = votes.argmax(0)
    each = np.arange(len(X))
    return samples[best, each], votes[best, each] >= AGREE


def rounds(keep: str, real=1000, count=14, seed=0, passes=0.0, training_steps=1500) -> pd.DataFrame:
    """Let a network learn for `count` rounds from those of its own answers that it may `keep`.

    `keep` is one of `KEPT`; `real` problems, below 8000, come with their right answers; `passes` is
    the probability with which the verifier lets a wrong answer pass.

    Columns: ``round`` (0 being the real data alone), ``examples`` (trained on), ``right`` (share of
    them with a right answer), ``flop`` (of training and sampling so far, 6 and 2 for each weight
    and example) and ``accuracy`` (exact match of the most likely answers to 2000 held-out
    problems).
    """
    X, truth, test_X, test_truth = problems(seed)
    one_of(keep, "keep", KEPT)
    whole(real, "real", most=len(X) - 1)
    probability(passes, "passes")
    rng = np.random.default_rng([seed, 5])
    place = np.arange(len(X))
    known = place < real
    answers, rows, flop = np.where(known[:, None], truth, -1), [], 0
    for number in range(count + 1):
        used = answers[:, 0] >= 0
        model = train(X[used], answers[used], seed, training_steps)
        flop += 6 * model.N * BATCH * training_steps
        right = (answers[used] == truth[used]).all(1).mean()
        accuracy = model.correct(test_X, test_truth).all(1).mean()
        rows.append((number, used.sum(), right, float(flop), accuracy))
        asked = ~known
        if keep == "open":
            asked &= (place >= real + number * FRESH) & (place < real + (number + 1) * FRESH)
        elif keep == "verified":
            asked &= ~used if passes == 0 else True
        flop += 2 * model.N * int(asked.sum()) * (SAMPLES if keep == "agree" else 1)
        if keep == "agree":
            new, good = agreed(model, X, rng)
            answers[asked] = np.where(good[:, None], new, -1)[asked]
            continue
        new = answer(model, X, rng)
        good = (new == truth).all(1) | (rng.random(len(X)) < passes)
        accepted = asked & (good if keep != "all" else True)
        answers[accepted] = new[accepted]
    return pd.DataFrame(rows, columns=["round", "examples", "right", "flop", "accuracy"])


def real_alone(seed: int) -> pd.DataFrame:
    """Train on real examples alone: ``examples, accuracy``."""

    def accuracy(examples):
        X, truth, test_X, test_truth = problems(seed)
        model = train(X[:examples], truth[:examples], seed, 1500)
        return {"accuracy": float(model.correct(test_X, test_truth).all(1).mean())}

    return tabulate(accuracy, examples=REAL_ALONE)


def worth(table: pd.DataFrame, alone: pd.DataFrame) -> pd.DataFrame:
    """Say how many real examples would have done as well as each network of `rounds`.

    Added to `table` are ``equal``, real examples of equal accuracy, read off the networks on real
    examples alone (`real_alone`) of the same seed in a straight line between them, and ``worth``,
    what one kept answer was worth in real examples: the excess of `equal` over the real ones given,
    divided by the answers kept. NaN in round 0.
    """
    equal = np.empty(len(table))
    for seed, curve in alone.groupby("seed"):
        curve, mine = curve.sort_values("examples"), (table["seed"] == seed).to_numpy()
        rising = np.maximum.accumulate(curve["accuracy"])
        equal[mine] = np.interp(table["accuracy"][mine], rising, curve["examples"])
    given = table.groupby(["keep", "seed"])["examples"].transform("min")
    kept = (table["examples"] - given).replace(0, np.nan)
    return table.assign(equal=equal, worth=(equal - given) / kept)


def _shipped(real, keep, seed):
    if keep == "alone":
        return real_alone(seed)
    passes = LEAK if keep == "leaky" else 0.0
    return rounds("verified" if keep == "leaky" else keep, real, seed=seed, passes=passes)


regenerate = shipped_map(
    _shipped,
    dict(real=[0], keep=["alone"], seed=SEEDS),
    dict(real=[1000], keep=[*KEPT, "leaky"], seed=SEEDS),
    dict(real=[500, 2000], keep=["verified", "agree"], seed=SEEDS),
    places=4,
)
