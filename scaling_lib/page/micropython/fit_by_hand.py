"""Real runs under a law whose exponents the reader moves (claims L4, L13)."""

import math

from scaling_lib.page.micropython.controls import LOSS, axis, figure, log_axis, slider
from scaling_lib.page.micropython.drawing import line, points, stems
from scaling_lib.page.micropython.numbers import (
    check_columns,
    digits3,
    fixed,
    log_grid,
    loss,
    percent,
    power,
    rounded,
    si,
)


def columns(runs):
    """Taken are the columns `N`, `D` and `loss`, or `L`, of a table of runs."""
    wanted = {"N": "N", "D": "D", "L": "loss" if "loss" in runs else "L"}
    check_columns(runs, wanted.values())
    data = {name: rounded(runs[column], 5) for name, column in wanted.items()}
    holes = [name for name, values in data.items() if None in values]
    if holes:
        raise ValueError(f"each run must have a number in every column, not NaN in {holes[0]}")
    return data


def lowest(data):
    """Return the lowest loss, cut to three decimals: it bounds E."""
    return math.floor(1000 * min(data["L"])) / 1000


def loss_axis(data):
    """Return the axis of the losses."""
    low, high = lowest(data), max(data["L"])
    room = 0.12 * (high - low)
    return axis(LOSS, max(0.0, low - room), high + room)


def start(data):
    """Return the E, alpha and beta at which the sliders begin."""
    return round(lowest(data) * 0.9, 2), 0.3, 0.6


def sliders(data):
    """Return the sliders."""
    E, alpha, beta = start(data)
    return [
        slider("alpha", "α, exponent of the parameters", 0.05, 1.2, alpha, step=0.01),
        slider("beta", "β, exponent of the tokens", 0.05, 1.2, beta, step=0.01),
        slider("E", "E, the loss that remains", 0, lowest(data), E, step=0.005, digits=3),
    ]


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


def misses(runs, E, alpha, beta):
    """Return the share by which the law misses each run, and the root mean square of these."""
    A, B = best_scales(runs, E, alpha, beta)
    off = [loss(n, d, E, A, B, alpha, beta) / measured - 1.0 for n, d, measured in runs]
    return off, math.sqrt(sum([v * v for v in off]) / len(off))


@figure(
    title="Fit the law by hand",
    alt="Measured losses of training runs against tokens, one colour a model size, with the law's "
    "curves and the residuals.",
    x=lambda data: log_axis("Tokens", min(data["D"]) / 1.3, max(data["D"]) * 1.3),
    y=loss_axis,
    controls=sliders,
    tasks=[
        "Halve the miss (root mean square) that the figure starts with, with an E at most 0.1 "
        "below the lowest loss.",
        "Do the same with an E that lies 0.15 or more below the lowest loss.",
    ],
    table="scaling_language",
    rows="seed == 0",
    columns=columns,
)
def fit_by_hand(alpha, beta, E, data):
    """Return real runs, the law with the reader's exponents and offset, and the residuals.

    A and B are solved for: they are the easy part.
    """
    runs = sorted(zip(data["N"], data["D"], data["L"]))
    A, B = best_scales(runs, E, alpha, beta)

    def law(n, d):
        return loss(n, d, E, A, B, alpha, beta)

    def scale(value):
        return digits3(value) if value < 1e4 else power(value)

    sizes = sorted(set([r[0] for r in runs]))
    if len(sizes) > 5:
        sizes = [sizes[round(k * (len(sizes) - 1) / 4)] for k in range(5)]
    tokens = sorted([r[1] for r in runs])
    xs = log_grid(tokens[0], tokens[-1], 33)
    shown = [r for r in runs if r[0] in sizes]
    series = [
        line(f"{si(n)} parameters", xs, [law(n, d) for d in xs], i, i) for i, n in enumerate(sizes)
    ]
    fitted = [law(n, d) for n, d, _ in shown]
    series.append(stems("residuals", [r[1] for r in shown], [r[2] for r in shown], fitted, 6))
    for i, size in enumerate(sizes):
        mine = [r for r in shown if r[0] == size]
        names = [
            f"{si(n)} parameters, {si(d)} tokens: measured {fixed(measured, 3)}, law "
            f"{fixed(law(n, d), 3)} nats"
            for n, d, measured in mine
        ]
        series.append(
            points("runs", [r[1] for r in mine], [r[2] for r in mine], i, i, names, key=False)
        )
    off, rms = misses(runs, E, alpha, beta)
    halved = rms <= 0.5 * misses(runs, *start(data))[1]
    room = min(data["L"]) - E
    worst = max(range(len(off)), key=lambda i: abs(off[i]))
    return {
        "text": f"L = {fixed(E, 2)} + {scale(A)} / N^{fixed(alpha, 2)} + {scale(B)} / "
        f"D^{fixed(beta, 2)} misses the {len(runs)} runs by {percent(rms, 2)} (root mean square); "
        f"at the worst, {si(runs[worst][0])} parameters on {si(runs[worst][1])} tokens, it is "
        f"{percent(abs(off[worst]), 1)} too {'high' if off[worst] > 0 else 'low'}. A and B are "
        "fitted for you.",
        "reached": [
            f"Exponents of {fixed(alpha, 2)} and {fixed(beta, 2)} and a floor of {fixed(E, 3)} "
            f"miss the {len(runs)} runs by {percent(rms, 2)}. Two powers and a floor are enough "
            "for the whole table."
            if halved and room < 0.1005
            else "",
            f"A floor of {fixed(E, 3)} misses by {percent(rms, 2)}: other exponents make up for "
            "most of what is wrong with it. Runs that end above the floor say little about where "
            "it lies."
            if halved and room > 0.1495
            else "",
        ],
        "series": series,
    }
