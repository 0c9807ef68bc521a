"""Adders of several widths, trained for longer and longer: the leap moves to smaller sizes.

The networks of `emergence`, each with its own learning-rate schedule for each training time.
"""

from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.experiments.tabulate import shipped_map


def run(H: int, step: int, seed: int = 0) -> dict[str, float]:
    """Train an adder of width H for so many steps; return ``N``, ``C`` (FLOP) and its scores."""
    model = emergence.train_adder(H, seed, step)
    C = float(step * emergence.BATCH * model.flops_per_example())
    return {"N": model.N, "C": C} | emergence.evaluate(model)


regenerate = shipped_map(
    run,
    dict(H=[24, 32, 48, 64], step=[1500, 3000, 6000, 12_000], seed=emergence.SHIPPED_SEEDS),
    places=4,
)
