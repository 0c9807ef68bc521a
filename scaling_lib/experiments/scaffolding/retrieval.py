"""Facts in the weights, and facts that are looked up, at equal numbers of parameters.

A fact is a key of three tokens and a value. **In the weights:** a network with one hidden layer is
trained on `n` facts and asked for all of them. **Looked up:** a small attention model, trained on
no fact but only on text that repeats itself (`in_context`), reads the answer off a handful of
candidate facts in front of the question; its size does not depend on `n`. The retriever that finds
them is not built: its recall is a parameter, by which the reader's accuracy is multiplied.
"""

import pathlib
from typing import NamedTuple

import numpy as np
import pandas as pd

from scaling_lib.data.checks import whole
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaling_hypothesis.in_context import passages
from scaling_lib.experiments.tabulate import SEEDS, tabulate
from scaling_lib.models import AttentionLM, OneHotLM
from scaling_lib.training import draw_batches, fit_model

TOKENS = 64  # the last token of a key is one of 0 ... 31, values are tokens 32 ... 63
HALF = TOKENS // 2
KEY = 3  # tokens of a key
BATCH = 256
LR = 0.04  # the best of 0.005 to 0.15 for 84 units on 8,192 facts, 1,200,000 examples
CHANGED = 0.25  # share of the facts whose value changes after training
CANDIDATES, ASKED = 8, 500  # facts retrieved for a question, and questions
SHIPPED_FACTS = (1024, 4096, 8192, 16_384)
SHIPPED_EXAMPLES = (300_000, 1_200_000, 4_800_000)  # facts shown in training, with repetitions
STOP = 0.999  # a memoriser that knows so many is not trained for longer


class Store(NamedTuple):
    """Facts: `keys` of shape (n, 3) and their `values` of shape (n,), all tokens."""

    keys: np.ndarray
    values: np.ndarray


def draw_facts(n: int, rng: np.random.Generator) -> Store:
    """Draw `n` facts (32 to 131,072) with different keys and random values."""
    whole(n, "n", HALF, TOKENS**2 * HALF)
    code = rng.permutation(TOKENS**2 * HALF)[:n]
    keys = np.stack([code // HALF // TOKENS, code // HALF % TOKENS, code % HALF], 1)
    return Store(keys, HALF + rng.integers(0, HALF, n))


def change_facts(facts: Store, rng: np.random.Generator) -> Store:
    """Give a quarter of the facts, at random, another value."""
    n = len(facts.values)
    shifted = HALF + (facts.values - HALF + rng.integers(1, HALF, n)) % HALF
    return Store(facts.keys, np.where(rng.random(n) < CHANGED, shifted, facts.values))


def candidates_for(
    facts: Store, which: np.ndarray, rng: np.random.Generator, recall=1.0
) -> np.ndarray:
    """Write what a retriever found in front of each question, shape (B, 2 * `CANDIDATES` + 1).

    `which` facts are asked for, shape (B,). The right fact is among the candidates with probability
    `recall`; the others are random, and all have different last tokens of the key. A row is the
    last token of a candidate's key, its value, and so on; at the end the last token of the key that
    is asked for.
    """
    asked = facts.keys[which, -1]
    context = np.empty((len(which), 2 * CANDIDATES + 1), int)
    for row, fact in enumerate(which.tolist()):
        found = [fact] if rng.random() < recall else []
        used = {int(asked[row])}
        while len(found) < CANDIDATES:
            other = int(rng.integers(len(facts.values)))
            token = int(facts.keys[other, -1])
            if token not in used:
                used.add(token)
                found.append(other)
        found = rng.permutation(found)
        context[row, 0:-1:2], context[row, 1:-1:2] = facts.keys[found, -1], facts.values[found]
    context[:, -1] = asked
    return context


def read_off(reader: AttentionLM, context: np.ndarray) -> np.ndarray:
    """Return the most probable value after each context, shape (B,)."""
    return HALF + reader.logits(context)[:, -1, HALF:].argmax(-1)


def train_reader(seed: int = 0, training_steps: int = 1000) -> AttentionLM:
    """Train the reader, on text that repeats itself and no facts."""
    model = AttentionLM(TOKENS, T=32, d=32, layers=2, heads=2, ff=2, seed=seed)
    batches = passages(np.random.default_rng([seed, 1]), 32, TOKENS, only_known=True)
    fit_model(model, batches, training_steps, lr=5e-3)
    return model


def in_weights(facts: int, H: int, seed=0, examples=SHIPPED_EXAMPLES) -> pd.DataFrame:
    """Ask for facts that are held in weights, before and after a quarter of them has changed.

    Columns: ``N`` (parameters), ``examples`` (shown in training, each a run with its own schedule),
    ``accuracy`` and ``after_change`` (nothing is trained again). Where `STOP` is reached the longer
    runs repeat the row.
    """
    rng = np.random.default_rng([seed, 2])
    old = draw_facts(facts, rng)
    new, rows, shares = change_facts(old, rng), [], [0.0]
    for shown in examples:
        if shares[0] < STOP:
            model = OneHotLM(TOKENS, KEY, H, seed)
            batches = draw_batches(*old, BATCH, np.random.default_rng([seed, 1]))
            fit_model(model, batches, shown // BATCH, LR)
            answers = model.logits(old.keys).argmax(-1)
            shares = [(answers == store.values).mean() for store in (old, new)]
        rows.append((model.N, shown, *shares))
    return pd.DataFrame(rows, columns=["N", "examples", "accuracy", "after_change"])


def looked_up(seed: int = 0) -> pd.DataFrame:
    """Ask for facts that are looked up, before and after a quarter of the store has changed."""
    reader, rows = train_reader(seed), []
    for n in SHIPPED_FACTS:
        rng = np.random.default_rng([seed, 2])
        old = draw_facts(n, rng)
        shares = []
        for store in (old, change_facts(old, rng)):
            which = rng.integers(0, n, ASKED)
            answers = read_off(reader, candidates_for(store, which, rng))
            shares.append((answers == store.values[which]).mean())
        rows.append((n, reader.N, *shares))
    return pd.DataFrame(rows, columns=["facts", "N", "accuracy", "after_change"])


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: facts in the weights by width and training, and looked up.

    84 units are as many parameters as the reader has.
    """
    weights = tabulate(in_weights, jobs, facts=SHIPPED_FACTS, H=[42, 84], seed=SEEDS)
    read = tabulate(looked_up, jobs, seed=SEEDS)
    table = pd.concat([weights.assign(way="weights"), read.assign(way="look-up")])
    columns = ["way", "facts", "H", "N", "examples", "seed", "accuracy", "after_change"]
    write_csv(table[columns].astype({"H": "Int64", "examples": "Int64"}).round(4), out)
