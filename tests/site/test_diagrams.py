"""The drawn diagrams on the page: words that can be read on a phone, in the page's colours."""

import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]

CHAPTER = Path(__file__).resolve().parent.parent.parent / "chapters/scaling_laws.ipynb"
DRAWN = CHAPTER.read_text(encoding="utf-8").count("{figure} diagrams/")
PAGES = [
    *("chapters/bitter_lesson", "chapters/scaling_laws", "chapters/small_experiments"),
    *("chapters/repeated_and_synthetic_data", "chapters/scaffolding"),
    *("chapters/reasoning_since_2024", "instructor/marking"),
]
# What is wrong with the words of a page's diagrams: too small, beyond the edge, on one another.
FAULTS = """() => [...document.querySelectorAll("svg.diagram")].flatMap(drawing => {
    // The box of the letters alone: Firefox adds the halo around them.
    const place = text => {
        const {x, y, width, height} = text.getBBox(), m = text.getScreenCTM();
        if (m.b) return text.getBoundingClientRect();
        return new DOMRect(m.a * x + m.e, m.d * y + m.f, m.a * width, m.d * height);
    };
    const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
    const edge = drawing.getBoundingClientRect(), found = [];
    const words = [...drawing.querySelectorAll("text")].map(e => [e, place(e)]);
    words.forEach(([text, box], i) => {
        const size = parseFloat(getComputedStyle(text).fontSize) * scale;
        if (size < 12) found.push(`${text.textContent}: ${size} px`);
        if (box.left < edge.left || box.right > edge.right || box.bottom > edge.bottom)
            found.push(`${text.textContent}: beyond the edge`);
        for (const [other, its] of words.slice(0, i)) {
            const beside = box.left > its.right - 1 || its.left > box.right - 1;
            const apart = box.top > its.bottom - 5 * scale || its.top > box.bottom - 5 * scale;
            if (!beside && !apart) found.push(`${text.textContent} on ${other.textContent}`);
        }
    });
    return found;
})"""


@pytest.mark.parametrize("name", PAGES)
def test_words_can_be_read(address, browser, name, beside_scroll_bars):
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(f"{address}{name}.html")
    page.evaluate("document.fonts.ready.then(() => true)")
    assert page.locator("figure svg.diagram").count() >= 1
    found = {}
    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => innerWidth === width", arg=width)
        beside_scroll_bars(page)
        found[width] = page.evaluate(FAULTS)
    page.close()
    assert found == {375: [], 1280: []}


def test_words_have_the_typeface_and_the_colour_of_the_page(address, browser):
    page = browser.new_page()
    page.goto(f"{address}chapters/scaling_laws.html")
    words = page.locator("svg.diagram text:not([class])").first
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        style = words.evaluate("e => [getComputedStyle(e).fill, getComputedStyle(e).fontFamily]")
        assert style[0] == page.evaluate("getComputedStyle(document.body).color")
        assert style[1].startswith('"Source Sans 3"')
    page.close()


def test_a_diagram_is_in_its_page_and_nowhere_else(site):
    html = (site / "chapters/scaling_laws.html").read_text(encoding="utf-8")
    drawn = re.findall(r'<svg [^>]*class="diagram"[^>]*role="img" aria-label="[^"]{100,}"', html)
    assert len(drawn) == DRAWN > 1 and "diagrams/" not in html
    assert not list((site / "_images").glob("metering*"))


def test_on_a_slide_it_is_as_high_as_other_figures(address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}slides/scaling_laws.html")
    heights = page.eval_on_selector_all(
        "section.figure > :is(img, svg)", "all => all.map(e => getComputedStyle(e).height)"
    )
    assert page.locator("section.figure > svg").count() == DRAWN and len(set(heights)) == 1
    page.close()
