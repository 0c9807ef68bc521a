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

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.models.attention import AttentionLM
from scaling_lib.models.mlp import log_softmax, steps
from scaling_lib.models.optimizers import Adam, cosine_schedule
from scaling_lib.tasks import relations

ANSWER = 2  # tokens in an answer


def run(
    n: int = 100,
    both: float = 0.5,
    seed: int = 0,
    d: int = 64,
    layers: int = 1,
    training_steps: int = 1500,
    batch: int = 64,
    lr: float = 3e-3,
) -> pd.DataFrame:
    """Train on `n` facts and ask for each in both directions.

    Parameters
    ----------
    n : int
        Number of facts, at least 4.
    both : float
        Share of facts that are seen in both directions; half of the others is seen only as
        "name is description", the rest only as "description is name".
    seed : int
        Seeds the facts, the weights and the order.
    d, layers : int
        Width and blocks of the attention model (two heads).
    training_steps, batch : int
        Adam steps with cosine decay, and sentences in each.
    lr : float
        Peak learning rate.

    Returns
    -------
    pandas.DataFrame
        One row for each group of facts and direction of the question: ``seen`` ("both ways",
        "name first", "description first"), ``asked`` ("name", "description": what is given),
        ``trained`` (whether this direction was seen), ``facts``, ``accuracy`` (both tokens right),
        ``log_p_right`` and ``log_p_random`` (mean log-probability, nats, of the right answer, and
        of another fact's answer), ``seed``, ``N``.

    Raises
    ------
    ValueError
        If `both` is not a share or a group is empty.
    """
    if not 0 <= both < 1:
        raise ValueError(f"both must be a share in [0, 1), got {both}")
    rng = np.random.default_rng([seed, 1])
    facts = relations.draw(n, rng)
    cut = round(both * n), round((1 + both) / 2 * n)
    groups = dict(
        zip(
            ("both ways", "name first", "description first"),
            np.split(np.arange(n), cut),
            strict=True,
        )
    )
    if min(len(groups["name first"]), len(groups["description first"])) == 0:
        raise ValueError(f"n={n} facts leave no fact that is seen in one direction only")
    name_first = np.concatenate([groups["both ways"], groups["name first"]])
    description_first = np.concatenate([groups["both ways"], groups["description first"]])
    sentences = np.concatenate([facts.forward(name_first), facts.backward(description_first)])

    model = AttentionLM(facts.V, sentences.shape[1] - 1, d, layers, heads=2, seed=seed)

    def batches():
        for _ in range(training_steps):
            x = sentences[rng.integers(0, len(sentences), batch)]
            targets = x[:, 1:].copy()
            targets[:, :-ANSWER] = -1  # the question itself is not a target
            yield x[:, :-1], targets

    schedule = lambda t: cosine_schedule(t, training_steps, lr)  # noqa: E731
    for _ in steps(model, Adam(model.theta), batches(), schedule):
        pass

    rows = []
    for seen, which in groups.items():
        for asked, write in (("name", facts.forward), ("description", facts.backward)):
            if not len(which):
                continue
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
    """Return the mean log-probability, in nats, of the answers that end the sentences.

    Parameters
    ----------
    model : AttentionLM
        A trained model.
    sentences : numpy.ndarray of int, shape (B, 5)
        Question and answer.

    Returns
    -------
    float
    """
    log_p = log_softmax(model.logits(sentences[:, :-1]))[:, -ANSWER:]
    picked = np.take_along_axis(log_p, sentences[:, -ANSWER:, None], -1)
    return float(picked.sum((1, 2)).mean())


def summary(seeds: Sequence[int] = (0, 1, 2), **settings) -> pd.DataFrame:
    """Repeat over seeds and pool the groups that were seen in one direction.

    Parameters
    ----------
    seeds : sequence of int
        One set of facts and one model each.
    **settings
        Passed on to `run`.

    Returns
    -------
    pandas.DataFrame
        One row a seed: accuracy ``both_ways`` (facts seen in both directions), ``as_seen`` and
        ``reversed`` (facts seen in one direction only).
    """
    rows = []
    for seed in seeds:
        table = run(seed=seed, **settings)
        both_ways = table.seen == "both ways"
        cases = {
            "both_ways": both_ways,
            "as_seen": ~both_ways & table.trained,
            "reversed": ~both_ways & ~table.trained,
        }
        row = {"seed": seed}
        for name, chosen in cases.items():
            part = table[chosen]
            right = (part.accuracy * part.facts).sum()
            row[name] = right / part.facts.sum() if len(part) else np.nan
        rows.append(row)
    return pd.DataFrame(rows)
