"""The cheapest model of one quality, when it is also used (claim R1)."""

from scaling_lib.page.micropython.controls import figure, log_axis, log_slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import (
    BESIROGLU,
    FLOP_PER_PARAMETER_TOKEN,
    crossing,
    log_grid,
    loss,
    optimum,
    percent,
    power,
    si,
)

A, B, ALPHA, BETA = (BESIROGLU[name] for name in ("A", "B", "alpha", "beta"))
LARGEST = 1e14  # parameters, beyond the axis


def tokens_for(n, excess):
    """Return the tokens with which n parameters reach an excess loss; n must be able to."""
    return (B / (excess - A * n**-ALPHA)) ** (1.0 / BETA)


@figure(
    title="A model that is used a lot",
    alt="Lifetime compute against model size at one quality: a valley, whose lowest point moves "
    "to smaller models as more tokens are answered.",
    x=log_axis("Parameters", 1e9, 1e13, "si"),
    y=log_axis("Compute over the lifetime (FLOP)", 1e20, 1e29),
    controls=[
        log_slider(
            "quality", "As good as the best run of", 1e21, 1e27, 5.88e23, unit=" FLOP", step=0.01
        ),
        log_slider("answered", "Tokens answered", 1e10, 1e16, 1e13, "si"),
    ],
    tasks=[
        "Find a use so light that the size that is cheapest to train stays the cheapest, within 5 "
        "%.",
        "Save half of the compute of a lifetime.",
    ],
)
def lifetime_compute(quality, answered):
    """Return what training and answers cost together, by size, at the loss of one optimal run.

    By the refitted law [@besiroglu2024chinchilla], with 6 N a token in training and 2 N in use
    [@sardana2024beyond].
    """
    n0, d0 = optimum(quality, **BESIROGLU)
    excess = loss(n0, d0, **BESIROGLU) - BESIROGLU["E"]
    smallest = (A / excess) ** (1.0 / ALPHA)  # with endless data

    def training(n):
        return FLOP_PER_PARAMETER_TOKEN * n * tokens_for(n, excess)

    def lifetime(n):
        return training(n) + 2.0 * n * answered

    def gap(n):
        d = tokens_for(n, excess)
        return ALPHA * A * n**-ALPHA - BETA * B * d**-BETA * (1.0 + answered / (3.0 * d))

    best = crossing(gap, smallest * (1 + 1e-6), LARGEST)
    d = tokens_for(best, excess)
    saved = 1.0 - lifetime(best) / lifetime(n0)
    xs = [n for n in log_grid(1e9, 1e13, 61) if n > 1.02 * smallest]
    return {
        "text": f"The best run of {power(quality)} FLOP has {si(n0)} parameters. With "
        f"{si(answered)} tokens answered, {si(best)} parameters on {si(d)} tokens "
        f"({si(d / best)} for each parameter) are cheapest, and save {percent(saved)} of the "
        f"whole. Below {si(smallest)} parameters no amount of text is enough.",
        "reached": [
            f"With {si(answered)} tokens answered, training is nearly the whole bill: {si(best)} "
            f"parameters on {si(d / best)} tokens each. The rule of about 20 tokens a parameter "
            "is for such a model."
            if best > 0.95 * n0
            else "",
            f"With {si(answered)} tokens answered, {si(best)} parameters on {si(d / best)} tokens "
            f"each save {percent(saved)} against {si(n0)}. Who expects much use trains a smaller "
            "model for longer."
            if saved >= 0.5
            else "",
        ],
        "series": [
            line("training alone", xs, training, 1, 1),
            line("training and answers", xs, lifetime, 0),
            points("cheapest", [n0, best], [training(n0), lifetime(best)], 2),
        ],
    }
