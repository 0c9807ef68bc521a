"""The book's style: the same bytes at every run, and no information by colour alone."""

import io
import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
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


def boxes(axes):
    axes.figure.draw_without_rendering()
    return [text.get_window_extent() for text in axes.texts]


def labelled(ends, **kinds):
    axes = Figure().subplots()
    for k, end in enumerate(ends):
        axes.plot([1, 10], [1, end], "o-", label=f"line {k}")
    axes.set(**kinds)
    plotting.label_lines(axes)
    return axes


@pytest.mark.parametrize("kinds", [{}, {"xscale": "log", "yscale": "log"}])
def test_names_stand_at_the_ends_of_their_lines(kinds):
    axes = labelled([2, 5, 9], **kinds)
    assert [text.get_text() for text in axes.texts] == ["line 0", "line 1", "line 2"]
    for end, box in zip([2, 5, 9], boxes(axes), strict=True):
        x, y = axes.transData.transform((10, end))
        assert 0 < box.x0 - x < 20
        assert box.y0 < y < box.y1


def test_names_of_lines_that_end_together_do_not_overlap():
    axes = labelled([5, 5.01, 5.02, 5, 9])
    low_to_high = sorted(boxes(axes), key=lambda box: box.y0)
    for under, over in itertools.pairwise(low_to_high):
        assert over.y0 >= under.y1 - 1


def test_names_follow_error_bars_reference_lines_and_the_view():
    axes = Figure().subplots()
    axes.errorbar([1, 2, 3], [1, 2, 3], yerr=0.1, label="measured")
    axes.axhline(0.5, label="chance")
    axes.plot([1, 2, np.nan], [0, 1, 5], label="stops early")
    axes.set_xlim(0, 2.5)
    plotting.label_lines(axes)
    where = {text.get_text(): text.xy for text in axes.texts}
    assert where["measured"] == pytest.approx((2, 2))
    assert where["chance"] == pytest.approx((2.5, 0.5))
    assert where["stops early"] == pytest.approx((2, 1))


def test_runs_are_drawn_from_the_lowest_seed_to_the_highest():
    runs = pd.DataFrame({"N": [8, 8, 8, 16, 16], "loss": [1.0, 2.0, 6.0, 0.1, 0.1]})
    axes = Figure().subplots()
    plotting.draw_seeds(axes, runs.groupby("N")["loss"], "o", label="runs")
    line, _, (bars,) = axes.containers[0].lines
    assert line.get_xydata().tolist() == [[8, 3], [16, 0.1]]
    assert [bar[:, 1].tolist() for bar in bars.get_segments()] == [[1, 6], [0.1, 0.1]]


def test_an_ordered_family_goes_from_dark_to_light():
    light = [plotting._luminance(np.array(mpl.colors.to_rgb(c))) for c in plotting.shades(5)]
    assert light == sorted(light)
    assert 1.05 / (light[-1] + 0.05) > 2  # the lightest is still seen on white


@pytest.mark.parametrize("colour", [*plotting.PALETTE, plotting.REFERENCE])
def test_words_in_the_colour_of_a_line_can_be_read(colour):
    shade = np.array(mpl.colors.to_rgb(plotting.readable(colour)))
    assert 1.05 / (plotting._luminance(shade) + 0.05) >= 4.5


def test_what_is_pointed_out_has_its_arrow():
    axes = labelled([2])
    plotting.point_out(axes, "here", at=(10, 2), to=(0.5, 0.9))
    note = axes.texts[-1]
    assert note.xy == (10, 2)
    assert note.arrow_patch is not None
    assert note.get_position() == (0.5, 0.9)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_ticks_are_numbers_in_full_and_nothing_between(scale):
    axes = Figure().subplots()
    axes.plot([8, 4096], [1, 1])
    axes.set_xscale(scale)
    plotting.plain_ticks(axes.xaxis, [0.5, 8, 4096])
    axes.figure.draw_without_rendering()
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.5", "8", "4,096"]
    assert len(axes.get_xticks(minor=True)) == 0


def test_the_typeface_is_the_site_s_own():
    family = font_manager.FontProperties(family=mpl.rcParams["font.family"])
    assert font_manager.findfont(family) == str(plotting.TYPEFACE)
