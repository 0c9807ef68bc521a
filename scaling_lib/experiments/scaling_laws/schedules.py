"""Why two papers disagreed on how to spend compute: what makes the short runs of a sweep too bad.

At equal compute the larger model has the shorter run. What spoils short runs more than long ones
lowers the best size, less so as budgets grow, and so the exponent comes out too high, as it may
have in [@kaplan2020scaling]. The same models of the synthetic language in five ways, three seeds:

- ``matched``: batch 64, warm-up over 5 % of the run, a cosine that ends with the run.
- ``constant``: a rate that is never brought down, read at D on the way to 2²⁰.
- ``long warm-up``: as matched, but with the warm-up of the longest run, 52,429 tokens, in each.
- ``long cosine``: one cosine that ends at 2²⁰, with that warm-up, read at D.
- ``large batch``: as matched, with 256 tokens a step; it and the long warm-up end at 2¹⁸ tokens.

Each is made at several multiples of the main sweep's learning-rate rule, and the run with the
lowest loss at its own end counts; none that counts is at the lowest or the highest multiple.
"""

import pathlib
from dataclasses import replace

import pandas as pd

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaling_laws.scaling_sweep import (
    ROOT,
    allocation_exponent,
    isoflop_minima,
    run_grid,
    unfinished,
    write_table,
)
from scaling_lib.training import TrainConfig, learning_rate_rule, read_grid, sweep

COLUMNS = ["method", "seed", "H", "lr", "N", "D", "C", "C_6ND", "loss", "entropy", "version"]
EARLY_FILE = "scaling_read_early.csv"
EARLY_COLUMNS = ["method", "factor", "seed", "H", "lr", "N", "D", "C", "loss"]
SHORT_WARMUP = 0.003  # share of 2²⁰ tokens
SPOILED = ("long warm-up", "large batch")
LONGEST_SPOILED = 2**18  # tokens
LONG_WARMUP = 0.05 * 2**20  # tokens
LARGE_BATCH = 256


def spoiled(config: TrainConfig, method: str) -> TrainConfig:
    """Return the run of a matched `config` by another method.

    A run that is shorter than the long warm-up ends on its way up, at its highest rate.
    """
    if method == "large batch":
        return replace(config, batch=LARGE_BATCH, lr=float(f"{2.5 * config.lr:.3g}"))
    return replace(config, warmup=min(0.999, LONG_WARMUP / config.D))


def best_rate(runs: pd.DataFrame) -> pd.DataFrame:
    """Keep, of the runs that differ in the learning rate alone, the one with the lowest end."""
    asked = runs["checkpoints"].fillna("").str.replace(r":\S+", "", regex=True)
    best = runs.groupby(["schedule", "seed", "D", "H", asked])["loss"].idxmin()
    return runs.loc[sorted(best)]


def best_end(losses: pd.DataFrame) -> pd.DataFrame:
    """Keep the losses of the rate that ends lowest, for each seed and size by itself.

    `losses` are those of one method of ``load("scaling_read_early")``, at any of its multiples
    of the rule.
    """
    ends = losses[losses["D"] == losses["D"].max()]
    best = ends.loc[ends.groupby(["seed", "H"])["loss"].idxmin(), ["seed", "H", "factor"]]
    return losses.merge(best)


def unfold(runs: pd.DataFrame) -> pd.DataFrame:
    """Turn the runs of ``sweeps/schedules.toml`` into one row for each loss that was read.

    The end of the long cosine is the matched run of that length.
    """
    rows = []
    for run in runs.fillna({"checkpoints": ""}).to_dict("records"):
        method = "constant" if run["schedule"] == "constant" else "long cosine"
        read = (pair.split(":") for pair in run["checkpoints"].split())
        losses = [(method, int(tokens), float(loss)) for tokens, loss in read]
        if run["schedule"] == "cosine":
            losses.append(("matched", run["D"], run["loss"]))
        for method, D, loss in losses:
            share = D / run["D"]
            spent = {"C": round(run["C"] * share), "C_6ND": round(run["C_6ND"] * share)}
            rows.append(run | spent | {"method": method, "D": D, "loss": loss})
    return pd.DataFrame(rows)[COLUMNS].sort_values(["method", "seed", "D", "H"], ignore_index=True)


def exponents(losses: pd.DataFrame, budgets: slice = slice(None)) -> pd.DataFrame:
    """Fit N_opt ∝ C^a for each method and seed, on lines of compute that all methods resolve.

    `losses` are those of ``load("scaling_schedules")``: ``C`` is the exact FLOP up to D; `budgets`
    chooses among the lines, the lowest first.
    Columns: ``method, seed, a``, its ``standard_error``, and ``lines``, how many minima it is drawn
    through.
    """
    minima = {key: isoflop_minima(group) for key, group in losses.groupby(["method", "seed"])}
    common = sorted(set.intersection(*(set(found.C) for found in minima.values())))[budgets]
    rows = []
    for key, found in minima.items():
        found = found[found.C.isin(common)]
        rows.append((*key, *allocation_exponent(found), len(found)))
    return pd.DataFrame(rows, columns=["method", "seed", "a", "standard_error", "lines"])


def spoiled_runs(grid: list[TrainConfig], method: str, jobs: int) -> pd.DataFrame:
    """Make the matched runs of a grid, up to 2¹⁸ tokens, by another method."""
    matched = [c for c in grid if c.schedule == "cosine" and c.D <= LONGEST_SPOILED]
    configs = {config.key: config for config in (spoiled(c, method) for c in matched)}
    runs = best_rate(sweep(configs.values(), jobs=jobs, out=unfinished(method)))
    return unfold(runs).assign(method=method)


def regenerate(out: pathlib.Path, jobs: int) -> None:
    """Make the shipped table again, and beside it the long runs with a short warm-up."""
    grid = read_grid(ROOT / "sweeps" / "schedules.toml")
    runs = run_grid("schedules", jobs)
    short = runs["warmup"] == SHORT_WARMUP
    early = unfold(runs[short]).query("method != 'matched'")
    rule = [learning_rate_rule(H, early["D"].max()) for H in early["H"]]
    # The rates are rounded to three digits.
    early = early.assign(factor=[float(f"{x:.2g}") for x in early["lr"] / rule])
    constant = best_end(early[early["method"] == "constant"])
    parts = [constant[COLUMNS], unfold(best_rate(runs[~short]))]
    matched = [config for config in grid if config.warmup != SHORT_WARMUP]
    parts += [spoiled_runs(matched, method, jobs) for method in SPOILED]
    table = pd.concat(parts).sort_values(["method", "seed", "D", "H"], ignore_index=True)
    early = early.sort_values(["method", "factor", "seed", "D", "H"])
    write_csv(early[EARLY_COLUMNS], out.with_name(EARLY_FILE))
    for name in ("schedules", *SPOILED):
        write_table(name, table, out)
