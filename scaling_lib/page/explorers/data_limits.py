"""Explorers on the limits of data: stock, repetition, a cap, and the bill of a training run.

Pure Python: MicroPython runs it too.
"""

import math

from scaling_lib.page.explorers.forms import (
    BESIROGLU,
    MUENNIGHOFF,
    crossing,
    digits3,
    fixed,
    grid,
    log_grid,
    loss,
    optimum,
    percent,
    power,
    si,
)
from scaling_lib.page.explorers.series import band, level, line, points

LARGEST_2024 = 15e12  # tokens: about the largest training sets published in 2024
# Peak dense 16-bit rate (FLOP/s) and design power (W), from the data sheets in data/chips.csv.
CHIPS = {"A100": (3.12e14, 400.0), "H100": (9.89e14, 700.0), "B200": (2.25e15, 1000.0)}


def stock_and_demand(stock, uncertainty, demand_growth, stock_growth, epochs):
    """Return the growing stock of text, the growing demand, and when they meet.

    The demand is 15e12 tokens in 2024. The stock of 2024 is known within a factor `uncertainty`
    either way; several epochs stretch it as many times, which overstates what repeated tokens are
    worth.
    """
    pace = math.log(demand_growth / (1.0 + stock_growth))

    def available(factor):
        return lambda y: stock * factor * epochs * (1.0 + stock_growth) ** (y - 2024.0)

    def demand(y):
        return LARGEST_2024 * demand_growth ** (y - 2024.0)

    def meeting(factor):
        return 2024.0 + math.log(stock * factor * epochs / LARGEST_2024) / pace

    meet = []
    if pace < 0.005 and stock * epochs < LARGEST_2024:
        text = "The demand was above this stock in 2024 already, and grows no faster than it."
    elif pace < 0.005:
        text = "The demand does not outgrow the stock: at these rates they never meet."
    else:
        meet = [y for y in (meeting(1.0),) if 2020.0 <= y <= 2045.0]
        text = (
            f"Demand meets the stock in {year(meeting(1.0))}; were the stock "
            f"{digits3(uncertainty)} times smaller or "
            f"larger, in {year(meeting(1.0 / uncertainty))} or {year(meeting(uncertainty))}. Ten "
            "times the stock "
            f"would buy {fixed(math.log(10.0) / pace, 1)} years."
        )
    years = grid(2020.0, 2045.0, 51)
    return {
        "text": text,
        "series": [
            band(
                "stock, within the factor",
                years,
                available(1.0 / uncertainty),
                available(uncertainty),
                0,
            ),
            line("stock of text", years, available(1.0), 0),
            line("largest training set", years, demand, 1, 1),
            points("they meet", meet, [demand(y) for y in meet], 2, 3),
        ],
    }


def year(value):
    """Return a date as its year, or say that it lies outside what a trend can be stretched to."""
    if value > 2100.0:
        return "the next century"
    return fixed(math.floor(value)) if value >= 2024.0 else "the past"


def repetition(unique, epochs, saturation, N):
    """Return the loss when the same tokens are repeated, against as many fresh ones.

    Muennighoff 2023: D' = U + U R* (1 - exp(-R / R*)) effective tokens for R = epochs - 1
    repetitions, with R* = `saturation`. The law knows no overfitting, which real runs show after
    enough epochs.
    """

    def effective(e):
        return unique * (1.0 + saturation * (1.0 - math.exp(-(e - 1.0) / saturation)))

    def again(e):
        return loss(N, effective(e), **MUENNIGHOFF)

    def fresh(e):
        return loss(N, unique * e, **MUENNIGHOFF)

    most = unique * (1.0 + saturation)
    often = "once" if epochs == 1 else fixed(epochs) + " times"
    text = (
        f"Reading {si(unique)} tokens {often} is worth {si(effective(epochs))} fresh ones, "
        f"{percent(effective(epochs) / unique / epochs)} of what was processed: a loss of "
        f"{fixed(again(epochs), 3)} "
        f"instead of {fixed(fresh(epochs), 3)} nats. However often they are read, they are never "
        "worth more "
        f"than {si(most)}."
    )
    xs = log_grid(1.0, 100.0, 61)
    return {
        "text": text,
        "series": [
            line("the same tokens again", xs, again, 0),
            line("fresh tokens", xs, fresh, 1, 1),
            level("limit of repetition", 1.0, 100.0, loss(N, most, **MUENNIGHOFF)),
            points("your epochs", [epochs, epochs], [again(epochs), fresh(epochs)], 2),
        ],
    }


def data_cap(C, cap):
    """Return the best loss, above the irreducible one, when only `cap` tokens exist.

    The law is that of Besiroglu 2024.
    """

    def capped(c):
        n, d = optimum(c, **BESIROGLU)
        return loss(n, d, **BESIROGLU) if d <= cap else loss(c / 6.0 / cap, cap, **BESIROGLU)

    def free(c):
        return loss(*optimum(c, **BESIROGLU), **BESIROGLU)

    E = BESIROGLU["E"]
    floor = E + BESIROGLU["B"] * cap ** -BESIROGLU["beta"]
    bend = crossing(lambda c: optimum(c, **BESIROGLU)[1] - cap, 1e15, 1e36)
    text = f"With at most {si(cap)} tokens the frontier bends at {power(bend)} FLOP. "
    if bend >= C:
        text += f"At {power(C)} FLOP the data still suffice: {fixed(free(C), 3)} nats."
    else:
        enough = crossing(lambda c: free(c) - capped(C), 1e15, C)
        text += (
            f"At {power(C)} FLOP the loss is {fixed(capped(C), 3)} instead of {fixed(free(C), 3)} "
            "nats, which "
            f"{part(enough / C)} of the compute would give with enough data; no compute takes it "
            "below "
            f"{fixed(floor, 3)}."
        )
    xs = log_grid(1e21, 1e30, 91)
    return {
        "text": text,
        "series": [
            line("data without end", xs, lambda c: free(c) - E, 1, 1),
            line("data capped", xs, lambda c: capped(c) - E, 0),
            level("floor set by the data", 1e21, 1e30, floor - E),
            points("your compute", [C, C], [capped(C) - E, free(C) - E], 2),
        ],
    }


def part(ratio):
    """Return a fraction in per cent or, when small, as one part in so many."""
    return percent(ratio) if ratio >= 0.095 else "1/" + si(1.0 / ratio)


def budget(C, chip, chips, utilisation, price, overhead):
    """Return how long a run takes on so many chips, and what it costs in money and power.

    A chip delivers `utilisation` of its peak rate; the site draws `overhead` times the design power
    of the chips; an hour of a chip is rented at `price` US dollars. Counts nothing else: no failed
    runs, no staff, no experiments before the run.
    """
    rate, watts = CHIPS[chip]

    def days(n):
        return C / (rate * utilisation * n) / 86400.0

    hours = days(1.0) * 24.0
    draw = chips * watts * overhead
    text = (
        f"{power(C)} FLOP take {si(hours)} hours of a chip: {digits3(days(chips))} days on "
        f"{si(chips)}. Rented, USD {si(hours * price)}. The site draws {watt(draw)} and uses "
        f"{digits3(draw * days(chips) * 24.0 / 1e9)} GWh."
    )
    xs = log_grid(1e3, 1e8, 61)
    return {
        "text": text,
        "series": [
            line("days for your compute", xs, days, 0),
            line("days for ten times as much", xs, [10.0 * days(n) for n in xs], 1, 1),
            level("a hundred days", 1e3, 1e8, 100.0),
            points("your run", [chips], [days(chips)], 2),
        ],
    }


def watt(value):
    """Return a power in MW or GW."""
    return digits3(value / 1e9) + " GW" if value >= 1e9 else digits3(value / 1e6) + " MW"
