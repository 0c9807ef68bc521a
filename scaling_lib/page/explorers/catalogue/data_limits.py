"""The explorers on the limits of data, ready to show."""

from scaling_lib.page.explorers import data_limits
from scaling_lib.page.explorers.catalogue.parts import COMPUTE, LOSS, axis, log_axis, log_slider
from scaling_lib.page.explorers.controls import choice, slider
from scaling_lib.page.explorers.explorer import explore


def stock_and_demand():
    """Show when demand for text meets its stock (claim D1)."""
    return explore(
        data_limits.stock_and_demand,
        [
            log_slider("stock", "Stock of text in 2024", 1e13, 1e16, 3e14, "si", " tokens"),
            slider("uncertainty", "Known within a factor of", 1, 10, 3, step=0.5, digits=1),
            slider(
                "demand_growth", "Training sets grow a year", 1.1, 4, 2.4, step=0.05, show="times"
            ),
            slider(
                "stock_growth", "The stock grows a year", 0, 0.5, 0.07, step=0.01, show="percent"
            ),
            slider("epochs", "Epochs over the same text", 1, 8, 1, step=1, digits=0),
        ],
        {"x": axis("Year", 2020, 2045), "y": log_axis("Tokens", 1e12, 1e18)},
        (
            "Stock of human text with its uncertainty, nearly flat, and the largest "
            "training set, rising until they meet."
        ),
        title="Stock and demand",
    )


def repetition():
    """Show what repeated tokens are worth (claim D3)."""
    return explore(
        data_limits.repetition,
        [
            slider("epochs", "Epochs", 1, 60, 4, step=1, digits=0),
            log_slider("unique", "Different tokens", 1e9, 1e12, 1e10, "si", " tokens"),
            slider(
                "saturation", "R*, when repeating stops paying", 1, 40, 15.4, step=0.1, digits=1
            ),
            log_slider("N", "Model", 1e9, 1e12, 7e10, "si", " parameters"),
        ],
        {"x": log_axis("Epochs", 1, 100, "si"), "y": axis(LOSS, 1.85, 3.2)},
        (
            "Loss against epochs: repeated tokens follow fresh ones for a while and then "
            "level off at a limit."
        ),
        title="Reading the same text again",
    )


def data_cap():
    """Show the frontier when the tokens run out (claim D2)."""
    return explore(
        data_limits.data_cap,
        [
            log_slider("C", "Compute", 1e21, 1e30, 1e28, unit=" FLOP"),
            log_slider("cap", "Tokens that exist", 1e11, 1e16, 1.5e13, "si", " tokens"),
        ],
        {
            "x": log_axis(COMPUTE, 1e21, 1e30),
            "y": log_axis("Loss above the irreducible (nats)", 0.003, 1, "plain"),
        },
        (
            "Loss on the compute frontier: with all the data it wants it falls on, with "
            "a cap it bends towards a floor."
        ),
        title="When the data run out",
    )


def budget():
    """Show what a run of given compute takes in chips, days, money and power (claim D6)."""
    return explore(
        data_limits.budget,
        [
            log_slider("C", "Compute", 1e24, 1e30, 1e27, unit=" FLOP"),
            choice(
                "chip",
                "Chip",
                {"A100": "A100 (2020)", "H100": "H100 (2022)", "B200": "B200 (2024)"},
                "H100",
            ),
            log_slider("chips", "Number of chips", 1e3, 1e8, 1e5, "si", " chips"),
            slider(
                "utilisation", "Share of the peak rate", 0.1, 0.7, 0.4, step=0.01, show="percent"
            ),
            slider("price", "Price of a chip for an hour", 0.5, 10, 2, step=0.1, unit=" USD"),
            slider("overhead", "Power of the site / of the chips", 1, 3, 2.4, step=0.1, digits=1),
        ],
        {"x": log_axis("Chips", 1e3, 1e8, "si"), "y": log_axis("Days", 0.1, 1e5, "plain")},
        "Days against the number of chips: a falling straight line, with your run marked on it.",
        title="The bill of a training run",
    )
