"""A law put together from three segments (claim L10)."""

import math

from scaling_lib.page.micropython.controls import figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import digits3, fixed, line_fit, log_grid, si


@figure(
    title="A law with two breaks",
    alt="Error against scale: three straight segments joined by two bends, and the line that the "
    "first segment suggests.",
    x=log_axis("Scale (data, parameters or compute)", 1, 1e8),
    y=log_axis("Error, relative to the start", 0.01, 10, "plain"),
    controls=[
        slider("slope1", "Fall of the first segment", -0.3, 0.6, 0.05, step=0.01),
        slider("slope2", "Fall of the second", -0.3, 0.6, 0.35, step=0.01),
        slider("slope3", "Fall of the third", -0.3, 0.6, 0.12, step=0.01),
        log_slider("break1", "First break", 10, 1e7, 1000, "si"),
        log_slider("break2", "Second break", 10, 1e7, 1e5, "si"),
        slider("sharpness", "Sharpness of the breaks", 0.5, 8, 2, step=0.1, digits=1),
    ],
    tasks=[
        "Make the dashed line wrong by a factor of 100 or more at the right edge.",
        "Build an error that falls, then rises, then falls again.",
        "Let the dashed line be right at the edge within 5 %, though each break changes the slope "
        "by 0.2 or more.",
    ],
)
def broken_law(slope1, slope2, slope3, break1, break2, sharpness):
    """Return a law of three straight segments joined smoothly.

    A broken law without an offset [@caballero2023broken]:
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
    wrong = max(ratio, 1.0 / ratio)
    apart = second > 9.9 * first  # with less between them, the second slope is not seen
    if wrong < 1.05:
        end = "A line fitted before the first break forecasts the end of the curve within 5 %."
    else:
        end = (
            f"A line fitted before the first break, at {si(first)}, is wrong by a factor of "
            f"{digits3(wrong)} at the right edge: it expects "
            f"{'less' if ratio < 1.0 else 'more'} error than there is."
        )
    xs = log_grid(1.0, 1e8, 121)
    return {
        "text": f"Slopes {fixed(-slope1, 2)}, {fixed(-slope2, 2)} and {fixed(-slope3, 2)}. {end}",
        "reached": [
            f"The dashed line was fitted to the runs before {si(first)}, and at the edge it is "
            f"off by a factor of {digits3(wrong)}. A good fit says nothing about a break that "
            "lies beyond it."
            if wrong >= 100
            else "",
            "A plain power law only falls or only rises. With two breaks the same formula turns "
            "twice, as some measured curves do."
            if apart and slope1 > 0.045 and slope2 < -0.045 and slope3 > 0.045
            else "",
            "Right, but for a wrong reason: the two breaks cancel. That one forecast came true "
            "does not prove the law behind it."
            if apart and min(abs(slope2 - slope1), abs(slope3 - slope2)) > 0.195 and wrong < 1.05
            else "",
        ],
        "series": [
            line("broken law", xs, y, 0),
            line("line fitted before the first break", xs, expected, 1, 1),
            points("breaks", [first, second], [y(first), y(second)], 2, 3),
        ],
    }
