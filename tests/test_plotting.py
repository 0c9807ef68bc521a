"""The book's style: the same bytes at every run, and colours that differ in lightness."""

import io

import matplotlib as mpl
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from scaling_lib import plotting


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


def lightness(colour):
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_neighbouring_colours_differ_without_hue():
    levels = [lightness(to_rgb(colour)) for colour in plotting.PALETTE]
    assert all(abs(a - b) > 0.04 for a, b in zip(levels, levels[1:], strict=False)), levels


def test_the_style_is_used():
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(plotting.PALETTE)
    assert not mpl.rcParams["axes.spines.top"]
