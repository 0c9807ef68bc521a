"""axe-core on every page, in both themes: no violation at all."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]

AXE = Path(__file__).resolve().parent.parent.parent / "web/node_modules/axe-core/axe.min.js"
# When the page has settled and two frames are drawn, the colours are the theme's.
SWITCH = """async theme => {
    document.documentElement.dataset.theme = theme;
    await new Promise(done => requestIdleCallback(done));
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    await Promise.all(document.getAnimations().map(a => a.finished.catch(() => 0)));
}"""
SHOW = """(violations) => violations.map(v =>
    `${v.id} (${v.impact}): ${v.nodes.length} times, first ${v.nodes[0].html.slice(0, 160)}`)"""


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not there: Node.js was absent when the site was built")
    return AXE.read_text(encoding="utf-8")


def violations(page, axe: str, theme: str) -> list[str]:
    """Set the theme as the page's own button does and run every rule."""
    page.evaluate(SWITCH, theme)
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(axe)
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return page.evaluate(SHOW, result["violations"])


def test_no_violation_in_either_theme(address, browser, axe, page_name):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address + page_name, wait_until="load")
    found = {theme: violations(page, axe, theme) for theme in ("light", "dark")}
    context.close()
    assert found == {"light": [], "dark": []}


def test_the_check_finds_what_is_wrong(serve, browser, axe, bad_page):
    page = browser.new_page()
    page.route("**/*example/**", lambda route: route.abort())
    page.goto(serve(bad_page) + "bad.html", wait_until="load")
    found = " ".join(violations(page, axe, "light"))
    page.close()
    for rule in ("image-alt", "label", "document-title", "html-has-lang", "color-contrast"):
        assert rule in found
