"""The explorers on the scaling hypothesis, ready to show."""

from scaling_lib import data as datasets
from scaling_lib.page.explorers import hypothesis, tables
from scaling_lib.page.explorers.catalogue.parts import (
    COMPUTE,
    axis,
    decimal_years,
    log_axis,
    log_slider,
)
from scaling_lib.page.explorers.controls import slider
from scaling_lib.page.explorers.explorer import explore


def strong_or_weak():
    """Show two futures of one trend (claim H1)."""
    return explore(
        hypothesis.strong_or_weak,
        [
            log_slider(
                "target",
                "Reducible loss at which it appears",
                0.01,
                0.9,
                0.15,
                "percent",
                step=0.02,
            ),
            log_slider(
                "barrier",
                "Barrier of the weak hypothesis",
                1e22,
                1e34,
                1e27,
                unit=" FLOP",
                step=0.1,
            ),
            slider("strength", "Strength of the barrier", 0, 1, 0.7, step=0.02, show="percent"),
            slider("exponent", "Exponent of the trend", 0.03, 0.2, 0.1, step=0.005, digits=3),
            slider("growth", "Compute grows a year", 1.2, 6, 4, step=0.1, show="times"),
        ],
        {
            "x": log_axis(COMPUTE, 1e20, 1e36),
            "y": log_axis("Reducible loss, relative to the start", 0.005, 1, "percent"),
        },
        (
            "Reducible loss against compute: one line goes on falling, the other bends "
            "at a barrier and may miss the target."
        ),
        title="The strong and the weak hypothesis",
    )


def emergence():
    """Show one skill under two metrics (claims L2, H5)."""
    return explore(
        hypothesis.emergence,
        [
            log_slider("N", "Your model", 1e6, 1e12, 1e9, "si", " parameters"),
            slider("length", "Symbols in an answer", 1, 50, 10, step=1, digits=0),
            slider("steepness", "Steepness of the skill", 0.1, 1.5, 0.5, step=0.01),
        ],
        {"x": log_axis("Parameters", 1e6, 1e12, "si"), "y": axis("Share right", 0, 1, "percent")},
        (
            "Share of symbols right rises slowly with model size; share of whole answers "
            "right stays at zero, then rises fast."
        ),
        title="Sudden or smooth, by the choice of the metric",
    )


def many_skills():
    """Show sharp skills that add up to a smooth curve (claim H5)."""
    return explore(
        hypothesis.many_skills,
        [
            log_slider("D", "Your data", 1e3, 1e9, 1e6, "si", " examples"),
            slider("exponent", "How fast skills get rarer", 0.1, 2, 0.5, step=0.05),
            slider("sharpness", "Width of learning, in powers of ten", 0.05, 2, 0.3, step=0.05),
        ],
        {
            "x": log_axis("Training examples", 1e3, 1e9, "si"),
            "y": axis("Share known", 0, 1, "percent"),
        },
        (
            "Three single skills jump from unknown to known at different amounts of "
            "data; their weighted sum rises smoothly."
        ),
        title="Many sharp skills, one smooth curve",
    )


def scale_and_algorithms():
    """Show four ways to share out one gain (claim H4)."""
    return explore(
        hypothesis.scale_and_algorithms,
        [
            log_slider("compute", "Compute grew", 1, 1e6, 1000, "times"),
            log_slider(
                "algorithms", "Algorithms became more efficient", 1.1, 1e4, 20, "times", step=0.02
            ),
            slider("exponent", "Exponent of the law", 0.02, 1, 0.1, step=0.01),
        ],
        {
            "x": log_axis("Growth of compute", 1, 1e6),
            "y": axis("Share credited to compute", 0, 1, "percent"),
        },
        (
            "Share of progress credited to compute against its growth; a band shows how "
            "much the order of telling decides."
        ),
        title="Scale or algorithms: who gets the credit?",
    )


def knowledge_tests():
    """Show scores of a knowledge test against compute, split at a date (claim H2)."""
    table = datasets.load("mmlu_compute")
    table = table[table["C"] >= 1e20]
    data = {
        "name": list(table["model"]),
        "year": decimal_years(table["date"]),
        "C": [float(f"{v:.4g}") for v in table["C"]],
        "score": [float(v) for v in table["mmlu"]],
    }
    return explore(
        tables.knowledge_tests,
        [slider("year", "Split the models at", 2020.5, 2025, 2023.5, step=0.1, digits=1)],
        {"x": log_axis(COMPUTE, 1e21, 1e26), "y": axis("Score in MMLU", 0.2, 1, "percent")},
        (
            "Scores of language models in MMLU against training compute, earlier and "
            "later models each with a logistic curve."
        ),
        title="Knowledge tests against compute",
        data=data,
    )
