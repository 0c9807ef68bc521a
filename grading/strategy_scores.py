"""What the strategies earn on ten languages that none of them has practised on.

The hero runs are read from the curve through five real ones of the language, as in practice: its
error is some two per cent of the excess, half a point at most.
"""

import pandas as pd

from grading.strategies import STRATEGIES, explore
from scaling_lib.capstone.game import make_commitment
from scaling_lib.capstone.scoring import HeroCurve, hero_curve, hero_loss, score
from scaling_lib.data import load
from scaling_lib.data.files import write_csv
from scaling_lib.tasks.dialects import dialect

LANGUAGES = range(100, 110)
"""Neither practice languages (0 to 9) nor any that the game draws (from 1000)."""

HERO_SEED = 1000


def play_all(task_seed, curve):
    """Play the strategies on one language.

    Parameters
    ----------
    task_seed : int
        The language.
    curve : HeroCurve
        Its hero runs.

    Returns
    -------
    list of dict
        A row a strategy.
    """
    rows = []
    for strategy in STRATEGIES:
        decision = strategy.decide(*explore(task_seed, strategy.plan), curve.entropy)
        commitment = make_commitment(*decision)
        result = score(commitment, curve.loss_at(commitment.H), curve)
        row = {"strategy": strategy.name, "task_seed": task_seed, "entropy": curve.entropy}
        row |= {name: getattr(commitment, name) for name in ("H", "low", "high")}
        names = ("loss", "best_H", "best_loss", "regret", "interval_score", "inside")
        names += ("allocation_points", "forecast_points", "points")
        row |= {name: getattr(result, name) for name in names}
        rows.append(row | {f"hero_{H}": loss for H, loss in curve.losses.items()})
    return rows


def shipped_curve(task_seed):
    """Return the hero runs of a language from the shipped table."""
    row = load("capstone_scores").query("task_seed == @task_seed").iloc[0]
    losses = {int(name[5:]): row[name] for name in row.index if name.startswith("hero_")}
    return HeroCurve(losses, dialect(task_seed).entropy)


def regenerate(out, jobs=1, hero=hero_loss):
    """Make the shipped table again.

    Parameters
    ----------
    out : pathlib.Path
        The CSV file.
    jobs : int
        Not used: the runs are few, and each uses one processor.
    hero : callable
        Replaces `scaling_lib.capstone.scoring.hero_loss`.
    """
    rows = [row for t in LANGUAGES for row in play_all(t, hero_curve(t, HERO_SEED, hero))]
    write_csv(pd.DataFrame(rows), out, digits=8)
