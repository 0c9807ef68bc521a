"""The frontier when the tokens run out (claim D2)."""

from scaling_lib.page.micropython.controls import COMPUTE, figure, log_axis, log_slider
from scaling_lib.page.micropython.drawing import level, line, points
from scaling_lib.page.micropython.numbers import (
    BESIROGLU,
    crossing,
    fixed,
    log_grid,
    loss,
    optimum,
    percent,
    power,
    si,
)


def part(ratio):
    """Return a fraction in per cent or, when small, as one part in so many."""
    return percent(ratio) if ratio >= 0.095 else "1/" + si(1.0 / ratio)


@figure(
    title="When the data run out",
    alt="Loss on the compute frontier: with all the data it wants it falls on, with a cap it "
    "bends towards a floor.",
    x=log_axis(COMPUTE, 1e21, 1e30),
    y=log_axis("Loss above the irreducible (nats)", 0.003, 1, "plain"),
    controls=[
        log_slider("C", "Compute", 1e21, 1e30, 1e28, unit=" FLOP"),
        log_slider("cap", "Tokens that exist", 1e11, 1e16, 1.5e13, "si", " tokens"),
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
        "series": [
            line("data without end", xs, lambda c: free(c) - E, 1, 1),
            line("data capped", xs, lambda c: capped(c) - E, 0),
            level("floor set by the data", 1e21, 1e30, floor - E),
            points("your compute", [C, C], [capped(C) - E, free(C) - E], 2),
        ],
    }
