"""The reversal curse: a model that has learned "A is B" does not know "B is A".

An attention model reads facts [@berglund2023reversal]. A share of them is seen in both directions,
so that the model has every occasion to learn that facts can be turned round; half of the rest only
as "name is description", half only as "description is name". It is then asked in both directions.
The facts are random pairs (`scaling_lib.tasks.relations`): real text has paraphrases and hints, and
this says nothing about models that may look a fact up (`retrieval`).
"""

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.tabulate import SEEDS, learning_curve, shipped_map
from scaling_lib.models import AttentionLM
from scaling_lib.tasks import relations

ANSWER = 2  # tokens in an answer
BATCH = 64
#: Size of a network: name -> width and layers.
SIZES = {"small": (32, 1), "large": (64, 2)}
SHIPPED_STEPS = (750, 1500, 3000)
#: Designs of the shipped map: name -> arguments of `run`.
DESIGNS = {
    "half both ways": {"both": 0.5},
    "nine in ten": {"both": 0.9},
    "six times larger": {"both": 0.9, "size": "large"},
    "all tokens count": {"both": 0.9, "counted": "all"},
}


def split(n: int, both: float) -> list[np.ndarray]:
    """Split n facts into those seen both ways (a share `both`), name first, description first."""
    first = round(n * both)
    groups = np.split(np.arange(n), [first, (first + n) // 2])
    if min(map(len, groups)) == 0:
        raise ValueError(f"n and both must leave facts of each kind, not {n} and {both}")
    return groups


def accuracy(model: AttentionLM, sentences: np.ndarray) -> float:
    """Share of sentences (B, 5) whose last two tokens the model gives when it reads the others."""
    answered = model.complete(sentences[:, :-ANSWER], ANSWER)
    return float((answered == sentences).all(1).mean())


def batches(sentences: np.ndarray, rng: np.random.Generator, counted: str = "answer"):
    """Yield batches of sentences without end; the targets count the "answer", or "all" tokens."""
    one_of(counted, "counted", ("answer", "all"))
    while True:
        x = sentences[rng.integers(0, len(sentences), BATCH)]
        targets = x[:, 1:].copy()
        if counted == "answer":
            targets[:, :-ANSWER] = -1
        yield x[:, :-1], targets


def run(
    both=0.5, size="small", counted="answer", seed=0, n=200, steps=SHIPPED_STEPS
) -> pd.DataFrame:
    """Train a network on n facts, a share `both` of them in both directions.

    Columns: ``N``, ``step`` and shares of right answers: ``both_ways`` for the facts seen in both
    directions; ``as_seen`` and ``reversed`` for the others.
    """
    rng = np.random.default_rng([seed, 1])
    facts = relations.draw(n, rng)
    both_ways, name_first, description_first = split(n, both)

    def written(forward, backward):
        return np.concatenate([facts.forward(forward), facts.backward(backward)])

    shown = written(
        np.concatenate([both_ways, name_first]), np.concatenate([both_ways, description_first])
    )
    tests = {
        "both_ways": written(both_ways, both_ways),
        "as_seen": written(name_first, description_first),
        "reversed": written(description_first, name_first),
    }
    d, layers = SIZES[size]
    model = AttentionLM(facts.V, shown.shape[1] - 1, d, layers, heads=2, seed=seed)

    def measure(step):
        return {name: accuracy(model, test) for name, test in tests.items()}

    table = learning_curve(model, batches(shown, rng, counted), 3e-3, steps, measure)
    table.insert(0, "N", model.N)
    return table


def _run_design(design, seed):
    return run(seed=seed, **DESIGNS[design])


regenerate = shipped_map(_run_design, dict(design=list(DESIGNS), seed=SEEDS), places=4)
