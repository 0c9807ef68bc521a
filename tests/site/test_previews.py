"""What a link to the glossary or to a reference shows without a jump."""

import json

import needs
import pytest
from parsed import parse
from playwright.sync_api import expect

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/evidence_and_rules.html"
TERM = ".bd-article a[href*='glossary.html#term-']"
REFERENCE = ".bd-article .bibtex-citation a"
LINKS = ".bd-article a[href*='#term-']:not(.headerlink), .bd-article .bibtex-citation a"


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(address + PAGE)
    yield page
    context.close()


@pytest.fixture(scope="module")
def entries(site):
    text = (site / "_static/previews-data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("bookPreviews=").removesuffix(";\n"))


def test_every_link_has_its_entry(site, entries, page_name):
    soup = parse(site / page_name)
    links = soup.select(LINKS)
    assert [a["href"] for a in links if a["href"].split("#")[1] not in entries] == []
    assert not links or soup.select("script[src*='previews.js']")
    typeset = (site / "_static/vendor/katex").exists()  # where the site was built with Node.js
    if typeset and any("#term-" in a["href"] for a in links):
        assert soup.select("link[href*='katex.min.css']"), "formulas in entries need their style"
    for link in links:
        target = link["href"].split("#")[1]
        if "[" in link.parent.get_text()[:1] and "glossary" not in link["href"]:
            year = link.get_text().rsplit(", ", 1)[-1].rstrip("abcdef")
            assert year in entries[target], link


@pytest.mark.parametrize("kind", [TERM, REFERENCE])
def test_an_entry_shows_under_the_pointer_and_stays(page, kind):
    page.clock.install()
    page.reload()
    preview, link = page.locator("#preview"), page.locator(kind).first
    link.hover()
    preview.wait_for()
    assert page.url.endswith(PAGE)
    assert link.get_attribute("aria-describedby") == "preview"
    preview.hover()
    page.clock.run_for(1000)
    assert preview.is_visible()
    page.keyboard.press("Escape")
    preview.wait_for(state="hidden")
    assert link.get_attribute("aria-describedby") is None
    link.hover()
    preview.wait_for()
    page.mouse.move(1, 1)
    preview.wait_for(state="hidden")


@pytest.mark.parametrize("from_disk", [False, True])
def test_an_entry_shows_at_the_focus(site, address, page, from_disk):
    page.goto((site.as_uri() + "/" if from_disk else address) + PAGE)
    preview, link = page.locator("#preview"), page.locator(TERM).first
    page.keyboard.press("Tab")  # from now on the browser marks what has the focus
    link.focus()
    expect(preview.locator("strong").first).to_be_visible()
    page.keyboard.press("Escape")
    preview.wait_for(state="hidden")
    page.locator(REFERENCE).first.focus()
    expect(preview.locator("a[href^='http']").first).to_be_visible()
    page.keyboard.press("Tab")
    assert not page.evaluate("preview.contains(document.activeElement)")
    page.locator(".bd-header-article button").first.focus()
    preview.wait_for(state="hidden")


@pytest.mark.parametrize("width", [375, 1280])
def test_an_entry_lies_inside_the_window(browser, address, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(address + PAGE)
    page.keyboard.press("Tab")
    links = page.locator(LINKS).all()[:25]
    assert len(links) == 25
    for link in links:
        link.evaluate("link => { const box = link.closest('details'); if (box) box.open = true; }")
        link.focus()
        page.wait_for_function(
            "link => link.hasAttribute('aria-describedby')", arg=link.element_handle()
        )
        box = page.locator("#preview").bounding_box()
        line = link.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800
        apart = box["y"] >= line["y"] + line["height"] or box["y"] + box["height"] <= line["y"]
        assert apart, "it lies on its own link"
    context.close()


def test_formulas_of_an_entry_are_typeset(site, address, page, entries):
    if not (site / "_static/vendor/katex").exists():
        needs.missing("the site was built without Node.js: formulas are MathML")
    assert "katex-html" in entries["term-compute"]
    page.goto(address + "chapters/intro.html")
    page.locator(".bd-article a[href$='#term-compute']").first.hover()
    formula = page.locator("#preview .katex-html").first
    formula.wait_for()
    face = formula.locator(".mord").first.evaluate("f => getComputedStyle(f).fontFamily")
    assert face.startswith("KaTeX")
    page.wait_for_function("document.fonts.check('16px KaTeX_Math')")


@pytest.mark.chromium
def test_a_tap_shows_the_entry_and_a_second_one_follows(browser, address):
    context = browser.new_context(
        viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(address + PAGE)
    preview, link = page.locator("#preview"), page.locator(TERM).first
    link.tap()
    preview.wait_for()
    assert page.url.endswith(PAGE)
    page.locator("h1").tap()
    preview.wait_for(state="hidden")
    link.tap()
    preview.wait_for()
    link.tap()
    page.wait_for_url("**/glossary.html#term-*")
    context.close()


@pytest.mark.chromium
def test_without_its_entries_a_tap_follows_the_link(browser, address):
    context = browser.new_context(
        viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.route("**/previews-data.js*", lambda route: route.abort())
    page.goto(address + PAGE)
    page.locator(TERM).first.tap()
    page.wait_for_url("**/glossary.html#term-*")
    context.close()


def test_an_open_entry_is_accessible(page, violations):
    page.locator(TERM).first.hover()
    page.locator("#preview").wait_for()
    for theme in ("light", "dark"):
        assert violations(page, theme, part="#preview, [aria-describedby=preview]") == []
