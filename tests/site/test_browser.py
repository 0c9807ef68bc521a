"""The whole site in a browser: its beginning, search, themes, menus, contents on a phone."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_top_leads_to_the_first_page(address, browser):
    page = browser.new_page()
    page.goto(address)
    page.wait_for_url("**/chapters/front.html")
    page.close()


@pytest.fixture
def searching(browser):
    """A page that shows at the end what a search found, with Node.js or without, and no error."""
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield page
    page.wait_for_selector(".book-search ~ .hits a, #search-results li a")
    page.close()
    assert errors == []


def test_search_finds_from_the_disk(site, searching):
    searching.goto(site.as_uri() + "/search.html?q=measured")


def test_theme_can_be_switched_and_is_remembered(site, address, browser):
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    # The theme of an earlier visit does not flash up where the device decides.
    page.add_init_script("""
        localStorage.setItem("theme", "dark");
        themes = [];
        new MutationObserver(() => themes.push(document.documentElement.dataset.theme))
            .observe(document, { subtree: true, attributeFilter: ["data-theme"] });
    """)
    page.goto(address + "chapters/intro.html")
    assert page.evaluate("[...new Set(themes)]") == ["light"]
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        page.locator(".theme-switch-button").first.click()
    page.goto(address + "chapters/references.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    button = page.locator(".theme-switch-button").first
    expect(button).to_have_accessible_name("Colours: dark. Change them")
    context.close()


def test_search_opens_over_the_page_by_keyboard(address, searching):
    searching.goto(address + "chapters/references.html")
    searching.keyboard.press("Control+k")
    searching.keyboard.type("measured")
    searching.keyboard.press("Enter")


def test_a_cell_can_be_copied(address, browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + "instructor/machines.html")
    button = page.locator("div.highlight-sh button.copybtn").first
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("b => b.textContent === 'Copied'", arg=button.element_handle())
    code = page.locator("div.highlight-sh pre").first.text_content().strip()
    assert page.evaluate("navigator.clipboard.readText()") == code
    context.close()


def test_contents_open_on_a_phone(address, browser):
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(address + "chapters/intro.html")
    link = page.locator(".bd-sidebar-primary .toctree-l1 a").last
    assert not link.is_visible()
    for side, name in (("primary", "Contents of the book"), ("secondary", "Contents of this page")):
        toggle = page.locator(f".{side}-toggle:visible")
        expect(toggle).to_have_accessible_name(name)
        expect(toggle).to_have_attribute("aria-expanded", "false")
        toggle.press("Enter")
        expect(toggle).to_have_attribute("aria-expanded", "true")
        expect(page.locator(f".bd-sidebar-{side} a:focus")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(toggle).to_be_focused()
        page.locator(f".bd-sidebar-{side}").wait_for(state="hidden")
    # Nothing that lies under the contents has the focus.
    page.locator(".primary-toggle").press("Enter")
    link.focus()
    page.keyboard.press("Tab")
    link.wait_for(state="hidden")
    page.set_viewport_size({"width": 975, "height": 800})  # between two breakpoints of the theme
    page.locator(".bd-sidebar-primary").wait_for()
    page.locator(".primary-toggle:visible").press("Enter")
    page.locator(".bd-sidebar-primary").wait_for(state="hidden")
    page.close()


def test_menus_open_and_close_by_keyboard(address, browser):
    page = browser.new_page()
    page.goto(address + "chapters/intro.html")
    menus = page.locator("details.menu")
    assert page.locator("details.menu a.menu__item[download]").count() == 1
    for menu in menus.all():  # one for downloads; where the repository is known, one to launch
        menu.locator("summary").focus()
        page.keyboard.press("Enter")
        menu.locator(".menu__item").first.wait_for()
        page.keyboard.press("Escape")
        menu.locator(".menu__item").first.wait_for(state="hidden")
    page.close()
