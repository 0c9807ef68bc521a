"""Every page in a browser: what it asks for, what it weighs, that it fits a phone and the disk."""

import gzip
from dataclasses import dataclass, field

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]

LIMIT = 250 * 1024
PACKED = ("font/", "image/png", "image/jpeg", "image/webp")
# Everything that shows without being touched, in the theme that is on.
LOAD_ALL = """async () => {
    const shown = [...document.images].filter(i => i.offsetParent !== null);
    shown.forEach(i => { i.loading = "eager"; });
    await Promise.all(shown.map(i => i.decode().catch(() => 0)));
    await document.fonts.ready;
}"""


@dataclass
class Visit:
    """What happened while a page was looked at."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    bytes: int = 0
    overflow: int = 0


def visit(browser, address: str, name: str) -> Visit:
    """Open a page as a phone does and write down what happens."""
    seen, responses = Visit(), []
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()

    def route(route):
        url = route.request.url
        if url.startswith((address, "data:", "blob:")):
            return route.continue_()
        seen.foreign.append(url)
        return route.abort()

    context.route("**/*", route)
    page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("requestfailed", lambda request: seen.missing.append(request.url))
    page.on("response", lambda response: responses.append(response))
    page.goto(address + name, wait_until="networkidle")
    page.evaluate(LOAD_ALL)
    seen.overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    for response in responses:
        if response.status >= 400:
            seen.missing.append(response.url)
        elif response.status == 200 and response.url.startswith("http"):
            seen.bytes += weight(response)
    context.close()
    return seen


def weight(response) -> int:
    """Bytes of a response as a server sends them."""
    body = response.body()
    kind = response.headers.get("content-type", "")
    packed = kind.startswith(PACKED) or response.url.split("?")[0].endswith(".woff2")
    return len(body) if packed else len(gzip.compress(body, 6))


def test_served_from_a_sub_path(address, browser, page_name):
    seen = visit(browser, address, page_name)
    assert seen.foreign == []
    assert seen.missing == []
    assert seen.errors == []
    assert seen.overflow <= 0, f"{seen.overflow} pixels stick out at a width of 375"
    assert seen.bytes <= LIMIT, f"{seen.bytes / 1024:.0f} KiB"


def test_opened_from_the_disk(site, browser, page_name):
    seen = visit(browser, site.as_uri() + "/", page_name)
    assert (seen.foreign, seen.missing, seen.errors) == ([], [], [])


def test_top_leads_to_the_first_page(address, browser):
    page = browser.new_page()
    page.goto(address)
    page.wait_for_url("**/chapters/front.html")
    page.close()


@pytest.mark.parametrize("from_disk", [False, True])
def test_search_finds(site, address, browser, from_disk):
    base = site.as_uri() + "/" if from_disk else address
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(base + "search.html?q=measured")
    page.wait_for_selector(".book-search ~ .hits a, #search-results li a")
    page.close()
    assert errors == []


def test_theme_can_be_switched_and_is_remembered(site, address, browser):
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(address + "chapters/intro.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        page.locator(".theme-switch-button").first.click()
    page.goto(address + "chapters/references.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()


def test_search_opens_over_the_page_by_keyboard(address, browser):
    page = browser.new_page()
    page.goto(address + "chapters/references.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("measured")
    page.keyboard.press("Enter")
    page.wait_for_selector(".book-search ~ .hits a, #search-results li a")
    page.close()


def test_a_cell_can_be_copied(address, browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + "chapters/intro.html")
    button = page.locator("div.highlight", has_text="make lab").locator("button.copybtn")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("b => b.textContent === 'Copied'", arg=button.element_handle())
    assert page.evaluate("navigator.clipboard.readText()") == "make lab"
    context.close()


def test_contents_open_on_a_phone(address, browser):
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(address + "chapters/intro.html")
    link = page.locator(".bd-sidebar-primary .toctree-l1 a").last
    assert not link.is_visible()
    page.locator(".primary-toggle:visible").click()
    link.wait_for(state="visible")
    page.keyboard.press("Escape")
    link.wait_for(state="hidden")
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


def test_the_checks_find_what_is_wrong(serve, browser, bad_page):
    seen = visit(browser, serve(bad_page), "bad.html")
    assert {u.split("/")[2] for u in seen.foreign} == {
        "img.example",
        "cdn.example",
        "fonts.example",
    }
    assert any(url.endswith("fig.png") for url in seen.missing)
    assert any("broken" in error for error in seen.errors)
    assert any("undefinedFunction" in error for error in seen.errors)
    assert seen.overflow > 1000
    assert seen.bytes > LIMIT
