"""Every page in a browser: what it asks for, what it weighs, that it fits a phone and the disk."""

import gzip
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]

LIMIT = 250 * 1024
PACKED = {".woff2", ".png", ".jpg", ".jpeg", ".webp"}
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


# The page has done what it put off until it is idle, and its fonts are there or have failed.
IDLE = """async () => {
    await new Promise(done =>
        requestIdleCallback(() => requestAnimationFrame(() => setTimeout(done))));
    await document.fonts.ready;
}"""


class Phone:
    """One window as narrow as a phone's, in which the pages of a site are opened one by one.

    Every request is looked at, for which the browser turns its cache off: a page is loaded whole.
    The address shows the files of the folder.
    """

    def __init__(self, browser, address: str, folder: Path):
        self.address, self.folder = address, folder
        self.context = browser.new_context(viewport={"width": 375, "height": 800})
        own = re.compile(f"^(?!{re.escape(address)}|data:|blob:)")
        self.context.route(own, self.refuse)
        self.page = self.context.new_page()
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.seen.errors.append(str(error)))
        self.page.on("request", self.ask)
        self.page.on("requestfinished", lambda request: self.under_way.discard(request))
        self.page.on("requestfailed", self.miss)
        self.page.on("response", lambda response: self.responses.append(response))
        self.weights = {}
        self.begin()

    def begin(self):
        self.seen, self.responses, self.asked, self.under_way = Visit(), [], set(), set()

    def refuse(self, route):
        self.seen.foreign.append(route.request.url)
        route.abort()

    def hear(self, message):
        if message.type == "error":
            self.seen.errors.append(message.text)

    def ask(self, request):
        self.asked.add(request)
        # The page itself says when its fonts are there (see IDLE). Chromium now and then reports
        # the beginning and not the end of one that it had already.
        if request.resource_type != "font":
            self.under_way.add(request)

    def miss(self, request):
        self.under_way.discard(request)
        if request in self.asked:  # and not one of the last page, which ends with it
            self.seen.missing.append(request.url)

    def settle(self):
        """Wait until nothing is under way and nothing new was asked for."""
        calm = 0
        for _ in range(10_000):
            self.page.evaluate(IDLE)
            calm = 0 if self.under_way else calm + 1
            if calm == 2:
                return
        pytest.fail(f"without an answer: {[request.url for request in self.under_way]}")

    def visit(self, name: str) -> Visit:
        """Open a page and return what happens."""
        self.page.goto("about:blank")
        self.begin()
        self.page.goto(self.address + name, wait_until="load")
        self.page.evaluate(LOAD_ALL)
        self.settle()
        seen = self.seen
        seen.overflow = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        for response in self.responses:
            if response.status >= 400:
                seen.missing.append(response.url)
            elif response.status == 200 and response.url.startswith("http"):
                seen.bytes += self.weight(urlsplit(response.url).path)
        return seen

    def weight(self, path: str) -> int:
        """Bytes of a file as a server sends it.

        They are counted from the folder: the browser may have let go of what it was sent.
        """
        if path not in self.weights:
            file = self.folder / unquote(path.removeprefix(urlsplit(self.address).path))
            body = file.read_bytes()
            packed = file.suffix in PACKED
            self.weights[path] = len(body if packed else gzip.compress(body, 6))
        return self.weights[path]


@pytest.fixture(scope="module")
def phone(browser):
    """Return the phone for an address and the folder that it shows."""
    phones = {}

    def at(address: str, folder: Path) -> Phone:
        if address not in phones:
            phones[address] = Phone(browser, address, folder)
        return phones[address]

    yield at
    for one in phones.values():
        one.context.close()


def test_served_from_a_sub_path(site, address, phone, page_name):
    seen = phone(address, site).visit(page_name)
    wrong = [*seen.foreign, *seen.missing, *seen.errors]
    if seen.overflow > 0:
        wrong.append(f"{seen.overflow} pixels stick out at a width of 375")
    if seen.bytes > LIMIT:
        wrong.append(f"{seen.bytes / 1024:.0f} KiB")
    assert not wrong, "\n".join(wrong)


def test_opened_from_the_disk(site, phone, page_name):
    seen = phone(site.as_uri() + "/", site).visit(page_name)
    wrong = [*seen.foreign, *seen.missing, *seen.errors]
    assert not wrong, "\n".join(wrong)


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


def test_the_checks_find_what_is_wrong(serve, phone, bad_page):
    seen = phone(serve(bad_page), bad_page).visit("bad.html")
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
