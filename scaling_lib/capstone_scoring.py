"""What a commitment of the capstone is worth, from real runs.

Everything is measured in units of ``e``, the excess over the entropy of the best run known at the
hero budget: dialects differ in it by a factor of ten, and a thousandth of a nat is much in one and
nothing in another.

Allocation, 10 points. The committed run is trained. With regret ``r`` (its loss minus the best
known) the same loss could have been had for a share ``(1 + r/e)^(-1/g)`` of the compute, since the
excess along the frontier falls as ``C^-g``. The points are ten times that share.

Forecast, 10 points. They are ``10 (1 - S/(10 e))``, not less than 0, with ``S`` the interval score
[gneiting2007strictly] of the committed interval. Being linear in a proper score as long as points
are left, they reward the interval that you believe in.

The best known loss comes from a ladder of real runs, refined by a parabola; `BestKnown` has its
stated error.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .capstone import EXPLORE_SEED, HERO_FLOP, LEVEL, NotByTheRules, tokens_for
from .forecasting import interval_score
from .tasks.dialects import dialect
from .training import MACHINE_TOLERANCE, TrainConfig, train

LADDER = (64, 128, 256, 512, 1024)
"""Widths that are trained to find the best one."""

FRONTIER_EXPONENT = 0.37
"""Fall of the excess with compute along the frontier: median over ten dialects between 1/333 of the
hero budget and all of it (`instructor/capstone.md`)."""

NOISE = 0.02
"""Relative error of the best known excess, and of the excess of one run from seed to seed: smaller
differences mean nothing (`instructor/capstone.md`)."""

MOST_POINTS = 10.0
"""Points for each of the two parts."""


@dataclass(frozen=True)
class BestKnown:
    """The best that is known about a language at the hero budget.

    Attributes
    ----------
    H : float
        Width at the minimum.
    loss : float
        Loss there, nats per token; relative error of its excess about `NOISE`.
    entropy : float
        Entropy of the language.
    losses : dict of int to float
        Losses of the ladder by width.
    """

    H: float
    loss: float
    entropy: float
    losses: dict[int, float]

    @property
    def excess(self):
        """Loss above the entropy: the unit of both scores."""
        return self.loss - self.entropy


@dataclass(frozen=True)
class Result:
    """What a commitment earned.

    Attributes
    ----------
    loss : float
        Loss of the committed run, trained with `HERO_FLOP`.
    best : BestKnown
        The best known.
    regret : float
        `loss` minus the best known, nats per token; not less than 0.
    compute_share : float
        Share of the compute that would have been enough.
    interval_score : float
        Of the committed interval, nats per token; less is better.
    inside : bool
        Whether the interval held the loss.
    allocation_points, forecast_points : float
        Each from 0 to `MOST_POINTS`.
    """

    loss: float
    best: BestKnown
    regret: float
    compute_share: float
    interval_score: float
    inside: bool
    allocation_points: float
    forecast_points: float

    @property
    def points(self):
        """Sum of the two parts."""
        return self.allocation_points + self.forecast_points


def derived_seed(secret, purpose, name=""):
    """Derive a seed that cannot be guessed without the secret.

    Parameters
    ----------
    secret : str
        The instructor's.
    purpose : {"language", "hero"}
        What it is for.
    name : str
        Learner, class or whatever has a seed of its own.

    Returns
    -------
    int
        From 0 to 2³¹ − 1.

    Examples
    --------
    >>> derived_seed("public", "language", "ada")
    1
    """
    text = f"{len(secret)}:{secret}:capstone:{purpose}:{name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % 2**31


@lru_cache(maxsize=256)
def hero_loss(task_seed, H, seed):
    """Train a hero run: about five CPU seconds.

    Parameters
    ----------
    task_seed : int
        Seed of the language.
    H : int
        Width; the tokens are what `HERO_FLOP` buys.
    seed : int
        Seed of weights and sample; learners need not know it.

    Returns
    -------
    float
        Test loss, nats per token; infinite if the run diverged.
    """
    config = TrainConfig(
        task="dialect", task_seed=task_seed, H=H, D=tokens_for(H, HERO_FLOP), seed=seed
    )
    loss = train(config).loss
    return loss if math.isfinite(loss) else math.inf


def best_known(task_seed, seed, hero=hero_loss):
    """Find the best loss at the hero budget by a ladder of real runs.

    Parameters
    ----------
    task_seed, seed : int
        As for `hero_loss`.
    hero : callable
        Replaces `hero_loss`, for example by one that keeps its losses in a file.

    Returns
    -------
    BestKnown
    """
    losses = {H: hero(task_seed, H, seed) for H in LADDER}
    return minimum(losses, dialect(task_seed).entropy)


def minimum(losses, entropy):
    """Refine the best rung of a ladder by a parabola.

    The parabola goes through the lowest three neighbours, log excess against log width.

    Parameters
    ----------
    losses : mapping of int to float
        Loss by width, three or more.
    entropy : float
        Entropy of the language.

    Returns
    -------
    BestKnown
        At the best rung itself if it is the first or the last one.
    """
    widths = sorted(losses)
    excess = np.array([losses[H] for H in widths]) - entropy
    lowest = int(excess.argmin())
    best = (float(widths[lowest]), float(excess[lowest]))
    if 0 < lowest < len(widths) - 1 and np.isfinite(excess[lowest - 1 : lowest + 2]).all():
        near = slice(lowest - 1, lowest + 2)
        x, y = np.log(widths[near]), np.log(excess[near])
        a, b, c = np.polyfit(x - x[1], y, 2)
        best = (float(np.exp(x[1] - b / (2 * a))), float(np.exp(c - b**2 / (4 * a))))
    return BestKnown(best[0], entropy + best[1], entropy, dict(losses))


def score(commitment, loss, best):
    """Score a commitment when the loss of its run is known.

    Parameters
    ----------
    commitment : Commitment
        What was committed.
    loss : float
        Loss of the committed run.
    best : BestKnown
        The best known.

    Returns
    -------
    Result
    """
    regret = max(0.0, loss - best.loss)
    share = (1 + regret / best.excess) ** (-1 / FRONTIER_EXPONENT)
    if math.isfinite(loss):
        S = float(interval_score(commitment.low, commitment.high, loss, LEVEL))
    else:
        S = math.inf
    return Result(
        loss=loss,
        best=best,
        regret=regret,
        compute_share=share,
        interval_score=S,
        inside=commitment.low <= loss <= commitment.high,
        allocation_points=MOST_POINTS * share,
        forecast_points=MOST_POINTS * max(0.0, 1 - S / (10 * best.excess)),
    )


def retrain(submission):
    """Train again what a submission says it bought, and compare.

    Parameters
    ----------
    submission : Submission
        From `capstone.read_submission`.

    Raises
    ------
    NotByTheRules
        If a loss is not what the run gives: somebody wrote it.
    """
    for run in submission.runs.itertuples():
        config = TrainConfig(
            task="dialect",
            task_seed=submission.task_seed,
            H=int(run.H),
            D=int(run.D),
            seed=EXPLORE_SEED,
        )
        loss = train(config).loss
        same = math.isclose(run.loss, loss, rel_tol=MACHINE_TOLERANCE)
        if not same and not (math.isnan(run.loss) and math.isnan(loss)):
            raise NotByTheRules(
                f"the run with H={run.H}, D={run.D} is in the ledger with loss {run.loss:.4f}; "
                f"trained again it gives {loss:.4f}"
            )
