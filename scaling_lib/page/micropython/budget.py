"""What a run of given compute takes in chips, days, money and power (claim D6)."""

from scaling_lib.page.micropython.controls import choice, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import level, line, points
from scaling_lib.page.micropython.numbers import digits3, log_grid, percent, power, si

# Peak dense 16-bit rate (FLOP/s) and design power (W), from the data sheets in data/chips.csv.
CHIPS = {"A100": (3.12e14, 400.0), "H100": (9.89e14, 700.0), "B200": (2.25e15, 1000.0)}


def watt(value):
    """Return a power in MW or GW."""
    return digits3(value / 1e9) + " GW" if value >= 1e9 else digits3(value / 1e6) + " MW"


@figure(
    title="The bill of a training run",
    alt="Days against the number of chips: a falling straight line, with your run marked on it.",
    x=log_axis("Chips", 1e3, 1e8, "si"),
    y=log_axis("Days", 0.1, 1e5, "plain"),
    controls=[
        log_slider("C", "Compute", 1e24, 1e30, 1e27, unit=" FLOP"),
        choice("chip", "Chip",
               {"A100": "A100 (2020)", "H100": "H100 (2022)", "B200": "B200 (2024)"}, "H100"),
        log_slider("chips", "Number of chips", 1e3, 1e8, 1e5, "si", " chips"),
        slider("utilisation", "Share of the peak rate", 0.1, 0.7, 0.4, step=0.01, show="percent"),
        slider("price", "Price of a chip for an hour", 0.5, 10, 2, step=0.1, unit=" USD"),
        slider("overhead", "Power of the site / of the chips", 1, 3, 2.4, step=0.1, digits=1),
    ],
    tasks=[
        "Finish this run, 10^27 FLOP, within a hundred days.",
        "Train 10^29 FLOP within a hundred days. How much power does it take?",
        "Train 10^28 FLOP within a hundred days at a site of one gigawatt.",
    ],
)  # fmt: skip
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
    old_rate, old_watts = CHIPS["A100"]
    better = rate / watts / (old_rate / old_watts)
    xs = log_grid(1e3, 1e8, 61)
    return {
        "text": f"{power(C)} FLOP take {si(hours)} hours of a chip: {digits3(days(chips))} days on "
        f"{si(chips)}. Rented, USD {si(hours * price)}. The site draws {watt(draw)} and uses "
        f"{digits3(draw * days(chips) * 24.0 / 1e9)} GWh.",
        "reached": [
            f"{si(chips)} {chip} chips take {digits3(days(chips))} days and {watt(draw)}. The "
            "hours of a chip, and with them the rent, are the same however many chips share them."
            if C > 0.99e27 and days(chips) <= 100
            else "",
            f"{watt(draw)} for {digits3(days(chips))} days. In the same time and with the same "
            "chips, a hundred times the compute takes a hundred times the power: the curve has no "
            "bend to hope for."
            if C > 0.99e29 and days(chips) <= 100
            else "",
            f"{chip} chips at {percent(utilisation)} of their peak do it. For each watt they do "
            f"{digits3(better)} times what an A100 does: better chips move the ceiling of power. "
            "They do not move that of text."
            if C > 0.99e28 and days(chips) <= 100 and draw < 1.005e9
            else "",
        ],
        "series": [
            line("days for your compute", xs, days, 0),
            line("days for ten times as much", xs, [10.0 * days(n) for n in xs], 1, 1),
            level("a hundred days", 1e3, 1e8, 100.0),
            points("your run", [chips], [days(chips)], 2),
        ],
    }
