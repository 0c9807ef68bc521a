"""Reading a long page: a reference leads to its place, a keyboard or a phone is enough."""

from pathlib import Path

import contents
import pytest
from parsed import parse
from playwright.sync_api import expect

pytestmark = [pytest.mark.site, pytest.mark.browser]

ROOT = Path(__file__).resolve().parent.parent.parent
LONG = contents.pages()
STILL = ("small_experiments", "text_since_2024")  # long pages without a figure that moves
# Where an element stands below the upper edge of the window, and what is left to scroll.
PLACE = """id => [document.getElementById(id).getBoundingClientRect().top,
    document.documentElement.scrollHeight - innerHeight - scrollY]"""
# A step with Tab: what has the focus, whether the reader sees it and that it has it.
FOCUS = """() => {
    const stop = document.activeElement;
    if (!stop || stop === document.body) return null;
    const box = stop.getBoundingClientRect(), style = getComputedStyle(stop);
    const name = stop.getAttribute("aria-label") || stop.textContent.trim() || stop.title;
    return {
        what: `${stop.tagName} ${stop.type || ""} ${stop.id} ${name.slice(0, 40)}`,
        kind: stop.type || stop.tagName,
        number: (stop.dataset.visited = (Number(stop.dataset.visited) || 0) + 1),
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
    };
}"""


@pytest.fixture(scope="module")
def phone(browser):
    context = browser.new_context(viewport={"width": 375, "height": 800})
    yield context
    context.close()


@pytest.fixture
def page(phone):
    page = phone.new_page()
    yield page
    page.close()


def anchors(path):
    """Ids of the sections, figures and equations of a page, the last ones first."""
    found = parse(path).select(".bd-article :is(section[id], figure[id], .math[id])")
    return [element["id"] for element in found][::-1]


def is_at(page, anchor):
    """Whether a place is at the top of the window, or as high as the page's end lets it be."""
    top, left = page.evaluate(PLACE, anchor)
    return -2 <= top <= 120 or (left <= 2 and 0 <= top < 800)


@pytest.mark.parametrize("name", [*LONG, "glossary", "references"])
def test_a_reference_leads_to_its_place(site, address, page, name):
    missed, tried = [], anchors(site / f"chapters/{name}.html")[:24:8]
    for anchor in tried:
        page.goto("about:blank")
        page.goto(f"{address}chapters/{name}.html#{anchor}")
        page.evaluate("document.fonts.ready.then(() => true)")
        if not is_at(page, anchor):
            missed.append(f"{anchor}: {page.evaluate(PLACE, anchor)}")
    assert tried and not missed, "\n".join(missed)


@pytest.mark.parametrize("name", LONG)
def test_a_link_within_the_page(address, page, name):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{address}chapters/{name}.html")
    follow_the_last_link(page)
    # A subsection's entry is folded away: the one around it then shows where the reader is.
    nested = page.eval_on_selector_all(
        ".bd-toc-nav a[href^='#']", "all => all.filter(a => !a.offsetParent).map(a => a.hash)"
    )
    for anchor in nested[:1]:
        page.evaluate("hash => { location.hash = hash; }", anchor)
        page.wait_for_selector(".bd-toc-nav a.active:visible")


# The longest page, one without a figure that moves, and a short one.
@pytest.mark.parametrize("name", ["scaling_laws", "small_experiments", "text_since_2024"])
def test_a_reader_who_comes_back_is_there_again(address, page, name):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{address}chapters/{name}.html")
    follow_the_last_link(page)
    before = page.evaluate("scrollY")
    page.reload()
    page.wait_for_function("before => Math.abs(scrollY - before) < 200", arg=before)
    page.goto(address + "chapters/glossary.html")
    # go_back() waits for a load that Firefox can do without, and here the page that asks goes.
    page.evaluate("setTimeout(() => history.back())")
    page.wait_for_function("!location.pathname.endsWith('/glossary.html')")
    page.wait_for_function("before => Math.abs(scrollY - before) < 200", arg=before)


def follow_the_last_link(page):
    """Follow it as a reader who is quick: the rest of the page has not been laid out yet."""
    link = page.locator(".bd-toc-nav a[href^='#']").last
    anchor = link.get_attribute("href")[1:]
    link.evaluate("link => link.click()")
    assert is_at(page, anchor), page.evaluate(PLACE, anchor)


# The pages by Tab: the contents of the book around one, and every kind of stop on one of them.
BY_TAB = ("bitter_lesson", "scaling_hypothesis", "explorers")


@pytest.mark.parametrize("name", BY_TAB)
def test_by_keyboard_alone(address, page, name):
    begin_by_keyboard(page, f"{address}chapters/{name}.html")
    if name != BY_TAB[0]:  # the contents of the book are the same on every page
        page.keyboard.press("Enter")
    kinds, steps = set(), 0
    while True:
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or stop["number"] > 1:  # the end of the page: the browser's own controls
            break
        steps += 1
        kinds.add(stop["kind"])
        assert stop["inside"], f"step {steps} is out of sight: {stop['what']}"
        assert stop["marked"], f"step {steps} shows no focus: {stop['what']}"
    reachable = page.evaluate(
        """around => [...document.querySelectorAll(
                "a[href], button, input, select, summary, textarea")]
            .filter(e => e.checkVisibility({visibilityProperty: true}) && e.tabIndex >= 0
                && (around || !e.closest(".bd-sidebar-primary"))
                && !e.disabled && !(e.type === "radio") && !e.dataset.visited)
            .map(e => e.outerHTML.slice(0, 120))""",
        name == BY_TAB[0],
    )
    assert reachable == [], "Tab never came here"
    assert kinds >= {"A", "button", "range"}


# The others are made of the same kinds: there each stop gets the focus without its turn, which is
# far quicker. One that does not take it is no stop of Tab either.
EACH = f"""() => [...document.querySelectorAll("body *")]
    .filter(e => e.checkVisibility({{visibilityProperty: true}}) && e.tabIndex >= 0 && !e.disabled
        && !e.closest(".skip-link, .bd-sidebar-primary"))
    .map(e => {{
        e.focus();
        const taken = e === document.activeElement;
        return {{...({FOCUS})(), taken, what: e.outerHTML.slice(0, 120)}};
    }})"""


@pytest.mark.parametrize("name", [name for name in LONG if name not in BY_TAB])
def test_each_stop_of_the_keyboard_is_seen(address, page, name):
    begin_by_keyboard(page, f"{address}chapters/{name}.html")
    stops = page.evaluate(EACH)
    wrong = [s["what"] for s in stops if not (s["taken"] and s["inside"] and s["marked"])]
    assert wrong == [], "they are out of sight, show no focus or do not take it"
    kinds = {stop["kind"] for stop in stops}
    assert kinds >= {"A", "button"} | ({"range"} if name not in STILL else set())
    sliders = page.locator("input[type=range]").count()
    assert sliders or name in STILL, "a page of figures that move has lost them"


def begin_by_keyboard(page, address):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address)
    page.evaluate("document.fonts.ready.then(() => true)")
    page.keyboard.press("Tab")
    assert "Skip to main content" in page.evaluate(FOCUS)["what"]
    page.wait_for_function(f"() => ({FOCUS})().inside")  # it slides into the window


FOLD = "details.hide"
OPEN = "all => all.map(fold => fold.open)"
# For each fold, how many predictions come before it.
GROUPS = """() => {
    let predictions = 0;
    const groups = [];
    for (const box of document.querySelectorAll("div.predict, details.hide")) {
        if (box.matches(".predict")) predictions += 1;
        else groups.push(predictions);
    }
    return groups;
}"""


@pytest.mark.parametrize("name", LONG)
def test_a_result_waits_for_the_prediction(address, page, name):
    page.goto(f"{address}chapters/{name}.html")
    assert not any(page.eval_on_selector_all(FOLD, OPEN))
    first = page.locator(f"{FOLD} > summary").first
    first.scroll_into_view_if_needed()
    expect(first).to_have_text("Show the output", use_inner_text=True)
    first.focus()
    page.keyboard.press("Enter")
    groups = page.evaluate(GROUPS)
    page.wait_for_function(
        f"n => document.querySelectorAll('{FOLD}[open]').length === n", arg=groups.count(groups[0])
    )
    expect(first).to_have_text("Hide the output", use_inner_text=True)


def test_a_link_opens_the_result_that_it_leads_to(address, page):
    url = f"{address}chapters/bitter_lesson.html"
    page.goto(url)
    figure = page.locator(f"{FOLD} figure").last.get_attribute("id")
    page.goto("about:blank")
    page.goto(f"{url}#{figure}")
    page.locator(f"#{figure} img:not(.for-dark)").wait_for(state="visible")
    assert is_at(page, figure)
    page.goto("about:blank")
    page.goto(url)
    page.evaluate("hash => { location.hash = hash; }", f"#{figure}")
    page.locator(f"#{figure} img:not(.for-dark)").wait_for(state="visible")


@pytest.mark.chromium
def test_paper_shows_results_without_scripts(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}chapters/bitter_lesson.html")
    fold = page.locator(FOLD).first
    output, button = fold.locator(".cell_output"), fold.locator("summary")
    assert not output.is_visible()
    page.emulate_media(media="print")
    assert output.is_visible() and not button.is_visible()
    page.emulate_media(media="screen")
    button.click()
    assert output.is_visible()
    context.close()


@pytest.mark.chromium
def test_no_section_is_laid_out_before_a_reader_comes(address, browser):
    context = browser.new_context(viewport={"width": 375, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    for name in ("training_since_2024", "scaling_laws"):
        page.goto(f"{address}chapters/{name}.html")
        sections = page.locator(".bd-article > section > section")
        found = sections.evaluate_all("all => all.map(e => getComputedStyle(e).contentVisibility)")
        assert len(found) > 5 and set(found) == {"auto"}
    context.close()


def test_a_section_reserves_about_the_height_that_it_takes(address, browser):
    page = browser.new_page()
    apart = {375: [], 1280: []}
    for name in LONG:
        page.goto(f"{address}chapters/{name}.html")
        page.keyboard.press("Shift")
        for width, found in apart.items():
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function("width => innerWidth === width", arg=width)
            found += page.evaluate(
                """narrow => {
                document.documentElement.classList.add("whole");
                const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
                return [...document.querySelectorAll(".bd-article > section > section")].map(s => {
                    const said = rem * parseFloat(s.style.getPropertyValue(narrow));
                    const height = s.getBoundingClientRect().height;
                    return Math.abs(said - height) / Math.max(height, 600);
                });
            }""",
                "--narrow" if width == 375 else "--wide",
            )
    page.close()
    for width, found in apart.items():
        found.sort()
        assert len(found) > 40
        middle, tenth = found[len(found) // 2], found[len(found) * 9 // 10]
        assert middle < 0.12 and tenth < 0.35, (width, found)


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.chromium)])
def test_a_solution_waits_until_it_is_asked_for(browser, address, scripts):
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(address + "chapters/small_experiments.html")
    solutions = page.locator("details.solution")
    source = (ROOT / "chapters/small_experiments.ipynb").read_text(encoding="utf-8")
    assert solutions.count() == source.count("```{solution}") > 0
    for solution in solutions.all():
        assert not solution.locator("p").first.is_visible()
        solution.locator("summary").focus()
        page.keyboard.press("Enter")
        solution.locator("p").first.wait_for()
    context.close()


@pytest.mark.parametrize("sign", ["move", "key", "scroll"])
def test_a_chapter_is_laid_out_whole_from_the_first_sign_of_a_reader(browser, address, sign):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}chapters/training_since_2024.html")
    later = page.locator(".bd-article > section > section")
    skipped = "all => all.filter(e => getComputedStyle(e).contentVisibility === 'auto').length"
    page.evaluate("new Promise(done => requestIdleCallback(() => requestIdleCallback(done)))")
    assert later.evaluate_all(skipped) > 3
    if sign == "move":
        page.mouse.move(600, 400)
    elif sign == "key":
        page.keyboard.press("Tab")
    else:
        page.evaluate("scrollBy(0, 300)")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".bd-article > section > section")].every(
            e => getComputedStyle(e).contentVisibility === "visible")"""
    )
    page.close()
