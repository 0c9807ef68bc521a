"""Why two papers disagreed on how to spend compute: what a checkpoint of a longer run is worth.

A loss for D tokens can be had in two ways: train a model whose learning-rate schedule ends at D, or
read a longer run on its way. The second is cheaper and unfair to the short runs, whose learning
rate has not come down yet. Both ways on the same models, three seeds, batch 64 throughout:

- ``matched``: a cosine that ends at this D.
- ``long cosine``: one cosine that ends at 2²⁰, read at D.
- ``constant``: a lower rate, never brought down, read at D.

Each run was made at two learning rates (0.4 and 1 times the rule of the main sweep, 0.2 and 0.5
times for the constant rate), and the one with the lower loss at its own end counts.

Found: N_opt ∝ C^a with a = 0.40, 0.39, 0.40 for matched runs (seeds 0, 1, 2; standard error of
each fit 0.014), 0.44, 0.47, 0.49 for the long cosine (0.03 to 0.05) and 0.44, 0.43, 0.47 for the
constant rate (0.01 to 0.02), all on the same seven lines of compute. Reading checkpoints overstates
how fast the best size grows, in the direction in which [@kaplan2020scaling] differ from
[@hoffmann2022training], though by much less. Batch and learning rate move the exponent as much:
with both tuned the main sweep has 0.36, and with the main sweep's learning rates, too high for this
batch in long runs, the three methods had 0.46, 0.53 and 0.46 (an earlier set of runs, which does
not ship).
"""

import pathlib

import pandas as pd

from scaling_lib.data import load
from scaling_lib.experiments.scaling_laws.scaling_sweep import (
    allocation_exponent,
    isoflop_minima,
    run_grid,
    write_table,
)

COLUMNS = ["method", "seed", "H", "lr", "N", "D", "C", "C_6ND", "loss", "entropy", "version"]


def shipped() -> pd.DataFrame:
    """Read the shipped losses.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``seed``, ``H``, ``lr``, ``N``, ``D``, ``C`` (exact FLOP up to D), ``C_6ND``,
        ``loss`` and ``entropy`` (nats per token).
    """
    return load("scaling_schedules")


def better_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Keep, of the runs that differ in the learning rate alone, the one with the lowest end."""
    asked = runs["checkpoints"].fillna("").str.replace(r":\S+", "", regex=True)
    best = runs.groupby(["schedule", "seed", "D", "H", asked])["loss"].idxmin()
    return runs.loc[sorted(best)]


def unfold(runs: pd.DataFrame) -> pd.DataFrame:
    """Turn the runs of ``sweeps/schedules.toml`` into one row for each loss that was read.

    The end of the long cosine is the matched run of that length.
    """
    rows = []
    for run in runs.to_dict("records"):
        pairs = str(run["checkpoints"]).split() if run["checkpoints"] == run["checkpoints"] else []
        read = {int(tokens): float(loss) for tokens, loss in (p.split(":") for p in pairs)}
        method = "constant" if run["schedule"] == "constant" else "long cosine"
        losses = [(method, D, loss) for D, loss in read.items()]
        if run["schedule"] == "cosine":
            losses.append(("matched", run["D"], run["loss"]))
        for method, D, loss in losses:
            share = D / run["D"]
            spent = {"C": round(run["C"] * share), "C_6ND": round(run["C_6ND"] * share)}
            rows.append(run | spent | {"method": method, "D": D, "loss": loss})
    return pd.DataFrame(rows)[COLUMNS].sort_values(["method", "seed", "D", "H"], ignore_index=True)


def exponents(losses: pd.DataFrame) -> pd.DataFrame:
    """Fit N_opt ∝ C^a for each method and seed, on lines of compute that all methods resolve.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``seed``, ``a``, its ``standard_error``, and ``lines``, how many minima it is
        drawn through.
    """
    minima = {key: isoflop_minima(group) for key, group in losses.groupby(["method", "seed"])}
    common = set.intersection(*(set(found.C) for found in minima.values()))
    rows = []
    for (method, seed), found in minima.items():
        found = found[found.C.isin(common)]
        rows.append((method, seed, *allocation_exponent(found), len(found)))
    return pd.DataFrame(rows, columns=["method", "seed", "a", "standard_error", "lines"])


def regenerate(out: pathlib.Path, jobs: int) -> None:
    """Make the shipped table again."""
    write_table("schedules", unfold(better_rate(run_grid("schedules", jobs))), out)
