"""Facts in the weights, and facts that are looked up.

A fact is a key of two tokens and a value. **In the weights:** a network with one hidden layer is
trained on `n` facts and asked for them; its recall falls when `n` outgrows its parameters, and a
fact that changes stays wrong until it is trained again. **Looked up:** a retriever finds a handful
of candidate facts in a store and writes them in front of the question; a small attention model that
was never trained on any fact, only on text that repeats itself (`in_context`), reads the answer
off. Its size does not depend on `n`.

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

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from scaling_lib.data.checks import whole
from scaling_lib.experiments.scaling_hypothesis.in_context import passages
from scaling_lib.models.attention import AttentionLM
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.training import fit_model

TOKENS = 64  # keys are tokens 0 ... 63 and 0 ... 31, values are tokens 32 ... 63
HALF = TOKENS // 2
SHOWN, BATCH, LR = 300_000, 64, 1e-2  # facts shown in training, whatever their number
CHANGED = 0.25  # share of the facts whose value changes after training
CANDIDATES, ASKED = 8, 500  # facts retrieved for a question, and questions


class Store(NamedTuple):
    """Facts: `keys` of shape (n, 2) and their `values` of shape (n,), all tokens."""

    keys: np.ndarray
    values: np.ndarray


def draw_facts(n: int, rng: np.random.Generator) -> Store:
    """Draw `n` facts (32 to 2048) with different keys and random values."""
    whole(n, "n", HALF, TOKENS * HALF)
    code = rng.permutation(TOKENS * HALF)[:n]
    return Store(np.stack([code // HALF, code % HALF], 1), HALF + rng.integers(0, HALF, n))


def memorise(facts: Store, H: int, seed: int = 0) -> OneHotLM:
    """Train a network with one hidden layer of width H to name the value of each key."""
    model = OneHotLM(TOKENS, 2, H, seed)
    rng = np.random.default_rng([seed, 1])
    picks = (rng.integers(0, len(facts.values), BATCH) for _ in itertools.count())
    batches = ((facts.keys[pick], facts.values[pick]) for pick in picks)
    fit_model(model, batches, SHOWN // BATCH, LR)
    return model


def look_up(
    reader: AttentionLM,
    facts: Store,
    which: np.ndarray,
    rng: np.random.Generator,
    candidates: int = CANDIDATES,
    recall: float = 1.0,
) -> np.ndarray:
    """Answer from candidates that a retriever puts in front of the question.

    `which` facts are asked for, shape (B,), and as many tokens returned. The candidates have
    different second key tokens (the reader compares only these); the right fact is among them with
    probability `recall`.
    """
    whole(candidates, "candidates", most=(reader.T - 1) // 2)
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


def train_reader(seed: int = 0, layers: int = 2, training_steps: int = 1000) -> AttentionLM:
    """Train the reader, on text that repeats itself and no facts."""
    model = AttentionLM(TOKENS, T=32, d=32, layers=layers, heads=2, ff=2, seed=seed)
    batches = passages(np.random.default_rng([seed, 1]), 32, TOKENS, only_known=True)
    fit_model(model, batches, training_steps, lr=5e-3)
    return model


def compare(
    reader: AttentionLM,
    sizes: Sequence[int] = (4, 16),
    facts: Sequence[int] = (64, 256, 1024, 2048),
    seed: int = 0,
) -> pd.DataFrame:
    """Ask for facts held in networks of width H and for facts looked up, before and after a change.

    Returns
    -------
    pandas.DataFrame
        One row a number of facts and way of answering: ``facts, way`` ("weights" or "look-up"),
        ``H`` (0 for the look-up), ``N`` (parameters), ``accuracy``, ``after_change`` (accuracy on
        all facts once a quarter has changed: the store is updated, the weights are not), ``flop``
        (forward, an answer, two a weight used).
    """
    rng = np.random.default_rng([seed, 2])
    rows = []
    for n in facts:
        old = draw_facts(n, rng)
        edited = rng.random(n) < CHANGED
        shifted = HALF + (old.values - HALF + rng.integers(1, HALF, n)) % HALF
        new = Store(old.keys, np.where(edited, shifted, old.values))
        for H in sizes:
            model = memorise(old, H, seed)
            answers = model.logits(old.keys).argmax(-1)
            shares = [(answers == store.values).mean() for store in (old, new)]
            rows.append((n, "weights", H, model.N, *shares, model.flops_per_token() / 3))
        which = rng.integers(0, n, ASKED)
        shares = [
            (look_up(reader, store, which, rng) == store.values[which]).mean()
            for store in (old, new)
        ]
        length = 2 * CANDIDATES + 1
        flop = length * reader.flops_per_token(length, backward=False)
        rows.append((n, "look-up", 0, reader.N, *shares, flop))
    columns = ["facts", "way", "H", "N", "accuracy", "after_change", "flop"]
    return pd.DataFrame(rows, columns=columns)
