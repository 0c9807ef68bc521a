"""Adders of several widths, trained for longer and longer: the leap moves to smaller sizes.

The networks of `emergence`, each with its own learning-rate schedule for each training time.
"""

import pathlib

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaling_hypothesis.emergence import evaluate, train_adder
from scaling_lib.experiments.tabulate import tabulate

SHIPPED_HS = (24, 32, 48)
SHIPPED_STEPS = (1500, 3000, 6000, 12_000)
SHIPPED_SEEDS = (0, 1, 2)


def run(H: int, step: int, seed: int = 0) -> dict[str, float]:
    """Train an adder of width H for so many steps; return ``N`` and its scores by `evaluate`."""
    model = train_adder(H, seed, step)
    scores = evaluate(model)
    kept = ("loss", "token_accuracy", "exact_match")
    return {"N": model.N} | {name: scores[name] for name in kept}


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: three widths, four training times, three seeds."""
    grid = {"H": list(SHIPPED_HS), "step": list(SHIPPED_STEPS), "seed": list(SHIPPED_SEEDS)}
    write_csv(tabulate(run, jobs, **grid).round(4), out)
