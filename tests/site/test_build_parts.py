"""The parts that make the site: what they say of themselves, and colours that stay apart."""

import doctest
from itertools import combinations
from types import SimpleNamespace

import claim_pages
import code_cells
import contents
import dark_figures
import exercise_pages
import figure_words
import further_pages
import make_pdf
import make_slides
import make_zip
import numpy as np
import page_head
import page_numbers
import parsed_body
import previews
import pytest
import search_index
import site_book
import works
from bs4 import BeautifulSoup
from lxml import etree
from matplotlib import colors

from scaling_lib.page import style

# Okabe and Ito's colours, in which the book's figures are drawn.
PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]


@pytest.mark.parametrize(
    "module",
    [
        *(claim_pages, code_cells, contents, dark_figures, exercise_pages, figure_words),
        *(further_pages, make_pdf, make_slides, page_head, page_numbers, parsed_body, previews),
        *(search_index, site_book, works),
    ],
    ids=lambda m: m.__name__,
)
def test_examples_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_colours_can_be_told_apart_and_seen_on_the_dark_ground():
    dark = [dark_figures.to_oklab(dark_figures.darken(colour)) for colour in PALETTE]
    ground = dark_figures.to_oklab(dark_figures.DARK_GROUND)
    assert min(np.linalg.norm(a - b) for a, b in combinations(dark, 2)) > 0.08
    assert min(colour[0] - ground[0] for colour in dark) > 0.4


def test_words_of_figures_can_be_read_on_the_dark_ground():
    def luminance(colour):
        return style._luminance(np.array(colors.to_rgb(colour)))

    ground = luminance(dark_figures.DARK_GROUND)
    inks = [style.readable(c) for c in (*PALETTE, style.REFERENCE, *style.shades(5))]
    for ink in [*inks, style.NOTE]:
        assert (luminance(dark_figures.darken(ink)) + 0.05) / (ground + 0.05) >= 4.5, ink


def test_oklab_returns():
    for colour in [*PALETTE, "#ffffff", "#000000", "#808080"]:
        assert dark_figures.from_oklab(dark_figures.to_oklab(colour)) == colour


def test_a_picture_has_no_dark_twin(tmp_path):
    svg = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
    for drawn, inside in ((True, '<path d="M0 0L1 1"/>'), (False, '<image href="data:,"/>')):
        (tmp_path / "a.svg").write_text(svg.format(inside))
        assert dark_figures.is_drawing(tmp_path / "a.svg") == drawn


def test_every_colour_of_a_drawing_is_made_dark():
    svg = """<svg xmlns="http://www.w3.org/2000/svg"><path style="stroke: #000;fill:none"/>
    <path stroke="red" fill="url(#a)"/><path style="fill:#fff"/><path d="M0 0"/></svg>"""
    root = etree.fromstring(dark_figures.dark_svg(svg.encode()))
    assert root.get("fill") == dark_figures.DARK_INK  # of what names no colour
    line, red, ground, plain = root
    assert line.get("style") == f"stroke:{dark_figures.DARK_INK};fill:none"
    assert red.get("stroke") == dark_figures.darken("#ff0000") and red.get("fill") == "url(#a)"
    assert ground.get("style") == f"fill:{dark_figures.DARK_GROUND}"
    assert plain.attrib == {"d": "M0 0"}


def head(pagename, base):
    config = SimpleNamespace(html_baseurl=base, root_doc="index")
    builder = SimpleNamespace(get_target_uri=lambda name: name + ".html")
    app = SimpleNamespace(config=config, builder=builder, env=SimpleNamespace(metadata={}))
    context = {"docstitle": "Book", "title": "Page", "pathto": lambda path, resource: "../" + path}
    page_head.describe_page(app, pagename, "", context, None)
    return BeautifulSoup(context["metatags"], "html.parser"), context


def test_links_of_the_lost_page_hold_at_any_depth():
    found, context = head("404", "https://owner.github.io/name/")
    assert found.find(True).name == "base"  # before any address
    assert found.base["href"] == "/name/404.html"
    assert context["pageurl"] is None
    assert not head("404", "")[0].base and not head("a", "https://owner.github.io/name/")[0].base


def test_addresses_are_absolute_where_the_base_is_known():
    found, context = head("a", "https://owner.github.io/name/")
    address = "https://owner.github.io/name/a.html"
    assert found.find(property="og:url")["content"] == context["pageurl"] == address
    found, context = head("a", "")
    assert found.find(property="og:image")["content"] == "../_static/preview.png"
    assert context["pageurl"] is None and not found.find(property="og:url")


def test_the_site_map_lists_absolute_addresses(tmp_path):
    page_head.write_sitemap(tmp_path, "https://owner.github.io/name/", ["a.html", "b&c.html"])
    text = (tmp_path / "sitemap.xml").read_text()
    assert "<loc>https://owner.github.io/name/a.html</loc>" in text
    assert "b&amp;c.html" in text


@pytest.mark.site
def test_the_contents_and_the_pdf_have_the_further_pages_of_chapters(site):
    order = make_pdf.reading_order(site)
    first = order.index("chapters/scaling_hypothesis.html")
    assert order[first + 1] == "chapters/small_experiments.html"


@pytest.mark.parametrize("tool", [make_pdf, make_zip], ids=lambda m: m.__name__)
def test_without_a_site_nothing_is_made_of_it(tool, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tool, "SITE", tmp_path)
    assert tool.main() == 2 and "run `make book` first" in capsys.readouterr().err


@pytest.mark.site
def test_the_pdf_has_every_exercise_under_its_assignment(site):
    order = make_pdf.reading_order(site)
    pages = [p.relative_to(site).as_posix() for p in (site / "exercises/pages").rglob("*.html")]
    assert set(pages) <= set(order) and len(order) == len(set(order))
    under = [page for page in order if page.startswith("exercises/pages/scaffolding")]
    parts = [make_pdf.article(site, page, set(order)) for page in under]
    levels = [level for _, _, level in make_pdf.entries(parts)]
    exercises = [page for page in pages if page.startswith("exercises/pages/scaffolding/")]
    assert len(under) == 1 + len(exercises) > 3
    assert levels == [1] + [2] * len(exercises), "its sections are not in the contents"


@pytest.mark.site
def test_the_pdf_opens_no_code_that_only_calls_up_questions(site):
    page = "chapters/scaling_laws.html"
    folds = make_pdf.article(site, page, {page}).select("details.code-fold")
    closed = [fold for fold in folds if "open" not in fold.attrs]
    assert 0 < len(closed) < len(folds)
    assert all("self_check(" in fold.text or "figures." in fold.text for fold in closed)
