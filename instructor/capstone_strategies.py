"""Strategies for the capstone, and what they earn on the ten practice languages.

    python instructor/capstone_strategies.py [--jobs 2]

plays every strategy on every language, trains each committed hero run, and writes
`capstone_scores.csv` beside this file: about six CPU minutes. It is not part of the installed
package, which a submission can read.

A strategy is a plan and a decision, as in the learner's notebook. `practised` also learns from
practice languages; each of the ten is played with what the other nine have taught.
"""

import argparse
import pathlib
from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from scipy import optimize, stats

from scaling_lib import capstone_baseline
from scaling_lib.capstone import HERO_FLOP, make_commitment, parameters, tokens_for
from scaling_lib.capstone_baseline import width_of
from scaling_lib.capstone_scoring import hero_loss, practice_curve, practice_loss, score
from scaling_lib.experiments.capstone import LANGUAGES, SEED
from scaling_lib.experiments.shipping import write_csv
from scaling_lib.fitting import fit

SCORES = pathlib.Path(__file__).with_name("capstone_scores.csv")
WIDTHS = np.arange(16, 1025)
SIZES = np.array([parameters(int(H)) for H in WIDTHS])
TOKENS = HERO_FLOP / (6 * SIZES)
TAIL = 0.1  # outside an 80 % interval, on either side


@dataclass(frozen=True)
class Strategy:
    """A plan and a decision: see `capstone_scoring.practise`."""

    name: str
    plan: list
    decide: object


def lines(levels):
    """Return a plan of runs along lines of equal compute."""
    return [(H, tokens_for(H, C)) for C, widths in levels.items() for H in widths]


THREE_LINES = lines(
    {1e8: (5, 8, 13, 20, 32), 4e8: (9, 14, 23, 37, 60), 1.5e9: (16, 26, 42, 68, 110)}
)
SIX_LINES = lines(
    {
        5e7: (5, 9, 16),
        1e8: (6, 10, 18, 32),
        2e8: (8, 14, 25, 44),
        4e8: (10, 18, 32, 56),
        8e8: (14, 24, 42, 75),
        1.28e9: (24, 44, 80),
    }
)


def parabolas(H, N, D, loss, entropy):
    """Chapter 2's second approach: a parabola a line, then straight lines in the logarithms.

    The interval is that of a new point on the line of the minima, as regression gives it.
    """
    C = 6.0 * N * D
    minima = []
    for level in np.unique(np.round(np.log(C), 1)):
        line = np.isclose(np.log(C), level, atol=0.1)
        x, y = np.log(N[line]), np.log(loss[line] - entropy)
        a, b, c = np.polyfit(x - x.mean(), y, 2)
        place, height = x.mean() - b / (2 * a), c - b**2 / (4 * a)
        minima.append((np.log(C[line]).mean(), place, height))
    at, sizes, heights = np.array(minima).T
    ahead = np.log(HERO_FLOP)
    size = np.polyval(np.polyfit(at, sizes, 1), ahead)
    slope, intercept = np.polyfit(at, heights, 1)
    middle, left = intercept + slope * ahead, heights - intercept - slope * at
    n, spread = len(at), ((at - at.mean()) ** 2).sum()
    error = np.sqrt((left**2).sum() / (n - 2) * (1 + 1 / n + (ahead - at.mean()) ** 2 / spread))
    half = stats.t.ppf(1 - TAIL, n - 2) * error
    return width_of(np.exp(size)), *(entropy + np.exp([middle, middle - half, middle + half]))


def log_excess(p, N, D):
    """Logarithm of A/N^alpha + B/D^beta, with N and D in units that keep `p` small."""
    return np.logaddexp(p[0] - p[1] * np.log(N / 3e3), p[2] - p[3] * np.log(D / 5e4))


def fit_excess(N, D, y, starts):
    """Fit `log_excess` to the logarithms `y`, from several starts."""

    def residuals(p):
        return log_excess(p, N, D) - y

    fits = [
        optimize.least_squares(residuals, start, loss="soft_l1", f_scale=0.03) for start in starts
    ]
    return min(fits, key=lambda found: found.cost).x


def additive(H, N, D, loss, entropy, replicates=200):
    """Additive law of the excess, with the entropy known; interval by a residual bootstrap."""
    y = np.log(loss - entropy)
    starts = [(-1.5, a, -1.5, b) for a in (0.3, 0.6, 0.9) for b in (0.3, 0.5, 0.7)]
    p = fit_excess(N, D, y, starts)
    heroes = log_excess(p, SIZES, TOKENS)
    best = int(heroes.argmin())
    fitted = log_excess(p, N, D)
    residuals = (y - fitted) * np.sqrt(len(y) / (len(y) - len(p)))
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(replicates):
        again = fit_excess(N, D, fitted + rng.choice(residuals, len(y)), [p])
        draws.append(log_excess(again, SIZES[best], TOKENS[best]) + rng.choice(residuals))
    low, high = np.quantile(draws, [TAIL, 1 - TAIL])
    middle = heroes[best]
    ends = [middle, min(low, middle), max(high, middle)]
    return int(WIDTHS[best]), *(entropy + np.exp(ends))


def entropy_unknown(H, N, D, loss, entropy):
    """Fit the additive law with E as well, as if nobody had told it; interval by bootstrap."""
    law = fit("chinchilla", {"N": N, "D": D, "loss": loss}, bootstrap=400)
    best = int(law.predict({"N": SIZES, "D": TOKENS}).argmin())
    hero = law.predict({"N": SIZES[[best]], "D": TOKENS[[best]]}, level=1 - 2 * TAIL)
    value, low, high = (float(part[0]) for part in hero)
    return int(WIDTHS[best]), value, min(low, value), max(high, value)


def base_rate(languages):
    """Return a decision that looks at nothing but other languages: their widths and excesses."""
    curves = [practice_curve(language) for language in languages]
    width = np.exp(np.mean([np.log(curve.best_H) for curve in curves]))
    excess = np.log([curve.excess for curve in curves])
    spread = 1.4 * excess.std(ddof=1)  # Student's t for nine values and one to come
    ends = np.exp(excess.mean() + np.array([0, -spread, spread]))

    def decide(H, N, D, loss, entropy):
        return round(width), *(entropy + ends)

    return decide


def practised(base, languages):
    """Return `base` corrected by the errors that it made on practice languages.

    The width is divided by the typical factor by which it was too large; the excess is multiplied
    by the typical ratio of truth to prediction, and the interval is the spread of that ratio.
    """
    widths, ratios = [], []
    for language in languages:
        curve = practice_curve(language)
        H, loss, _, _ = base.decide(*play(base.plan, language), curve.entropy)
        widths.append(np.log(H / curve.best_H))
        ratios.append(np.log((curve.loss_at(H) - curve.entropy) / (loss - curve.entropy)))
    too_wide, mean, spread = np.mean(widths), np.mean(ratios), 1.4 * np.std(ratios, ddof=1)

    def decide(H, N, D, loss, entropy):
        width, predicted, _, _ = base.decide(H, N, D, loss, entropy)
        width = min(max(round(width * np.exp(-too_wide)), 4), 1024)
        ends = np.exp(np.array([mean, mean - spread, mean + spread]))
        return width, *(entropy + (predicted - entropy) * ends)

    return decide


def play(plan, language):
    """Train a plan on a practice language; return the columns that a decision gets."""
    H, D = np.array(plan).T
    N = np.array([parameters(int(width)) for width in H])
    loss = np.array([practice_loss(language, int(h), int(d)) for h, d in plan])
    return H, N, D, loss


BASELINE = Strategy("baseline", capstone_baseline.PLAN, capstone_baseline.decide)
PARABOLAS = Strategy("parabolas", THREE_LINES, parabolas)
ADDITIVE = Strategy("additive law", SIX_LINES, additive)
UNKNOWN = Strategy("additive law, entropy unknown", SIX_LINES, entropy_unknown)


def strategies(language, languages=LANGUAGES):
    """Return all strategies, with what languages other than `language` have taught."""
    others = [other for other in languages if other != language]
    taught = practised(PARABOLAS, others)
    return [
        BASELINE,
        UNKNOWN,
        ADDITIVE,
        PARABOLAS,
        Strategy("practised parabolas", THREE_LINES, taught),
        Strategy("base rate, no runs", [], base_rate(others)),
    ]


def commitments(language):
    """Return what each strategy commits to on a practice language, by name."""
    made = {}
    for strategy in strategies(language):
        columns = play(strategy.plan, language) if strategy.plan else [None] * 4
        decision = strategy.decide(*columns, practice_curve(language).entropy)
        made[strategy.name] = make_commitment(*decision)
    return made


def shipped_or_trained(language, H, seed):
    """Return a hero loss from the shipped table if it is there, and train the run if not."""
    shipped = practice_curve(language).losses.get(H)
    return hero_loss(language, H, seed) if shipped is None else shipped


def results(language, hero=shipped_or_trained):
    """Play and score every strategy on a practice language.

    Parameters
    ----------
    language : int
        From 0 to 9.
    hero : callable
        ``hero(language, H, seed)``: the loss of a hero run.

    Returns
    -------
    list of dict
        One row a strategy.
    """
    curve, rows = practice_curve(language), []
    for name, made in commitments(language).items():
        loss = hero(language, made.H, SEED)
        earned = score(made, loss, curve)
        rows.append(
            {
                "strategy": name,
                "language": language,
                "best_H": round(curve.best_H),
                "e": curve.excess,
                "H": made.H,
                "predicted": made.loss,
                "low": made.low,
                "high": made.high,
                "loss": loss,
                "curve_error": (curve.loss_at(made.H) - loss) / curve.excess,
                "regret": earned.regret / curve.excess,
                "interval_score": earned.interval_score / curve.excess,
                "inside": int(earned.inside),
                "width_points": earned.allocation_points,
                "forecast_points": earned.forecast_points,
                "points": earned.points,
            }
        )
    return rows


def summary(scores):
    """Average the scores by strategy.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `results`.

    Returns
    -------
    pandas.DataFrame
        Mean points by part, mean, standard deviation, lowest and highest total, and how many of
        the intervals held, in the order of the means.
    """
    groups = scores.groupby("strategy")
    table = groups[["width_points", "forecast_points", "points"]].mean()
    table["sd"] = groups.points.std(ddof=1)
    table["lowest"], table["highest"] = groups.points.min(), groups.points.max()
    table["held"] = groups.inside.sum()
    return table.sort_values("points")


def main():
    """Play all strategies on all languages and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--out", type=pathlib.Path, default=SCORES, help="CSV file")
    options = parser.parse_args()
    rows = joblib.Parallel(n_jobs=options.jobs)(joblib.delayed(results)(t) for t in LANGUAGES)
    scores = pd.DataFrame([row for language in rows for row in language])
    write_csv(scores, options.out)
    print(summary(scores).round(1).to_string())


if __name__ == "__main__":
    main()
