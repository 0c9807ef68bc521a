"""What surrounds the text: skip link, contents, the way to the top, references, tables, 404."""

import http.server
import io
import re
import threading

import chromium
import matplotlib.pyplot as plt
import numpy as np
import page_body
import pytest
from bs4 import BeautifulSoup
from bs4.element import PreformattedString, Tag
from parsed import parse
from playwright.sync_api import expect

pytestmark = [pytest.mark.site, pytest.mark.browser]

EXERCISE = "exercises/pages/scaling_laws/power-law.html"

CONTRAST = """element => {
    const parse = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(c => {
        const v = c / 255;
        return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    const light = rgb => 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    let ground = element;
    while (/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor)) {
        ground = ground.parentElement;
    }
    const [a, b] = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor]
        .map(colour => light(parse(colour))).sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_skip_link_can_be_read_and_covers_no_button(browser, address, theme, width):
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme=theme, reduced_motion="reduce"
    )
    page.goto(address + "chapters/evidence_and_rules.html")
    page.keyboard.press("Tab")
    link = page.locator(".skip-link a")
    expect(link).to_be_focused()
    assert link.evaluate(CONTRAST) >= 4.5
    page.locator(".theme-switch-button").click(trial=True, timeout=5000)
    page.close()


@pytest.mark.parametrize(
    "name",
    [
        "chapters/scaling_laws.html",
        "exercises/pages/scaling_laws/floor.html",
        "chapters/audit.html",
    ],
)
def test_the_contents_mark_the_entry_that_was_followed(browser, address, name):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address + name)
    links = page.locator(".bd-toc-nav a[href^='#']:visible")
    for link in links.all()[::-1][:3]:
        link.click()
        expect(link).to_have_class(re.compile(r"\bactive\b"))
        expect(page.locator(".bd-toc-nav a.active:visible")).to_have_count(1)
    # Who scrolls to the end without them sees the last entry marked.
    page.goto("about:blank")
    page.goto(address + name)
    page.evaluate("document.documentElement.classList.add('whole'); scrollTo(0, 1e7)")
    page.wait_for_function("scrollY + innerHeight >= document.documentElement.scrollHeight - 2")
    page.mouse.wheel(0, 9000)
    expect(links.last).to_have_class(re.compile(r"\bactive\b"))
    page.close()


# The theme offers it on narrow windows only.
@pytest.mark.parametrize("width", [360, 375, 900])
def test_the_way_to_the_top_lies_on_nothing(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address + "chapters/evidence_and_rules.html")
    # The button goes when the page moves under it, as while sections are laid out: all of it is.
    page.evaluate("document.documentElement.classList.add('whole'); scrollTo(0, 6000)")
    button = page.locator("#pst-back-to-top")
    page.wait_for_function(
        "button => { scrollBy(0, -5); return button.offsetParent || button.offsetHeight > 0; }",
        arg=button.element_handle(),
    )
    bar, pill = (page.locator(e).bounding_box() for e in (".bd-header-article", "#pst-back-to-top"))
    assert pill["y"] >= bar["y"] and pill["y"] + pill["height"] <= bar["y"] + bar["height"]
    for other in page.locator(".bd-header-article :is(button, a, summary):visible").all():
        box = other.bounding_box()
        assert box["x"] + box["width"] <= pill["x"] or box["x"] >= pill["x"] + pill["width"]
    button.click()
    page.wait_for_function("scrollY === 0")
    page.close()


# What lies on the contents or beside the window, with all folds open.
ROOM = """() => {
    document.documentElement.classList.add("whole");
    document.querySelectorAll(".bd-article details").forEach(fold => { fold.open = true; });
    const box = name => document.querySelector(name)?.getBoundingClientRect();
    const stands = its => its?.width && its.left < innerWidth && its.right > 0;
    const [left, right] = [".bd-sidebar-primary", ".bd-sidebar-secondary"].map(box);
    const from = stands(left) ? left.right : 0, to = stands(right) ? right.left : innerWidth;
    const found = [...document.querySelectorAll(".bd-article :is(.wide-code, details)")]
        .filter(e => e.checkVisibility()).map(e => [e, e.getBoundingClientRect()])
        .filter(([, its]) => its.left < from - 1 || its.right > to + 1)
        .map(([e]) => e.textContent.trim().slice(0, 60));
    const beyond = document.documentElement.scrollWidth - innerWidth;
    if (beyond > 0) found.push(`${beyond} pixels stick out`);
    const column = document.querySelector(".bd-article").clientWidth;
    if (column < Math.min(innerWidth - 70, 640)) found.push(`the text is ${column} wide`);
    return found;
}"""


@pytest.mark.chromium
def test_letters_of_twice_the_size_have_room(browser, site):
    """The size is that of the browser's settings, which a page cannot change."""
    flags = [*chromium.FLAGS, "--blink-settings=defaultFontSize=32"]
    started = browser.browser_type.launch(executable_path=chromium.find(), args=flags)
    page, faults = started.new_page(), []
    for name in ("chapters/scaling_laws.html", EXERCISE, "search.html", "licences.html"):
        page.goto(f"{site.as_uri()}/{name}")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            faults += [f"{name} at {width}: {fault}" for fault in page.evaluate(ROOM)]
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    started.close()
    assert not faults, "\n".join(faults)


def test_formulas_are_as_large_as_the_text(address, browser):
    page = browser.new_page()
    page.goto(address + "chapters/scaling_laws.html")
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    formula = page.locator("p .katex").first
    share = formula.evaluate(size) / formula.locator("..").evaluate(size)
    assert share == pytest.approx(1.08), "the style sheet of KaTeX is stronger than the book's"
    page.close()


def test_references_hang_say_a_year_once_and_lead_back(site, browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address + "chapters/references.html")
    entries = page.locator("div.citation")
    assert entries.count() > 200
    twice = [t for t in entries.all_inner_texts() if re.search(r"\b((?:19|20)\d\d), \1\b", t)]
    assert twice == []
    # The first line begins left of the others.
    lines = """e => {
        const range = document.createRange();
        range.selectNodeContents(e.querySelector("p"));
        return [...range.getClientRects()].map(box => box.left);
    }"""
    long = entries.filter(has_text="Aghajanyan").first
    first, *rest = long.evaluate(lines)
    assert first < min(rest)
    back = entries.locator(".cited-in a").first
    assert re.match(r" Cited in\xa0[\d.]+\xa0\w", back.locator("..").text_content())
    # A slow click: the sections of the page are laid out while the button is held down.
    back.hover()
    page.mouse.down()
    sections = "[...document.querySelectorAll('.bd-article > section > section')]"
    page.wait_for_function(f"{sections}.every(s => s.style.contentVisibility === 'visible')")
    page.mouse.up()
    page.wait_for_url("**#id*")
    expect(page.locator(":target")).to_have_class(re.compile("bibtex-citation"))
    page.close()


def table(head, *rows):
    """A page that holds a table, a row a text with bars between its cells."""
    cells = [[f"<td>{cell}</td>" for cell in row.split("|")] for row in (*head, *rows)]
    lines = [f"<tr>{''.join(row)}</tr>" for row in cells]
    top, body = "".join(lines[: len(head)]), "".join(lines[len(head) :])
    return BeautifulSoup(f"<table><thead>{top}</thead><tbody>{body}</tbody></table>", "html.parser")


def test_tables_align_numbers_and_mark_texts():
    soup = table(["year|rate|who"], "1|7.5e+07|a", "2|8.0e-04|3")
    page_body.align_columns(soup, soup.table)
    assert [c.get_text() for c in soup.select(".number")] == [
        *("year", "rate", "1", "7.5 × 107", "2", "8 × 10−4")
    ]
    assert [p.get_text() for p in soup.select("sup")] == ["7", "−4"]
    soup = table(["can|minutes"], "say what a second reading is worth|15")
    page_body.align_columns(soup, soup.table)
    assert [c.get_text() for c in soup.select(".number")] == ["minutes", "15"]
    assert [c.get_text() for c in soup.select(".text")] == ["say what a second reading is worth"]
    assert soup.select(".together") == []
    soup = table(["test|when"], "ARC-AGI-1|December 2024", "ARC-AGI-2|March 2025")
    page_body.align_columns(soup, soup.table)
    assert [c.get_text() for c in soup.select(".together")] == ["ARC-AGI-1", "ARC-AGI-2"]


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        (["|runs", "law|"], ["law|runs"]),
        (["|runs", "law|of"], ["|runs", "law|of"]),
        (["law|runs"], ["law|runs"]),
    ],
)
def test_a_head_of_two_rows_becomes_one_where_nothing_is_lost(head, rows):
    soup = table(head, "power|3")
    page_body.join_heads(soup.table)
    found = ["|".join(c.get_text() for c in row.find_all("td")) for row in soup.select("thead tr")]
    assert found == rows


def test_a_line_ends_behind_the_sign_and_not_before_it():
    formula = "<span class=math><annotation>{}</annotation></span>, that is"
    soup = BeautifulSoup(
        f"<p>About 5 % of 100%.</p><pre>5 %</pre><p>{formula.format('b = 0')}</p>"
        f"<p>{formula.format('a + ' * 20)}</p>",
        "html.parser",
    )
    soup.append(PreformattedString("<svg><text>60 %</text></svg>"))
    page_body.hold_together(soup)
    assert soup.decode(formatter="minimal").endswith("<svg><text>60 %</text></svg>")
    first, code, short, long = soup.find_all(["p", "pre"])
    assert "together" in short.select_one(".math")["class"]  # it is not broken at its own signs
    assert first.get_text() == "About 5\xa0% of 100%." and code.get_text() == "5 %"
    assert short.span["class"] == ["together"] and short.span.get_text() == "b = 0,"
    assert short.get_text() == "b = 0, that is" and long.select(".together") == []
    soup = BeautifulSoup(f"<p>large ({formula.format('b = 0')[:-9]})</p>", "html.parser")
    page_body.hold_together(soup)
    assert soup.get_text() == "large (b = 0)"
    assert soup.select_one(".together").get_text() == "(b = 0)"


def test_a_number_stays_with_what_it_counts_and_a_system_with_its_version():
    soup = BeautifulSoup(
        "<p>Since 1 January, GPT-4 and 2.8 trillion tokens, 10²⁵ FLOP, step 1,000 of 3 runs</p>"
        "<pre>1 FLOP</pre>",
        "html.parser",
    )
    page_body.hold_together(soup)
    text, code = soup.find_all(["p", "pre"])
    assert text.get_text().count("\xa0") == 4 and "3 runs" in text.get_text()
    assert "1\xa0January" in text.get_text() and "10²⁵\xa0FLOP" in text.get_text()
    assert text.select_one(".together").get_text() == "GPT-4" and code.get_text() == "1 FLOP"


def test_powers_are_raised_and_long_words_of_code_break_behind_their_signs():
    soup = BeautifulSoup(
        "<p>4.6 × 10²⁶ or 10⁻⁵ m²</p><pre>10²⁶</pre><p><code><span class=pre>a/path/that/is/long.py"
        "</span> <span class=pre>--out</span></code></p>",
        "html.parser",
    )
    page_body.hold_together(soup)
    page_body.raise_powers(soup)
    page_body.break_long_words(soup)
    first, code, words = soup.find_all(["p", "pre"])
    assert first.decode_contents() == "4.6\xa0×\xa010<sup>26</sup> or 10<sup>−5</sup> m²"
    assert code.get_text() == "10²⁶" and words.get_text() == "a/path/that/is/long.py --out"
    long, short = words.select(".pre")
    assert "long" in long["class"] and len(long.find_all("wbr")) == 4
    assert "long" not in short["class"]


def test_a_formula_that_is_two_can_be_parted_at_its_gap():
    gap = '<span class="mspace" style="margin-right:2em;"></span>'
    base = f'<span class="base"><i class="strut"></i>a<b class="mpunct">,</b>{gap}<i>b</i></span>'
    soup = BeautifulSoup(f'<span class="katex-display">{base}</span>', "html.parser")
    page_body.break_formulas(soup)
    first, second = soup.select(".base")
    assert first.get_text() == "a," and second.get_text() == "b" and second.select(".strut")
    assert first.find_next_sibling().name == "br" and first.select(".mspace.gap")


def test_no_line_ends_with_a_bracket_that_opens_and_none_begins_with_a_bare_number():
    formula = "<span class=math><annotation>1/e</annotation></span>"
    text = f"<p>A third ({formula}), see <a>Chapter 4</a>, year Y + 2.</p>"
    soup = BeautifulSoup(text, "html.parser")
    page_body.hold_together(soup)
    assert soup.select_one(".together").get_text() == "(1/e),"
    assert soup.get_text() == "A third (1/e), see Chapter\xa04, year Y\xa0+\xa02."


def words(element):
    """The texts of an element that are read as such."""
    for part in element.children:
        if isinstance(part, Tag):
            if part.name not in ("pre", "code", "svg", "math", "script"):
                yield from words(part)
        elif not isinstance(part, PreformattedString):  # a comment
            yield part


def test_no_number_is_parted_from_its_per_cent_sign(site):
    for path in site.rglob("*.html"):
        soup = parse(path)
        powers = soup.find_all("annotation", string=re.compile(r"^[\d.]+ ?\\cdot ?10\^"))
        for power in powers:
            pieces = power.find_parent(class_="katex").select(".base")
            assert len(pieces) == 1 or re.search(r"[=<>+]", power.get_text()), power.get_text()
        text = "".join(words(soup.article)) if soup.article else ""
        assert re.findall(r"\d %", text) == [], path.relative_to(site)


def test_on_a_phone_fingers_and_words_have_room(address, browser):
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.goto(address + "instructor/objectives.html")
    bar = page.locator(".bd-header-article .btn:visible")
    boxes = [bar.nth(i).bounding_box() for i in range(bar.count())]
    assert len(boxes) >= 4 and min(min(b["width"], b["height"]) for b in boxes) >= 38
    assert sum(b["width"] for b in boxes) < 375
    cell = page.locator("article td.text").first.bounding_box()
    assert cell["width"] >= 130
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.close()


def test_on_a_phone_nothing_lies_on_code(address, browser):
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.goto(address + "chapters/intro.html")
    buttons = page.locator("article button.copybtn")
    assert buttons.count() and not buttons.filter(visible=True).count()
    page.set_viewport_size({"width": 700, "height": 812})
    assert buttons.filter(visible=True).count()
    page.close()


@pytest.mark.parametrize(
    "name", ["exercises/pages/scaling_laws", "chapters/capstone", "instructor/handing_out"]
)
def test_on_a_phone_numbers_and_short_words_of_code_are_whole(
    address, browser, name, beside_scroll_bars
):
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(f"{address}{name}.html")
    beside_scroll_bars(page)
    cut = (
        """all => all.filter(box => box.scrollWidth > box.clientWidth).map(box => box.innerText)"""
    )
    assert page.eval_on_selector_all(".table-box:has(.number)", cut) == []
    parted = """all => all.filter(e => e.getClientRects().length > 1).map(e => e.innerText)"""
    assert page.eval_on_selector_all(":not(pre) > code > .pre:not(.long)", parted) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.close()


def test_code_stays_inside_the_frame_of_its_tab(address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address + "instructor/handing_out.html")
    tab = page.locator(".sd-tab-content:visible").first
    code, frame = tab.locator("pre").first.bounding_box(), tab.bounding_box()
    assert frame["x"] <= code["x"]
    assert code["x"] + code["width"] <= frame["x"] + frame["width"]
    page.close()


def test_pages_without_a_number_count_their_figures_from_one(site):
    seen = 0
    for path in (site / "chapters").glob("*.html"):
        numbers = [n.get_text(strip=True) for n in parse(path).select("figure .caption-number")]
        single = [int(n.split()[1]) for n in numbers if re.fullmatch(r"Figure\s\d+", n)]
        assert single == list(range(1, len(single) + 1)), path.name
        seen += bool(single)
    assert seen >= 2


def test_what_is_not_found_in_a_folder_has_the_looks_of_the_site(site, browser):
    """As hosts do it: at any address without a page stands the page of what is not found."""
    # A site that was built for one address names its folder there, and is shown in that folder.
    base = BeautifulSoup((site / "404.html").read_text(encoding="utf-8"), "lxml").base
    folder = base["href"].removesuffix("404.html") if base else "/some/where/"

    class Host(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(site))

        def translate_path(self, path):
            return super().translate_path("/" + path.removeprefix(folder))

        def send_error(self, code, message=None, explain=None):
            body = (site / "404.html").read_bytes()
            self.send_response(404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}{folder}chapters/absent/page.html")
    if not base:
        page.wait_for_url(f"**{folder}404.html")
    assert (
        page.locator(".bd-sidebar-primary").evaluate("e => getComputedStyle(e).position")
        != "static"
    )
    page.locator("article a").first.click()
    page.wait_for_url("**/chapters/*.html")
    page.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_explorer_says_at_once_that_it_is_loading(browser, address):
    page = browser.new_page()
    held = []
    page.route("**/python.js*", lambda route: held.append(route))
    page.goto(address + "chapters/explorers.html")
    page.wait_for_selector(".sm-explorer[data-state=ready]")
    box = page.locator(".sm-explorer").first
    box.locator("input[type=range]").first.focus()
    page.keyboard.press("Home")
    expect(box.locator(".sm-loading")).to_be_visible()
    expect(box).to_have_attribute("data-state", "loading")
    for route in held:
        route.continue_()
    expect(box).to_have_attribute("data-state", "live", timeout=30000)
    expect(box.locator(".sm-loading")).to_have_count(0)
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_fits_has_no_shade_at_its_edges(browser, address, theme):
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=theme)
    page.goto(address + "chapters/scaling_laws.html")
    formula = page.locator(".bd-article div.math.scrolls").first
    formula.scroll_into_view_if_needed()
    assert formula.evaluate("e => e.scrollWidth === e.clientWidth")
    pixels = plt.imread(io.BytesIO(formula.screenshot()))
    edges = np.concatenate([pixels[:, :12], pixels[:, -12:]], axis=1)
    assert np.ptp(edges, axis=(0, 1)).max() == 0
    page.close()
