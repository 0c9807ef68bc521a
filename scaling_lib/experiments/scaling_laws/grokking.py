r"""Grokking: test accuracy that arrives long after training accuracy.

A network with quadratic activations learns addition modulo p from a share of all pairs, with
full-batch AdamW on the squared error (the phenomenon: Power et al. 2022, ``power2022grokking``).

Found (p = 53, H = 128, weight decay 0.3, learning rate 0.003, seeds 0 to 2): with 30 % of the pairs
the training set is right (99 %) at step 75 and the test set (95 %) at steps 875, 600 and 950. The
delay is a matter of the share of pairs: none of three seeds generalises within 2000 steps at 20 or
25 %; at 35, 40 and 50 % the test set is right at about 250, 200 and 150 steps. The settings were
chosen because they show the delay within seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.models.mlp import MLP, steps
from scaling_lib.models.optimizers import Adam
from scaling_lib.tasks import modular


def train(
    p: int = 53,
    fraction: float = 0.3,
    H: int = 128,
    weight_decay: float = 0.3,
    lr: float = 3e-3,
    training_steps: int = 2000,
    seed: int = 0,
    every: int = 25,
    stop_at: float | None = 0.999,
) -> pd.DataFrame:
    """Train on some of the pairs and follow both accuracies.

    Parameters
    ----------
    p : int
        Modulus.
    fraction : float
        Share of the p² pairs to train on.
    H : int
        Hidden width, quadratic activation, no biases.
    weight_decay, lr : float
        Of AdamW (decays 0.9 and 0.98, constant learning rate).
    training_steps : int
        Full-batch steps at most.
    seed : int
        Seeds the split and the initial weights.
    every : int
        Steps between two rows of the result.
    stop_at : float, optional
        Stop at this test accuracy.

    Returns
    -------
    pandas.DataFrame
        ``step, train_loss, test_loss`` (squared distance to the one-hot target),
        ``train_accuracy, test_accuracy`` and ``weight_norm`` (root of the sum of squares).
    """
    rng = np.random.default_rng(seed)
    X, y = modular.pairs(p)
    train_rows, test_rows = modular.split(p, fraction, rng)
    model = MLP(
        (2 * p, H, p),
        activation="quadratic",
        loss="mse",
        bias=False,
        init_std=((2 * p) ** -0.5, H**-0.5),
        seed=rng,
    )
    X_train, y_train = X[train_rows], y[train_rows]
    X_test, y_test = X[test_rows], y[test_rows]
    rows = []

    def record(step):
        train_loss, train_accuracy = model.evaluate(X_train, y_train)
        test_loss, test_accuracy = model.evaluate(X_test, y_test)
        rows.append(
            {
                "step": step,
                "train_loss": train_loss,
                "test_loss": test_loss,
                "train_accuracy": train_accuracy,
                "test_accuracy": test_accuracy,
                "weight_norm": float(np.linalg.norm(model.theta)),
            }
        )

    record(0)
    optimiser = Adam(model.theta, betas=(0.9, 0.98), weight_decay=weight_decay)
    batches = ((X_train, y_train) for _ in range(training_steps))
    for step, _ in steps(model, optimiser, batches, lr):
        if step % every == 0:
            record(step)
            if stop_at is not None and rows[-1]["test_accuracy"] >= stop_at:
                break
    return pd.DataFrame(rows)


def first_step(curve: pd.DataFrame, column: str, level: float) -> float:
    """First recorded step at which a column reaches a level; NaN if it never does.

    Examples
    --------
    >>> first_step(pd.DataFrame({"step": [0, 25, 50], "a": [0.1, 0.6, 0.9]}), "a", 0.5)
    25.0
    """
    reached = curve.loc[curve[column] >= level, "step"]
    return float(reached.iloc[0]) if len(reached) else float("nan")


def by_fraction(
    fractions: Sequence[float] = (0.25, 0.3, 0.4, 0.5),
    seeds: Sequence[int] = (0, 1, 2),
    training_steps: int = 2000,
    **settings,
) -> pd.DataFrame:
    """When training and test accuracy arrive, by the share of pairs trained on.

    Parameters
    ----------
    fractions : sequence of float
        Shares of the pairs.
    seeds : sequence of int
        One run each.
    training_steps : int
        Longest run.
    **settings
        Passed on to `train`.

    Returns
    -------
    pandas.DataFrame
        One row a run: ``fraction, seed, train_99`` (step at which 99 % of the training pairs are
        right), ``test_95`` (NaN: not within the run) and ``final_test_accuracy``.
    """
    rows = []
    for fraction in fractions:
        for seed in seeds:
            curve = train(fraction=fraction, seed=seed, training_steps=training_steps, **settings)
            rows.append(
                {
                    "fraction": fraction,
                    "seed": seed,
                    "train_99": first_step(curve, "train_accuracy", 0.99),
                    "test_95": first_step(curve, "test_accuracy", 0.95),
                    "final_test_accuracy": curve["test_accuracy"].iloc[-1],
                }
            )
    return pd.DataFrame(rows)
