"""The book's figures: one style, readable without colour, the same bytes at every run."""

import matplotlib as mpl

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
