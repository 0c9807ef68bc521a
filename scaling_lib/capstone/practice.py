"""Practice: ten languages whose hero runs are known, and made-up ones whose law is.

`load("capstone_practice")` has dialects 0 to 9 at the hero budget of 5·10¹¹ FLOP: five widths each;
between them, further widths of three languages, to check the curve that is drawn through the five;
and two widths of two languages with three further seeds of weights and sample, for the noise.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from scaling_lib.capstone.game import (
    EXPLORE_FLOP,
    HERO_FLOP,
    WIDTHS,
    config_of,
    make_commitment,
    parameters,
    tokens_for,
)
from scaling_lib.capstone.scoring import LADDER, HeroCurve, score
from scaling_lib.data import load
from scaling_lib.data.checks import probability, whole
from scaling_lib.data.files import write_csv
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN
from scaling_lib.training.run import train
from scaling_lib.training.sweeps import sweep

SEED = 1000  # of weights and samples; exploring runs have another one
LANGUAGES = range(10)
BETWEEN = {"task_seeds": (1, 4, 8), "widths": (91, 181, 362, 724)}
NOISE = {"task_seeds": (1, 4), "widths": (128, 256), "seeds": (1001, 1002, 1003)}
COLUMNS = ["task_seed", "seed", "H", "N", "D", "C_6ND", "loss", "entropy", "version"]
RELATIVE_NOISE = 0.015  # of the excess of a made-up run, about that of real ones


def practise(task_seed, plan, decide, other=None, share=0.5):
    """Play a whole game on a practice language, or on one between two, and score it.

    The runs of the plan are trained; the hero run is read from the curve through the shipped ones.
    Between two languages entropies are averaged, and so are logarithms of the excess. Returns a
    `Result`; `ValueError` if the plan costs more than the budget, or the decision is no commitment.

    Parameters
    ----------
    task_seed, other : int
        The language, from 0 to 9, and a second one with the weight `share`, from 0 to 1.
    plan : sequence of (int, int)
        Width and tokens of each run to buy.
    decide : callable
        ``decide(H, N, D, loss, entropy)`` gets four arrays, one entry a run, and the entropy, and
        returns ``(H, loss, low, high)``: what to commit to.
    """
    curve, runs = practice_curve(task_seed), explore(task_seed, plan)
    if other is not None:
        probability(share, "share")
        curves, losses = (curve, practice_curve(other)), (runs[3], explore(other, plan)[3])
        entropy = np.average([c.entropy for c in curves], weights=(1 - share, share))

        def between(pair):
            logs = [np.log(loss - c.entropy) for loss, c in zip(pair, curves, strict=True)]
            return entropy + np.exp(np.average(logs, axis=0, weights=(1 - share, share)))

        runs = (*runs[:3], between(losses))
        curve = HeroCurve({H: between([c.losses[H] for c in curves]) for H in LADDER}, entropy)
    decision = decide(*runs, curve.entropy)
    commitment = make_commitment(*decision, entropy=curve.entropy)
    return score(commitment, curve.loss_at(commitment.H), curve)


def explore(task_seed, plan):
    """Train the runs of a plan without a ledger: widths, parameters, tokens, losses (arrays)."""
    H, N, D = _columns(plan)
    return H, N, D, np.array([practice_loss(task_seed, width, tokens) for width, tokens in plan])


def made_up(plan, E, A, alpha, B, beta, noise=None):
    """Return runs and hero runs of a made-up language, ``E + A/N^alpha + B/D^beta``.

    The plan is as for `practise`, the constants are in nats, parameters and tokens; `noise`, a
    numpy generator, adds a relative error to the excess of each run. Returns what a decision gets,
    ``H, N, D, loss`` (arrays) and `E`, and the loss at the hero budget by width (dict).
    """
    H, N, D = _columns(plan)
    excess = A / N**alpha + B / D**beta
    if noise is not None:
        excess = excess * np.exp(noise.normal(0, RELATIVE_NOISE, len(H)))
    sizes = np.array([parameters(width) for width in WIDTHS])
    heroes = E + A / sizes**alpha + B / (HERO_FLOP / (FLOP_PER_PARAMETER_TOKEN * sizes)) ** beta
    return (H, N, D, E + excess, E), dict(zip(WIDTHS, heroes.tolist(), strict=True))


def _columns(plan):
    """Return the widths, parameters and tokens of a plan that the budget covers, as arrays."""
    runs = [(H, parameters(H), whole(D, "D")) for H, D in plan]
    price = sum(FLOP_PER_PARAMETER_TOKEN * N * D for _, N, D in runs)
    if price > EXPLORE_FLOP:
        raise ValueError(f"the plan costs {price:.4g} FLOP, more than {EXPLORE_FLOP:.4g}")
    return map(np.array, zip(*runs, strict=True))


@lru_cache(maxsize=4096)
def practice_loss(task_seed, H, D):
    """Train an exploring run of a language, or remember it."""
    return train(config_of(H, D, task_seed)).loss


def practice_curve(task_seed):
    """Return the `HeroCurve` of a practice language, from the shipped table."""
    whole(task_seed, "task_seed", LANGUAGES[0], LANGUAGES[-1])
    runs = load("capstone_practice").query("task_seed == @task_seed and seed == @SEED")
    return _curve(runs[runs.H.isin(LADDER)])


def _curve(rungs):
    return HeroCurve(dict(zip(rungs.H, rungs.loss, strict=True)), float(rungs.entropy.iloc[0]))


def curve_errors():
    """Compare the curve through the ladder with runs between its rungs, in a table.

    Columns: ``task_seed``, ``H``, ``excess`` (nats per token, measured) and ``error`` of the curve,
    relative to the excess.
    """
    runs = load("capstone_practice")
    rows = []
    for task_seed, group in runs[runs.seed == SEED].groupby("task_seed"):
        on_ladder = group.H.isin(LADDER)
        curve = _curve(group[on_ladder])
        for run in group[~on_ladder].itertuples():
            excess = run.loss - run.entropy
            rows.append((task_seed, run.H, excess, (curve.loss_at(run.H) - run.loss) / excess))
    return pd.DataFrame(rows, columns=["task_seed", "H", "excess", "error"])


def seed_noise():
    """Return the standard deviation of the excess over seeds, relative to its mean.

    A Series by ``task_seed`` and ``H``, where there is more than one seed.
    """
    runs = load("capstone_practice")
    excess = (runs.loss - runs.entropy).groupby([runs.task_seed, runs.H])
    spread = excess.std(ddof=1) / excess.mean()
    return spread[np.asarray(excess.size() > 1)]


def grid():
    """Return every run of the shipped table as (task_seed, H, seed)."""
    runs = [(t, H, SEED) for t in LANGUAGES for H in LADDER]
    runs += [(t, H, SEED) for t in BETWEEN["task_seeds"] for H in BETWEEN["widths"]]
    return runs + [
        (t, H, s) for t in NOISE["task_seeds"] for s in NOISE["seeds"] for H in NOISE["widths"]
    ]


def regenerate(out, jobs):
    """Make the shipped table again, in a file `out`."""
    configs = [config_of(H, tokens_for(H, HERO_FLOP), t, seed) for t, H, seed in grid()]
    table = sweep(configs, jobs=jobs)
    write_csv(table[COLUMNS].sort_values(["task_seed", "seed", "H"]), out, digits=7)
