"""The parts that make the site: what they say of themselves, and colours that stay apart."""

import doctest
import importlib
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# Okabe and Ito's colours, in which the book's figures are drawn.
PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]


def load(folder: str, name: str, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("_ext", "site_book"),
        ("_ext", "site_exercises"),
        ("_ext", "site_figures"),
        ("_ext", "site_meta"),
        ("tools", "make_pdf"),
    ],
)
def test_examples_hold(folder, name, monkeypatch):
    module = load(folder, name, monkeypatch)
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_colours_can_be_told_apart_and_seen_on_the_dark_ground(monkeypatch):
    figures = load("_ext", "site_figures", monkeypatch)
    dark = [figures.to_oklab(figures.darken(colour)) for colour in PALETTE]
    ground = figures.to_oklab(figures.DARK_GROUND)
    assert min(np.linalg.norm(a - b) for a, b in combinations(dark, 2)) > 0.08
    assert min(colour[0] - ground[0] for colour in dark) > 0.4


def test_oklab_returns(monkeypatch):
    figures = load("_ext", "site_figures", monkeypatch)
    for colour in [*PALETTE, "#ffffff", "#000000", "#808080"]:
        assert figures.from_oklab(figures.to_oklab(colour)) == colour


def test_a_picture_has_no_dark_twin(monkeypatch):
    figures = load("_ext", "site_figures", monkeypatch)
    svg = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
    lines = svg.format('<path d="M0 0L1 1" style="stroke: #000"/>').encode()
    assert figures.DARK_INK.encode() in figures.dark_svg(lines)
    assert figures.dark_svg(svg.format('<image href="data:,"/>').encode()) is None


def test_links_of_the_lost_page_are_absolute(tmp_path, monkeypatch):
    meta = load("_ext", "site_meta", monkeypatch)
    page = tmp_path / "404.html"
    page.write_text(
        '<html data-content_root="./"><a href="chapters/intro.html"></a><a href="#x"></a>'
        '<a href="https://example.org/"></a><script src="_static/book.js?v=1"></script></html>'
    )
    meta.root_addresses(page, "/name/")
    text = page.read_text()
    for expected in ("/name/chapters/intro.html", '"#x"', '"https://example.org/"', '"/name/"'):
        assert expected in text
    assert "/name/_static/book.js?v=1" in text


def test_the_site_map_lists_absolute_addresses(tmp_path, monkeypatch):
    meta = load("_ext", "site_meta", monkeypatch)
    meta.write_sitemap(tmp_path, "https://owner.github.io/name/", ["a.html", "b&c.html"])
    text = (tmp_path / "sitemap.xml").read_text()
    assert "<loc>https://owner.github.io/name/a.html</loc>" in text
    assert "b&amp;c.html" in text
