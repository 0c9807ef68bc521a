"""The reversal curse: a model that has learned "A is B" does not know "B is A".

An attention model reads `n` facts [@berglund2023reversal]. Half of them are seen in both
directions, so that the model has every occasion to learn that facts can be turned round; a quarter
only as "name is description", a quarter only as "description is name". It is then asked in both
directions.

Found (three seeds): every fact is known in the direction in which it was seen, and none of 150 in
the other; the right answer is as improbable as a random one (18.6 against 18.5 nats, seed 0). Two
layers, twice the width or twice the facts change nothing (one seed each). The facts here are random
pairs: real text has paraphrases and hints that may soften the effect, and this says nothing about
models that may look a fact up (`retrieval`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.attention import AttentionLM
from scaling_lib.models.softmax import log_softmax
from scaling_lib.tasks import relations
from scaling_lib.training import fit_model

ANSWER = 2  # tokens in an answer
BATCH = 64
GROUPS = ("both ways", "name first", "description first")  # half of the facts, a quarter, a quarter


def run(
    n: int = 100, seed: int = 0, d: int = 64, layers: int = 1, training_steps: int = 1500
) -> pd.DataFrame:
    """Train an attention model of width d on n facts and ask for each in both directions.

    Returns
    -------
    pandas.DataFrame
        One row for each group of facts and direction of the question: ``seen`` (one of `GROUPS`),
        ``asked`` ("name", "description": what is given), ``trained`` (whether this direction was
        seen), ``facts``, ``accuracy`` (both tokens right), ``log_p_right`` and ``log_p_random``
        (mean log-probability, nats, of the right answer, and of another fact's answer), ``seed``,
        ``N``.
    """
    rng = np.random.default_rng([seed, 1])
    facts = relations.draw(n, rng)
    groups = dict(zip(GROUPS, np.split(np.arange(n), (round(n / 2), round(0.75 * n))), strict=True))
    if min(len(groups["name first"]), len(groups["description first"])) == 0:
        raise ValueError(f"n must leave facts that are seen in one direction only, not {n}")
    name_first = np.concatenate([groups["both ways"], groups["name first"]])
    description_first = np.concatenate([groups["both ways"], groups["description first"]])
    sentences = np.concatenate([facts.forward(name_first), facts.backward(description_first)])

    model = AttentionLM(facts.V, sentences.shape[1] - 1, d, layers, heads=2, seed=seed)

    def batches():
        while True:
            x = sentences[rng.integers(0, len(sentences), BATCH)]
            targets = x[:, 1:].copy()
            targets[:, :-ANSWER] = -1  # the question itself is not a target
            yield x[:, :-1], targets

    fit_model(model, batches(), training_steps, lr=3e-3)

    rows = []
    for seen, which in groups.items():
        for asked, write in (("name", facts.forward), ("description", facts.backward)):
            right = write(which)
            answered = model.complete(right[:, :-ANSWER], ANSWER)
            wrong = np.concatenate([right[:, :-ANSWER], np.roll(right[:, -ANSWER:], 1, 0)], 1)
            rows.append(
                {
                    "seen": seen,
                    "asked": asked,
                    "trained": seen in ("both ways", f"{asked} first"),
                    "facts": len(which),
                    "accuracy": float((answered == right).all(1).mean()),
                    "log_p_right": answer_log_probability(model, right),
                    "log_p_random": answer_log_probability(model, wrong),
                    "seed": seed,
                    "N": model.N,
                }
            )
    return pd.DataFrame(rows)


def answer_log_probability(model: AttentionLM, sentences: np.ndarray) -> float:
    """Mean log-probability, in nats, of the answers that end sentences of shape (B, 5)."""
    log_p = log_softmax(model.logits(sentences[:, :-1]))[:, -ANSWER:]
    picked = np.take_along_axis(log_p, sentences[:, -ANSWER:, None], -1)
    return float(picked.sum((1, 2)).mean())


def summary(seeds: Sequence[int] = (0, 1, 2), training_steps: int = 1500) -> pd.DataFrame:
    """Repeat over seeds and pool the groups that were seen in one direction.

    Returns
    -------
    pandas.DataFrame
        One row a seed: accuracy ``both_ways`` (facts seen in both directions), ``as_seen`` and
        ``reversed`` (facts seen in one direction only).
    """

    def pooled(seed):
        table = run(seed=seed, training_steps=training_steps)
        both_ways = table.seen == "both ways"
        cases = {
            "both_ways": both_ways,
            "as_seen": ~both_ways & table.trained,
            "reversed": ~both_ways & ~table.trained,
        }
        parts = {name: table[chosen] for name, chosen in cases.items()}
        return {name: (p.accuracy * p.facts).sum() / p.facts.sum() for name, p in parts.items()}

    return tabulate(pooled, seed=list(seeds))
