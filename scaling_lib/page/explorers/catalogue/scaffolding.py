"""The explorers on scaffolding, ready to show."""

from scaling_lib.page.explorers import scaffolding
from scaling_lib.page.explorers.catalogue.parts import COMPUTE, axis, log_axis, log_slider
from scaling_lib.page.explorers.controls import slider
from scaling_lib.page.explorers.explorer import explore


def pass_at_k():
    """Show coverage, and what a verifier makes of it (claims S3, L12)."""
    return explore(
        scaffolding.pass_at_k,
        [
            log_slider("k", "Samples a problem", 1, 1e4, 100, "si"),
            log_slider("median", "Success in one try, typical problem", 1e-4, 0.5, 0.03, "percent"),
            slider("spread", "How much problems differ", 0, 4, 2, step=0.05, digits=2),
            log_slider(
                "wrong_accepted", "Wrong answers that the verifier passes", 1e-4, 1, 0.01, "percent"
            ),
        ],
        {"x": log_axis("Samples", 1, 1e4, "si"), "y": axis("Problems solved", 0, 1, "percent")},
        (
            "Share of problems solved against samples: coverage rises slowly, a leaky "
            "verifier levels off below it."
        ),
        title="Trying again and again",
    )


def scaffold_threshold():
    """Show models bare and scaffolded against a threshold (claims S1, S6, S8)."""
    return explore(
        scaffolding.scaffold_threshold,
        [
            log_slider("C", "Training compute of the model", 1e21, 1e29, 5e24, unit=" FLOP"),
            log_slider("gain", "The scaffold is worth", 1, 1000, 9, "times"),
            slider(
                "threshold",
                "Threshold of the evaluation",
                0.05,
                0.95,
                0.5,
                step=0.01,
                show="percent",
            ),
            slider("steepness", "Steepness of the score", 0.5, 5, 1.8, step=0.1, digits=1),
        ],
        {"x": log_axis(COMPUTE, 1e21, 1e29), "y": axis("Score", 0, 1, "percent")},
        (
            "Score against training compute for bare models and the same models with a "
            "scaffold, with a threshold across."
        ),
        title="Model times scaffold, at a threshold",
    )


def samples_or_size():
    """Show one inference budget spent on models of different size (claim L12)."""
    return explore(
        scaffolding.samples_or_size,
        [
            log_slider("budget", "Inference compute a problem", 1e12, 1e18, 1e15, unit=" FLOP"),
            log_slider("check", "Checking one sample costs", 1e9, 1e16, 1e13, unit=" FLOP"),
            slider("skill_growth", "How fast skill grows with size", 0.2, 2, 0.8, step=0.05),
            slider("spread", "How much problems differ", 0, 4, 1.5, step=0.05),
        ],
        {
            "x": log_axis("Parameters", 1e7, 1e13, "si"),
            "y": axis("Problems solved", 0, 1, "percent"),
        },
        (
            "Share of problems solved against model size when one budget buys samples: a "
            "hill with its best size marked."
        ),
        title="A larger model or more samples?",
    )
