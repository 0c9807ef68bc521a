"""The built site, a server for it, and one browser for all checks."""

import functools
import http.server
import os
import shutil
import threading
from collections import Counter
from pathlib import Path

import chromium
import needs
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = Path(os.environ.get("BOOK_SITE", ROOT / "_build" / "html"))
# The site must work from wherever it is put.
SUBPATH = "/some/where/"


def all_pages() -> list[str]:
    """Every page of the site by its address; the top only leads to the first of them."""
    pages = (p for p in SITE.rglob("*.html") if "_static" not in p.relative_to(SITE).parts)
    left_out = {SITE / "index.html"}
    # The decks are made by one template: the first stands for all; test_slides.py sees each.
    left_out |= set(sorted((SITE / "slides").glob("*.html"))[1:])
    if (SITE / "sitemap.xml").exists():
        # Built for one address: this page, which a server shows anywhere, holds there alone.
        left_out.add(SITE / "404.html")
    return sorted(p.relative_to(SITE).as_posix() for p in pages if p not in left_out)


def pytest_generate_tests(metafunc):
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", all_pages() or [None])


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").exists():
        needs.missing("the site is not built: run `make book`")
    return SITE


@pytest.fixture(scope="session")
def moving(site) -> Path:
    """The site with the scripts that move figures and take down what a reader says."""
    if not (site / "_static" / "components.js").exists():
        needs.missing("the site was built without Node.js: nothing moves")
    return site


@pytest.fixture(scope="session")
def load_again():
    """Return a function that loads a page again, with what it kept.

    A page from the disk may get another process, which begins before what the last one kept has
    arrived: the next load has it.
    """
    kept = """JSON.stringify(Object.entries(localStorage)
        .filter(([key]) => key.startsWith("scaling-measured/")).sort())"""

    def again(page):
        before = page.evaluate(kept)
        for _ in range(5):
            page.reload()
            if page.evaluate(kept) == before:
                break

    return again


@pytest.fixture(autouse=True)
def _built(request):
    if "page_name" in request.fixturenames:
        request.getfixturevalue("site")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder under a sub-path and keeps no log."""

    def translate_path(self, path):
        return super().translate_path("/" + path.removeprefix(SUBPATH).lstrip("/"))

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def serve():
    """Return a function that serves a folder and gives its address."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}{SUBPATH}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def address(site, serve) -> str:
    return serve(site)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium, or the Firefox of the system where BROWSER=firefox."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            started = launch(playwright, tmp_path_factory)
        except Error as error:
            needs.missing(
                "no browser for the checks in the browser: install Debian's `chromium`, run "
                "`playwright install chromium`, or name one in CHROMIUM; for BROWSER=firefox "
                f"install `firefox-esr` ({error.message[:200]})"
            )
        yield started
        started.close()


def launch(playwright, tmp_path_factory):
    if os.environ.get("BROWSER") != "firefox":
        return playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
    home = {"HOME": str(tmp_path_factory.mktemp("firefox"))}  # it writes into its home
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    return playwright.firefox.launch(
        channel="moz-firefox", executable_path=path, env={**os.environ, **home}
    )


@pytest.fixture(scope="session")
def with_scroll_bars(browser):
    """A browser whose windows have scroll bars, as those of most desktops do."""
    if os.environ.get("BROWSER") == "firefox":
        yield browser  # it has them
        return
    started = browser.browser_type.launch(
        executable_path=chromium.find(),
        args=chromium.FLAGS,
        ignore_default_args=["--hide-scrollbars"],
    )
    yield started
    started.close()


@pytest.fixture(scope="session")
def beside_scroll_bars():
    """Return a function that leaves an open page the width of its window, as on a phone.

    The scroll bars of Firefox take a part of it.
    """

    def widen(page):
        taken = page.evaluate("innerWidth - document.documentElement.clientWidth")
        size = page.viewport_size
        if taken:
            page.set_viewport_size({**size, "width": size["width"] + taken})

    return widen


# Code, formulas and tables that a window cuts off, with all folds open.
CUT = """async () => {
    document.documentElement.classList.add("whole");
    document.querySelectorAll("details").forEach(fold => { fold.open = true; });
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    await document.fonts.ready; // others are wider
    const boxes = ":is(pre, div.math, .table-box, .output, details)";
    return [...document.querySelectorAll(`.bd-article ${boxes}`)]
        .filter(box => box.scrollWidth > box.clientWidth + 1)
        .filter(box => box.localName !== "details" || getComputedStyle(box).overflowX !== "visible")
        .map(box => `${box.scrollWidth - box.clientWidth} pixels: ${box.textContent.slice(0, 80)}`);
}"""


@pytest.fixture(scope="session")
def cut():
    """Return a function that opens all folds of a page and lists what its window cuts off."""
    return lambda page: page.evaluate(CUT)


AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
# When the page has settled, two frames are drawn and what moves is at its end, the colours are the
# theme's.
SWITCH = """async theme => {
    document.documentElement.dataset.theme = theme;
    await new Promise(done => requestIdleCallback(done));
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    // A deck has one of a hundred seconds that moves nothing.
    const short = document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < 9000);
    // Firefox lets one wait for ever where nothing is laid out.
    short.forEach(a => a.finish());
}"""
# Between the themes only colours differ, and which of two pictures is shown.
DARK_RULES = ["color-contrast", "link-in-text-block", "image-alt", "role-img-alt", "svg-img-alt"]
# Whether a text can be read depends on its look: its typeface and colour, and what it stands on.
# Of the thousands of texts of a page three of each look are enough: the first, one from the middle
# and the last. A link with a line under it, as the text around it has not, is told apart by that.
# Of many pages three texts of a look are enough too: `known` names the looks that had them.
MARK = """([known, part]) => {
    const numbers = new Map(), texts = new Map();
    known = new Set(known.split(" "));
    let around = 0;
    const look = (...traits) => { // 53 bits of a text's traits
        const key = traits.join("|");
        if (numbers.has(key)) return numbers.get(key);
        let a = 1, b = 2;
        for (const sign of key) {
            a = Math.imul(a ^ sign.codePointAt(), 2654435761);
            b = Math.imul(b ^ sign.codePointAt(), 1597334677) ^ b >>> 13;
        }
        const number = ((b >>> 11) * 2 ** 32 + (a >>> 0)).toString(36);
        numbers.set(key, number);
        return number;
    };
    const visit = (element, ground, line) => {
        const style = getComputedStyle(element), name = element.localName;
        if (style.display === "none") return;
        const off = element.matches("label, [inert], [aria-disabled], :disabled");
        const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.position,
            style.overflow, style.clip, off].join();
        if (own !== "rgba(0, 0, 0, 0),none,1,static,visible,auto,false") {
            // What is put somewhere may lie on anything; around the article it is so on all pages.
            const placed = !["static", "relative"].includes(style.position);
            const number = () => element.closest("article")
                ? location.pathname + numbers.size : ++around;
            const its = placed && style.clip === "auto" && number();
            ground = look(ground, own, element.className, its);
        }
        const words = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE)
            .map(node => node.data).join("").trim();
        const field = ["input", "select", "textarea"].includes(name);
        // Of single signs axe-core says nothing.
        const read = words.length > 1 && name !== "option" || field;
        if (read && element.checkVisibility() && (!part || element.closest(part))) {
            const sign = words.replace(/[^\\p{L}\\p{N}]/gu, "").length < 2 && words;
            const its = look(ground, sign, field && element.type, style.color, style.fontFamily,
                style.fontSize, style.fontWeight, style.textIndent, style.textShadow,
                style.webkitTextStrokeWidth);
            if (!texts.has(its)) texts.set(its, []);
            texts.get(its).push(element);
        }
        element.toggleAttribute("data-lined", name === "a" && style.textDecorationLine !== line);
        if (style.display !== "inline") line = style.textDecorationLine;
        for (const child of element.children) visit(child, ground, line);
    };
    document.querySelectorAll("[data-look]").forEach(e => e.removeAttribute("data-look"));
    visit(document.documentElement, 0, "none");
    for (const [its, alike] of texts)
        for (const place of known.has(its) ? [] : [0, alike.length >> 1, alike.length - 1])
            alike[place].setAttribute("data-look", its);
    return [...document.querySelectorAll("[data-look]")].map(e => e.dataset.look).join(" ");
}"""
# On a picture axe-core judges no colour, and the shades at the edges of what scrolls are pictures.
PLAIN = """() => document.head.appendChild(Object.assign(document.createElement("style"),
    { textContent: ".bd-article :is(.scrolls, pre) { background-image: none !important; }" }))"""
CHECK = """async ([rules, part]) => {
    axe.configure({noHtml: true, rules: [
        {id: "color-contrast", selector: "[data-look]"},
        {id: "avoid-inline-spacing", selector: "[style*=-spacing], [style*=line-height]"},
        {id: "link-in-text-block", selector: "a[href]:not([data-lined]), [role=link]"},
    ]});
    const media = document.querySelector("audio, video") && { assets: ["media"] };
    // Selectors and sources would be made for all that is right as well.
    const options = { resultTypes: ["violations"], preload: media || false };
    Object.assign(options, { selectors: false, elementRef: true });
    if (rules) options.runOnly = { type: "rule", values: rules };
    return (await axe.run(part || document, options)).violations.map(({id, impact, nodes}) =>
        `${id} (${impact}): ${nodes.length} times, first `
            + nodes[0].element.outerHTML.slice(0, 160));
}"""


@pytest.fixture(scope="session")
def has_axe() -> bool:
    return AXE.exists()


@pytest.fixture(scope="session")
def violations(has_axe):
    """Return a function that sets the theme of a page and lists what axe-core finds wrong.

    The light theme comes first: it has every rule, the dark one those that it can break alone.
    A count of the looks that were checked, where one is given, spares the pages that come next. A
    selector leaves out all but a part of the page, where test_every_page.py sees the rest.
    """
    if not has_axe:
        needs.missing("axe-core is not there: Node.js was absent when the site was built")
    script = AXE.read_text(encoding="utf-8")

    def check(page, theme: str, looks: Counter | None = None, part: str | None = None):
        looks = Counter() if looks is None else looks
        page.evaluate(SWITCH, theme)
        if not page.evaluate("typeof axe !== 'undefined'"):
            page.evaluate(script)
            page.evaluate(PLAIN)
        known = " ".join(look for look, texts in looks.items() if texts > 2)
        looks.update(page.evaluate(MARK, [known, part]).split())
        return page.evaluate(CHECK, [DARK_RULES if theme == "dark" else None, part])

    return check


@pytest.fixture
def bad_page(tmp_path) -> Path:
    """A folder with one page that breaks every rule: what the checks are checked with."""
    (tmp_path / "noise.js").write_text("console.error('broken'); undefinedFunction();")
    (tmp_path / "big.txt").write_bytes(os.urandom(300 * 1024))
    (tmp_path / "bad.html").write_text(
        """<html><head><title></title><script src="noise.js"></script>
        <style>@import url(https://fonts.example/a.css); p {color: #ccc; background: #fff}</style>
        <link rel="stylesheet" href="https://cdn.example/x.css"></head>
        <body><img src="//img.example/a.png"><img src="fig.png" alt="fig.png">
        <img src="fig.png"><p>pale</p><div style="width:2000px">wide</div>
        <input><a href="nowhere.html">a</a><a href="#absent">b</a>
        <a href="https://example.org/">a link to follow is allowed</a>
        <script>fetch("big.txt").then(r => r.arrayBuffer());</script></body></html>"""
    )
    return tmp_path
