"""How three exponents divide a growing budget (claims L5, L8)."""

from scaling_lib.page.micropython.controls import figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import (
    BESIROGLU,
    EQUAL_EXPONENT,
    KAPLAN_EXPONENT,
    fixed,
    log_grid,
    loss,
    optimum,
    times,
)


@figure(
    title="How to spend ten times the compute",
    alt="Growth of the model against growth of compute: straight lines of slope 0.73, 0.50 and "
    "the reader's exponent.",
    x=log_axis("Growth of compute", 1, 1e6),
    y=log_axis("Growth of the model", 1, 1e6),
    controls=[
        log_slider("growth", "Compute grows", 1, 1e6, 1000, "times"),
        slider("exponent", "Your exponent a", 0, 1, 0.6, step=0.01),
    ],
    tasks=[
        "Let compute grow a millionfold, and find an exponent that costs nothing (0.000 nats).",
        "How far may compute grow before Kaplan's exponent costs 0.01 nats?",
        "Let compute grow a hundredfold or more, and find an exponent below 0.50 that costs as "
        "much as Kaplan's.",
    ],
)
def allocation(growth, exponent):
    """Return how model size grows with compute under three rules N ~ C^a from one start.

    The costs start from a run of 10^19 FLOP that the refitted law [@besiroglu2024chinchilla] finds
    optimal.
    """
    n0, d0 = optimum(1e19, **BESIROGLU)
    best = loss(*optimum(1e19 * growth, **BESIROGLU), **BESIROGLU)

    def excess(a):
        return max(0.0, loss(n0 * growth**a, d0 * growth ** (1 - a), **BESIROGLU) - best)

    def cost(a):
        return fixed(excess(a), 3)

    def shares(a):
        return f"{times(growth**a)} the parameters and {times(growth ** (1 - a))} the tokens"

    xs = log_grid(1.0, 1e6, 7)

    def rule(name, a, style, dash):
        return line(name, xs, [g**a for g in xs], style, dash)

    ends = [growth**a for a in (KAPLAN_EXPONENT, EQUAL_EXPONENT, exponent)]
    return {
        "text": f"With {times(growth)} the compute, Kaplan's exponent asks for "
        f"{shares(KAPLAN_EXPONENT)}, an equal split for {times(growth**EQUAL_EXPONENT)} of each, "
        f"yours for {shares(exponent)}. By the refitted law that costs {cost(KAPLAN_EXPONENT)}, "
        f"{cost(EQUAL_EXPONENT)} and {cost(exponent)} nats.",
        "reached": [
            f"By this law an exponent of {fixed(exponent, 2)} is as good as free. Each ten times "
            f"of compute then buys {times(10.0**exponent)} the parameters and "
            f"{times(10.0 ** (1 - exponent))} the tokens: nearly equal parts."
            if growth > 0.99e6 and excess(exponent) < 0.0005
            else "",
            f"Over {times(growth)} of compute Kaplan's exponent costs {cost(KAPLAN_EXPONENT)} "
            "nats. So little is hard to see in small runs; stretched over more, the same exponent "
            "costs several times that."
            if 0.008 < excess(KAPLAN_EXPONENT) < 0.012
            else "",
            f"{fixed(exponent, 2)} costs {cost(exponent)} nats, {KAPLAN_EXPONENT} costs "
            f"{cost(KAPLAN_EXPONENT)}. A model that is too small wastes as much as one that is "
            "too large."
            if growth > 99
            and exponent < EQUAL_EXPONENT
            and abs(excess(exponent) / excess(KAPLAN_EXPONENT) - 1.0) < 0.1
            else "",
        ],
        "series": [
            rule("Kaplan 2020: a = 0.73", KAPLAN_EXPONENT, 1, 1),
            rule("equal split: a = 0.50", EQUAL_EXPONENT, 0, 0),
            rule("your exponent", exponent, 2, 3),
            points("at your compute", [growth] * 3, ends, 6),
        ],
    }
