"""What repeated tokens are worth (claim D3)."""

import math

from scaling_lib.page.micropython.controls import LOSS, axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import level, line, points
from scaling_lib.page.micropython.numbers import MUENNIGHOFF, fixed, log_grid, loss, percent, si


@figure(
    title="Reading the same text again",
    alt="Loss against epochs: repeated tokens follow fresh ones for a while and then level off at "
    "a limit.",
    x=log_axis("Epochs", 1, 100, "si"),
    y=axis(LOSS, 1.85, 3.2),
    controls=[
        slider("epochs", "Epochs", 1, 60, 4, step=1, digits=0),
        log_slider("unique", "Different tokens", 1e9, 1e12, 1e10, "si", " tokens"),
        slider("saturation", "R*, when repeating stops paying", 1, 40, 15.4, step=0.1, digits=1),
        log_slider("N", "Model", 1e9, 1e12, 7e10, "si", " parameters"),
    ],
    tasks=[
        "Leave R* at 15.4. How many epochs are worth half as many fresh ones?",
        "Wear the text out sooner: with four epochs or fewer, it is worth less than half of what "
        "is read.",
    ],
)
def repetition(unique, epochs, saturation, N):
    """Return the loss when the same tokens are repeated, against as many fresh ones.

    R = epochs - 1 repetitions make D' = U + U R* (1 - exp(-R / R*)) effective tokens, with
    R* = `saturation` [@muennighoff2023scaling]. The law knows no overfitting, which runs show after
    enough epochs at the learning rate of fresh text.
    """

    def effective(e):
        return unique * (1.0 + saturation * (1.0 - math.exp(-(e - 1.0) / saturation)))

    def again(e):
        return loss(N, effective(e), **MUENNIGHOFF)

    def fresh(e):
        return loss(N, unique * e, **MUENNIGHOFF)

    worth = effective(epochs) / unique / epochs  # of a token that was read
    most = unique * (1.0 + saturation)
    often = "once" if epochs == 1 else fixed(epochs) + " times"
    xs = log_grid(1.0, 100.0, 61)
    return {
        "text": f"Reading {si(unique)} tokens {often} is worth {si(effective(epochs))} fresh ones, "
        f"{percent(worth)} of what was processed: a loss of "
        f"{fixed(again(epochs), 3)} instead of {fixed(fresh(epochs), 3)} nats. However often they "
        f"are read, they are never worth more than {si(most)}.",
        "reached": [
            f"{fixed(epochs)} epochs are worth {fixed(effective(epochs) / unique, 1)}; the first "
            f"four are worth {fixed(effective(4.0) / unique, 1)}. Repeating is nearly free at "
            "first and of little use in the end."
            if abs(saturation - 15.4) < 0.05 and 0.475 < worth < 0.525
            else "",
            f"With an R* of {fixed(saturation, 1)}, {fixed(epochs)} epochs are worth "
            f"{fixed(effective(epochs) / unique, 1)}. That four are almost as good as new text "
            "holds for an R* near 15, and not for every text and model."
            if epochs <= 4 and worth < 0.5
            else "",
        ],
        "series": [
            line("the same tokens again", xs, again, 0),
            line("fresh tokens", xs, fresh, 1, 1),
            level("limit of repetition", 1.0, 100.0, loss(N, most, **MUENNIGHOFF)),
            points("your epochs", [epochs, epochs], [again(epochs), fresh(epochs)], 2),
        ],
    }
