"""An algorithmic gain beside a prior (claim B4)."""

from scaling_lib.page.micropython.controls import figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import log_grid, percent, si


@figure(
    title="Two kinds of engineering",
    alt="Three learning curves: a better method shifts the whole curve, a prior lowers mainly "
    "its beginning.",
    x=log_axis("Training examples", 100, 1e7, "si"),
    y=log_axis("Error, relative to the start", 0.005, 1, "percent"),
    controls=[
        log_slider("D", "Your data", 100, 1e7, 1000, "si", " examples"),
        slider("better_method", "One example counts for", 1, 10, 3, step=0.1, show="times"),
        slider("better_prior", "The prior is worth the first examples", 1, 100, 20, step=1,
               show="times"),
    ],
    tasks=[
        "Find data with which you would rather have the prior: it cuts the error by 10 points "
        "more than the method.",
        "Make the prior worth ×20 or more, and find data with which it cuts the error by less "
        "than 5 %.",
    ],
)  # fmt: skip
def two_kinds_of_engineering(D, better_method, better_prior):
    """Return a learning curve and what a better method and a prior do to it.

    The curve is (D / 100)^-0.35. A better method makes each example count for `better_method`; a
    prior spares the collecting of the first 100 (better_prior - 1) examples.
    """
    spared = 100.0 * (better_prior - 1.0)

    def error(d):
        return (d / 100.0) ** -0.35

    plain, method, prior = error(D), error(D * better_method), error(D + spared)
    gain = percent(1.0 - prior / plain, 0 if prior < 0.95 * plain else 1)
    if abs(method - prior) < 0.005 * plain:
        end = "Here the two are worth the same."
    elif method < prior and prior > 0.95 * plain:
        end = "The method is worth more: the examples that the prior spares hardly count here."
    elif method < prior:
        end = "The method is worth more here; its gain stays as data grow, the prior's fades."
    else:
        end = "This early knowledge is worth more; its gain fades as data grow, the method's stays."
    xs = log_grid(100.0, 1e7, 81)
    return {
        "text": f"At {si(D)} examples the better method cuts the error by "
        f"{percent(1.0 - method / plain)} and the prior by {gain}. {end}",
        "reached": [
            f"At {si(D)} examples the prior spares {si(spared)} more, and the method is worth "
            f"{si(D * (better_method - 1.0))} more. Knowledge is the better buy while data are few."
            if method - prior >= 0.1 * plain
            else "",
            f"At {si(D)} examples the {si(spared)} that the prior spares hardly count. The method "
            f"cuts the error by {percent(1.0 - method / plain)} here as everywhere: it moves the "
            "whole curve."
            if better_prior >= 20 and prior > 0.95 * plain
            else "",
        ],
        "series": [
            line("as it was", xs, error, 6, 2),
            line("better method", xs, lambda d: error(d * better_method), 0),
            line("better prior", xs, lambda d: error(d + spared), 1, 1),
            points("at your data", [D, D, D], [plain, method, prior], 2),
        ],
    }
