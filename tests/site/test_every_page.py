"""Every page in a browser: what it asks for and weighs, that it fits a phone and the disk, axe."""

import functools
import gzip
import re
from collections import Counter
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

    @property
    def wrong(self) -> list[str]:
        return [*self.foreign, *self.missing, *self.errors]


# The page has done what it put off until it is idle, and its fonts are there or have failed.
IDLE = """async () => {
    await new Promise(done =>
        requestIdleCallback(() => requestAnimationFrame(() => setTimeout(done))));
    await document.fonts.ready;
}"""


# How much longer the page is when the sections that the first layout leaves out are released.
MOVES = """() => {
    const sections = [...document.querySelectorAll(".bd-article > section > section")];
    const long = contain => {
        sections.forEach(s => Object.assign(s.style, {contentVisibility: "visible", contain}));
        return document.documentElement.scrollHeight;
    };
    return long("none") - long("layout paint style");
}"""


# What a finger is to meet and is smaller than 24 pixels, with all folds open.
SMALL = """() => {
    document.querySelectorAll("details").forEach(fold => { fold.open = true; });
    const all = document.querySelectorAll("button, input, select, textarea, summary, a.btn");
    const seen = {opacityProperty: true, visibilityProperty: true};
    return [...all].filter(e => {
        const {width, height} = e.getBoundingClientRect();
        return e.checkVisibility(seen) && Math.min(width, height) < 24;
    }).map(e => `smaller than a finger: ${e.outerHTML.slice(0, 120)}`);
}"""


class Window:
    """One window, in which the pages of a site are opened one by one.

    Every request is looked at, for which the browser turns its cache off: a page is loaded whole.
    The address shows the files of the folder.
    """

    def __init__(self, context, address: str, folder: Path):
        self.context, self.address, self.folder = context, address, folder
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
            elif response.request.headers.get("sec-purpose") == "prefetch":
                continue  # Firefox gets the next page when it is idle, for whoever goes on
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
    """Return a function that opens a window as narrow as a phone's for a folder at an address."""
    contexts = []

    def at(address: str, folder: Path) -> Window:
        contexts.append(browser.new_context(viewport={"width": 375, "height": 800}))
        return Window(contexts[-1], address, folder)

    yield at
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def served(phone, address, site):
    return phone(address, site)


@pytest.fixture(scope="module")
def look(request, with_scroll_bars, site, cut, has_axe):
    """Return a function that opens a page from the disk, once, and says what is wrong with it.

    The window is 1280 wide and has scroll bars.
    """
    context = with_scroll_bars.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    window = Window(context, site.as_uri() + "/", site)
    violations = request.getfixturevalue("violations") if has_axe else lambda *_: []
    looks = Counter()

    @functools.cache
    def facts(name):
        found = {"visit": window.visit(name).wrong}
        found |= {"moves": window.page.evaluate(MOVES)}
        found |= {theme: violations(window.page, theme, looks) for theme in ("light", "dark")}
        window.page.evaluate("document.documentElement.dataset.theme = 'light'")
        return found | {"cut": cut(window.page)}  # at the end, since it opens what is folded

    yield facts
    context.close()


def test_served_from_a_sub_path(served, page_name):
    seen = served.visit(page_name)
    wrong = seen.wrong + served.page.evaluate(SMALL)
    if seen.overflow > 0:
        wrong.append(f"{seen.overflow} pixels stick out at a width of 375")
    if seen.bytes > LIMIT:
        wrong.append(f"{seen.bytes / 1024:.0f} KiB")
    assert not wrong, "\n".join(wrong)


def test_opened_from_the_disk(look, page_name):
    wrong = look(page_name)["visit"]
    assert not wrong, "\n".join(wrong)


def test_no_violation_in_either_theme(look, violations, page_name):
    found = look(page_name)
    wrong = [f"{theme}: {fault}" for theme in ("light", "dark") for fault in found[theme]]
    assert not wrong, "\n".join(wrong)


def test_nothing_moves_when_a_section_is_laid_out(look, page_name):
    assert look(page_name)["moves"] == 0


def test_nothing_is_cut(look, page_name):
    found = look(page_name)["cut"]
    assert not found, "\n".join(found)


def test_axe_finds_what_is_wrong(serve, browser, violations, cut, bad_page):
    page = browser.new_page()
    page.route("**/*example/**", lambda route: route.abort())
    page.goto(serve(bad_page) + "bad.html", wait_until="load")
    found = " ".join(violations(page, "light"))
    for rule in ("image-alt", "label", "document-title", "html-has-lang", "color-contrast"):
        assert rule in found
    # One text among many that are alike and were checked on another page, whatever makes it pale.
    looks = Counter()
    for pale in ("color: #ccc", "background: #444", "opacity: .3", "position: absolute; top: 0"):
        pages = "<div style='background: #444; height: 50px'></div>" + 99 * "<p>Some words.</p>"
        page.set_content(pages + f"<p style='{pale}'>Some words.</p>" + 99 * "<p>Some words.</p>")
        found = violations(page, "dark", looks)
        assert any("color-contrast" in fault for fault in found), pale
    link = "<p>Some <a href='#' style='color: #223{}'>words</a> of many.</p>"
    page.set_content(99 * link.format("") + link.format("; text-decoration: none"))
    assert any("link-in-text-block (serious): 1 times" in f for f in violations(page, "dark"))
    page.set_content(f"<div class='bd-article'><details><pre>{'wide ' * 400}</pre></details></div>")
    assert len(cut(page)) == 1
    page.close()


def test_a_visit_finds_what_is_wrong(serve, phone, bad_page):
    window = phone(serve(bad_page), bad_page)
    seen = window.visit("bad.html")
    small = window.page.evaluate(SMALL)
    assert len(small) == 1 and "<input" in small[0]
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
