"""axe-core on every page, in both themes: no violation at all."""

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_no_violation_in_either_theme(address, browser, violations, page_name):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address + page_name, wait_until="load")
    found = {theme: violations(page, theme) for theme in ("light", "dark")}
    context.close()
    assert found == {"light": [], "dark": []}


def test_the_check_finds_what_is_wrong(serve, browser, violations, bad_page):
    page = browser.new_page()
    page.route("**/*example/**", lambda route: route.abort())
    page.goto(serve(bad_page) + "bad.html", wait_until="load")
    found = " ".join(violations(page, "light"))
    page.close()
    for rule in ("image-alt", "label", "document-title", "html-has-lang", "color-contrast"):
        assert rule in found
