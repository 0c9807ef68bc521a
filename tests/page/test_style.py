"""The book's style: the same bytes at every run, and no information by colour alone."""

import io

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from scaling_lib.page import style as plotting


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        plotting.use_book_style()
        yield


def svg():
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 10], [1, 2], "o-", label="a")
    axes.legend()
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def test_the_same_figure_gives_the_same_bytes():
    assert svg() == svg()


def test_lines_differ_without_colour():
    axes = Figure().subplots()
    lines = [axes.plot([0, 1], [k, k])[0] for k in range(len(plotting.PALETTE))]
    assert len({str(line._dash_pattern) for line in lines}) == len(lines)


def test_the_style_is_used():
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(plotting.PALETTE)
    assert not mpl.rcParams["axes.spines.top"]


def test_a_map_shows_means_and_where_seeds_differ():
    table = pd.DataFrame(
        {
            "D": ["few", "few", "few", "few", "all", "all"],
            "step": [10, 10, 20, 20, 10, 20],
            "right": [0.1, 0.2, 0.2, 0.8, 0.3, 1.0],
        }
    )
    axes = Figure().subplots()
    plotting.draw_map(axes, table, rows="D", value="right")
    shown = {tuple(text.get_position()): text.get_text() for text in axes.texts}
    assert shown == {(0, 0): "0.15", (1, 0): "0.50\n0.20–0.80", (0, 1): "0.30", (1, 1): "1.00"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["few", "all"]
    assert axes.get_xlabel() == "training steps"
    dark, light = axes.texts[0], axes.texts[-1]
    assert (dark.get_color(), light.get_color()) == ("w", "k")
