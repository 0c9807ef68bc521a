"""Explorers on scaling laws and on what they say about allocation.

Pure Python: MicroPython runs it too.
"""

# ruff: noqa: B905 (MicroPython's zip takes no `strict`)

import math

from scaling_lib.page.explorers.forms import (
    BESIROGLU,
    EQUAL_EXPONENT,
    HOFFMANN,
    KAPLAN_EXPONENT,
    digits3,
    fixed,
    line_fit,
    log_grid,
    loss,
    optimum,
    power,
    si,
    times,
)
from scaling_lib.page.explorers.series import line, points

FITS = {"besiroglu": BESIROGLU, "hoffmann": HOFFMANN}
# Parameters and tokens: Brown 2020, Hoffmann 2022.
KNOWN_RUNS = (
    ("GPT-3 175B", 175e9, 300e9),
    ("Gopher 280B", 280e9, 300e9),
    ("Chinchilla 70B", 70e9, 1.4e12),
)


def isoflop(C, alpha, beta, fit):
    """Return the loss against model size at fixed compute, and the path of the optimum.

    `alpha` and `beta` are added to the exponents of the chosen fit.
    """
    law = dict(FITS[fit])
    law["alpha"], law["beta"] = law["alpha"] + alpha, law["beta"] + beta
    sizes = [n for n in log_grid(1e7, 1e13, 97) if loss(n, C / 6.0 / n, **law) < 8.0]
    path = [optimum(10.0 ** (17 + k / 4.0), **law) for k in range(41)]
    n, d = optimum(C, **law)
    best = loss(n, d, **law)
    penalty = loss(2.0 * n, d / 2.0, **law) - best
    known = [loss(r[1], r[2], **law) for r in KNOWN_RUNS]
    names = [
        f"{name} on {si(tokens)} tokens, {power(6.0 * size * tokens)} FLOP: {fixed(value, 3)} nats "
        "by this law"
        for (name, size, tokens), value in zip(KNOWN_RUNS, known)
    ]
    text = (
        f"With {power(C)} FLOP the loss is lowest, {fixed(best, 3)} nats, at {si(n)} parameters "
        f"and {si(d)} "
        f"tokens: {si(d / n)} tokens a parameter. A model of twice the size on half the data loses "
        f"{fixed(penalty, 4)} nats."
    )
    return {
        "text": text,
        "series": [
            line("loss at this compute", sizes, lambda m: loss(m, C / 6.0 / m, **law), 0),
            line(
                "path of the optimum",
                [p[0] for p in path],
                [loss(a, b, **law) for a, b in path],
                1,
                1,
            ),
            points("optimum", [n], [best], 1),
            points("known models, by this law", [r[1] for r in KNOWN_RUNS], known, 2, 1, names),
        ],
    }


def allocation(growth, exponent):
    """Return how model size grows with compute under three rules N ~ C^a from one start.

    The costs start from a run of 10^19 FLOP that the law of Besiroglu 2024 finds optimal.
    """
    rules = (
        ("Kaplan 2020: a = 0.73", KAPLAN_EXPONENT, 1),
        ("equal split: a = 0.50", EQUAL_EXPONENT, 0),
        ("your exponent", exponent, 2),
    )
    n0, d0 = optimum(1e19, **BESIROGLU)
    best = loss(*optimum(1e19 * growth, **BESIROGLU), **BESIROGLU)

    def cost(a):
        return fixed(max(0.0, loss(n0 * growth**a, d0 * growth ** (1 - a), **BESIROGLU) - best), 3)

    def shares(a):
        return f"{times(growth**a)} the parameters and {times(growth ** (1 - a))} the tokens"

    text = (
        f"With {times(growth)} the compute, Kaplan's exponent asks for {shares(KAPLAN_EXPONENT)}, "
        "an equal "
        f"split for {times(growth**EQUAL_EXPONENT)} of each, yours for {shares(exponent)}. By the "
        "refitted law "
        f"that costs {cost(KAPLAN_EXPONENT)}, {cost(EQUAL_EXPONENT)} and {cost(exponent)} nats."
    )
    xs = log_grid(1.0, 1e6, 7)
    series = [line(name, xs, [g**a for g in xs], i, (1, 0, 3)[place])
              for place, (name, a, i) in enumerate(rules)]  # fmt: skip
    series.append(points("at your compute", [growth] * 3, [growth ** r[1] for r in rules], 6))
    return {"text": text, "series": series}


def broken_law(slope1, slope2, slope3, break1, break2, sharpness):
    """Return a law of three straight segments joined smoothly: Caballero 2023 without an offset.

    y = x^-c0 prod_i (1 + (x / d_i)^(1 / f_i))^(-c_i f_i), so that the slope after break i is
    -(c0 + ... + ci); f_i is 0.5 / sharpness.
    """
    first, second = min(break1, break2), max(break1, break2)
    f = 0.5 / sharpness
    bends = ((first, slope2 - slope1), (second, slope3 - slope2))

    def y(x):
        value = -slope1 * math.log(x)
        for d, c in bends:
            u = math.log(x / d) / f
            value -= c * f * (u if u > 30.0 else math.log(1.0 + math.exp(u)))
        return math.exp(value)

    seen = log_grid(1.0, first, 21)
    slope, intercept, _ = line_fit([math.log(x) for x in seen], [math.log(y(x)) for x in seen])

    def expected(x):
        return math.exp(intercept + slope * math.log(x))

    ratio = expected(1e8) / y(1e8)
    text = f"Slopes {fixed(-slope1, 2)}, {fixed(-slope2, 2)} and {fixed(-slope3, 2)}. "
    if 0.95 < ratio < 1.05:
        text += "A line fitted before the first break forecasts the end of the curve within 5 %."
    else:
        text += (
            f"A line fitted before the first break, at {si(first)}, is wrong by a factor of "
            f"{digits3(max(ratio, 1.0 / ratio))} at the right edge: it expects "
            f"{'less' if ratio < 1.0 else 'more'} error than there is."
        )
    xs = log_grid(1.0, 1e8, 121)
    return {
        "text": text,
        "series": [
            line("broken law", xs, y, 0),
            line("line fitted before the first break", xs, expected, 1, 1),
            points("breaks", [first, second], [y(first), y(second)], 2, 3),
        ],
    }
