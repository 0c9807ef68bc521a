"""The book's figures: one style, readable without colour, the same bytes at every run."""

import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import colors, font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from pandas.api.typing import SeriesGroupBy
from scipy.optimize import isotonic_regression

# Okabe and Ito's colours, which colour-blind readers tell apart; each comes with dashes of its own.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))

# The same thing has the same colour in all figures of the book.
MEASURED, LAW, NEW, RIVAL = PALETTE[:4]  # runs; what was fitted to them; runs held out; another law
REFERENCE = "#6b6b6b"  # what is known beforehand: an entropy, chance, the peer's value
NOTE = "#333333"  # words that point something out

# The site's own typeface; DejaVu Sans, which comes with matplotlib, has the signs that it lacks.
TYPEFACE = Path(__file__).parent / "fonts" / "SourceSans3-Regular.ttf"
LABEL = 10.0  # points
WIDE = 0.15  # from here on a map shows how far the seeds of a place differ

STYLE = {
    "axes.grid": True,
    "axes.prop_cycle": mpl.cycler(color=PALETTE, linestyle=DASHES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "figure.figsize": (6.4, 3.8),
    "font.family": ["Source Sans 3", "DejaVu Sans"],
    "font.size": 11,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "mathtext.default": "regular",
    "mathtext.fontset": "custom",
    **{
        f"mathtext.{part}": "Source Sans 3"
        for part in ("rm", "it", "bf", "sf", "cal", "tt", "bfit")
    },
    "savefig.transparent": True,
    # Without a salt, identifiers inside an SVG differ from run to run.
    "svg.hashsalt": "scaling-measured",
}


def add_typeface() -> None:
    """Make the book's typeface known to matplotlib."""
    if TYPEFACE.name not in {Path(font.fname).name for font in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(TYPEFACE)


def use_book_style() -> None:
    """Draw all further figures of this session in the style of the book.

    In a notebook figures become SVG without a date inside, so that drawing the same figure again
    gives the same bytes.
    """
    add_typeface()
    mpl.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # not in a notebook
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})


def readable(colour: str) -> str:
    """Return the colour, as dark as words in it must be: 4.5 to 1 on white."""
    shade = np.array(colors.to_rgb(colour))
    while 1.05 / (_luminance(shade) + 0.05) < 4.5:
        shade = shade * 0.95
    return colors.to_hex(shade)


def _luminance(shade):
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def shades(number: int) -> list[str]:
    """Return colours for a family that has an order (sizes, times), from dark to light."""
    places = np.linspace(0, 0.75, number)
    return [colors.to_hex(shade) for shade in mpl.colormaps["viridis"](places)]


def label_lines(ax: Axes, away: float = 7) -> None:
    """Write the name of each line beside its right end, where a legend would have to be decoded.

    The names are those that a legend would show. Where two would overlap they move apart, as
    little as possible. Call it last: the names stand where the lines end in the present view. They
    begin `away` points from these ends: more where a large mark ends a line.
    """
    ax.figure.draw_without_rendering()  # scales and places are known only then
    ends = []
    for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
        line = handle if isinstance(handle, Line2D) else handle[0]  # that of error bars
        seen = line.get_transform().transform(line.get_xydata())
        inside = seen[np.isfinite(seen).all(axis=1) & (seen[:, 0] <= ax.bbox.x1 + 1)]
        ends.append((*inside[inside[:, 0].argmax()], name, line.get_color()))
    ends.sort(key=lambda end: end[1])
    pixel = 72 / ax.figure.dpi
    apart = 1.35 * LABEL * np.arange(len(ends))
    heights = np.array([end[1] * pixel for end in ends])
    moved = isotonic_regression(heights - apart).x + apart - heights
    for (x, y, name, colour), up in zip(ends, moved, strict=True):
        ax.annotate(
            name,
            ax.transData.inverted().transform((x, y)),
            xytext=(away, up),
            textcoords="offset points",
            va="center",
            fontsize=LABEL,
            color=readable(colour),
            annotation_clip=False,
        )


def point_out(ax: Axes, text: str, at: tuple[float, float], to: tuple[float, float]) -> None:
    """Write what is to be seen in a figure, with an arrow to the place where it is seen.

    The place, `at`, is in the units of the axes; `to`, the middle of the text, in shares of them.
    """
    arrow = {"arrowstyle": "->", "color": NOTE, "shrinkB": 5, "linewidth": 0.9}
    ax.annotate(
        text,
        at,
        xytext=to,
        textcoords="axes fraction",
        ha="center",
        va="center",
        fontsize=LABEL,
        color=NOTE,
        arrowprops=arrow,
    )


def plain_ticks(axis: Axis, places: list[float]) -> None:
    """Put ticks at these places only, with their numbers in full, on an axis of any scale."""
    axis.set_ticks(places, [f"{place:,}" for place in places])
    axis.set_ticks([], minor=True)


def draw_seeds(ax: Axes, runs: SeriesGroupBy, marker: str, **look) -> None:
    """Draw the mean of each group of runs, with a bar from the lowest seed to the highest."""
    mean, low, high = runs.mean(), runs.min(), runs.max()
    bars = np.maximum([mean - low, high - mean], 0)  # rounding: the mean of equal seeds
    look = {"marker": marker, "markersize": 5, "capsize": 2} | look
    ax.errorbar(mean.index, mean, bars, **look)


def draw_map(ax: Axes, table: pd.DataFrame, rows: str, value: str, columns: str = "step") -> None:
    """Draw a result as a map: training time to the right, size or data upwards, light is high.

    Each place shows the mean over the seeds, as colour from 0 to 1 and as a number; below it stand
    the lowest and the highest seed where they differ by more than `WIDE`. Columns of the table, one
    row a run and measurement, are `rows` and `columns`, what varies upwards and to the right, in
    the table's order, and `value`, what is shown.
    """
    seeds = table.groupby([rows, columns])[value]
    order = table[rows].unique(), table[columns].unique()
    mean, low, high = (
        getattr(seeds, name)().unstack().loc[order] for name in ("mean", "min", "max")
    )
    ax.imshow(mean, origin="lower", aspect="auto", cmap="cividis", vmin=0, vmax=1)
    ax.grid(False)
    for i, j in itertools.product(*map(range, mean.shape)):
        shown = mean.iloc[i, j]
        text = f"{shown:.2f}"
        if high.iloc[i, j] - low.iloc[i, j] > WIDE:
            text += f"\n{low.iloc[i, j]:.2f}–{high.iloc[i, j]:.2f}"
        light = "w" if shown < 0.5 else "k"
        ax.text(j, i, text, ha="center", va="center", fontsize=9, color=light)
    for axis, labels in ((ax.xaxis, mean.columns), (ax.yaxis, mean.index)):
        names = [label if isinstance(label, str) else f"{label:,}" for label in labels]
        axis.set_ticks(range(len(names)), names)
    if columns == "step":
        ax.set_xlabel("training steps")
