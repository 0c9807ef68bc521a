"""The frontier when the tokens run out (claim D2)."""

import math

from scaling_lib.page.micropython.controls import COMPUTE, figure, log_axis, log_slider
from scaling_lib.page.micropython.drawing import level, line, points
from scaling_lib.page.micropython.numbers import (
    BESIROGLU,
    crossing,
    digits3,
    fixed,
    log_grid,
    loss,
    optimum,
    percent,
    power,
    si,
)

CAP = 1.5e13  # tokens: about the largest training sets published in 2024


def part(ratio):
    """Return a fraction in per cent or, when small, as one part in so many."""
    return percent(ratio) if ratio >= 0.095 else "1/" + si(1.0 / ratio)


@figure(
    title="When the data run out",
    alt="Loss on the compute frontier: with all the data it wants it falls on, with a cap it "
    "bends towards a floor.",
    x=log_axis(COMPUTE, 1e21, 1e30),
    y=log_axis("Excess loss (nats per token)", 0.003, 1, "plain"),
    controls=[
        log_slider("C", "Compute", 1e21, 1e30, 1e28, unit=" FLOP"),
        log_slider("cap", "Tokens that exist", 1e11, 1e16, CAP, "si", " tokens"),
    ],
    tasks=[
        "Find the compute at which the tokens just run out.",
        "Spend so much that a tenth of it would do as well, had there been enough text.",
        "Raise the tokens until 10^30 FLOP are not limited by them.",
    ],
)
def data_cap(C, cap):
    """Return the best loss, above the irreducible one, when only `cap` tokens exist.

    By the refitted law [@besiroglu2024chinchilla].
    """

    def capped(c):
        n, d = optimum(c, **BESIROGLU)
        return loss(n, d, **BESIROGLU) if d <= cap else loss(c / 6.0 / cap, cap, **BESIROGLU)

    def free(c):
        return loss(*optimum(c, **BESIROGLU), **BESIROGLU)

    E = BESIROGLU["E"]
    floor = E + BESIROGLU["B"] * cap ** -BESIROGLU["beta"]
    bend = crossing(lambda c: optimum(c, **BESIROGLU)[1] - cap, 1e15, 1e36)
    enough, wanted = C, optimum(C, **BESIROGLU)[1]
    if bend >= C:
        end = f"At {power(C)} FLOP the data still suffice: {fixed(free(C), 3)} nats."
    else:
        enough = crossing(lambda c: free(c) - capped(C), 1e15, C)
        end = (
            f"At {power(C)} FLOP the loss is {fixed(capped(C), 3)} instead of {fixed(free(C), 3)} "
            f"nats, which {part(enough / C)} of the compute would give with enough data; no "
            f"compute takes it below {fixed(floor, 3)}."
        )
    xs = log_grid(1e21, 1e30, 91)
    return {
        "text": f"With at most {si(cap)} tokens the frontier bends at {power(bend)} FLOP. {end}",
        "reached": [
            f"{si(cap)} tokens are about what {power(C)} FLOP want. Beyond this point all further "
            "compute goes into parameters."
            if abs(math.log10(C / bend)) < 0.06
            else "",
            f"With enough text, a tenth of {power(C)} FLOP would do as well. What more size can "
            f"still gain here is {fixed(capped(C) - floor, 3)} nats."
            if bend < C and 0.08 < enough / C < 0.12
            else "",
            f"{power(C)} FLOP want {si(wanted)} tokens, {digits3(wanted / CAP)} times {si(CAP)}. "
            "The need for text grows about as the square root of compute: with a hundred times "
            "the compute, about ten times the text."
            if C > 0.99e30 and bend >= C
            else "",
        ],
        "series": [
            line("data without end", xs, lambda c: free(c) - E, 1, 1),
            line("data capped", xs, lambda c: capped(c) - E, 0),
            level("floor set by the data", 1e21, 1e30, floor - E),
            points("your compute", [C, C], [capped(C) - E, free(C) - E], 2),
        ],
    }
