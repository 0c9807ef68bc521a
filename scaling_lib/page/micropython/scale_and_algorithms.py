"""Four ways to share out one gain (claim H4)."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import band, line, points
from scaling_lib.page.micropython.numbers import fixed, log_grid, percent, times


@figure(
    title="Scale or algorithms: who gets the credit?",
    alt="Share of progress credited to compute against its growth; a band shows how much the "
    "order of the two decides.",
    x=log_axis("Growth of compute", 1, 1e6),
    y=axis("Share credited to compute", 0, 1, "percent"),
    controls=[
        log_slider("compute", "Compute grew", 1, 1e6, 1000, "times"),
        log_slider("algorithms", "Algorithms became more efficient", 1.1, 1e4, 20, "times"),
        slider("exponent", "Exponent of the law", 0.02, 1, 0.1, step=0.01),
    ],
    tasks=[
        "Find a history in which compute has 65 % of the multiplications, the share that is often "
        "quoted.",
        "Give compute more than 90 % if it grows first, and less than 10 % if it grows last.",
        "Make all four shares agree within 5 points, with both gains at ×5 or more.",
    ],
)
def scale_and_algorithms(compute, algorithms, exponent):
    """Return how one gain in loss is shared between compute and algorithms.

    The excess loss is (a c)^-g, with compute multiplied by c and algorithmic efficiency by a.
    Counted first, compute is credited with 1 - c^-g; counted last, with a^-g - (a c)^-g; the
    Shapley share is the mean of the two. All are divided by the whole gain, 1 - (a c)^-g.
    """
    a, c, g = algorithms, compute, exponent

    def first(c):
        return (1.0 - c**-g) / (1.0 - (a * c) ** -g)

    def last(c):
        return (a**-g - (a * c) ** -g) / (1.0 - (a * c) ** -g)

    def shapley(c):
        return (first(c) + last(c)) / 2.0

    def logs(c):
        return math.log(c) / (math.log(c) + math.log(a))

    four = (first(c), last(c), shapley(c), logs(c))
    xs = log_grid(1.0, 1e6, 61)
    return {
        "text": f"Compute {times(c)} and algorithms {times(a)}: compute is credited with "
        f"{percent(first(c))} of the gain in loss if compute grows first and the algorithms "
        f"improve afterwards, with {percent(last(c))} in the other order, with "
        f"{percent(shapley(c))} on average (Shapley), and with {percent(logs(c))} if "
        "multiplications are counted. "
        "One history, four shares.",
        "reached": [
            f"The same history gives compute {percent(first(c))} of the gain in loss if it "
            f"grows first and {percent(last(c))} if it grows last. A share means little "
            "without the rule that made it."
            if 0.645 < logs(c) < 0.655
            else "",
            f"{percent(first(c))} or {percent(last(c))}, for one history. With a steep law either "
            "gain alone would have brought nearly all of it, so the one that comes first takes "
            "the credit."
            if first(c) > 0.9 and last(c) < 0.1
            else "",
            f"From {percent(min(four))} to {percent(max(four))}. With an exponent of "
            f"{fixed(g, 2)} the first factor leaves most of the loss for the second, so the order "
            "hardly matters."
            if min(a, c) > 4.95 and max(four) - min(four) < 0.05
            else "",
        ],
        "series": [
            band("between first and last", xs, last, first, 0),
            line("Shapley share of compute", xs, shapley, 0),
            line("share of multiplications", xs, logs, 1, 1),
            points("your case", [c, c], [shapley(c), logs(c)], 2),
        ],
    }
