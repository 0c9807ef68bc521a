"""Explorers over tables: the book's own runs, notable systems, scores of a knowledge test.

Pure Python: MicroPython runs it too.
"""

# ruff: noqa: B905 (MicroPython's zip takes no `strict`)

import math

from scaling_lib.page.explorers.forms import (
    clamp,
    digits3,
    fixed,
    grid,
    line_fit,
    log_grid,
    logistic,
    loss,
    percent,
    power,
    si,
    times,
)
from scaling_lib.page.explorers.series import line, points, stems


def best_scales(runs, E, alpha, beta):
    """Return the A and B of least relative squares for given E and exponents."""
    aa = ab = bb = ay = by = 0.0
    for n, d, measured in runs:
        u, v, w = n**-alpha / measured, d**-beta / measured, (measured - E) / measured
        aa, ab, bb = aa + u * u, ab + u * v, bb + v * v
        ay, by = ay + u * w, by + v * w
    rest = aa * bb - ab * ab
    if rest > 1e-9 * aa * bb:
        A, B = (ay * bb - by * ab) / rest, (by * aa - ay * ab) / rest
        if A >= 0.0 and B >= 0.0:
            return A, B
    # One of the two terms is not wanted: keep the one that alone explains more.
    A, B = max(0.0, ay / aa), max(0.0, by / bb)
    return (A, 0.0) if ay * A > by * B else (0.0, B)


def fit_by_hand(alpha, beta, E, data):
    """Return real runs, the law with the reader's exponents and offset, and the residuals.

    `data` has the columns `N`, `D` and `L`. A and B are solved for: they are the easy part.
    """
    runs = sorted(zip(data["N"], data["D"], data["L"]))
    A, B = best_scales(runs, E, alpha, beta)

    def law(n, d):
        return loss(n, d, E, A, B, alpha, beta)

    sizes = sorted(set([r[0] for r in runs]))
    if len(sizes) > 5:
        sizes = [sizes[round(k * (len(sizes) - 1) / 4)] for k in range(5)]
    tokens = sorted([r[1] for r in runs])
    xs = log_grid(tokens[0], tokens[-1], 33)
    shown = [r for r in runs if r[0] in sizes]
    series = [
        line(f"{si(n)} parameters", xs, [law(n, d) for d in xs], i, i) for i, n in enumerate(sizes)
    ]
    ends = [law(r[0], r[1]) for r in shown]
    series.append(stems("residuals", [r[1] for r in shown], [r[2] for r in shown], ends, 6))
    for i, n in enumerate(sizes):
        mine = [r for r in shown if r[0] == n]
        names = [
            f"{si(n)} parameters, {si(d)} tokens: measured {fixed(measured, 3)}, law "
            f"{fixed(law(n, d), 3)} nats"
            for _, d, measured in mine
        ]
        series.append(
            points("runs", [r[1] for r in mine], [r[2] for r in mine], i, i, names, key=False)
        )
    off = [law(n, d) / measured - 1.0 for n, d, measured in runs]
    rms = math.sqrt(sum([v * v for v in off]) / len(off))
    worst = max(range(len(off)), key=lambda i: abs(off[i]))
    side = "high" if off[worst] > 0 else "low"
    text = (
        f"L = {fixed(E, 2)} + {scale_text(A)} / N^{fixed(alpha, 2)} + {scale_text(B)} / "
        f"D^{fixed(beta, 2)} misses "
        f"the {len(runs)} runs by {percent(rms, 2)} (root mean square); at the worst, "
        f"{si(runs[worst][0])} "
        f"parameters on {si(runs[worst][1])} tokens, it is {percent(abs(off[worst]), 1)} "
        f"too {side}. A and B are fitted for you."
    )
    return {"text": text, "series": series}


def scale_text(value):
    """Return A or B with three digits."""
    return digits3(value) if value < 1e4 else power(value)


def t_quantile(freedom):
    """Return the 97.5 % quantile of Student's t for three or more degrees of freedom.

    Cornish-Fisher expansion around the normal quantile; right to one per cent.
    """
    return 1.96 + 2.372 / freedom + 2.822 / freedom**2 + 2.556 / freedom**3


def growth_of_systems(start, width, quantity, data):
    """Return notable systems over time with an exponential trend inside the reader's window.

    `data` has the columns `name`, `year` (decimal), `C`, `N` and `D`; a missing value is None.
    """
    end = start + width
    rows = sorted([r for r in zip(data["year"], data[quantity], data["name"]) if r[1]])
    inside = [r for r in rows if start <= r[0] <= end]
    outside = [r for r in rows if not start <= r[0] <= end]
    unit = {"C": "FLOP", "N": "parameters", "D": "examples or tokens"}[quantity]
    what = {"C": "Training compute", "N": "The number of parameters", "D": "The training set"}[
        quantity
    ]
    window = f"{len(inside)} system{'' if len(inside) == 1 else 's'} from {start:g} to {end:g}"
    years, trend = [], []
    if len(inside) > 4 and inside[-1][0] - inside[0][0] > 0.25:
        logs = [math.log10(r[1]) for r in inside]
        slope, intercept, error = line_fit([r[0] - start for r in inside], logs)
        years = grid(start, end, 9)
        trend = [10.0 ** (intercept + slope * (y - start)) for y in years]
        spread = t_quantile(len(inside) - 2) * error
        low, high = times(10.0 ** (slope - spread)), times(10.0 ** (slope + spread))
        text = f"{what} of the {window} grew {times(10.0**slope)} a year (95 %: {low} to {high})"
        doubling = 12.0 * math.log10(2.0) / slope if slope > 0.01 else 0.0
        text += (
            f", doubling every {fixed(doubling, 1)} months."
            if doubling
            else ": no growth to speak of."
        )
    else:
        text = f"{what} of {window}: too few for a trend. Widen the window."

    def dots(name, chosen, style, mark):
        names = [f"{r[2]}, {fixed(math.floor(r[0]))}: {power(r[1])} {unit}" for r in chosen]
        return points(name, [r[0] for r in chosen], [r[1] for r in chosen], style, mark, names)

    return {
        "text": text,
        "series": [
            dots("outside the window", outside, 6, 3),
            dots("in the window", inside, 0, 0),
            line("trend in the window", years, trend, 1, 1),
        ],
    }


def knowledge_tests(year, data):
    """Return test scores against training compute, with a logistic on each side of a release date.

    `data` has the columns `name`, `year` (decimal), `C` and `score` in per cent, for a test with
    four options: the curve rises from 25 % (guessing) towards 100 %. It is a line fitted to the
    log-odds.
    """
    xs = log_grid(1e21, 1e26, 41)

    def odds(score):
        share = clamp((score / 100.0 - 0.25) / 0.75, 0.02, 0.98)
        return math.log(share / (1.0 - share))

    def half(name, style, chosen):
        """Return the points, the fitted line and the compute that a score of 50 % takes.

        The last is None where the scores do not lie on both sides of 50 %.
        """
        names = [f"{r[3]}: {power(r[0])} FLOP, {fixed(r[1], 1)} %" for r in chosen]
        dots = points(
            name, [r[0] for r in chosen], [r[1] / 100.0 for r in chosen], style, style, names
        )
        if len(chosen) > 3 and chosen[-1][0] > 1.5 * chosen[0][0]:
            slope, at, _ = line_fit(
                [math.log10(r[0]) for r in chosen], [odds(r[1]) for r in chosen]
            )
            if slope > 0.05:
                curve = [0.25 + 0.75 * logistic(at + slope * math.log10(x)) for x in xs]
                scores = [r[1] for r in chosen]
                seen = min(scores) <= 50.0 <= max(scores)
                need = 10.0 ** clamp((odds(50.0) - at) / slope, 0.0, 60.0) if seen else None
                return [dots, line("fit: " + name, xs, curve, style, style)], need
        return [dots, line("fit: " + name, [], [], style, style)], None

    rows = sorted(zip(data["C"], data["score"], data["year"], data["name"]))
    early = [r for r in rows if r[2] < year]
    late = [r for r in rows if r[2] >= year]
    before, need_before = half("released before", 1, early)
    after, need_after = half("released later", 0, late)
    text = (
        f"Released before {fixed(year, 1)}: {len(early)} of {len(rows)} models; later: "
        f"{len(late)}. "
    )
    if need_before and need_after:
        ratio = need_before / need_after
        text += (
            f"A score of 50 % takes {power(need_before)} FLOP by the earlier fit and "
            f"{power(need_after)} by the "
            f"later one, {digits3(max(ratio, 1.0 / ratio))} times "
            f"{'less' if ratio > 1.0 else 'more'}. The "
            "difference holds better algorithms as well as better, or leaked, data."
        )
    else:
        text += (
            "One side has too few models, no rise, or no scores around 50 %: there is nothing to "
            "compare."
        )
    return {"text": text, "series": before + after}
