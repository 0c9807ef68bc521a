"""The length of task that a system finishes, at any reliability."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import level, line, points
from scaling_lib.page.micropython.numbers import digits3, fixed, log_grid, percent


@figure(
    title="How long a task can be",
    alt="Share of tasks finished against their length: a falling curve, with the lengths at one "
    "half and at your reliability marked.",
    x=log_axis("Steps of the task", 1, 1e5, "si"),
    y=axis("Tasks finished", 0, 1, "percent"),
    controls=[
        log_slider("error", "Errors a step", 1e-4, 0.3, 0.01, "percent"),
        slider("spread", "How much tasks differ", 0, 3, 0, step=0.05, digits=2),
        slider("wanted", "Reliability that you need", 0.5, 0.99, 0.8, step=0.01, show="percent"),
    ],
    tasks=[
        "Let half of the tasks of 1,000 steps be finished.",
        "Leave the errors at 1 % or more, and shrink the reliable length to a fiftieth of the "
        "length at one half.",
        "At a reliability of 80 %, bring the ratio of the two lengths below 0.20.",
    ],
)  # fmt: skip
def time_horizon(error, spread, wanted):
    """Return how many tasks of each length are finished without an error.

    A task has its own rate of errors, Gamma-distributed with mean -log(1 - error) and variance
    spread times its square; with spread 0 all tasks have one rate and the curve is (1 - error)^m.
    """
    rate = -math.log(1.0 - error)

    def finished(m):
        if spread < 0.01:
            return math.exp(-rate * m)
        return (1.0 + spread * rate * m) ** (-1.0 / spread)

    def longest(share):
        if spread < 0.01:
            return -math.log(share) / rate
        return (share**-spread - 1.0) / (spread * rate)

    half, safe = longest(0.5), longest(wanted)
    xs = log_grid(1.0, 1e5, 81)
    return {
        "text": f"Half of the tasks of {digits3(half)} steps are finished. To finish "
        f"{percent(wanted)}, a task may have {digits3(safe)} steps: {fixed(safe / half, 2)} of "
        "the horizon at one half.",
        "reached": [
            f"With {percent(error)} errors a step, half of the tasks of {digits3(half)} steps are "
            f"finished. To be {percent(wanted)} sure, a task may still have only {digits3(safe)} "
            "steps."
            if half >= 1000
            else "",
            f"To finish {percent(wanted)}, a task may have {digits3(safe)} steps, where half of "
            f"those of {digits3(half)} are finished. A horizon at one half is far from a length "
            "that one can rely on."
            if error > 0.0098 and 50 * safe <= half
            else "",
            f"The ratio is {fixed(safe / half, 2)}. Were all tasks equally hard, it would be "
            f"{fixed(math.log(wanted) / math.log(0.5), 2)}, whatever the rate of errors: a "
            "smaller ratio can be a sign that tasks differ."
            if abs(wanted - 0.8) < 0.005 and safe / half < 0.2
            else "",
        ],
        "series": [
            line("tasks finished", xs, finished, 0),
            level("one half", 1.0, 1e5, 0.5),
            points("the two lengths", [half, safe], [0.5, wanted], 2),
        ],
    }
