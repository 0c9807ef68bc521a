"""The words of figures on a screen 375 pixels wide: large enough, whole, and none on another."""

import re

import contents
import figure_words
import pytest
from parsed import parse

pytestmark = [pytest.mark.site, pytest.mark.browser]

# What a figure's words measure where it is shown: the size of the smallest, exponents as well, what
# is cut or nears the right edge, and what lies on another. A glyph is upside down in the file and
# in hundredths of its size; a formula is measured as a whole. What stands aslant has no box of its
# own.
WORDS = """() => {
    const picture = document.querySelector("svg"), frame = picture.getBoundingClientRect();
    const words = [...picture.querySelectorAll("g, use")].filter(word => {
        const m = word.transform.baseVal.consolidate()?.matrix;
        return m && m.a * m.d - m.b * m.c < 0;
    }).map(word => ({box: word.getBoundingClientRect(), m: word.getScreenCTM(), word}));
    const cut = words.filter(({box: a}) => a.left < frame.left - .1 || a.right > frame.right - 3.2
        || a.top < frame.top - .1 || a.bottom > frame.bottom + .1);
    const level = words.filter(({m}) => Math.min(Math.abs(m.a), Math.abs(m.b)) < 1e-6);
    const meet = (a, b) => Math.min(a.right, b.right) > Math.max(a.left, b.left)
        && Math.min(a.bottom, b.bottom) > Math.max(a.top, b.top) + 1;
    const on = level.filter(({box}, i) => level.slice(0, i).some(other => meet(box, other.box)));
    const glyphs = words.flatMap(({word}) => [...word.querySelectorAll("use"), word]);
    const sizes = glyphs.map(e => e.getScreenCTM()).map(m => 100 * Math.hypot(m.a, m.b));
    const least = Math.min(...sizes);
    return {least, cut: cut.length, on: on.length, number: words.length, wide: frame.width};
}"""
DRAWN = "figure img[src$='.svg']:not(.for-dark)"
WIDTHS = "all => Object.fromEntries(all.map(e => [e.src.split('/').pop(), e.clientWidth]))"
STYLE = "<style>body { margin: 0 } svg { width: 100%; height: auto }</style>"


@pytest.fixture(scope="module")
def figures(site, address, browser, beside_scroll_bars):
    """For each picture of the chapters its figure and file, and how wide a phone shows it."""
    context = browser.new_context(viewport={"width": 375, "height": 812})
    page, shown = context.new_page(), []
    for path in sorted((site / "chapters").glob("*.html")):
        if not parse(path).select("figure img"):
            continue
        page.set_viewport_size({"width": 375, "height": 812})
        page.goto(address + f"chapters/{path.name}")
        beside_scroll_bars(page)
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        page.add_style_tag(content="* { content-visibility: visible !important; }")
        shown += page.locator("figure img:not(.for-dark)").evaluate_all(
            """all => all.map(e => [`${location.pathname} ${e.closest("figure").id}`,
                e.src.split("/").pop(), e.clientWidth, e.clientWidth / e.getAttribute("width")])"""
        )
    context.close()
    return shown


def test_figures_of_chapters_fit_a_phone(figures):
    pages = {figure.split("/")[-1].split(".")[0] for figure, *_ in figures}
    assert pages >= set(contents.pages())
    small = [figure for figure, *_, share in figures if share < 0.55]
    assert small == [], "their labels are less than 7 pixels high"


def test_words_of_figures_can_be_read_on_a_phone(site, browser, figures):
    context = browser.new_context(viewport={"width": 375, "height": 812})
    page, faults = context.new_page(), []
    drawings = {name: width for _, name, width, _ in figures if name.endswith(".svg")}
    for name, width in drawings.items():
        page.set_viewport_size({"width": width, "height": 600})
        for file in (site / "_images" / name, site / "_images" / name.replace(".", "-dark.")):
            if not file.exists():  # a map has no dark twin
                continue
            page.set_content(STYLE + file.read_text(encoding="utf-8"))
            found = page.evaluate(WORDS)
            assert found["number"] > 1 and found["wide"] == width
            if found["least"] < figure_words.LEAST - 0.1 or found["cut"] or found["on"]:
                faults.append((file.name, width, found))
    context.close()
    assert len(drawings) > 70 and faults == []


def test_on_a_narrower_phone_they_are_no_smaller(address, browser, figures):
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(address + "chapters/bitter_lesson.html")
    page.evaluate("document.documentElement.classList.add('whole')")
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    narrow = page.locator(DRAWN).evaluate_all(WIDTHS)
    wide = {name: width for _, name, width, _ in figures}
    assert len(narrow) > 5
    assert all(w >= min(wide[name], figure_words.PHONE) for name, w in narrow.items()), narrow
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    page.close()


def test_words_grow_away_from_the_tail_of_their_arrow():
    word = '<g style="fill:#333" transform="translate({} {}) scale(.1 -.1)"><use href="#a"/></g>'
    ways = ("M 96 5 Q 90 7 80 9 ", "m220 5-9.5.4", "m308 5-4-2-4-2")  # drawn, by svgo, a head
    tails = "".join(f'<path d="{way}" style="stroke-width: 0.9"/>' for way in ways)
    words = "".join(word.format(*at) for at in [(100, 9), (210, 9), (100, 90), (300, 9)])
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 469.2 282">{tails}{words}</svg>'
    grown = figure_words.enlarge_words(svg.encode()).decode()
    assert re.findall(r'style="--k:1.101([^"]*)"', grown) == [";--x:0%", ";--x:100%", "", ""]


def test_small_words_grow_and_large_ones_stay():
    word = '<g style="fill:{}" transform="matrix({} 0 0 -{} {} 9)"><use href="#a"/></g>'
    words = [("#333", 0.1, 0.1, 9), ("#d55e00", 0.1, 0.1, 9), ("#d55e00", 0.1, 0.1, 465)]
    words = "".join(word.format(*w) for w in [*words, ("#333", 0.2, 0.2, 9)])
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 469.2 282">{}</svg>'
    grown = figure_words.enlarge_words(svg.format(words).encode()).decode()
    assert grown.count('class="word"') == 3 and "@media" in grown
    # From the middle; the name of a line from its beginning, or from its end at the edge.
    assert re.findall(r'style="(--k[^"]+)"', grown) == [
        *("--k:1.101", "--k:1.101;--x:0%", "--k:1.101;--x:100%")
    ]
    large = svg.format(word.format("#333", 0.2, 0.2, 9, 9)).encode()
    assert figure_words.enlarge_words(large) == large
