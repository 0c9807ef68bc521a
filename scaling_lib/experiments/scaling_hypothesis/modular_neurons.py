r"""How much of a network can be read: neurons explained by one wave, by width and training time.

A network with one hidden layer learns addition modulo p. Those that generalise are known to build
waves: the weights of a hidden neuron, as a function of the first number (or the second), follow
:math:`\cos(2\pi k a / p + \varphi)` with a single frequency k [@gromov2023grokking]. The share of a
neuron's power that its best frequency holds is a number for how far this explanation reaches.
"""

import itertools
import pathlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.learning_curve import LearningCurve
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp import MLP
from scaling_lib.models.optimizers import Adam
from scaling_lib.tasks import modular
from scaling_lib.training import fit_model

P = 53
EXPLAINED = 0.9  # share of its power that one frequency must hold
SHIPPED_HS = (16, 32, 64, 128, 256)
SHIPPED_STEPS = (125, 250, 500, 1000, 2000)
SHIPPED_SEEDS = (0, 1, 2)


def one_wave(W: np.ndarray) -> np.ndarray:
    """Share of each neuron's power that its best frequency holds, shape (H,).

    `W` (p, H) are the weights from the first number, one column a neuron; the mean is left out.

    Examples
    --------
    >>> a = np.arange(7)[:, None]
    >>> one_wave(np.hstack([np.cos(2 * np.pi * 3 * a / 7), a == 0])).round(2).tolist()
    [1.0, 0.33]
    """
    power = np.abs(np.fft.rfft(W, axis=0))[1:] ** 2
    return power.max(0) / np.maximum(power.sum(0), 1e-12)


def run(
    H: int, seed: int = 0, fraction: float = 0.5, steps: Iterable[int] = SHIPPED_STEPS
) -> pd.DataFrame:
    """Train on a fraction of all sums, full batch, and measure after so many `steps`.

    Returns
    -------
    pandas.DataFrame
        ``step``, ``accuracy`` on the sums left out, ``explained`` (share of the neurons of which
        one frequency holds at least `EXPLAINED`) and ``power`` (mean of that share of power).
    """
    rng = np.random.default_rng(seed)
    X, y = modular.pairs(P)
    train, test = modular.split(P, fraction, rng)
    std = ((2 * P) ** -0.5, H**-0.5)
    model = MLP((2 * P, H, P), "quadratic", "mse", bias=False, init_std=std, seed=rng)
    curve = LearningCurve(
        steps,
        accuracy=lambda: model.accuracy(X[test], y[test]),
        explained=lambda: (one_wave(model.p["W1"][:P]) >= EXPLAINED).mean(),
        power=lambda: one_wave(model.p["W1"][:P]).mean(),
    )
    fit_model(
        model,
        itertools.repeat((X[train], y[train])),
        max(steps),
        lr=3e-3,
        schedule=None,
        optimizer=Adam(model.theta, betas=(0.9, 0.98), weight_decay=0.3),
        after_step=curve,
    )
    return curve.table()


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: five widths, three seeds, training time."""
    write_csv(tabulate(run, jobs, H=list(SHIPPED_HS), seed=list(SHIPPED_SEEDS)).round(4), out)
