"""Adders of several widths, trained for longer and longer: the leap moves to smaller sizes.

The networks of `emergence`, each with its own learning-rate schedule for each training time.
"""

from scaling_lib.experiments.scaling_hypothesis.emergence import evaluate, train_adder
from scaling_lib.experiments.tabulate import SEEDS, shipped_map


def run(H: int, step: int, seed: int = 0) -> dict[str, float]:
    """Train an adder of width H for so many steps; return ``N`` and its scores by `evaluate`."""
    model = train_adder(H, seed, step)
    scores = evaluate(model)
    kept = ("loss", "token_accuracy", "exact_match")
    return {"N": model.N} | {name: scores[name] for name in kept}


regenerate = shipped_map(
    run, dict(H=[24, 32, 48], step=[1500, 3000, 6000, 12_000], seed=SEEDS), places=4
)
