"""Two futures of one trend: the strong and the weak scaling hypothesis (claim H1)."""

import math

from scaling_lib.page.micropython.controls import COMPUTE, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import level, line, points
from scaling_lib.page.micropython.numbers import fixed, log_grid, power, times

FIRST, LAST = 1e20, 1e36  # FLOP, the ends of the axis
# The largest run in the table of notable systems, an estimate; a test holds it to the table.
LARGEST, WHEN, MONTH = 1e27, 2026.67, "September 2026"  # FLOP


@figure(
    title="The strong and the weak hypothesis",
    alt="Excess loss against compute: one line goes on falling, the other bends at a barrier "
    "and may miss the target.",
    x=log_axis(COMPUTE, FIRST, LAST),
    y=log_axis("Excess loss, relative to the start", 0.005, 1, "percent"),
    controls=[
        log_slider("target", "Target: excess loss at which an ability appears", 0.01, 0.9, 0.15,
                   "percent"),
        log_slider("barrier", "Barrier of the weak hypothesis", 1e22, 1e34, 1e27, unit=" FLOP",
                   step=0.1),
        slider("strength", "Strength of the barrier", 0, 1, 0.7, step=0.02, show="percent"),
        slider("exponent", "Slope of the trend", 0.03, 0.2, 0.1, step=0.005, digits=3),
        slider("growth", "Growth of the largest run, a year", 1.2, 6, 4, step=0.1, show="times"),
    ],
    tasks=[
        "Choose a target that cannot tell the two hypotheses apart.",
        "Let the trend reach the target before 2030, and the barrier keep it out of reach (beyond "
        "10^36 FLOP).",
    ],
)  # fmt: skip
def strong_or_weak(exponent, barrier, strength, target, growth):
    """Return two futures of one trend: it goes on (strong), or bends at a barrier (weak).

    The excess loss is 1 at 10^20 FLOP and falls as C^-exponent. In the weak case the exponent
    beyond the barrier is (1 - strength) times as large. `target` is the excess loss at which an
    ability appears. The largest run has an estimated 10^27 FLOP in September 2026 and grows by
    `growth` a year; only the dates depend on it.
    """

    def strong(c):
        return (c / FIRST) ** -exponent

    def weak(c):
        beyond = max(1.0, c / barrier)
        return strong(min(c, barrier)) * beyond ** (-exponent * (1.0 - strength))

    def date_of(c):
        return WHEN + math.log10(c / LARGEST) / math.log10(growth)

    def when(c):
        return fixed(date_of(c))

    need = need_weak = FIRST * target ** (-1.0 / exponent)
    if need > barrier:
        left = math.log10(max(1.0, strong(barrier) / target))  # decades that remain beyond it
        slow = max(exponent * (1.0 - strength), 1e-4)
        need_weak = barrier * 10.0 ** min(200.0, left / slow)
    since = f"growing {times(growth)} a year from {power(LARGEST)} FLOP in {MONTH}"
    date = f" (about {when(need)}, {since})" if need > LARGEST else ""
    if need <= barrier:
        end = "The barrier lies beyond it: this target cannot tell the two hypotheses apart."
    elif need_weak < LAST:
        late = f" (about {when(need_weak)})" if need_weak > LARGEST else ""
        more = times(need_weak / need)
        end = f"With the barrier it takes {power(need_weak)} FLOP, {more} as much{late}."
    else:
        end = "With the barrier, scale alone does not reach it below 10^36 FLOP."
    marks = [c for c in (need, need_weak) if c < LAST]
    xs = log_grid(FIRST, LAST, 97)
    return {
        "text": f"If the trend goes on, the target is reached at {power(need)} FLOP{date}. {end}",
        "reached": [
            f"The target needs {power(need)} FLOP, less than the barrier at {power(barrier)}. Up "
            "to the barrier both hypotheses predict the same numbers, so no result from there "
            "decides between them."
            if need <= barrier
            else "",
            f"In about {when(need)}, or out of reach: two forecasts from one curve, which agree "
            f"up to {power(barrier)} FLOP. They differ only in what is assumed beyond."
            if need > max(barrier, LARGEST) and float(when(need)) < 2030.0 and need_weak >= LAST
            else "",
        ],
        "series": [
            line("strong: the trend goes on", xs, strong, 0),
            line("weak: it bends at a barrier", xs, weak, 1, 1),
            level("target", FIRST, LAST, target),
            points("target reached", marks, [target for _ in marks], 2, 3),
        ],
    }
