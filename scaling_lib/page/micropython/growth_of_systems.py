"""The growth of notable systems, with a trend in the reader's window (claim L7)."""

import math

from scaling_lib.page.micropython.controls import axis, choice, figure, log_axis, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import (
    decimal_years,
    fixed,
    grid,
    line_fit,
    power,
    rounded,
    times,
)

QUANTITIES = {  # what is said of it, and its unit
    "C": ("Training compute", "FLOP"),
    "N": ("The number of parameters", "parameters"),
    "D": ("The training set", "examples or tokens"),
}


def columns(systems):
    """Taken are the columns `system`, `date`, `C`, `N` and `D`."""
    data = {"name": list(systems["system"]), "year": decimal_years(systems["date"])}
    for name in ("C", "N", "D"):
        data[name] = rounded(systems[name], 4)
    return data


def t_quantile(freedom):
    """Return the 97.5 % quantile of Student's t for three or more degrees of freedom.

    Cornish-Fisher expansion around the normal quantile; right to one per cent.
    """
    return 1.96 + 2.372 / freedom + 2.822 / freedom**2 + 2.556 / freedom**3


@figure(
    title="How fast do notable systems grow?",
    alt="Notable systems by date of publication on a logarithmic axis, with an exponential trend "
    "inside a window.",
    x=axis("Date of publication", 1950, 2027),
    y=log_axis("FLOP, parameters or examples", 1, 1e28),
    controls=[
        slider("start", "The window starts in", 1950, 2022, 2010, step=1, digits=0),
        slider("width", "It is wide", 2, 75, 15, step=1, digits=0, unit=" years"),
        choice("quantity", "Quantity",
               {"C": "Training compute", "N": "Parameters", "D": "Training examples or tokens"},
               "C"),
    ],
    tasks=[
        "Find a window that ends in 2010 or before, with compute growing less than ×2 a year by "
        "the whole of the interval.",
        "Find a window whose trend may be anything: the interval runs from a fall to ×4 a year or "
        "more.",
    ],
    table="notable_systems",
    columns=columns,
)  # fmt: skip
def growth_of_systems(start, width, quantity, data):
    """Return notable systems over time with an exponential trend inside the reader's window."""
    end = start + width
    rows = sorted([r for r in zip(data["year"], data[quantity], data["name"]) if r[1]])
    inside = [r for r in rows if start <= r[0] <= end]
    outside = [r for r in rows if not start <= r[0] <= end]
    what, unit = QUANTITIES[quantity]
    window = f"{len(inside)} system{'' if len(inside) == 1 else 's'} from {start:g} to {end:g}"
    years, trend, reached = [], [], ["", ""]
    if len(inside) > 4 and inside[-1][0] - inside[0][0] > 0.25:
        logs = [math.log10(r[1]) for r in inside]
        slope, intercept, error = line_fit([r[0] - start for r in inside], logs)
        years = grid(start, end, 9)
        trend = [10.0 ** (intercept + slope * (y - start)) for y in years]
        spread = t_quantile(len(inside) - 2) * error
        low, high = times(10.0 ** (slope - spread)), times(10.0 ** (slope + spread))
        text = f"{what} of the {window} grew {times(10.0**slope)} a year (95 %: {low} to {high})"
        if slope > 0.01:
            months = 12.0 * math.log10(2.0) / slope
            text += f", doubling every {fixed(months, 1)} months."
            if quantity == "C" and end <= 2010 and slope + spread < math.log10(2.0):
                since = [r for r in rows if r[0] >= 2010.0]
                pace = line_fit([r[0] for r in since], [math.log10(r[1]) for r in since])[0]
                reached[0] = (
                    f"From {start:g} to {end:g} training compute doubled every {fixed(months, 1)} "
                    f"months, since 2010 every {fixed(12.0 * math.log10(2.0) / pace, 1)}. A "
                    "doubling time needs its years."
                )
        else:
            text += ": no growth to speak of."
        if slope < spread and slope + spread > math.log10(4.0):
            reached[1] = (
                f"The {window} say only that it grew between {low} and {high} a year. A line can "
                "be drawn through any few points; the interval says what it is worth."
            )
    else:
        text = f"{what} of {window}: too few for a trend. Widen the window."

    def dots(name, chosen, style, mark):
        names = [f"{r[2]}, {fixed(math.floor(r[0]))}: {power(r[1])} {unit}" for r in chosen]
        return points(name, [r[0] for r in chosen], [r[1] for r in chosen], style, mark, names)

    return {
        "text": text,
        "reached": reached,
        "series": [
            dots("outside the window", outside, 6, 3),
            dots("in the window", inside, 0, 0),
            line("trend in the window", years, trend, 1, 1),
        ],
    }
