"""When demand for text meets its stock (claim D1)."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import band, line, points
from scaling_lib.page.micropython.numbers import digits3, fixed, grid, percent, times

LARGEST_2024 = 15e12  # tokens: about the largest training sets published in 2024
LARGEST_STOCK = 1e16  # tokens, the end of the slider
START = {"demand_growth": 2.4, "stock_growth": 0.07}  # where the sliders stand at first


def in_year(value):
    """Return a date to a tenth of a year, or say that it lies further than a trend can reach."""
    if value > 2100.0:
        return "the next century"
    return fixed(value, 1) if value >= 2024.0 else "the past"


@figure(
    title="Stock and demand",
    alt="Stock of human text with its uncertainty, nearly flat, and the largest training set, "
    "rising until they meet.",
    x=axis("Year", 2020, 2045),
    y=log_axis("Tokens", 1e12, 1e18),
    controls=[
        log_slider("stock", "Stock of text in 2024", 1e13, LARGEST_STOCK, 3e14, "si", " tokens"),
        slider("uncertainty", "Known within a factor of", 1, 10, 3, step=0.5, digits=1),
        slider("demand_growth", "Training sets grow a year", 1.1, 4, START["demand_growth"],
               step=0.05, show="times"),
        slider("stock_growth", "The stock grows a year", 0, 0.5, START["stock_growth"],
               step=0.01, show="percent"),
        slider("epochs", "Epochs over the same text", 1, 8, 1, step=1, digits=0),
    ],
    tasks=[
        "Move the meeting beyond 2040. Which slider can do it alone?",
        "Know the stock only within a factor of 10.0, and the date to two years either way. Which "
        "growth does it take?",
    ],
)  # fmt: skip
def stock_and_demand(stock, uncertainty, demand_growth, stock_growth, epochs):
    """Return the growing stock of text, the growing demand, and when they meet.

    The stock of 2024 is known within a factor `uncertainty` either way; several epochs stretch it
    as many times, which overstates what repeated tokens are worth.
    """
    pace = math.log(demand_growth / (1.0 + stock_growth))

    def available(factor):
        return lambda y: stock * factor * epochs * (1.0 + stock_growth) ** (y - 2024.0)

    def demand(y):
        return LARGEST_2024 * demand_growth ** (y - 2024.0)

    def meeting(factor):
        return 2024.0 + math.log(stock * factor * epochs / LARGEST_2024) / pace

    growth, most = START["demand_growth"] / (1.0 + START["stock_growth"]), LARGEST_STOCK
    most_text = 2024.0 + math.log(most / LARGEST_2024) / math.log(growth)
    meet = []
    if pace < 0.005 and stock * epochs < LARGEST_2024:
        text = "The demand was above this stock in 2024 already, and grows no faster than it."
    elif pace < 0.005:
        text = "The demand does not outgrow the stock: at these rates they never meet."
    else:
        meet = [y for y in (meeting(1.0),) if 2020.0 <= y <= 2045.0]
        text = (
            f"Demand meets the stock in {in_year(meeting(1.0))}; were the stock "
            f"{digits3(uncertainty)} times smaller or larger, in "
            f"{in_year(meeting(1.0 / uncertainty))} or {in_year(meeting(uncertainty))}. Ten times "
            f"the stock would buy {fixed(math.log(10.0) / pace, 1)} years."
        )
    years = grid(2020.0, 2045.0, 51)
    low, high = available(1.0 / uncertainty), available(uncertainty)
    return {
        "text": text,
        "reached": [
            f"Here demand grows {times(demand_growth)} a year and the stock "
            f"{percent(stock_growth)}. With the other sliders where they start, the largest stock "
            f"moves the date only to {in_year(most_text)}."
            if pace >= 0.005 and 2040.0 <= meeting(1.0)
            else "",
            f"With ten times less text they meet {fixed(math.log(10.0) / pace, 1)} years earlier, "
            "and with ten times more as much later, because demand grows "
            f"{times(demand_growth)} a year. To doubt the date, doubt the growth."
            if pace >= 0.005 and uncertainty > 9.9 and math.log(10.0) / pace < 2.0
            else "",
        ],
        "series": [
            band("stock, within the factor", years, low, high, 0),
            line("stock of text", years, available(1.0), 0),
            line("largest training set", years, demand, 1, 1),
            points("they meet", meet, [demand(y) for y in meet], 2, 3),
        ],
    }
