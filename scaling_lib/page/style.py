"""The book's figures: one style, readable without colour, the same bytes at every run."""

import itertools

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

# Okabe and Ito's colours, which colour-blind readers tell apart; each comes with dashes of its own.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))

STYLE = {
    "axes.grid": True,
    "axes.prop_cycle": mpl.cycler(color=PALETTE, linestyle=DASHES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.figsize": (6.4, 3.8),
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "savefig.transparent": True,
    # Without a salt, identifiers inside an SVG differ from run to run.
    "svg.hashsalt": "scaling-measured",
}


def use_book_style() -> None:
    """Draw all further figures of this session in the style of the book.

    In a notebook figures become SVG without a date inside, so that drawing the same figure again
    gives the same bytes.
    """
    mpl.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # not in a notebook
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})


def draw_map(
    ax: Axes,
    table: pd.DataFrame,
    rows: str,
    value: str,
    columns: str = "step",
    highest: float = 1.0,
    wide: float = 0.15,
) -> None:
    """Draw a result as a map: training time to the right, size or data upwards, light is high.

    Each place shows the mean over the seeds, as colour from 0 to `highest` and as a number; below
    it stand the lowest and the highest seed where they differ by more than `wide`.

    Parameters
    ----------
    table
        One row a run and measurement.
    rows, columns, value
        Columns of the table: what varies upwards and to the right, in the table's order, and what
        is shown.
    """
    seeds = table.groupby([rows, columns])[value]
    order = table[rows].unique(), table[columns].unique()
    mean, low, high = (
        getattr(seeds, name)().unstack().loc[order] for name in ("mean", "min", "max")
    )
    ax.imshow(mean, origin="lower", aspect="auto", cmap="cividis", vmin=0, vmax=highest)
    ax.grid(False)
    for i, j in itertools.product(*map(range, mean.shape)):
        shown = mean.iloc[i, j]
        text = f"{shown:.2f}"
        if high.iloc[i, j] - low.iloc[i, j] > wide:
            text += f"\n{low.iloc[i, j]:.2f}–{high.iloc[i, j]:.2f}"
        dark = shown < highest / 2
        ax.text(j, i, text, ha="center", va="center", fontsize=8, color="w" if dark else "k")
    for axis, labels in ((ax.xaxis, mean.columns), (ax.yaxis, mean.index)):
        names = [label if isinstance(label, str) else f"{label:,}" for label in labels]
        axis.set_ticks(range(len(names)), names)
    if columns == "step":
        ax.set_xlabel("training steps")
