"""One inference budget spent on models of different size (claim L12)."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import log_grid, logistic, percent, power, si
from scaling_lib.page.micropython.pass_at_k import Z, at_least_one, log_fail, mean


@figure(
    title="A larger model or more samples?",
    alt="Share of problems solved against model size when one budget buys samples: a hill with "
    "its best size marked.",
    x=log_axis("Parameters", 1e7, 1e13, "si"),
    y=axis("Problems solved", 0, 1, "percent"),
    controls=[
        log_slider("budget", "Inference compute a problem", 1e12, 1e18, 1e15, unit=" FLOP"),
        log_slider("check", "Checking one sample costs", 1e9, 1e16, 1e13, unit=" FLOP"),
        slider("skill_growth", "How fast skill grows with size", 0.2, 2, 0.8, step=0.05),
        slider("spread", "How much problems differ", 0, 4, 1.5, step=0.05),
    ],
    tasks=[
        "Make one single answer the best that this budget buys.",
        "Make a model of 100M parameters or fewer the best.",
    ],
)
def samples_or_size(budget, check, skill_growth, spread):
    """Return the share of problems solved when one budget buys samples of each model size.

    A sample of 500 tokens costs 1000 N FLOP, and `check` FLOP to verify. The odds of the median
    problem in one try are even at 10^11 parameters and grow as N^skill_growth. The verifier makes
    no mistakes.
    """

    def solved(n, k):
        middle = skill_growth * math.log(n / 1e11)
        return mean([at_least_one(log_fail(logistic(middle + spread * z)), k) for z in Z])

    def samples(n):
        return max(1.0, budget / (1000.0 * n + check))

    sizes = log_grid(1e7, 1e13, 37)
    affordable = [n for n in sizes if 1000.0 * n <= budget]
    ys = [solved(n, samples(n)) for n in affordable]
    best = max(range(len(ys)), key=lambda i: ys[i])
    n, largest = affordable[best], affordable[-1]
    one = percent(solved(largest, 1.0))
    if samples(n) == 1.0:
        end = (
            f"one answer of {si(n)} parameters, the largest on this axis that the budget pays: "
            f"{one} solved."
        )
    else:
        end = (
            f"{si(samples(n))} samples of {si(n)} parameters: {percent(ys[best])} solved. One "
            f"answer of {si(largest)} parameters, the largest on this axis that the budget pays, "
            f"solves {one}."
        )
    return {
        "text": f"{power(budget)} FLOP a problem are best spent on {end}",
        "reached": [
            f"One answer of {si(n)} solves {one}. Samples win while checking them is cheap and "
            "small models are not far behind; one of the two fails here."
            if samples(n) == 1.0
            else "",
            f"{si(samples(n))} samples of {si(n)} parameters solve {percent(ys[best])}, one "
            f"answer of {si(largest)} solves {one}. With a check that is cheap and never wrong, "
            "search replaces size."
            if n < 1.02e8 and samples(n) > 1.0
            else "",
        ],
        "series": [
            line("the whole budget at this size", affordable, ys, 0),
            line("one sample at this size", sizes, lambda m: solved(m, 1.0), 6, 2),
            points("best", [n], [ys[best]], 1, 3),
        ],
    }
