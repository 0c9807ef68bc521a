"""The book's style: the same bytes at every run, and no information by colour alone."""

import io

import matplotlib as mpl
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
