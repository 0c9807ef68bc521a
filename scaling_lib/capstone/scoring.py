"""What a commitment of the capstone is worth.

Everything is measured in units of ``e``, the excess over the entropy of the best run known at the
hero budget: dialects differ in it by a factor of seven, and a thousandth of a nat is much in one
and little in another.

Allocation, 10 points. With regret ``r`` (the loss of the committed run minus the best known) the
same loss could have been had for a share ``(1 + r/e)^(-1/g)`` of the compute, since the excess
along the frontier falls about as ``C^-g``. The points are ten times that share.

Forecast, 10 points. They are ``10 (1 - S/(10 e))``, not less than 0, with ``S`` the interval score
[gneiting2007strictly] of the committed interval. Being linear in a proper score as long as points
are left, they reward the interval that you believe in.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from scaling_lib.capstone.game import (
    EXPLORE_FLOP,
    EXPLORE_SEED,
    HERO_FLOP,
    LEVEL,
    WIDTHS,
    NotByTheRules,
    make_commitment,
    parameters,
    tokens_for,
)
from scaling_lib.data import load
from scaling_lib.forecasting.scores import interval_score
from scaling_lib.tasks.dialects import dialect
from scaling_lib.training.run import MACHINE_TOLERANCE, TrainConfig, train

LADDER = (64, 128, 256, 512, 1024)
"""Widths that are trained with the hero budget to find the best one."""

FRONTIER_EXPONENT = 0.37
"""``g``: fall of the excess with compute along the frontier, from 1/333 of the hero budget to all
of it, median over the practice languages."""

MOST_POINTS = 10.0
"""Points for each of the two parts."""


class HeroCurve:
    """Loss at the hero budget by width, for one language: a curve through real runs.

    A cubic spline of log excess in log width through the runs of a ladder; beyond its ends, a
    straight line.

    Parameters
    ----------
    losses : mapping of int to float
        Loss by width, three or more.
    entropy : float
        Entropy of the language, nats per token.

    Attributes
    ----------
    best_H : float
        Width at the minimum of the curve.
    best_loss : float
        Loss there, nats per token.

    Raises
    ------
    ValueError
        If there are fewer than three runs, or a loss is not above the entropy.
    """

    def __init__(self, losses, entropy):
        self.losses, self.entropy = dict(sorted(losses.items())), entropy
        excess = np.array(list(self.losses.values())) - entropy
        if len(excess) < 3 or not (np.isfinite(excess) & (excess > 0)).all():
            raise ValueError("a curve needs three runs whose losses are above the entropy")
        self._x, y = np.log(list(self.losses)), np.log(excess)
        self._spline = CubicSpline(self._x, y)
        fine = np.linspace(self._x[0], self._x[-1], 2001)
        self.best_H = float(np.exp(fine[self._spline(fine).argmin()]))
        self.best_loss = self.loss_at(self.best_H)

    @property
    def excess(self):
        """Best loss above the entropy: the unit of both scores."""
        return self.best_loss - self.entropy

    def loss_at(self, H):
        """Return the loss of a hero run of width `H`, read from the curve."""
        x = math.log(H)
        inside = min(max(x, self._x[0]), self._x[-1])
        log_excess = self._spline(inside) + (x - inside) * self._spline(inside, 1)
        return self.entropy + float(np.exp(log_excess))


@dataclass(frozen=True)
class Result:
    """What a commitment earned.

    Attributes
    ----------
    loss : float
        Loss of the committed run, nats per token.
    best_H, best_loss : float
        The best known width and loss at the hero budget.
    entropy : float
        Entropy of the language.
    regret : float
        `loss` minus `best_loss`, nats per token; not less than 0.
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
    best_H: float
    best_loss: float
    entropy: float
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
        From 1000, so that it is never a practice language, to 2³¹.
    """
    text = f"{len(secret)}:{secret}:capstone:{purpose}:{name}"
    return 1000 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % (2**31 - 1000)


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
        Seed of weights and sample; learners do not know it.

    Returns
    -------
    float
        Test loss, nats per token; infinite if the run diverged.
    """
    loss = _train(task_seed, H, tokens_for(H, HERO_FLOP), seed)
    return loss if math.isfinite(loss) else math.inf


def hero_curve(task_seed, seed, hero=hero_loss):
    """Train the ladder of a language: about half a CPU minute.

    Parameters
    ----------
    task_seed, seed : int
        As for `hero_loss`.
    hero : callable
        Replaces `hero_loss`, for example by one that keeps its losses in a file.

    Returns
    -------
    HeroCurve
    """
    return HeroCurve({H: hero(task_seed, H, seed) for H in LADDER}, dialect(task_seed).entropy)


def practice_curve(task_seed):
    """Read the hero runs of a practice language from the shipped table.

    Parameters
    ----------
    task_seed : int
        From 0 to 9.

    Returns
    -------
    HeroCurve

    Raises
    ------
    ValueError
        If the language is none of those.
    """
    runs = load("capstone_practice")
    known = sorted(map(int, runs.task_seed.unique()))
    if task_seed not in known:
        raise ValueError(f"the practice languages are {known[0]} to {known[-1]}, not {task_seed!r}")
    rungs = runs[(runs.task_seed == task_seed) & runs.H.isin(LADDER)]
    first = rungs[rungs.seed == rungs.seed.min()]
    return HeroCurve(dict(zip(first.H, first.loss, strict=True)), float(first.entropy.iloc[0]))


def practise(task_seed, plan, decide):
    """Play a whole game on a practice language, and score it.

    The runs of the plan are trained; the hero run is read from the curve through the shipped ones.

    Parameters
    ----------
    task_seed : int
        From 0 to 9.
    plan : sequence of (int, int)
        Width and tokens of each run to buy.
    decide : callable
        ``decide(H, N, D, loss, entropy)`` gets four arrays, one entry a run, and the entropy, and
        returns ``(H, loss, low, high)``: what to commit to.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If the plan costs more than the budget, or the decision is no valid commitment.
    """
    curve = practice_curve(task_seed)
    _check_price(plan)
    runs = [(H, parameters(H), D) for H, D in plan]
    losses = [practice_loss(task_seed, H, D) for H, _, D in runs]
    columns = [np.array(column) for column in zip(*runs, strict=True)]
    commitment = make_commitment(*decide(*columns, np.array(losses), curve.entropy))
    return score(commitment, curve.loss_at(commitment.H), curve)


def made_up(plan, E, A, alpha, B, beta, noise=None):
    """Return runs and hero runs of a made-up language, ``E + A/N^alpha + B/D^beta``.

    Parameters
    ----------
    plan : sequence of (int, int)
        Width and tokens of each run.
    E, A, alpha, B, beta : float
        Constants of the additive law, in nats, parameters and tokens.
    noise : numpy.random.Generator, optional
        Adds a relative error of 1.5 % to the excess of each run of the plan.

    Returns
    -------
    runs : tuple
        What a decision gets: ``H, N, D, loss`` (arrays) and `E`.
    heroes : dict of int to float
        Loss at the hero budget by width.

    Raises
    ------
    ValueError
        If the plan costs more than the budget, or a width is out of range.
    """
    _check_price(plan)
    H, D = np.array(plan).T
    N = np.array([parameters(width) for width in H])
    excess = A / N**alpha + B / D**beta
    if noise is not None:
        excess = excess * np.exp(noise.normal(0, 0.015, len(H)))
    sizes = np.array([parameters(width) for width in WIDTHS])
    heroes = E + A / sizes**alpha + B / (HERO_FLOP / (6 * sizes)) ** beta
    return (H, N, D, E + excess, E), dict(zip(WIDTHS, heroes.tolist(), strict=True))


def _check_price(plan):
    price = sum(6 * parameters(H) * D for H, D in plan)
    if price > EXPLORE_FLOP:
        raise ValueError(f"the plan costs {price:.4g} FLOP, more than {EXPLORE_FLOP:.4g}")


@lru_cache(maxsize=4096)
def practice_loss(task_seed, H, D):
    """Train an exploring run of a practice language, or remember it."""
    return _train(task_seed, H, D, EXPLORE_SEED)


def score(commitment, loss, curve):
    """Score a commitment when the loss of its run is known.

    Parameters
    ----------
    commitment : Commitment
        What was committed.
    loss : float
        Loss of the committed run; infinite if it diverged.
    curve : HeroCurve
        The best known.

    Returns
    -------
    Result
    """
    regret = max(0.0, loss - curve.best_loss)
    share = (1 + regret / curve.excess) ** (-1 / FRONTIER_EXPONENT)
    S = math.inf
    if math.isfinite(loss):
        S = float(interval_score(commitment.low, commitment.high, loss, LEVEL))
    return Result(
        loss=loss,
        best_H=curve.best_H,
        best_loss=curve.best_loss,
        entropy=curve.entropy,
        regret=regret,
        compute_share=share,
        interval_score=S,
        inside=commitment.low <= loss <= commitment.high,
        allocation_points=MOST_POINTS * share,
        forecast_points=MOST_POINTS * max(0.0, 1 - S / (10 * curve.excess)),
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
        loss = _train(submission.task_seed, int(run.H), int(run.D), EXPLORE_SEED)
        same = math.isclose(run.loss, loss, rel_tol=MACHINE_TOLERANCE)
        if not same and not (math.isnan(run.loss) and math.isnan(loss)):
            raise NotByTheRules(
                f"the run with H={run.H}, D={run.D} is in the ledger with loss {run.loss:.4f}; "
                f"trained again it gives {loss:.4f}"
            )


def _train(task_seed, H, D, seed):
    return train(TrainConfig(task="dialect", task_seed=task_seed, H=H, D=D, seed=seed)).loss


def report(result):
    """Say in words what a commitment earned.

    Parameters
    ----------
    result : Result
        The scores.

    Returns
    -------
    str
    """
    e, most = result.best_loss - result.entropy, f"{MOST_POINTS:g}"
    return "\n".join(
        [
            f"loss of your run  {result.loss:.4f}, the entropy is {result.entropy:.4f}",
            f"best known        {result.best_loss:.4f} at H = {result.best_H:.0f}; e = {e:.4f}",
            f"width             {result.allocation_points:.1f} of {most} points: regret "
            f"{result.regret / e:.2f} e, {result.compute_share:.0%} of the compute was enough",
            f"forecast          {result.forecast_points:.1f} of {most} points: "
            f"{'held' if result.inside else 'missed'}, score {result.interval_score / e:.2f} e",
        ]
    )
