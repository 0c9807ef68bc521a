"""Facts in the weights, and facts that are looked up.

A fact is a key of two tokens and a value. **In the weights:** a network with one hidden layer is
trained on `n` facts and asked for them; its recall falls when `n` outgrows its parameters, and a
fact that changes stays wrong until it is trained again. **Looked up:** a retriever finds a handful
of candidate facts in a store and writes them in front of the question; a small attention model that
was never trained on any fact, only on text that repeats itself (`scaling_lib.experiments.
in_context`), reads the answer off. Its size does not depend on `n`.

Found (three seeds): 836 parameters hold all of 64 facts, 63 % of 256 and 15 % of 1024; 3152 hold
all of 256 and 51 % of 1024. The reader answers 99.6 % or more from eight candidates, at any number
of facts and after a quarter of them has changed, which leaves the weights right on at most three
quarters. It costs hundreds of times the FLOP of an answer from the weights. Its skill has limits of
its own: twelve candidates, a longer passage than any in its training, bring it to 69 %, and with
one layer instead of two it reads 15 % of eight (one seed, both).

The burden does not vanish, it moves: the accuracy is the retriever's recall times the reader's
accuracy, the store has to be kept and searched, and every answer costs a longer input. The
retriever here is not built; its recall is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaling_hypothesis.in_context import train_copier
from scaling_lib.models.attention import AttentionLM
from scaling_lib.models.mlp import steps
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.models.optimizers import Adam, cosine_schedule

TOKENS = 64  # keys are tokens 0 ... 63 and 0 ... 31, values are tokens 32 ... 63
HALF = TOKENS // 2


@dataclass(frozen=True, eq=False)
class Store:
    """Facts: `keys` of shape (n, 2) and their `values` of shape (n,), all tokens."""

    keys: np.ndarray
    values: np.ndarray


def draw_facts(n: int, rng: np.random.Generator) -> Store:
    """Draw `n` facts with different keys and random values.

    Parameters
    ----------
    n : int
        32 to 2048.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Store

    Raises
    ------
    ValueError
        If `n` is outside that range.
    """
    if not HALF <= n <= TOKENS * HALF:
        raise ValueError(f"n must be between {HALF} and {TOKENS * HALF} facts, got {n}")
    code = rng.permutation(TOKENS * HALF)[:n]
    keys = np.stack([code // HALF, code % HALF], 1)
    return Store(keys, HALF + rng.integers(0, HALF, n))


def memorise(
    facts: Store, H: int, seed: int = 0, tokens: int = 300_000, batch: int = 64, lr: float = 1e-2
) -> OneHotLM:
    """Train a network with one hidden layer to name the value of each key.

    Parameters
    ----------
    facts : Store
        What to learn.
    H : int
        Width of the hidden layer.
    seed : int
        Seed of the weights and the order.
    tokens : int
        Facts shown in all, whatever their number.
    batch : int
        Facts a step.
    lr : float
        Peak learning rate (Adam, cosine decay).

    Returns
    -------
    OneHotLM
    """
    model = OneHotLM(TOKENS, 2, H, seed)
    rng = np.random.default_rng([seed, 1])
    total = tokens // batch
    chosen = (rng.integers(0, len(facts.values), batch) for _ in range(total))
    batches = ((facts.keys[i], facts.values[i]) for i in chosen)
    for _ in steps(model, Adam(model.theta), batches, lambda t: cosine_schedule(t, total, lr)):
        pass
    return model


def look_up(
    reader: AttentionLM,
    facts: Store,
    which: np.ndarray,
    rng: np.random.Generator,
    candidates: int = 8,
    recall: float = 1.0,
) -> np.ndarray:
    """Answer from candidates that a retriever puts in front of the question.

    Parameters
    ----------
    reader : AttentionLM
        From `scaling_lib.experiments.scaling_hypothesis.in_context.train_copier` with ``V=64``.
    facts : Store
        Where to look.
    which : numpy.ndarray of int, shape (B,)
        Facts that are asked for.
    rng : numpy.random.Generator
        Draws the wrong candidates, the order, and the retriever's failures.
    candidates : int
        Facts retrieved, with different second key tokens; the reader compares only these.
    recall : float
        Probability that the right fact is among them.

    Returns
    -------
    numpy.ndarray of int, shape (B,)
        Answers, as tokens.

    Raises
    ------
    ValueError
        If the candidates do not fit into the reader.
    """
    if not 1 <= candidates <= (reader.T - 1) // 2:
        raise ValueError(
            f"candidates must be between 1 and {(reader.T - 1) // 2}, got {candidates}"
        )
    asked = facts.keys[which, 1]
    context = np.empty((len(which), 2 * candidates + 1), int)
    for row, fact in enumerate(which.tolist()):
        found = [fact] if rng.random() < recall else []
        used = {int(asked[row])}
        while len(found) < candidates:
            other = int(rng.integers(len(facts.values)))
            token = int(facts.keys[other, 1])
            if token not in used:
                used.add(token)
                found.append(other)
        found = rng.permutation(found)
        context[row, 0:-1:2], context[row, 1:-1:2] = facts.keys[found, 1], facts.values[found]
    context[:, -1] = asked
    return HALF + reader.logits(context)[:, -1, HALF:].argmax(-1)


def train_reader(seed: int = 0, layers: int = 2, **settings) -> AttentionLM:
    """Train the reader, on text that repeats itself and no facts; settings as in `train_copier`."""
    settings = {
        "d": 32,
        "training_steps": 1000,
        "length": 32,
        "V": TOKENS,
        "only_known": True,
    } | settings
    return train_copier(layers=layers, seed=seed, **settings)[0]


def compare(
    sizes: Sequence[int] = (4, 16),
    facts: Sequence[int] = (64, 256, 1024, 2048),
    seed: int = 0,
    recall: float = 1.0,
    changed: float = 0.25,
    reader: AttentionLM | None = None,
) -> pd.DataFrame:
    """Ask for facts held in weights and for facts looked up, before and after some change.

    Parameters
    ----------
    sizes : sequence of int
        Widths H of the networks that memorise.
    facts : sequence of int
        Numbers of facts.
    seed : int
        Seeds facts, weights and candidates.
    recall : float
        Of the retriever.
    changed : float
        Share of the facts whose value changes after training.
    reader : AttentionLM, optional
        From `train_reader`; trained here if missing.

    Returns
    -------
    pandas.DataFrame
        One row a number of facts and way of answering: ``facts, way`` ("weights" or "look-up"),
        ``H`` (0 for the look-up), ``N`` (parameters), ``accuracy``, ``after_change`` (accuracy on
        all facts once some have changed: the store is updated, the weights are not), ``flop``
        (forward, an answer, two a weight used).
    """
    rng = np.random.default_rng([seed, 2])
    reader = train_reader(seed) if reader is None else reader
    rows = []
    for n in facts:
        old = draw_facts(n, rng)
        edited = rng.random(n) < changed
        shift = rng.integers(1, HALF, n)
        new = Store(
            old.keys, np.where(edited, HALF + (old.values - HALF + shift) % HALF, old.values)
        )
        for H in sizes:
            model = memorise(old, H, seed)
            answers = model.logits(old.keys).argmax(-1)
            rows.append(
                {
                    "facts": n,
                    "way": "weights",
                    "H": H,
                    "N": model.N,
                    "accuracy": float((answers == old.values).mean()),
                    "after_change": float((answers == new.values).mean()),
                    "flop": float(model.flops_per_token() / 3),
                }
            )
        which = rng.integers(0, n, 500)
        length = 17  # eight candidates and the question
        rows.append(
            {
                "facts": n,
                "way": "look-up",
                "H": 0,
                "N": reader.N,
                "accuracy": _share(look_up(reader, old, which, rng, 8, recall), old, which),
                "after_change": _share(look_up(reader, new, which, rng, 8, recall), new, which),
                "flop": float(length * reader.flops_per_token(length, backward=False)),
            }
        )
    return pd.DataFrame(rows)


def _share(answers, facts, which):
    return float((answers == facts.values[which]).mean())
