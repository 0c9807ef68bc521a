"""The explorers on scaling laws, ready to show."""

import math

from scaling_lib import data as datasets
from scaling_lib.page.explorers import scaling_laws, tables
from scaling_lib.page.explorers.catalogue.parts import (
    LOSS,
    axis,
    decimal_years,
    log_axis,
    log_slider,
)
from scaling_lib.page.explorers.controls import choice, slider
from scaling_lib.page.explorers.explorer import explore


def isoflop():
    """Show the loss against model size at fixed compute (claims L1, L8, L9)."""
    return explore(
        scaling_laws.isoflop,
        [
            log_slider("C", "Compute", 1e18, 1e26, 5.9e23, unit=" FLOP"),
            choice(
                "fit",
                "Constants",
                {"besiroglu": "Besiroglu 2024 (refit)", "hoffmann": "Hoffmann 2022, Approach 3"},
            ),
            slider("alpha", "Change α (parameters) by", -0.1, 0.1, 0, step=0.005, digits=3),
            slider("beta", "Change β (tokens) by", -0.1, 0.1, 0, step=0.005, digits=3),
        ],
        {"x": log_axis("Parameters", 1e7, 1e13, "si"), "y": axis(LOSS, 1.6, 4)},
        (
            "Loss against model size at fixed compute: a valley, whose lowest point "
            "moves along a path as compute grows."
        ),
        title="One budget, many model sizes",
    )


def allocation():
    """Show how three exponents divide a growing budget (claims L5, L8)."""
    return explore(
        scaling_laws.allocation,
        [
            log_slider("growth", "Compute grows", 1, 1e6, 1000, "times"),
            slider("exponent", "Your exponent a", 0, 1, 0.6, step=0.01),
        ],
        {"x": log_axis("Growth of compute", 1, 1e6), "y": log_axis("Growth of the model", 1, 1e6)},
        (
            "Growth of the model against growth of compute: straight lines of slope "
            "0.73, 0.50 and the reader's exponent."
        ),
        title="How to spend ten times the compute",
    )


def broken_law():
    """Show a law put together from three segments (claim L10)."""
    slope = {"low": -0.3, "high": 0.6, "step": 0.01}
    return explore(
        scaling_laws.broken_law,
        [
            slider("slope1", "Fall of the first segment", value=0.05, **slope),
            slider("slope2", "Fall of the second", value=0.35, **slope),
            slider("slope3", "Fall of the third", value=0.12, **slope),
            log_slider("break1", "First break", 10, 1e7, 1000, "si"),
            log_slider("break2", "Second break", 10, 1e7, 1e5, "si"),
            slider("sharpness", "Sharpness of the breaks", 0.5, 8, 2, step=0.1, digits=1),
        ],
        {
            "x": log_axis("Scale (data, parameters or compute)", 1, 1e8),
            "y": log_axis("Error, relative to the start", 0.01, 10, "plain"),
        },
        (
            "Error against scale: three straight segments joined by two bends, and the "
            "line that the first segment suggests."
        ),
        title="A law with two breaks",
    )


def fit_by_hand(runs=None):
    """Show real runs under a law whose exponents the reader moves (claims L4, L13).

    Parameters
    ----------
    runs : pandas.DataFrame, optional
        Columns `N`, `D` and `loss` (or `L`); default: the book's own sweep, its first seed.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    runs = datasets.load("scaling_language").query("seed == 0") if runs is None else runs
    columns = {"N": "N", "D": "D", "L": "loss" if "loss" in runs else "L"}
    missing = [name for name in columns.values() if name not in runs]
    if missing:
        raise ValueError(f"the table of runs has no column {', '.join(missing)}")
    table = {name: [float(f"{v:.5g}") for v in runs[column]] for name, column in columns.items()}
    low, high = math.floor(1000 * min(table["L"])) / 1000, max(table["L"])
    room = 0.12 * (high - low)
    return explore(
        tables.fit_by_hand,
        [
            slider("alpha", "α, exponent of the parameters", 0.05, 1.2, 0.3, step=0.01),
            slider("beta", "β, exponent of the tokens", 0.05, 1.2, 0.6, step=0.01),
            slider(
                "E", "E, the loss that remains", 0, low, round(low * 0.9, 2), step=0.005, digits=3
            ),
        ],
        {
            "x": log_axis("Tokens", min(table["D"]) / 1.3, max(table["D"]) * 1.3),
            "y": axis(LOSS, max(0.0, low - room), high + room),
        },
        (
            "Measured losses of training runs against tokens, one colour a model size, "
            "with the law's curves and the residuals."
        ),
        title="Fit the law by hand",
        data=table,
    )


def systems_table():
    """Return the notable systems as `growth_of_systems` wants them."""
    table = datasets.load("notable_systems")

    def column(values):
        return [None if v != v else float(f"{v:.4g}") for v in values]

    data = {"name": list(table["system"]), "year": decimal_years(table["date"])}
    return {**data, **{name: column(table[name]) for name in ("C", "N", "D")}}


def growth_of_systems():
    """Show the growth of notable systems with a trend in the reader's window (claim L7)."""
    return explore(
        tables.growth_of_systems,
        [
            slider("start", "The window starts in", 1950, 2022, 2010, step=1, digits=0),
            slider("width", "It is wide", 2, 75, 15, step=1, digits=0, unit=" years"),
            choice(
                "quantity",
                "Quantity",
                {"C": "Training compute", "N": "Parameters", "D": "Training examples or tokens"},
            ),
        ],
        {
            "x": axis("Date of publication", 1950, 2027),
            "y": log_axis("FLOP, parameters or examples", 1, 1e28),
        },
        (
            "Notable systems by date of publication on a logarithmic axis, with an "
            "exponential trend inside a window."
        ),
        title="How fast do notable systems grow?",
        data=systems_table(),
    )
