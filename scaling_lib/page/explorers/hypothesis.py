"""Explorers on the scaling hypothesis: strong, weak, emergence, and who gets the credit.

Pure Python: MicroPython runs it too.
"""

# ruff: noqa: B905 (MicroPython's zip takes no `strict`)

import math

from scaling_lib.page.explorers.forms import fixed, log_grid, logistic, percent, power, si, times
from scaling_lib.page.explorers.series import band, level, line, points


def strong_or_weak(exponent, barrier, strength, target, growth):
    """Return two futures of one trend: it goes on (strong), or bends at a barrier (weak).

    The reducible loss is 1 at 10^20 FLOP and falls as C^-exponent. In the weak case the exponent
    beyond the barrier is (1 - strength) times as large. `target` is the reducible loss at which a
    capability appears. For the dates alone, the largest run has 5 x 10^26 FLOP in 2025 (Grok 3,
    by estimate) and grows by `growth` a year.
    """
    first, last, today = 1e20, 1e36, 5e26

    def strong(c):
        return (c / first) ** -exponent

    def weak(c):
        beyond = max(1.0, c / barrier)
        return strong(min(c, barrier)) * beyond ** (-exponent * (1.0 - strength))

    def when(c):
        return fixed(math.floor(2025.0 + math.log10(c / today) / math.log10(growth)))

    need = first * target ** (-1.0 / exponent)
    slow = exponent * (1.0 - strength)
    excess = math.log10(
        max(1.0, strong(barrier) / target)
    )  # what the barrier leaves to do, in decades
    need_weak = need
    if need > barrier:
        need_weak = barrier * 10.0 ** min(200.0, excess / max(slow, 1e-4))
    text = f"If the trend goes on, the target is reached at {power(need)} FLOP"
    text += f" (about {when(need)}, growing {times(growth)} a year). " if need > today else ". "
    if need <= barrier:
        text += "The barrier lies beyond it: this capability cannot tell the two hypotheses apart."
    elif need_weak < last:
        text += (
            f"With the barrier it takes {power(need_weak)} FLOP, {times(need_weak / need)} as much"
        )
        text += f" (about {when(need_weak)})." if need_weak > today else "."
    else:
        text += "With the barrier, scale alone does not reach it below 10^36 FLOP."
    marks = [c for c in (need, need_weak) if c < last]
    xs = log_grid(first, last, 97)
    return {
        "text": text,
        "series": [
            line("strong: the trend goes on", xs, strong, 0),
            line("weak: it bends at a barrier", xs, weak, 1, 1),
            level("target", first, last, target),
            points("target reached", marks, [target for _ in marks], 2, 3),
        ],
    }


def emergence(length, N, steepness):
    """Return one smooth skill under two metrics: one symbol right, a whole answer right.

    The odds of a symbol grow as N^steepness and are even at 10^8 parameters; the `length` symbols
    of an answer are taken to be independent.
    """
    k = round(length)

    def symbol(n):
        return logistic(steepness * math.log(n / 1e8))

    def size(share):
        """Return the log of the size, over 10^8, at which this share of the answers is right."""
        p = share ** (1.0 / k)
        return math.log(p / (1.0 - p)) / steepness

    rise = (size(0.9) - size(0.1)) / math.log(10.0)
    start = 1e8 * math.exp(size(0.1))
    p = symbol(N)
    text = (
        f"At {si(N)} parameters {percent(p, 1)} of the symbols are right, and {percent(p**k, 1)} "
        "of the answers "
        f"of {k}. From {si(start) if start < 1e15 else power(start)} parameters on, "
        "the answers rise from 10 to 90 % within "
        f"{fixed(rise, 1)} powers of "
        "ten. The skill behind them has no jump anywhere."
    )
    xs = log_grid(1e6, 1e12, 97)
    return {
        "text": text,
        "series": [
            line("a symbol right", xs, symbol, 0),
            line("the whole answer right", xs, lambda n: symbol(n) ** k, 1, 1),
            points("your model", [N, N], [p, p**k], 2),
        ],
    }


def many_skills(D, exponent, sharpness):
    """Return sharp skills of different frequency and their smooth mean, after Michaud 2023.

    Skill k of 200 has a frequency proportional to k^-(1 + exponent) and is learned, within
    `sharpness` powers of ten, once it has been seen a thousand times; the mean is weighted by
    frequency.
    """
    weights = [k ** -(1.0 + exponent) for k in range(1, 201)]
    whole = sum(weights)
    needs = [
        math.log10(1e3 * whole / w) for w in weights
    ]  # log10 of the data that each skill needs

    def known(i, d):
        return logistic(4.0 * (math.log10(d) - needs[i]) / sharpness)

    def mean(d):
        total, here, width = 0.0, math.log10(d), sharpness / 4.0
        for w, need in zip(weights, needs):
            z = (here - need) / width
            if z < -40.0:  # this skill and all rarer ones are unknown
                break
            total += w if z > 40.0 else w * logistic(z)
        return total / whole

    share = mean(D)
    learned = len([n for n in needs if n <= math.log10(D)])
    text = (
        f"After {si(D)} examples {learned} of 200 skills are learned; weighted by how often each "
        "is needed, that "
        f"is {percent(share)}. Each skill appears within {fixed(sharpness, 2)} powers of ten; "
    )
    text += (
        "with so few learned, the sum still shows the steps."
        if learned < 4
        else "their sum rises more evenly."
    )
    xs = log_grid(1e3, 1e9, 49)
    return {
        "text": text,
        "series": [
            line("most frequent skill", xs, lambda d: known(0, d), 6, 1),
            line("10th", xs, lambda d: known(9, d), 6, 2),
            line("100th", xs, lambda d: known(99, d), 6, 3),
            line("all 200, weighted", xs, mean, 0),
            points("your data", [D], [share], 1),
        ],
    }


def scale_and_algorithms(compute, algorithms, exponent):
    """Return how one gain in loss is shared between compute and algorithms.

    The reducible loss is (a c)^-g, with compute multiplied by c and algorithmic efficiency by a.
    Told first, compute is credited with 1 - c^-g; told last, with a^-g - (a c)^-g; the Shapley
    share is the mean of the two. All are divided by the whole gain, 1 - (a c)^-g.
    """
    a, g = algorithms, exponent

    def first(c):
        return (1.0 - c**-g) / (1.0 - (a * c) ** -g)

    def last(c):
        return (a**-g - (a * c) ** -g) / (1.0 - (a * c) ** -g)

    def shapley(c):
        return (first(c) + last(c)) / 2.0

    def logs(c):
        return math.log(c) / (math.log(c) + math.log(a))

    c = compute
    text = (
        f"Compute {times(c)} and algorithms {times(a)}: compute is credited with "
        f"{percent(first(c))} of the gain in "
        f"loss if it is told first, {percent(last(c))} if last, {percent(shapley(c))} on average "
        "(Shapley), and "
        f"{percent(logs(c))} if multiplications are counted. One history, four shares."
    )
    xs = log_grid(1.0, 1e6, 61)
    return {
        "text": text,
        "series": [
            band("between first and last", xs, last, first, 0),
            line("Shapley share of compute", xs, shapley, 0),
            line("share of multiplications", xs, logs, 1, 1),
            points("your case", [c, c], [shapley(c), logs(c)], 2),
        ],
    }
