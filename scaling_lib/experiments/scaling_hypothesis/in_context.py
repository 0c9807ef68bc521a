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

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.files import write_csv
from scaling_lib.models.attention import AttentionLM
from scaling_lib.models.mlp import steps
from scaling_lib.models.optimizers import Adam, cosine_schedule
from scaling_lib.tasks import labelled_pairs as in_context

TEST_SEED = 999
SHIPPED_WIDTHS = (4, 8, 16, 32, 64)
SHIPPED_SEEDS = (0, 1, 2)


def train_copier(
    d: int = 32,
    layers: int = 2,
    seed: int = 0,
    training_steps: int = 1500,
    length: int = 24,
    V: int = 32,
    shortest: int = 4,
    batch: int = 32,
    lr: float = 5e-3,
    measure_every: int | None = None,
    only_known: bool = False,
) -> tuple[AttentionLM, pd.DataFrame]:
    """Train one model on passages that repeat.

    Parameters
    ----------
    d, layers : int
        Width and blocks of the attention model (two heads, feed-forward of width 2 d).
    seed : int
        Seeds the weights and, separately, the passages.
    training_steps, batch : int
        Adam steps with cosine decay, and fresh sequences in each.
    length, V, shortest : int
        See `scaling_lib.tasks.labelled_pairs.repeated`.
    lr : float
        Peak learning rate.
    measure_every : int, optional
        Steps between measurements; by default only at the end.
    only_known : bool
        Leave tokens that nobody can predict out of the training loss. A language model has no such
        help; it makes copying appear several times sooner.

    Returns
    -------
    model : AttentionLM
        The trained model.
    curve : pandas.DataFrame
        One row a measurement: ``step, accuracy`` (on tokens shown before in the sequence) and
        ``loss`` (nats, on the same tokens).
    """
    model = AttentionLM(V, length, d, layers, heads=2, ff=2, seed=seed)
    rng = np.random.default_rng([seed, 1])

    def batches():
        for _ in range(training_steps):
            x, targets, seen = in_context.repeated(batch, length, shortest, V, rng)
            yield x, np.where(seen, targets, -1) if only_known else targets

    measured = []
    schedule = lambda t: cosine_schedule(t, training_steps, lr)  # noqa: E731
    for step, _ in steps(model, Adam(model.theta), batches(), schedule):
        if step == training_steps or (measure_every and step % measure_every == 0):
            measured.append({"step": step} | score(model, shortest))
    return model, pd.DataFrame(measured)


def score(model: AttentionLM, shortest: int = 4, sequences: int = 300) -> dict[str, float]:
    """Score a model on fresh passages, where the target was shown before.

    Parameters
    ----------
    model : AttentionLM
        Trained on passages of the same vocabulary and length.
    shortest : int
        Shortest passage.
    sequences : int
        Test sequences (a fixed seed).

    Returns
    -------
    dict
        ``accuracy`` and ``loss`` (nats).
    """
    rng = np.random.default_rng(TEST_SEED)
    x, targets, seen = in_context.repeated(sequences, model.T, shortest, model.V, rng)
    z = model.logits(x)
    log_p = z - np.logaddexp.reduce(z, axis=-1, keepdims=True)
    picked = np.take_along_axis(log_p, targets[..., None], -1)[..., 0]
    return {
        "accuracy": float((z.argmax(-1) == targets)[seen].mean()),
        "loss": float(-picked[seen].mean()),
    }


def by_size(
    widths: Sequence[int] = (8, 32),
    layers: Sequence[int] = (1, 2),
    seeds: Sequence[int] = (0,),
    jobs: int = 1,
    **settings,
) -> pd.DataFrame:
    """Train models of several widths and depths.

    Parameters
    ----------
    widths, layers, seeds : sequences of int
        See `train_copier`.
    jobs : int
        Processes.
    **settings
        Passed on to `train_copier`.

    Returns
    -------
    pandas.DataFrame
        One row a measurement: ``seed, d, layers, N, step, accuracy, loss``.
    """
    return pd.concat(
        Parallel(n_jobs=jobs)(
            delayed(_rows)(seed, d, depth, settings)
            for depth in layers
            for d in widths
            for seed in seeds
        ),
        ignore_index=True,
    )


def _rows(seed, d, layers, settings):
    model, curve = train_copier(d, layers, seed, **settings)
    for i, (name, value) in enumerate(dict(seed=seed, d=d, layers=layers, N=model.N).items()):
        curve.insert(i, name, value)
    return curve


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table: five widths, one and two layers, three seeds, with their curves.

    Parameters
    ----------
    out : pathlib.Path
        CSV file to write.
    jobs : int
        Processes.
    """
    table = by_size(SHIPPED_WIDTHS, (1, 2), SHIPPED_SEEDS, jobs=jobs, measure_every=100)
    write_csv(table, out)
