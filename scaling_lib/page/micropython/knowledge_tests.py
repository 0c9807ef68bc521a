"""Scores of a knowledge test against compute, split at a date (claim H2)."""

import math

from scaling_lib.page.micropython.controls import COMPUTE, axis, figure, log_axis, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import (
    clamp,
    decimal_years,
    digits3,
    fixed,
    line_fit,
    log_grid,
    logistic,
    power,
    rounded,
)

SIZES = log_grid(1e21, 1e26, 41)  # FLOP


def columns(models):
    """Taken are the columns `model`, `date`, `C` and `mmlu`, a score in per cent."""
    return {
        "name": list(models["model"]),
        "year": decimal_years(models["date"]),
        "C": rounded(models["C"], 4),
        "score": [float(v) for v in models["mmlu"]],
    }


def log_odds(score):
    """Return the log-odds of knowing an answer; a guess among four is right in 25 %."""
    share = clamp((score / 100.0 - 0.25) / 0.75, 0.02, 0.98)
    return math.log(share / (1.0 - share))


def half(name, style, chosen):
    """Return the points, the fitted line and the compute that a score of 50 % takes.

    The last is None where the scores do not lie on both sides of 50 %.
    """
    sizes, scores = [r[0] for r in chosen], [r[1] for r in chosen]
    names = [f"{r[3]}: {power(r[0])} FLOP, {fixed(r[1], 1)} %" for r in chosen]
    dots = points(name, sizes, [s / 100.0 for s in scores], style, style, names)
    if len(chosen) > 3 and sizes[-1] > 1.5 * sizes[0]:
        slope, at, _ = line_fit([math.log10(c) for c in sizes], [log_odds(s) for s in scores])
        if slope > 0.05:
            curve = [0.25 + 0.75 * logistic(at + slope * math.log10(x)) for x in SIZES]
            seen = min(scores) <= 50.0 <= max(scores)
            need = 10.0 ** clamp((log_odds(50.0) - at) / slope, 0.0, 60.0) if seen else None
            return [dots, line("fit: " + name, SIZES, curve, style, style)], need
    return [dots, line("fit: " + name, [], [], style, style)], None


@figure(
    title="Knowledge tests against compute",
    alt="Scores of language models in MMLU against training compute, earlier and later models "
    "each with a logistic curve.",
    x=log_axis(COMPUTE, 1e21, 1e26),
    y=axis("Score in MMLU", 0.2, 1, "percent"),
    controls=[slider("year", "Split the models at", 2022.2, 2024.1, 2023.5, step=0.1, digits=1)],
    tasks=[
        "Find a split at which the later models need 20 times less compute for a score of 50 %.",
        "Find one at which this factor is below 2.5.",
    ],
    table="mmlu_compute",
    rows="C >= 1e20",
    columns=columns,
)
def knowledge_tests(year, data):
    """Return test scores against training compute, with a logistic on each side of a release date.

    The curves rise from 25 % (guessing) towards 100 %; each is a line fitted to the log-odds.
    """
    rows = sorted(zip(data["C"], data["score"], data["year"], data["name"]))
    early = [r for r in rows if r[2] < year]
    late = [r for r in rows if r[2] >= year]
    before, need_before = half("released before", 1, early)
    after, need_after = half("released later", 0, late)
    ratio = need_before / need_after if need_before and need_after else 0.0
    if ratio:
        end = (
            f"A score of 50 % takes {power(need_before)} FLOP by the earlier fit and "
            f"{power(need_after)} by the later one, {digits3(max(ratio, 1.0 / ratio))} times "
            f"{'less' if ratio > 1.0 else 'more'}. The difference holds better algorithms as well "
            "as better, or leaked, data."
        )
    else:
        end = (
            "One side has too few models, no rise, or no scores around 50 %: there is nothing to "
            "compare."
        )
    return {
        "text": f"Released before {fixed(year, 1)}: {len(early)} of {len(rows)} models; later: "
        f"{len(late)}. {end}",
        "reached": [
            f"Split at {fixed(year, 1)}, the factor is {digits3(ratio)}, with {len(late)} later "
            "models. Do the other task before you quote it."
            if ratio >= 20
            else "",
            f"Split at {fixed(year, 1)}, the factor is {digits3(ratio)}, with {len(early)} "
            "earlier models. The later models are the better ones, and by how much depends on the "
            "date of the split."
            if 1.0 < ratio < 2.5
            else "",
        ],
        "series": before + after,
    }
