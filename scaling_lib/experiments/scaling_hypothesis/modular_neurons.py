r"""How much of a network can be read: neurons explained by one wave, by width and training time.

A network with one hidden layer learns addition modulo p, as in `grokking`. Those that generalise
are known to build waves: the weights of a hidden neuron, as a function of the first number (or the
second), follow :math:`\cos(2\pi k a / p + \varphi)` with a single frequency k
[@gromov2023grokking]. The share of a neuron's power that its best frequency holds is a number for
how far this explanation reaches.
"""

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaling_laws import grokking
from scaling_lib.experiments.tabulate import SEEDS, shipped_map

P = 53
EXPLAINED = 0.9  # share of its power that one frequency must hold
WEIGHT_DECAY = 0.3
SHIPPED_STEPS = tuple(125 * 2**i for i in range(7))  # to 8,000


def one_wave(W: np.ndarray) -> np.ndarray:
    """Share of each neuron's power that its best frequency holds, shape (H,).

    `W` (p, H) are the weights from the first number, one column a neuron; the mean is left out.

    >>> a = np.arange(7)[:, None]
    >>> one_wave(np.hstack([np.cos(2 * np.pi * 3 * a / 7), a == 0])).round(2).tolist()
    [1.0, 0.33]
    """
    power = np.abs(np.fft.rfft(W, axis=0))[1:] ** 2
    return power.max(0) / np.maximum(power.sum(0), 1e-12)


def run(
    H: int, weight_decay=WEIGHT_DECAY, seed=0, fraction=0.5, steps=SHIPPED_STEPS
) -> pd.DataFrame:
    """Train on a fraction of all sums, full batch, and measure after so many `steps`.

    Columns: ``step``, ``accuracy`` on the sums left out, ``explained`` (share of the neurons of
    which one frequency holds at least `EXPLAINED`) and ``power`` (mean of that share of power).
    """

    def scores(model, seen, unseen):
        held = one_wave(model.p["W1"][:P])
        shares = {"explained": (held >= EXPLAINED).mean(), "power": float(held.mean())}
        return {"accuracy": model.accuracy(*unseen)} | shares

    return grokking.learn(P, H, fraction, seed, steps, scores, weight_decay=weight_decay)


SIZES = [16, 32, 64, 128, 256, 512]
regenerate = shipped_map(
    run,
    dict(H=SIZES, weight_decay=[WEIGHT_DECAY], seed=SEEDS),
    dict(H=[64, 256], weight_decay=[0.1, 1.0], seed=SEEDS),
    places=4,
)
