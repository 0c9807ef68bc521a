"""The reader's own forecast of a training run, beside the run and beside a fitted law."""

import math

from scaling_lib.page.micropython.controls import LOSS, axis, figure, log_axis, slider, toggle
from scaling_lib.page.micropython.drawing import band, line, points
from scaling_lib.page.micropython.numbers import check_columns, fixed, rounded, si


def columns(runs):
    """Taken are `D` and `loss`, and `low`, `middle` and `high` of a forecast if they are there.

    The run with the most tokens is to be guessed; a row without a loss belongs to the forecast
    alone.
    """
    check_columns(runs, ("D", "loss"))
    runs = runs.sort_values("D")
    made = runs.dropna(subset="loss")
    if len(made) < 3 or made["D"].iloc[-1] != runs["D"].iloc[-1]:
        raise ValueError("at least three runs need a loss, and the one with the most tokens too")
    data = {"D": rounded(made["D"], 7), "L": rounded(made["loss"], 5), "law": None}
    if "middle" in runs:
        data["law"] = {name: rounded(runs[name], 5) for name in ("D", "low", "middle", "high")}
    return data


def bounds(data):
    """Return the lowest and the highest guess, which the drawing has room for."""
    known = data["L"][:-1]
    return round(math.floor(10 * min(known)) / 10 - 0.3, 1), math.ceil(10 * max(known)) / 10


@figure(
    title="Your forecast",
    alt="Loss of small training runs against their number of tokens, a falling row of dots, and "
    "your guess of a run with many more tokens.",
    x=lambda data: log_axis("Tokens read in training", data["D"][0] / 1.4, data["D"][-1] * 1.6),
    y=lambda data: axis(LOSS, *bounds(data)),
    controls=lambda data: [
        slider("guess", f"Your guess of the loss after {si(data['D'][-1])} tokens",
               *bounds(data), round(data["L"][-2], 2), step=0.01, unit=" nats"),
        toggle("shown", "Show how the run ended"),
    ],
    tasks=["Guess first, and only then tick the box. Did you come within 0.02 nats?"],
    table="first_forecast",
    columns=columns,
)  # fmt: skip
def first_forecast(guess, shown, data):
    """Return the small runs with the guess, and on demand the run and the forecast of a law."""
    D, L, law = data["D"], data["L"], data["law"]
    truth, before = L[-1], L[-2]

    def only_if_shown(values):
        return values if shown else []

    series = [
        points("small runs", D[:-1], L[:-1], 0),
        points("your guess", [D[-1]], [guess], 1, 3),
        points("the run itself", only_if_shown([D[-1]]), only_if_shown([truth]), 2, 1),
    ]
    if law:
        curve = {name: only_if_shown(values) for name, values in law.items()}
        series.append(line("law fitted to the small runs", curve["D"], curve["middle"], 3, 1))
        series.append(band("its 90 % interval", curve["D"], curve["low"], curve["high"], 3))
    return {
        "text": sentence(guess, truth, before, law, shown, D),
        "reached": [
            "If you had guessed before you looked, that was a forecast: "
            f"{len(D) - 1} small runs are enough to foresee one on {si(D[-1] / D[-2])} times the "
            "tokens, because the loss falls so regularly that one can go on drawing the curve."
            if shown and abs(round(guess - truth, 2)) <= 0.02
            else ""
        ],
        "series": series,
    }


def sentence(guess, truth, before, law, shown, D):
    """Return what the reader is told: before the run a question, after it the score."""
    if not shown:
        return (
            f"The longest of the small runs read {si(D[-2])} tokens and reached "
            f"{fixed(before, 2)} nats. You say {fixed(guess, 2)} for {si(D[-1])} tokens. When you "
            "are sure, tick the box."
        )
    off = round(guess - truth, 2)
    verdict = "right" if off == 0 else f"{fixed(abs(off), 2)} too {'high' if off > 0 else 'low'}"
    text = f"The run reached {fixed(truth, 2)} nats: your {fixed(guess, 2)} is {verdict}."
    if law:
        text += (
            f" The law fitted to the {len(D) - 1} small runs said {fixed(law['middle'][-1], 2)}, "
            f"with 90 % between {fixed(law['low'][-1], 2)} and {fixed(law['high'][-1], 2)}."
        )
    return text
