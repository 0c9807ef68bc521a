"""The figure of a fit: the law on its runs, and the residuals that it leaves."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.figure
import matplotlib.ticker
import numpy as np

from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN
from scaling_lib.page.style import PALETTE, STYLE

LABELS = {
    "C": "training compute C (FLOP)",
    "N": "parameters N",
    "D": "training tokens D",
    "k": "samples k",
    "x": "x",
    "loss": "loss (nats per token)",
    "score": "score",
    "coverage": "coverage",
}


def plot_fit(result, level=0.9):
    """Draw a fit: on the left the law and its runs, on the right the residuals.

    A law of one input is drawn as a curve with its prediction interval, a law of several as
    predicted against observed. Runs differ from the law by marker as well as by colour.

    Parameters
    ----------
    result : FitResult
        The fit.
    level : float
        Level of the interval.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, made without touching the current one.
    """
    data = result.data
    observed = data[result.law.target]
    predicted = result.predict({name: data[name] for name in result.law.columns})
    percent = f"{100 * level:g} %"
    with mpl.rc_context(STYLE):
        figure = mpl.figure.Figure(figsize=(8.4, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        if len(result.law.columns) == 1:
            name = result.law.columns[0]
            x, x_label = data[name], LABELS[name]
            grid = np.geomspace(x.min(), x.max(), 200)
            curve = result.predict({name: grid}, level)
            left.fill_between(
                grid, curve.low, curve.high, color=PALETTE[4], alpha=0.35, lw=0, label=percent
            )
            left.plot(grid, curve.value, color=PALETTE[0], label="law")
            left.plot(x, observed, "o", ms=4, mfc="none", color=PALETTE[1], label="runs")
            left.set(xscale="log", xlabel=x_label, ylabel=LABELS[result.law.target])
        else:
            x, x_label = FLOP_PER_PARAMETER_TOKEN * data["N"] * data["D"], LABELS["C"]
            ends = [min(observed.min(), predicted.min()), max(observed.max(), predicted.max())]
            left.plot(ends, ends, color=PALETTE[0], label="perfect prediction")
            left.plot(observed, predicted, "o", ms=4, mfc="none", color=PALETTE[1], label="runs")
            left.set(
                xlabel=f"observed {LABELS[result.law.target]}",
                ylabel=f"predicted {LABELS[result.law.target]}",
            )
        if result.law.link == "log":
            left.set_yscale("log")
            if len(result.law.columns) > 1:
                left.set_xscale("log")
            error, words = 100.0 * (predicted / observed - 1.0), "predicted above observed (%)"
        else:
            error, words = predicted - observed, "predicted minus observed"
        left.legend()
        right.axhline(0.0, color=PALETTE[0])
        right.plot(x, error, "o", ms=4, mfc="none", color=PALETTE[1])
        right.set(xscale="log", xlabel=x_label, ylabel=words)
        for axes in (left, right):
            axes.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
            axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        if result.law.link == "log":
            _plain_ticks(left.yaxis)
            if len(result.law.columns) > 1:
                _plain_ticks(left.xaxis)
    return figure


def _plain_ticks(axis):
    """Label a logarithmic axis of losses, which spans less than a decade, in plain decimals."""
    axis.set_major_locator(mpl.ticker.MaxNLocator(6))
    axis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    axis.set_minor_locator(mpl.ticker.NullLocator())
