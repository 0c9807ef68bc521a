"""Grokking [@power2022grokking]: test accuracy that arrives long after training accuracy.

A network with quadratic activations learns addition modulo p from a share of all pairs, with
full-batch AdamW on the squared error. The settings were chosen because they show the delay within
seconds; it is a matter of the share of pairs (seeds 0 to 2, p = 53): with 20 or 25 % nothing
generalises within 2000 steps, with 30 % the test set is right at steps 600 to 950, long after the
training set (step 75), with 50 % at about 150.
"""

import itertools
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import learning_curve
from scaling_lib.models import MLP, Adam
from scaling_lib.tasks import modular

H = 128  # hidden width
EVERY = 25  # steps between two measurements
STOP = ("test_accuracy", 0.999)  # training ends there


def learn(
    p: int,
    H: int,
    fraction: float,
    seed: int,
    steps: Iterable[int],
    scores: Callable,
    stop=None,
    weight_decay: float = 0.3,
) -> pd.DataFrame:
    """Train a network of width H on a fraction of the p² pairs, and follow its scores.

    ``scores(model, seen, unseen)`` returns them by name; the last two are X, y of the pairs.
    """
    rng = np.random.default_rng(seed)
    X, y = modular.pairs(p)
    seen, unseen = ((X[rows], y[rows]) for rows in modular.split(p, fraction, rng))
    std = ((2 * p) ** -0.5, H**-0.5)
    model = MLP((2 * p, H, p), "quadratic", "mse", bias=False, init_std=std, seed=rng)
    adam = Adam(model.theta, betas=(0.9, 0.98), weight_decay=weight_decay)
    how = {"schedule": None, "optimizer": adam}
    batches = itertools.repeat(seen)
    return learning_curve(
        model, batches, 3e-3, steps, lambda step: scores(model, seen, unseen), stop, **how
    )


def train(p=53, fraction=0.3, training_steps=2000, seed=0) -> pd.DataFrame:
    """Train on a fraction of the p² pairs and follow both accuracies.

    Columns: ``step, train_loss, test_loss`` (squared distance to the one-hot target),
    ``train_accuracy, test_accuracy`` and ``weight_norm`` (root of the sum of squares).
    """

    def scores(model, seen, unseen):
        train_loss, train_accuracy = model.evaluate(*seen)
        test_loss, test_accuracy = model.evaluate(*unseen)
        losses = {"train_loss": train_loss, "test_loss": test_loss}
        right = {"train_accuracy": train_accuracy, "test_accuracy": test_accuracy}
        return losses | right | {"weight_norm": float(np.linalg.norm(model.theta))}

    steps = range(0, training_steps + 1, EVERY)
    table = learn(p, H, fraction, seed, steps, scores, STOP)
    end = (table[STOP[0]] >= STOP[1]).argmax()  # 0 if it is never reached
    return table[: end + 1] if end else table
