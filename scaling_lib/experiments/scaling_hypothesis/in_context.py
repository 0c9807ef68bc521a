"""In-context learning against model size and depth: copying from a passage seen once.

An attention model is trained as an ordinary language model on random passages that repeat
(`scaling_lib.tasks.labelled_pairs`). Nothing can be stored in its weights: to predict the second
occurrence it has to learn, during the sequence, what follows what. The score is the accuracy on
tokens that were shown before, on passages that no model has seen. Copying takes two steps of
attention, one to mark each token with the one before it and one to find it [@olsson2022context].

Found (three seeds, 1500 steps, chance 1/32): with two layers, accuracy rises from 0.10 at width 8
(1 800 parameters) to 0.65 at width 16 (0.47 to 1.00, by seed), 0.96 at 32 (0.87 to 1.00) and 1.00
at 64. Single runs stay low and then rise within a few hundred steps, at a time that depends on the
seed. With one layer it is 0.61 (0.52 to 0.66) at width 64, with twice the parameters of the two
layers of width 32: depth matters more than size. Longer training may lift the smaller models.
"""

import pathlib

import numpy as np
import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.attention import AttentionLM
from scaling_lib.tasks.labelled_pairs import repeated
from scaling_lib.training import fit_model

SHORTEST = 4  # passage
BATCH = 32
TEST_SEED = 999
TEST_SEQUENCES = 300
SHIPPED_WIDTHS = (4, 8, 16, 32, 64)
SHIPPED_SEEDS = (0, 1, 2)
SHIPPED_COLUMNS = ["seed", "d", "layers", "N", "step", "accuracy", "loss"]


def train_copier(
    d: int = 32,
    layers: int = 2,
    seed: int = 0,
    training_steps: int = 1500,
    length: int = 24,
    V: int = 32,
    measure_every: int | None = None,
    only_known: bool = False,
) -> tuple[AttentionLM, pd.DataFrame]:
    """Train one model on passages that repeat.

    Parameters
    ----------
    d, layers
        Width and blocks of the attention model (two heads, feed-forward of width 2 d).
    length, V
        Tokens of a sequence, and different ones.
    measure_every
        Steps between measurements; by default only at the end.
    only_known
        Leave tokens that nobody can predict out of the training loss. A language model has no such
        help; it makes copying appear several times sooner.

    Returns
    -------
    model : AttentionLM
        The trained model.
    curve : pandas.DataFrame
        One row a measurement: ``step`` and the columns of `score`.
    """
    model = AttentionLM(V, length, d, layers, heads=2, ff=2, seed=seed)
    rng = np.random.default_rng([seed, 1])
    measured = []

    def batches():
        while True:
            x, targets, seen = repeated(BATCH, length, SHORTEST, V, rng)
            yield x, np.where(seen, targets, -1) if only_known else targets

    def measure(step):
        if step == training_steps or (measure_every and step % measure_every == 0):
            measured.append({"step": step} | score(model))

    fit_model(model, batches(), training_steps, lr=5e-3, after_step=measure)
    return model, pd.DataFrame(measured)


def score(model: AttentionLM) -> dict[str, float]:
    """Score a model on fresh passages, on tokens that were shown before in the sequence.

    Returns
    -------
    dict
        ``accuracy`` and ``loss`` (nats).
    """
    rng = np.random.default_rng(TEST_SEED)
    x, targets, seen = repeated(TEST_SEQUENCES, model.T, SHORTEST, model.V, rng)
    z = model.logits(x)
    log_p = z - np.logaddexp.reduce(z, axis=-1, keepdims=True)
    picked = np.take_along_axis(log_p, targets[..., None], -1)[..., 0]
    return {
        "accuracy": float((z.argmax(-1) == targets)[seen].mean()),
        "loss": float(-picked[seen].mean()),
    }


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table: five widths, one and two layers, three seeds, with their curves."""
    grid = {"layers": [1, 2], "d": list(SHIPPED_WIDTHS), "seed": list(SHIPPED_SEEDS)}
    write_csv(tabulate(_curve, jobs, **grid)[SHIPPED_COLUMNS], out)


def _curve(layers, d, seed):
    model, curve = train_copier(d, layers, seed, measure_every=100)
    return curve.assign(N=model.N)
