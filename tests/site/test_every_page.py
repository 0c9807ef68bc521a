"""Every page in a window 1280 wide: axe-core in both themes, and nothing that is cut off."""

import functools

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture(scope="module")
def look(request, with_scroll_bars, address, cut, has_axe):
    """Return a function that opens a page, once and in the same window, and says what is wrong."""
    context = with_scroll_bars.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    violations = request.getfixturevalue("violations") if has_axe else lambda *_: []

    @functools.cache
    def facts(name):
        page.goto(address + name, wait_until="load")
        found = {theme: violations(page, theme) for theme in ("light", "dark")}
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        return found | {"cut": cut(page)}  # at the end, since it opens what is folded

    yield facts
    context.close()


def test_no_violation_in_either_theme(look, violations, page_name):
    found = look(page_name)
    wrong = [f"{theme}: {fault}" for theme in ("light", "dark") for fault in found[theme]]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_cut(look, page_name):
    found = look(page_name)["cut"]
    assert not found, "\n".join(found)


def test_the_checks_find_what_is_wrong(serve, browser, violations, cut, bad_page):
    page = browser.new_page()
    page.route("**/*example/**", lambda route: route.abort())
    page.goto(serve(bad_page) + "bad.html", wait_until="load")
    found = " ".join(violations(page, "light"))
    for rule in ("image-alt", "label", "document-title", "html-has-lang", "color-contrast"):
        assert rule in found
    # One text among many that are alike, whatever it is that makes it pale.
    for pale in ("color: #ccc", "background: #444", "opacity: .3", "position: absolute; top: 0"):
        pages = "<div style='background: #444; height: 50px'></div>" + 99 * "<p>Some words.</p>"
        page.set_content(pages + f"<p style='{pale}'>Some words.</p>" + 99 * "<p>Some words.</p>")
        assert any("color-contrast" in fault for fault in violations(page, "dark")), pale
    link = "<p>Some <a href='#' style='color: #223{}'>words</a> of many.</p>"
    page.set_content(99 * link.format("") + link.format("; text-decoration: none"))
    assert any("link-in-text-block (serious): 1 times" in f for f in violations(page, "dark"))
    page.set_content(f"<div class='bd-article'><details><pre>{'wide ' * 400}</pre></details></div>")
    assert len(cut(page)) == 1
    page.close()
