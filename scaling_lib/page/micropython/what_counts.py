"""One distilled model, and its training compute counted in four ways (claim R10)."""

from scaling_lib.page.micropython.controls import choice, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import level, line, points
from scaling_lib.page.micropython.numbers import (
    FLOP_PER_PARAMETER_TOKEN,
    digits3,
    log_grid,
    percent,
    power,
)

FORWARD = 2.0  # FLOP a parameter and token, without the backward pass
# Where the sliders stand at first.
START = {"N": 3e10, "D": 1.2e13, "teacher": 4e11, "written": 4e12, "kept": 0.25}
EUROPE, STATES = 1e25, 1e26  # FLOP: AI Act, Article 51; California's and New York's acts


@figure(
    title="Whose operations count?",
    alt="Training compute of one model against the tokens that its teacher wrote, counted in "
    "four ways, with two legal thresholds across.",
    x=log_axis("Tokens written by the teacher and kept", 1e10, 1e14, "si"),
    y=log_axis("Counted compute (FLOP)", 1e23, 1e28),
    controls=[
        log_slider("N", "Parameters of the model", 1e9, 1e12, START["N"], "si"),
        log_slider("D", "Tokens that it reads", 1e12, 1e14, START["D"], "si"),
        log_slider("teacher", "Parameters of its teacher", 1e9, 1e13, START["teacher"], "si"),
        log_slider("written", "Tokens that its teacher wrote, of those it reads", 1e10, 1e14,
                   START["written"], "si"),
        slider("kept", "Share of the teacher's text that is kept", 0.05, 1, START["kept"],
               step=0.05, show="percent"),
        choice("text", "The teacher's text is",
               {"private": "kept private", "public": "published"}, "private"),
    ],
    tasks=[
        "Bring this model below 10^25 by Europe's count without changing a number.",
        "Keep the text private and the four sizes as they are, and get below 10^25 all the same.",
        "Find a model that Europe does not count above 10^25, with a thousand times its own "
        "training behind it.",
    ],
)  # fmt: skip
def what_counts(N, D, teacher, written, kept, text):
    """Return the compute of a model that learns in part from a teacher's text, in four ways.

    Own training is 6 N D, and the teacher's text is a part of the D tokens. Writing costs two
    operations a parameter of the teacher and token, kept or discarded; Europe's guidelines count it
    unless the text is public, and do not count the training of the teacher, here on as many tokens
    as the model reads [@commission2025guidelines].
    """
    written = min(written, D)
    own = FLOP_PER_PARAMETER_TOKEN * N * D
    training = FLOP_PER_PARAMETER_TOKEN * teacher * D

    def writing(tokens):
        return FORWARD * teacher * tokens / kept

    def europe(tokens):
        return own + (writing(tokens) if text == "private" else 0.0)

    counted = europe(written)
    everything = own + writing(written) + training
    now = {"N": N, "D": D, "teacher": teacher, "written": written}
    sizes_at_start = all(abs(now[name] / START[name] - 1.0) < 0.03 for name in now)
    at_start = sizes_at_start and abs(kept - START["kept"]) < 0.01
    side = "above" if counted > EUROPE else "not above"
    xs = log_grid(1e10, 1e14, 61)
    return {
        "text": f"Own training {power(own)} FLOP. By Europe's guidelines {power(counted)}, {side} "
        f"10^25. With the teacher's training {power(everything)}, "
        f"{digits3(everything / own)} times the first.",
        "reached": [
            f"With the text published, the same weights count {power(counted)} FLOP instead of "
            f"{power(own + writing(written))}. What a rule counts is not what the model can do."
            if text == "public" and at_start and counted <= EUROPE < own + writing(written)
            else "",
            f"With {percent(kept)} of the text kept it counts {power(counted)} FLOP. What the "
            "teacher wrote in vain counts as well, though the model never read it."
            if text == "private" and sizes_at_start and counted <= EUROPE
            else "",
            f"Own training {power(own)} FLOP, counted {power(counted)}, and {power(everything)} "
            "with its teacher. A threshold sees only the part that its rule counts."
            if counted <= EUROPE and everything >= 1000.0 * own
            else "",
        ],
        "series": [
            line("own training", xs, [own for _ in xs], 0),
            line("by Europe's guidelines", xs, europe, 1),
            line("with all that the teacher wrote", xs, lambda t: own + writing(t), 2, 1),
            line("and its training", xs, lambda t: own + writing(t) + training, 3, 3),
            level("10²⁵ and 10²⁶ FLOP", 1e10, 1e14, EUROPE),
            dict(level("", 1e10, 1e14, STATES), key=False),
            points("your model", [written], [counted], 2),
        ],
    }
