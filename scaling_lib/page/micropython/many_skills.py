"""Sharp skills that add up to a smooth curve (claim H5)."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import fixed, log_grid, logistic, percent, si


@figure(
    title="Many sharp skills, one smooth curve",
    alt="Three single skills jump from unknown to known at different amounts of data; their "
    "weighted sum rises smoothly.",
    x=log_axis("Training examples", 1e3, 1e9, "si"),
    y=axis("Share known", 0, 1, "percent"),
    controls=[
        log_slider("D", "Your data", 1e3, 1e9, 1e6, "si", " examples"),
        slider("exponent", "How fast skills get rarer", 0.1, 2, 0.5, step=0.05),
        slider("sharpness", "Width of learning, in powers of ten", 0.05, 2, 0.3, step=0.05),
    ],
    tasks=[
        "Find the data at which half is known, weighted by need (48 to 52 %).",
        "Learn 100 of the 200 skills. How much is left to gain?",
        "Make a step of the sum visible: one skill carries more than half, learned within 0.1 "
        "powers of ten.",
    ],
)
def many_skills(D, exponent, sharpness):
    """Return sharp skills of different frequency and their smooth mean [@michaud2023quantization].

    Skill k of 200 has a frequency proportional to k^-(1 + exponent) and is learned, within
    `sharpness` powers of ten, once it has been seen a thousand times; the mean is weighted by
    frequency.
    """
    weights = [k ** -(1.0 + exponent) for k in range(1, 201)]
    whole = sum(weights)
    needs = [math.log10(1e3 * whole / w) for w in weights]  # log10 of the data

    def known(i):
        return lambda d: logistic(4.0 * (math.log10(d) - needs[i]) / sharpness)

    def mean(d):
        total, here, width = 0.0, math.log10(d), sharpness / 4.0
        for w, need in zip(weights, needs):
            z = (here - need) / width
            if z < -40.0:  # this skill and all rarer ones are unknown
                break
            total += w if z > 40.0 else w * logistic(z)
        return total / whole

    share = mean(D)
    learned = len([n for n in needs if n <= math.log10(D)])
    if learned < 4:
        end = "with so few learned, the sum still shows the steps."
    else:
        end = "their sum rises more evenly."
    xs = log_grid(1e3, 1e9, 49)
    return {
        "text": f"After {si(D)} examples {learned} of 200 skills are learned; weighted by how "
        f"often each is needed, that is {percent(share)}. Each skill appears within "
        f"{fixed(sharpness, 2)} powers of ten; {end}",
        "reached": [
            f"{learned} of 200 skills are learned, and {percent(share)} of what is needed is "
            "known. A few frequent skills carry the average."
            if 0.475 < share < 0.525
            else "",
            f"With {learned} of 200 skills learned, {percent(share, 1)} of what is needed is "
            f"known. The other {200 - learned} add only the rest: an average near its end can "
            "hide many skills that are still to appear."
            if 100 <= learned <= 150
            else "",
            f"The most frequent skill alone carries {percent(weights[0] / whole)}, so its jump is "
            "a jump of the sum. The sum is smooth only where no single skill carries much."
            if weights[0] > 0.5 * whole and sharpness < 0.105
            else "",
        ],
        "series": [
            line("most frequent skill", xs, known(0), 6, 1),
            line("10th", xs, known(9), 6, 2),
            line("100th", xs, known(99), 6, 3),
            line("all 200, weighted", xs, mean, 0),
            points("your data", [D], [share], 1),
        ],
    }
