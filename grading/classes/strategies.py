"""Five strategies for the capstone, so that its points mean something. For instructors only.

They stay out of `scaling_lib`, which submissions can import inside the sandbox. Arguments and
result of each are those of `scaling_lib.capstone.baseline.decide`. In the shipped table of what
they earn the hero runs are read from the curve through five real ones: its error is some two per
cent of the excess, half a point at most.
"""

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from scaling_lib.capstone import baseline as capstone_baseline
from scaling_lib.capstone.game import HERO_FLOP, WIDTHS, make_commitment, parameters, tokens_for
from scaling_lib.capstone.practice import explore, practice_curve
from scaling_lib.capstone.scoring import hero_curve, score
from scaling_lib.data.files import write_csv
from scaling_lib.fitting.isoflop import parabola

LEVELS = {1e8: (6, 10, 17, 28), 3e8: (8, 14, 25, 44), 8e8: (12, 22, 40, 70), 1.6e9: (20, 44, 80)}
# Fifteen runs on four lines of equal compute: 93 % of the budget.
PLAN = [(H, tokens_for(H, C)) for C, widths in LEVELS.items() for H in widths]

PRACTICE = range(10)
# Neither practice languages (0 to 9) nor any that the game draws (from 1000).
LANGUAGES = range(100, 110)

HERO_SEED = 1000
Z = stats.norm.ppf(0.9)


def parabolas(H, N, D, loss, entropy):
    """Decide by the minimum at each budget, carried on by two power laws.

    The interval is that of a prediction from a line through four points, wide because they are few.
    """
    use = np.isfinite(loss) & (loss > entropy)
    n, y = np.log(N[use]), np.log(loss[use] - entropy)
    C = np.array([min(LEVELS, key=lambda level: abs(np.log(level / c))) for c in 6 * N * D])[use]
    minima = []
    for level in LEVELS:
        x, z = n[level == C], y[level == C]
        if len(x) < 3:
            continue
        best, value, curvature = parabola(x, z)
        if not (curvature > 0 and x.min() <= best <= x.max()):
            best = x[z.argmin()]
            value = np.polyval(np.polyfit(x, z, 2), best)
        minima.append((np.log(level), best, value))
    c, best, excess = np.array(minima).T
    hero = np.log(HERO_FLOP)
    width = capstone_baseline.width_of(np.exp(np.polyval(np.polyfit(c, best, 1), hero)))
    line = stats.linregress(c, excess)
    at, rest = line.intercept + line.slope * hero, excess - line.intercept - line.slope * c
    variance = rest @ rest / (len(c) - 2)
    spread = variance * (1 + 1 / len(c) + (hero - c.mean()) ** 2 / ((c - c.mean()) ** 2).sum())
    half = stats.t.ppf(0.9, len(c) - 2) * np.sqrt(spread)
    half = min(half, np.log(3))  # beyond a factor of three it says nothing
    return width, *(float(entropy + np.exp(at + d)) for d in (0, -half, half))


def surface(H, N, D, loss, entropy):
    """Decide by A/N^α + B/D^β fitted to all runs, and take the scatter about it for the error."""
    width, excess, half = _fitted(N, D, loss, entropy)
    return width, *(entropy + excess * np.exp(d) for d in (0, -half, half))


def shifted(H, N, D, loss, entropy):
    """Decide by the surface, corrected by what it gets wrong on practice languages on average."""
    return _corrected(N, D, loss, entropy, degree=0)


def regressed(H, N, D, loss, entropy):
    """Decide by the surface, corrected by a line through what it gets wrong on practice languages.

    The wider the model that it asks for, the more it exaggerates.
    """
    return _corrected(N, D, loss, entropy, degree=1)


def _corrected(N, D, loss, entropy, degree):
    width, excess, _ = _fitted(N, D, loss, entropy)
    x, width_errors, excess_errors = np.array(practice_errors()).T
    at = np.log(width)
    H = round(width * np.exp(np.polyval(np.polyfit(x, width_errors, degree), at)))
    line = np.polyfit(x, excess_errors, degree)
    rest = excess_errors - np.polyval(line, x)
    far = degree * (at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    freedom = len(x) - degree - 1
    spread = np.sqrt(rest @ rest / freedom * (1 + 1 / len(x) + far))
    half, centre = stats.t.ppf(0.9, freedom) * spread, np.polyval(line, at)
    predicted = (float(entropy + excess * np.exp(centre + d)) for d in (0, -half, half))
    return min(max(H, WIDTHS[0]), WIDTHS[-1]), *predicted


@cache
def practice_errors():
    """Return what the surface gets wrong on each practice language.

    That is the logarithms of the fitted width, of best over fitted width and of best over fitted
    excess.
    """
    rows = []
    for language in PRACTICE:
        curve = practice_curve(language)
        _, N, D, loss = explore(language, PLAN)
        width, excess, _ = _fitted(N, D, loss, curve.entropy)
        rows.append((np.log(width), np.log(curve.best_H / width), np.log(curve.excess / excess)))
    return tuple(rows)


def _fitted(N, D, loss, entropy):
    """Return the best width on the fitted surface, the excess there, and half an 80 % interval."""
    use = np.isfinite(loss) & (loss > entropy)
    n, d, y = np.log(N[use] / 3e3), np.log(D[use] / 5e4), np.log(loss[use] - entropy)

    def log_excess(p, n, d):
        return np.logaddexp(p[0] - p[1] * n, p[2] - p[3] * d)

    starts = [(-1.5, alpha, -1.5, 0.5) for alpha in (0.4, 0.8)]
    fits = [optimize.least_squares(lambda p: log_excess(p, n, d) - y, start) for start in starts]
    fit = min(fits, key=lambda fit: fit.cost)
    widths = np.arange(16, WIDTHS[-1] + 1)
    sizes = np.array([parameters(int(width)) for width in widths])
    hero = log_excess(fit.x, np.log(sizes / 3e3), np.log(HERO_FLOP / (6 * sizes) / 5e4))
    half = Z * np.sqrt(2 * fit.cost / max(len(y) - 4, 1))
    return int(widths[hero.argmin()]), float(np.exp(hero.min())), float(half)


# Name in the table: width and tokens of each run to buy, and how to decide.
STRATEGIES = {
    "baseline": (capstone_baseline.PLAN, capstone_baseline.decide),
    "parabolas": (PLAN, parabolas),
    "surface": (PLAN, surface),
    "shifted": (PLAN, shifted),
    "regressed": (PLAN, regressed),
}


def play_all(task_seed, curve):
    """Return a row for each strategy, played on one language with its hero runs (`HeroCurve`)."""
    rows = []
    for name, (plan, decide) in STRATEGIES.items():
        commitment = make_commitment(*decide(*explore(task_seed, plan), curve.entropy))
        result = score(commitment, curve.loss_at(commitment.H), curve)
        row = {"strategy": name, "task_seed": task_seed, "entropy": curve.entropy}
        row |= {name: getattr(commitment, name) for name in ("H", "low", "high")}
        names = ("loss", "best_H", "best_loss", "regret", "interval_score", "inside")
        names += ("allocation_points", "forecast_points", "points")
        row |= {name: getattr(result, name) for name in names}
        rows.append(row | {f"hero_{H}": loss for H, loss in curve.losses.items()})
    return rows


def regenerate(out):
    """Write the shipped table again: about 6 CPU minutes."""
    rows = [row for t in LANGUAGES for row in play_all(t, hero_curve(t, HERO_SEED))]
    write_csv(pd.DataFrame(rows), out, digits=8)
