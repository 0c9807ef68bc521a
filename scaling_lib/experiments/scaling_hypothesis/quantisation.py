r"""Few bits a weight: rounding after training against training with rounded weights.

Matrices are rounded to :math:`2^b - 1` evenly spaced values between minus and plus the largest
weight of each column; biases stay in single precision. "After" rounds a trained model once.
"During" computes loss and gradient at the rounded weights at every step, and moves a copy in single
precision, which collects steps that are too small for the coarse values. Activations and the
optimizer are not rounded, so this is not the arithmetic of a chip for 8 bits.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import whole
from scaling_lib.experiments.scaling_laws.language_models import trained, untrained
from scaling_lib.experiments.tabulate import SEEDS, shipped_map, tabulate
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model

SHIPPED_BITS = (8, 6, 4, 3, 2)


def quantise(w: np.ndarray, bits: int) -> np.ndarray:
    r"""Round a matrix to 2 to 16 bits, with one scale a column.

    The values are :math:`-q, \dots, q` times a scale, with :math:`q = 2^{b-1} - 1`.

    >>> quantise(np.array([[1.0], [0.4], [-0.6]]), 2).ravel().tolist()
    [1.0, 0.0, -1.0]
    """
    whole(bits, "bits", 2, 16)
    scale = np.abs(w).max(0, keepdims=True) / (2 ** (bits - 1) - 1)
    scale = np.where(scale > 0, scale, 1)  # a column of zeros stays zero
    return (np.round(w / scale) * scale).astype(w.dtype)


class Rounded:
    """A language model that computes with rounded weights while `theta` stays exact.

    `fit_model` moves ``theta`` by the gradient taken at the rounded weights.
    """

    def __init__(self, model: OneHotLM, bits: int):
        self.model, self.bits = OneHotLM(model.V, model.k, model.H, dtype=model.theta.dtype), bits
        self.theta, self.grad = model.theta.copy(), self.model.grad

    def loss_and_grad(self, x: np.ndarray, targets: np.ndarray) -> float:
        """Round, then fill ``grad`` and return the loss."""
        return self.rounded().loss_and_grad(x, targets)

    def rounded(self) -> OneHotLM:
        """Return the model with its matrices rounded."""
        self.model.theta[:] = self.theta
        for name in ("W1", "W2"):
            self.model.p[name][:] = quantise(self.model.p[name], self.bits)
        return self.model


def trained_rounded(H: int, D: int, seed: int, bits: int) -> OneHotLM:
    """Train a model of width H on D tokens with rounded weights."""
    model, *rest = untrained(H, D, seed)
    coarse = Rounded(model, bits)
    fit_model(coarse, *rest)
    return coarse.rounded()


def run(H: int, D: int, seed: int = 0, bits: Sequence[int] = SHIPPED_BITS) -> pd.DataFrame:
    """Train a model of width H on D tokens, rounding after training and during it.

    Columns: ``bits``, and exact excess losses in nats per token: ``exact`` (not rounded),
    ``after``, ``during``.
    """
    excess, model = markov_language(0).excess, trained(H, D, seed)
    exact = excess(model)

    def at(bits):
        after = excess(Rounded(model, bits).rounded())
        return {"exact": exact, "after": after, "during": excess(trained_rounded(H, D, seed, bits))}

    return tabulate(at, bits=bits)


regenerate = shipped_map(run, dict(H=[32, 128], D=[2**14, 2**17], seed=SEEDS), places=5)
