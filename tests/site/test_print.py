"""Paper: a sheet says what it is, results are on it, solutions and what was folded are not."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser, pytest.mark.chromium]

ROOT = Path(__file__).resolve().parent.parent.parent
EXERCISE = "exercises/pages/scaling_laws/power-law.html"
KINDS = [
    *("chapters/intro.html", "chapters/scaling_laws.html", EXERCISE, "exercises/pages/index.html"),
    *("exercises/pages/scaling_laws.html", "chapters/claims.html", "chapters/references.html"),
    *("chapters/glossary.html", "chapters/explorers.html", "chapters/capstone.html"),
    *("instructor/syllabus.html", "404.html", "licences.html", "search.html"),
]
# Opens folds and takes menus along as a browser does that is told to print.
PRINT = "() => { dispatchEvent(new Event('beforeprint')); }"
# Figures of which a part may be put on the next sheet.
SPLIT = """() => [...document.querySelectorAll(".bd-article figure")]
    .filter(f => getComputedStyle(f).breakInside !== "avoid").map(f => f.id)"""


@pytest.fixture(scope="module", params=[True, False], ids=["scripts", "no scripts"])
def paper(request, browser):
    """A page as the printer sees it, with scripts and without."""
    context = browser.new_context(java_script_enabled=request.param)
    page = context.new_page()
    page.emulate_media(media="print")
    page.scripts = request.param
    yield page
    context.close()


def opened(page, address):
    page.goto(address)
    if page.scripts:
        page.evaluate(PRINT)


@pytest.mark.parametrize("name", KINDS)
def test_a_sheet_begins_with_its_title(address, paper, name):
    opened(paper, address + name)
    title = paper.locator("h1")
    assert title.is_visible()
    # Above it is nothing: no bar, no menu.
    for part in (".skip-link", ".bd-header-article", ".menu__list", ".bd-sidebar-primary"):
        assert not paper.locator(part).first.is_visible(), part


def test_an_exercise_is_printed_without_its_solution(address, paper):
    opened(paper, address + EXERCISE)
    assert paper.locator("details.solution-fold").count() == 1
    assert not paper.locator("details.solution-fold pre").is_visible()
    assert not paper.locator("details.solution-fold summary").is_visible()
    # Hints have been given away with the notebook as well.
    assert paper.locator(".bd-article details:not(.solution-fold) p").first.is_visible()


def test_of_tabs_all_are_printed_each_under_its_name(address, paper):
    source = (ROOT / "instructor/handing_out.md").read_text(encoding="utf-8")
    opened(paper, address + "instructor/handing_out.html")
    parts = paper.locator(".sd-tab-set > :not(input)")
    assert parts.count() == 2 * source.count("{tab-item}") > 2  # names and what they open
    tops = [part.bounding_box()["y"] for part in parts.all()]  # a box has only what is seen
    assert tops == sorted(tops)
    assert paper.get_by_text("generate_assignment scaling_laws").is_visible()


def test_what_belongs_together_stays_on_one_sheet(address, paper):
    broken = """name => [...document.querySelectorAll(name)]
        .map(e => getComputedStyle(e).breakInside)"""
    opened(paper, address + "chapters/claims.html")
    assert set(paper.evaluate(broken, ".claim")) == {"avoid"}
    opened(paper, address + "chapters/scaling_laws.html")
    assert set(paper.evaluate(broken, ".sm-question")) == {"avoid"}
    assert set(paper.evaluate(broken, ".cell_output:has(.sm-question)")) == {"auto"}


def test_a_chapter_is_printed_with_results_and_the_code_that_is_open(address, paper):
    opened(paper, address + "chapters/scaling_laws.html")
    for result in ("details.hide .cell_output", "details.sd-dropdown p"):
        assert paper.locator(result).first.is_visible(), result
    assert paper.evaluate("document.getAnimations().length") == 0  # nothing is half faded in
    for left_out in ("details.code-fold .cell_input", "details.code-fold > summary"):
        assert not paper.locator(left_out).first.is_visible(), left_out
    assert paper.locator(".sm-question").count() > 3
    assert not paper.locator(".sm-question details").first.is_visible()
    assert paper.evaluate(SPLIT) == []
    text = "e => parseFloat(getComputedStyle(e).fontSize) * 0.75"
    assert paper.locator(".bd-article section > p").first.evaluate(text) == 10.5  # points
    figures = paper.locator(".cell_output figure > img:visible")
    heights = figures.evaluate_all("all => all.map(e => e.clientHeight)")
    assert len(heights) > 3 and max(heights) < 300, "two figures fit a sheet of 970 pixels"


def test_code_that_the_reader_opened_is_printed(browser, address):
    page = browser.new_page()
    page.goto(address + "chapters/scaling_laws.html")
    page.locator(".code-switch").click()
    page.emulate_media(media="print")
    page.evaluate(PRINT)
    assert page.locator("details.code-fold .cell_input").first.is_visible()
    assert not page.locator("details.code-fold > summary").first.is_visible()
    page.close()


def test_paper_is_light_and_the_screen_stays_dark(address, browser):
    page = browser.new_page(color_scheme="dark")
    page.goto(address + "chapters/intro.html")
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.evaluate(PRINT)
    assert page.evaluate(theme) == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(theme) == "dark"
    page.close()
