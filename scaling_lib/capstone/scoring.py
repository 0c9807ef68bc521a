"""What a commitment of the capstone is worth, by the rules of `chapters/capstone.md`.

Both parts are about the excess, the loss above the entropy, and do not depend on its unit: dialects
differ in it by a factor of seven. The width earns ten times the share of the compute with which the
same loss could have been had, ``(1 + r/e)^(-1/g)``, with the regret ``r``, the excess ``e`` of the
best run known, and ``C^-g`` about the fall of the excess along the frontier. The forecast earns
``10 - 4 S``, with ``S`` the interval score [@gneiting2007strictly] of the logarithm of the excess,
a proper score as long as points are left. Whoever is so unsure that the honest interval spans more
than a factor of two would gain some tenths of a point by a narrower one.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from scaling_lib.capstone.game import HERO_FLOP, LEVEL, config_of, tokens_for
from scaling_lib.forecasting.scores import interval_score
from scaling_lib.tasks.dialects import dialect
from scaling_lib.training.run import train

# Widths that are trained with the hero budget to find the best one.
LADDER = (64, 128, 256, 512, 1024)

# ``g``: fall of the excess with compute along the frontier, from 1/333 of the hero budget to all of
# it, median over the practice languages.
FRONTIER_EXPONENT = 0.37

MOST_POINTS = 10.0  # points for each of the two parts

# Interval score of the logarithm at which no points are left: four to five times that of the best
# strategy that we know, on languages that it had not practised on. An interval over a factor e that
# holds earns six tenths of the points.
WORTHLESS = 2.5


class HeroCurve:
    """Loss at the hero budget by width, for one language: a curve through real runs.

    A cubic spline of log excess in log width through three or more runs, given as losses by width;
    beyond its ends, a straight line. `best_H` is the width at its minimum and `best_loss` the loss
    there. Losses and entropy are in nats per token.
    """

    def __init__(self, losses, entropy):
        self.losses, self.entropy = dict(sorted(losses.items())), entropy
        excess = np.array(list(self.losses.values())) - entropy
        if len(excess) < 3 or not (np.isfinite(excess) & (excess > 0)).all():
            raise ValueError("a curve needs three runs whose losses are above the entropy")
        self._x = np.log(list(self.losses))
        self._spline = CubicSpline(self._x, np.log(excess))
        fine = np.linspace(self._x[0], self._x[-1], 2001)
        self.best_H = float(np.exp(fine[self._spline(fine).argmin()]))
        self.best_loss = self.loss_at(self.best_H)
        self.excess = self.best_loss - entropy  # the unit of both scores

    def loss_at(self, H):
        """Return the loss of a hero run of width `H`, read from the curve."""
        x = math.log(H)
        inside = min(max(x, self._x[0]), self._x[-1])
        log_excess = self._spline(inside) + (x - inside) * self._spline(inside, 1)
        return self.entropy + float(np.exp(log_excess))


@dataclass(frozen=True)
class Result:
    """What a commitment earned; losses in nats per token."""

    loss: float  # of the committed run
    best_H: float  # the best known width and loss at the hero budget
    best_loss: float
    entropy: float
    regret: float  # loss - best_loss, not less than 0
    compute_share: float  # share of the compute that would have been enough
    interval_score: float  # of the logarithm of the excess; less is better
    inside: bool  # whether the interval held the loss
    allocation_points: float  # each from 0 to MOST_POINTS
    forecast_points: float

    @property
    def points(self):
        """Sum of the two parts."""
        return self.allocation_points + self.forecast_points


def score(commitment, loss, curve):
    """Score a `Commitment` by the loss of its run (infinite if it diverged) and a `HeroCurve`."""
    regret = max(0.0, loss - curve.best_loss)
    share = (1 + regret / curve.excess) ** (-1 / FRONTIER_EXPONENT)
    S = log_interval_score(commitment.low, commitment.high, loss, curve.entropy)
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
        forecast_points=MOST_POINTS * max(0.0, 1 - S / WORTHLESS),
    )


def log_interval_score(low, high, loss, entropy):
    """Return the interval score of the logarithm of the excess; infinite if one has none.

    The arguments are losses in nats per token. An interval that begins at the entropy or below it
    is infinitely wide, and a run that diverged has missed all of them.
    """
    if not (entropy < low < high and entropy < loss < math.inf):
        return math.inf
    return float(interval_score(*np.log([low - entropy, high - entropy, loss - entropy]), LEVEL))


def report(result):
    """Say in words what a commitment earned."""
    e, most = result.best_loss - result.entropy, f"{MOST_POINTS:g}"
    return "\n".join(
        [
            f"loss of your run  {result.loss:.4f}, the entropy is {result.entropy:.4f}",
            f"best known        {result.best_loss:.4f} at H = {result.best_H:.0f}; e = {e:.4f}",
            f"width             {result.allocation_points:.1f} of {most} points: regret "
            f"{result.regret / e:.2f} e, {result.compute_share:.0%} of the compute was enough",
            f"forecast          {result.forecast_points:.1f} of {most} points: "
            f"{'held' if result.inside else 'missed'}, score {result.interval_score:.2f}",
        ]
    )


def derived_seed(secret, purpose, name=""):
    """Derive a seed that cannot be guessed without the instructor's secret.

    `purpose` is ``"language"`` or ``"hero"``; `name` is a learner, a class or whatever has a seed
    of its own. Seeds start at 1000: none is a practice language.
    """
    text = f"{len(secret)}:{secret}:capstone:{purpose}:{name}"
    return 1000 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % (2**31 - 1000)


@lru_cache(maxsize=256)
def hero_loss(task_seed, H, seed):
    """Train a hero run, about five CPU seconds: test loss, infinite if it diverged.

    `task_seed` is the language; learners do not know `seed`, that of weights and sample.
    """
    loss = train(config_of(H, tokens_for(H, HERO_FLOP), task_seed, seed)).loss
    return loss if math.isfinite(loss) else math.inf


def hero_curve(task_seed, seed, hero=hero_loss):
    """Train the ladder of a language, about half a CPU minute, and return its `HeroCurve`.

    `hero` replaces `hero_loss`, for example by one that keeps its losses in a file.
    """
    return HeroCurve({H: hero(task_seed, H, seed) for H in LADDER}, dialect(task_seed).entropy)
