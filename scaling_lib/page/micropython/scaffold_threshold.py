"""Models bare and scaffolded against a threshold (claims S1, S6, S8)."""

import math

from scaling_lib.page.micropython.controls import (
    COMPUTE,
    axis,
    figure,
    log_axis,
    log_slider,
    slider,
)
from scaling_lib.page.micropython.drawing import level, line, points, stems
from scaling_lib.page.micropython.numbers import log_grid, logistic, percent, power, times


@figure(
    title="Model times scaffold, at a threshold",
    alt="Score against training compute for bare models and the same models with a scaffold, with "
    "a threshold across.",
    x=log_axis(COMPUTE, 1e21, 1e29),
    y=axis("Score", 0, 1, "percent"),
    controls=[
        log_slider("C", "Training compute of the model", 1e21, 1e29, 5e24, unit=" FLOP"),
        log_slider("gain", "The scaffold is worth", 1, 1000, 9, "times"),
        slider("threshold", "Threshold of the evaluation", 0.05, 0.95, 0.5, step=0.01,
               show="percent"),
        slider("steepness", "Steepness of the score", 0.5, 5, 1.8, step=0.1, digits=1),
    ],
    tasks=[
        "Find a scaffold that just lifts this model over the threshold, by no more than four "
        "points.",
        "Make the scaffold worth ×20 or more, and find a model that stays just below: within ten "
        "points.",
        "Make the evaluation of the bare model miss 60 points.",
    ],
)  # fmt: skip
def scaffold_threshold(C, gain, threshold, steepness):
    """Return the score of bare and scaffolded models against the threshold of an evaluation.

    The score is logistic in log10 of compute and even at 10^25 FLOP; a scaffold counts as `gain`
    times the training compute, its compute-equivalent gain [@davidson2023capabilities].
    """

    def score(c):
        return logistic(steepness * math.log10(c / 1e25))

    bare, full = score(C), score(C * gain)
    needed = 1e25 * 10.0 ** (math.log(threshold / (1.0 - threshold)) / steepness)
    if bare >= threshold:
        end = "It crosses the threshold without help."
    elif full >= threshold:
        end = "Evaluated bare it stays below the threshold; as it will be used, it is above."
    else:
        end = f"Both stay below; a scaffold worth {times(needed / C)} would be enough."
    xs = log_grid(1e21, 1e29, 81)
    return {
        "text": f"A model of {power(C)} FLOP scores {percent(bare)} bare and {percent(full)} with "
        f"a scaffold worth {times(gain)} its compute. {end}",
        "reached": [
            f"{times(gain)} is enough: {percent(bare)} bare, {percent(full)} with it. The bare "
            "score alone does not say on which side of the threshold the model will be used."
            if bare < threshold <= full < threshold + 0.04
            else "",
            f"Bare, this model scores {percent(bare)}. So far below {percent(threshold)} must a "
            f"bare score lie, if a scaffold worth {times(gain)} is to be expected."
            if gain > 19.9 and threshold - 0.1 < full < threshold
            else "",
            f"From {percent(bare)} to {percent(full)}, with {times(gain)} of compute. On the flat "
            "ends of the curve the same factor is worth a few points: points and compute are two "
            "measures of one gain."
            if full - bare >= 0.6
            else "",
        ],
        "series": [
            line("bare model", xs, score, 1, 1),
            line("model with scaffold", xs, lambda c: score(c * gain), 0),
            level("threshold", 1e21, 1e29, threshold),
            stems("what the evaluation misses", [C], [bare], [full], 2),
            points("your model", [C, C], [bare, full], 2),
        ],
    }
