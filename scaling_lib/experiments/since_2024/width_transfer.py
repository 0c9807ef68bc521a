r"""One learning rate for all widths: the maximal update parametrization on the book's model.

The usual way gives all parameters one rate. In the maximal update parametrization with Adam
[@yang2022tensor] the table of the inputs keeps the rate :math:`\eta`; the matrix of the outputs,
which sums over `H` units, starts with a spread and takes steps that fall as :math:`1/H`. Both ways
are the same model at one width, the base, which is a choice.
"""

import numpy as np

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.scaling_laws.language_models import untrained
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import Adam, OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model

WAYS = {"one rate": None, "by layer": 64, "by layer, base 8": 8}  # and the base


class Shares:
    """Adam on each matrix of a model, with its share of the learning rate (1 if not named)."""

    def __init__(self, model: OneHotLM, **shares: float):
        self.parts = [
            (model.g[name], Adam(view.reshape(-1)), shares.get(name, 1.0))
            for name, view in model.p.items()
        ]

    def step(self, grad: np.ndarray, lr: float) -> None:
        """Update all parts in place; `grad` is the model's own, which the parts read by name."""
        for own, adam, share in self.parts:
            adam.step(own.reshape(-1), lr * share)


def by_layer(model: OneHotLM, base: int) -> Shares:
    """Shrink the start of the outputs' matrix, and return steps that shrink with it."""
    model.p["W2"] *= np.sqrt(base / model.H)
    return Shares(model, W2=base / model.H)


def run(way: str, H: int, D: int, lr: float, seed: int = 0) -> dict:
    """Train a model of width H on D tokens; return its excess loss, nats per token, and its N."""
    one_of(way, "way", WAYS)
    model, batches, steps, lr = untrained(H, D, seed, lr=lr)
    optimizer = by_layer(model, WAYS[way]) if WAYS[way] else Adam(model.theta)
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too high may diverge
        fit_model(model, batches, steps, lr, optimizer=optimizer)
        excess = markov_language(0).excess(model)
    return {"N": model.N, "excess": round(excess, 5)}


SHIPPED_RATES = [round(0.0025 * 2**i, 4) for i in range(7)]
regenerate = shipped_map(
    run,
    dict(way=list(WAYS), H=[8, 32, 128, 512], D=[2**13, 2**16], lr=SHIPPED_RATES, seed=SEEDS),
)
