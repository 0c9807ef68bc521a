"""Explorers on what is built around a model: samples, verifiers, scaffolds.

Pure Python: MicroPython runs it too.
"""

# ruff: noqa: B905 (MicroPython's zip takes no `strict`)

import math

from scaling_lib.page.explorers.forms import grid, log_grid, logistic, percent, power, si, times
from scaling_lib.page.explorers.series import level, line, points, stems

# Problems differ: the log-odds of solving one in one try are normal. Their z-scores and weights:
Z = grid(-4.0, 4.0, 41)
WEIGHTS = [math.exp(-z * z / 2.0) for z in Z]
WHOLE = sum(WEIGHTS)


def mean(values):
    """Return the mean over the population of problems."""
    return sum([w * v for w, v in zip(WEIGHTS, values)]) / WHOLE


def log1p(x):
    """Return log(1 + x) without cancellation for small x, which MicroPython's `math` leaves out."""
    u = 1.0 + x
    return x if u == 1.0 else math.log(u) * x / (u - 1.0)


def log_fail(p):
    """Return the logarithm of the probability that one try fails."""
    return log1p(-p) if p < 1.0 else -1e3


def at_least_one(log_q, k):
    """Return the probability that one of k tries succeeds, from the logarithm of failing once."""
    return -math.expm1(k * log_q)


def pass_at_k(k, median, spread, wrong_accepted):
    """Return how the share of problems solved grows with the number of samples.

    Coverage counts a problem when any sample is right, which needs a perfect verifier. One that
    also accepts a share `wrong_accepted` of wrong answers delivers the first that it accepts.
    """
    middle = math.log(median / (1.0 - median))
    ps = [logistic(middle + spread * z) for z in Z]
    accepted = [p + (1.0 - p) * wrong_accepted for p in ps]
    fails, refused = [log_fail(p) for p in ps], [log_fail(a) for a in accepted]
    right = [p / a for p, a in zip(ps, accepted)]  # of what is accepted
    single = mean(ps)

    def coverage(n):
        return mean([at_least_one(q, n) for q in fails])

    def delivered(n):
        return mean([r * at_least_one(q, n) for r, q in zip(right, refused)])

    def alike(n):
        return at_least_one(log_fail(single), n)

    text = (
        f"One sample solves {percent(single)} of the problems. With k = {si(k)} some sample is "
        f"right for {percent(coverage(k))}, and a verifier that passes {percent(wrong_accepted)} "
        "of the wrong ones "
        f"delivers {percent(delivered(k))}. Were all problems equally hard, coverage would be "
        f"{percent(alike(k))}."
    )
    xs = log_grid(1.0, 1e4, 25)
    return {
        "text": text,
        "series": [
            line("any sample right (pass@k)", xs, coverage, 0),
            line("delivered by the verifier", xs, delivered, 1, 1),
            line("coverage, all equally hard", xs, alike, 6, 2),
            points("your samples", [k, k], [coverage(k), delivered(k)], 2),
        ],
    }


def scaffold_threshold(C, gain, threshold, steepness):
    """Return the score of bare and scaffolded models against the threshold of an evaluation.

    The score is logistic in log10 of compute and even at 10^25 FLOP; a scaffold counts as `gain`
    times the training compute, its compute-equivalent gain (Davidson 2023).
    """

    def score(c):
        return logistic(steepness * math.log10(c / 1e25))

    bare, full = score(C), score(C * gain)
    needed = 1e25 * 10.0 ** (math.log(threshold / (1.0 - threshold)) / steepness)
    text = (
        f"A model of {power(C)} FLOP scores {percent(bare)} bare and {percent(full)} with a "
        "scaffold worth "
        f"{times(gain)} its compute. "
    )
    if bare >= threshold:
        text += "It crosses the threshold without help."
    elif full >= threshold:
        text += "Evaluated bare it stays below the threshold; as it will be used, it is above."
    else:
        text += f"Both stay below; a scaffold worth {times(needed / C)} would be enough."
    xs = log_grid(1e21, 1e29, 81)
    return {
        "text": text,
        "series": [
            line("bare model", xs, score, 1, 1),
            line("model with scaffold", xs, lambda c: score(c * gain), 0),
            level("threshold", 1e21, 1e29, threshold),
            stems("what the evaluation misses", [C], [bare], [full], 2),
            points("your model", [C, C], [bare, full], 2),
        ],
    }


def samples_or_size(budget, check, skill_growth, spread):
    """Return the share of problems solved when one budget buys samples of each model size.

    A sample of 500 tokens costs 1000 N FLOP, and `check` FLOP to verify. The odds of the median
    problem in one try are even at 10^11 parameters and grow as N^skill_growth. The verifier makes
    no mistakes.
    """

    def solved(n, k):
        middle = skill_growth * math.log(n / 1e11)
        return mean([at_least_one(log_fail(logistic(middle + spread * z)), k) for z in Z])

    def samples(n):
        return max(1.0, budget / (1000.0 * n + check))

    sizes = log_grid(1e7, 1e13, 37)
    affordable = [n for n in sizes if 1000.0 * n <= budget]
    ys = [solved(n, samples(n)) for n in affordable]
    best = max(range(len(ys)), key=lambda i: ys[i])
    n = affordable[best]
    largest = affordable[-1]
    one = percent(solved(largest, 1.0))
    if samples(n) == 1.0:
        text = (
            f"{power(budget)} FLOP a problem are best spent on one answer of {si(n)} parameters, "
            f"the largest on this axis that the budget pays: {one} solved."
        )
    else:
        text = (
            f"{power(budget)} FLOP a problem are best spent on {si(samples(n))} samples of {si(n)} "
            f"parameters: {percent(ys[best])} solved. One answer of {si(largest)} parameters, the "
            f"largest on this axis that the budget pays, solves {one}."
        )
    return {
        "text": text,
        "series": [
            line("the whole budget at this size", affordable, ys, 0),
            line("one sample at this size", sizes, lambda m: solved(m, 1.0), 6, 2),
            points("best", [n], [ys[best]], 1, 3),
        ],
    }
