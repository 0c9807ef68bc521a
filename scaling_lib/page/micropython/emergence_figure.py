"""One skill under two metrics (claims L2, H5)."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import fixed, log_grid, logistic, percent, power, si


@figure(
    title="Sudden or smooth, by the choice of the metric",
    alt="Share of symbols right rises slowly with model size; share of whole answers right stays "
    "at zero, then rises fast.",
    x=log_axis("Parameters", 1e6, 1e12, "si"),
    y=axis("Share right", 0, 1, "percent"),
    controls=[
        log_slider("N", "Your model", 1e6, 1e12, 1e9, "si", " parameters"),
        slider("length", "Symbols in an answer", 1, 50, 10, step=1, digits=0),
        slider("steepness", "Steepness of the skill", 0.1, 1.5, 0.5, step=0.01),
    ],
    tasks=[
        "Make the two curves one.",
        "Leave the steepness at 0.50, and let the answers begin to rise only beyond 15B "
        "parameters.",
        "Find a model that has 9 symbols of 10 right and fewer than 1 answer of 20.",
    ],
)
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
    xs = log_grid(1e6, 1e12, 97)
    return {
        "text": f"At {si(N)} parameters {percent(p, 1)} of the symbols are right, and "
        f"{percent(p**k, 1)} of the answers of {k}. From "
        f"{si(start) if start < 1e15 else power(start)} parameters on, the answers rise from 10 to "
        f"90 % within {fixed(rise, 1)} powers of ten. The skill behind them has no jump anywhere.",
        "reached": [
            "With answers of one symbol both metrics say the same. The difference is not in the "
            "model; it lies in what is counted as right."
            if k == 1
            else "",
            f"Answers of {k} symbols rise from {si(start)} parameters on, with the skill "
            "unchanged. When an ability appears is a matter of the question as well as of the "
            "model."
            if abs(steepness - 0.5) < 0.005 and start > 1.5e10
            else "",
            f"{percent(p, 1)} of the symbols right, and {percent(p**k, 1)} of the answers of {k}. "
            "A test of whole answers finds almost nothing where the skill is almost complete."
            if p >= 0.9 and p**k < 0.05
            else "",
        ],
        "series": [
            line("a symbol right", xs, symbol, 0),
            line("the whole answer right", xs, lambda n: symbol(n) ** k, 1, 1),
            points("your model", [N, N], [p, p**k], 2),
        ],
    }
