"""Explorers, snippets and questions as a reader meets them: by hand and keyboard, from anywhere."""

import re

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect
from task_ways import moved

from scaling_lib.page import figures
from scaling_lib.page.micropython.host import respond
from scaling_lib.page.quiz import load

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/explorers.html"


@pytest.fixture(scope="module", params=["http", "file"])
def gallery(request, moving, address, browser):
    """The page of all explorers, with everything that its console and its network said."""
    if not (moving / PAGE).exists():
        pytest.fail(f"{PAGE} is not in the site")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30000)
    page.said, page.asked = [], []
    page.on(
        "console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda e: page.said.append(str(e)))
    page.on("request", lambda r: page.asked.append(r.url))
    page.goto(address + PAGE if request.param == "http" else (moving / PAGE).as_uri())
    page.wait_for_selector(".sm-explorer[data-state=ready]")
    page.keyboard.press("Shift")  # with the first key all is laid out, and has inner text
    page.wait_for_function(
        """() => [...document.querySelectorAll(".bd-article > section > section")].every(
            e => getComputedStyle(e).contentVisibility === "visible")"""
    )
    yield page
    context.close()


# From the disk a browser has another store and loads Python by another way; figures are the same.
SERVED = pytest.mark.parametrize("gallery", ["http"], indirect=True)


def explorer(page, title):
    return page.locator(f'.sm-explorer[aria-label="Explorer: {title}"]')


def waits_for(page, locator, before):
    """Return the text of an element once it differs from what it was."""
    page.wait_for_function("([e, t]) => e.innerText !== t", arg=[locator.element_handle(), before])
    return locator.inner_text()


def test_python_is_not_loaded_before_it_is_needed(site, browser, address):
    context = browser.new_context()
    page = context.new_page()
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(address + PAGE)
    page.wait_for_selector(".sm-explorer[data-state=ready]")
    assert not [url for url in asked if "python.js" in url]
    context.close()


@SERVED
def test_every_explorer_answers_the_keyboard(gallery):
    boxes = gallery.locator(".sm-explorer")
    assert boxes.count() >= len(figures.__all__)
    for i in range(boxes.count()):
        box = boxes.nth(i)
        box.scroll_into_view_if_needed()
        sentence, picture = box.locator(".sm-text"), box.locator(".sm-plot")
        before, drawn = sentence.inner_text(), picture.inner_html()
        slider = box.locator("input[type=range]").first
        slider.focus()
        gallery.keyboard.press("Home")
        name = box.get_attribute("aria-label")
        assert waits_for(gallery, sentence, before), name
        assert picture.inner_html() != drawn, name
        assert box.get_attribute("data-state") == "live", name
        assert slider.evaluate("e => e === document.activeElement"), name
        assert slider.get_attribute("aria-valuetext"), name
    assert gallery.said == []


@SERVED
def test_dragging_moves_the_figure_and_reset_puts_it_back(gallery):
    box = explorer(gallery, "Trying again and again")
    box.scroll_into_view_if_needed()
    box.locator(".sm-reset").click()
    sentence = box.locator(".sm-text")
    slider = box.locator("input[type=range]").nth(2)
    start = slider.input_value()
    area = slider.bounding_box()
    y = area["y"] + area["height"] / 2
    gallery.mouse.move(area["x"] + area["width"] / 2, y)
    gallery.mouse.down()
    before = sentence.inner_text()
    gallery.mouse.move(area["x"] + area["width"] * 0.9, y, steps=8)
    gallery.mouse.up()
    assert waits_for(gallery, sentence, before)
    gallery.wait_for_function("e => !e.hasAttribute('aria-busy')", arg=sentence.element_handle())
    assert slider.input_value() != start
    moved = sentence.inner_text()
    box.locator(".sm-reset").click()
    waits_for(gallery, sentence, moved)
    assert slider.input_value() == start


def plain(element):
    """Return the text of an element without the raising of powers."""
    return element.text_content()


@SERVED
def test_points_are_named_on_hover_and_by_keyboard(gallery):
    box = explorer(gallery, "How fast do notable systems grow?")
    box.scroll_into_view_if_needed()
    tip = box.locator(".sm-tip")
    point = box.locator(".sm-plot [data-name]:visible").first
    point.hover(force=True)
    assert plain(tip) == point.get_attribute("data-name").replace("^", "")
    gallery.mouse.move(0, 0)
    walker = box.locator(".sm-walk input")
    walker.focus()
    gallery.keyboard.press("End")
    last = box.locator(".sm-plot [data-name]:visible").last.get_attribute("data-name")
    assert last == walker.get_attribute("aria-valuetext")
    assert plain(tip) == last.replace("^", "")
    gallery.keyboard.press("Escape")
    assert tip.is_hidden()


def test_a_choice_changes_the_figure(gallery):
    box = explorer(gallery, "How fast do notable systems grow?")
    box.scroll_into_view_if_needed()
    sentence = box.locator(".sm-text")
    before = sentence.inner_text()
    box.locator("select").select_option("N")
    assert waits_for(gallery, sentence, before).startswith("The number of parameters")


BUDGET = (
    "One budget, many model sizes",
    "Find the budget whose best model is as large as Chinchilla",
)


def set_slider(box, *values):
    """Move the first slider to one value after another, faster than anyone can rest there."""
    box.locator("input[type=range]").first.evaluate(
        """(e, values) => { for (const v of values) {
            e.value = v;
            e.dispatchEvent(new Event("input", {bubbles: true}));
        } }""",
        values,
    )


@SERVED
def test_a_task_is_marked_where_the_hand_rests_and_stays_so(gallery):
    box = explorer(gallery, BUDGET[0])
    box.scroll_into_view_if_needed()
    task = box.locator(".sm-task").first
    expect(task).to_have_text(re.compile(f"^{BUDGET[1]}"))
    expect(box.locator(".sm-tasks")).to_have_attribute("aria-live", "polite")
    set_slider(box, "23.72", "25")
    expect(box.locator(".sm-value").first).to_have_text("1025 FLOP", timeout=30000)
    expect(box.locator(".sm-text")).not_to_have_attribute("aria-busy", "true")
    assert "Reached" not in task.inner_text(), "the slider only passed it"
    set_slider(box, "23.72")
    shown = figures.isoflop()
    there = respond(shown.function, shown.spec, moved(shown, {"C": 10**23.72}))["reached"][0]
    expect(task).to_contain_text(f"Reached. {BeautifulSoup(there, 'lxml').get_text()}")
    said = task.inner_text()
    box.locator(".sm-reset").click()
    expect(box.locator(".sm-value").first).to_have_text("1022 FLOP")
    set_slider(box, "23.74")
    expect(box.locator(".sm-text")).to_contain_text("5.5 × 1023")
    expect(box.locator(".sm-text")).not_to_have_attribute("aria-busy", "true")
    assert task.inner_text() == said, "it is said once"
    expect(box.locator(".sm-taught")).to_have_count(1)


def run(page, box, code=None):
    """Run a snippet and return what it printed."""
    if code is not None:
        if box.locator(".sm-try-edit").is_visible():
            box.locator(".sm-try-edit").click()
        box.locator("textarea").fill(code)
    box.locator(".sm-try-run").click()
    page.wait_for_function(
        "e => e.textContent === 'Run'", arg=box.locator(".sm-try-run").element_handle()
    )
    return box.locator(".sm-try-output").inner_text().strip()


def test_a_snippet_runs_shows_errors_and_comes_back(gallery):
    box = gallery.locator(".sm-try").first
    box.scroll_into_view_if_needed()
    output = box.locator(".sm-try-output")
    stored = output.inner_text().strip()
    assert stored, "the output that the notebook stores is shown before anything runs"
    assert run(gallery, box) == stored
    assert run(gallery, box, "x = 2\nx ** 10") == "1024"
    error = run(gallery, box, "def f():\n    return 1 / 0\n\nf()")
    assert "line 2, in f" in error and "ZeroDivisionError" in error and "/lib/" not in error
    assert "SyntaxError" in run(gallery, box, "for")
    assert (
        run(gallery, box, "from scaling_lib.page.micropython.numbers import si\nprint(si(7e10))")
        == "70B"
    )
    assert run(gallery, box, "pass") == "(no output)"
    for endless in ("while True:\n    print('again')", "print('a' * 3000000, end='')"):
        much = run(gallery, box, endless)
        assert "too much output" in much and len(much) < 21000
    assert "EOFError" in run(gallery, box, "input('n? ')")
    box.locator(".sm-try-reset").click()
    assert output.inner_text().strip() == stored
    assert run(gallery, box) == stored


def test_an_endless_snippet_is_stopped_and_the_page_lives_on(gallery):
    box = gallery.locator(".sm-try").first
    box.locator(".sm-try-edit").click() if box.locator(".sm-try-edit").is_visible() else None
    box.locator("textarea").fill("print('begun', end='')\nwhile True:\n    pass")
    box.locator(".sm-try-run").click()
    # The tab still answers while the snippet runs; the same button stops it.
    assert gallery.evaluate("1 + 1") == 2
    assert box.locator(".sm-try-run").inner_text() == "Stop"
    expect(box.locator(".sm-try-output")).to_have_text("begun", timeout=30000)
    box.locator(".sm-try-run").click()
    assert box.locator(".sm-try-output").inner_text().strip() == "begun\nStopped."
    box.locator(".sm-try-reset").click()


@SERVED
def test_the_editor_keeps_indentation_and_lets_tab_go(gallery):
    box = gallery.locator(".sm-try").first
    box.locator(".sm-try-edit").click() if box.locator(".sm-try-edit").is_visible() else None
    editor = box.locator("textarea")
    editor.focus()
    before = editor.input_value()
    gallery.keyboard.press("Control+a")
    gallery.keyboard.press("Delete")
    gallery.keyboard.type("for i in range(2):")
    gallery.keyboard.press("Enter")
    gallery.keyboard.type("print(i)")
    written = "for i in range(2):\n    print(i)"
    assert editor.input_value() == written
    for _ in range(9):
        if editor.input_value() != before:
            gallery.keyboard.press("Control+z")
    assert editor.input_value() == before
    editor.fill(written)
    gallery.keyboard.press("Control+Enter")
    gallery.wait_for_function(
        "e => e.innerText.trim() === '0\\n1'", arg=box.locator(".sm-try-output").element_handle()
    )
    gallery.keyboard.press("Tab")
    assert not editor.evaluate("e => e === document.activeElement")
    box.locator(".sm-try-reset").click()


def test_questions_say_what_is_wrong_and_remember(gallery, load_again):
    choice, number = (gallery.locator(".sm-question").nth(i) for i in (0, 1))
    choice.scroll_into_view_if_needed()
    choice.locator("button").click()
    assert choice.locator(".sm-feedback").inner_text() == "Choose an answer first."
    choice.locator("input").first.focus()
    gallery.keyboard.press("Space")
    gallery.keyboard.press("ArrowDown")
    choice.locator("button").click()
    assert choice.locator(".sm-feedback").inner_text().startswith("Right.")
    field = number.locator("input")
    (asked,) = load("scaling_laws", "kaplan-tenfold")
    wrong = asked["wrong"][0]
    for text, verdict in (
        ("", "Enter a number"),
        (str(wrong["number"]), f"Not quite. {wrong['why'].split('. ')[0]}"),
        ("12", f"Not quite. {asked['otherwise']}"),
        (str(asked["number"]).replace(".", ","), "Right."),
    ):
        field.fill(text)
        gallery.keyboard.press("Enter")
        assert number.locator(".sm-feedback").inner_text().startswith(verdict), text
    load_again(gallery)
    gallery.wait_for_selector(".sm-selfcheck[data-state=ready]")
    expect(number.locator("input")).to_have_value(text)
    expect(number.locator(".sm-feedback")).to_have_text(re.compile(r"^Right\."))
    gallery.locator(".sm-clear").click()
    load_again(gallery)
    gallery.wait_for_selector(".sm-selfcheck[data-state=ready]")
    assert number.locator("input").input_value() == ""
    assert not choice.locator("input:checked").count()


IN_JUPYTERLAB = """async ([script, html]) => {
    const type = "text/javascript";
    const url = URL.createObjectURL(new Blob([script], { type }));
    const { default: { render } } = await import(url);
    const silent = { html, reply: { values: {} } };
    const model = { get: name => silent[name], set() {}, on() {}, save_changes() {} };
    const el = document.createElement("div");
    document.querySelector("article").append(el);
    render({ model, el });
    el.querySelector("input").dispatchEvent(new Event("input", { bubbles: true }));
    const said = el.querySelector(".sm-loading").textContent;
    el.remove();
    return said;
}"""


@SERVED
def test_in_jupyterlab_the_kernel_is_waited_for(gallery):
    figure = figures.isoflop()
    said = gallery.evaluate(IN_JUPYTERLAB, [figure._esm, figure.html])
    assert said == "Waiting for the kernel …"


@SERVED
def test_no_violation_once_everything_is_in_use(gallery, violations):
    snippet = gallery.locator(".sm-try").first
    run(gallery, snippet, "1 / 0")
    for i, answer in enumerate(("200B parameters on 400B tokens", "200B parameters on 40B tokens")):
        question = gallery.locator(".sm-question").first
        question.get_by_label(answer).check()
        question.locator("button").click()
        box = explorer(gallery, "How fast do notable systems grow?")
        box.locator(".sm-walk input").fill(str(i + 3))
        set_slider(explorer(gallery, BUDGET[0]), "23.72")
        taught = explorer(gallery, BUDGET[0]).locator(".sm-taught")
        expect(taught).to_be_visible(timeout=30000)  # Python starts anew after the reload
        assert box.locator(".sm-tip").is_visible()
        part = ".sm-explorer, .sm-try, .sm-selfcheck"
        assert violations(gallery, ("light", "dark")[i], part=part) == []


def test_nothing_was_said_and_nobody_else_was_asked(gallery):
    assert gallery.said == []
    home = re.match(r"(file://|https?://[^/]+)", gallery.url)[0]
    assert all(url.startswith((home, "blob:", "data:")) for url in gallery.asked)


def test_a_phone_gets_its_own_drawing(site, address, browser):
    context = browser.new_context(viewport={"width": 375, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto(address + PAGE)
    page.wait_for_selector(".sm-explorer[data-state=ready]")
    box = page.locator(".sm-explorer").first
    assert box.locator(".sm-narrow").is_visible() and box.locator(".sm-wide").is_hidden()
    height = box.locator(".sm-plot").bounding_box()["height"]
    assert box.locator("input").first.bounding_box()["height"] >= 44
    before = box.locator(".sm-text").inner_text()
    box.locator("input").first.fill("2.5")
    waits_for(page, box.locator(".sm-text"), before)
    assert 'viewBox="0 0 360' in box.locator(".sm-plot").inner_html()
    assert box.locator(".sm-plot").bounding_box()["height"] == pytest.approx(height, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


@pytest.mark.chromium
def test_a_finger_that_scrolls_over_a_slider_leaves_it_alone(moving, address, browser):
    context = browser.new_context(
        viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(address + PAGE)
    page.wait_for_selector(".sm-explorer[data-state=ready]")
    slider = page.locator(".sm-explorer input[type=range]").first
    slider.scroll_into_view_if_needed()
    hand = context.new_cdp_session(page)

    def touch(kind, *points):
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    def swipe(right, down):
        box = slider.bounding_box()
        x, y = box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2
        touch("touchStart", {"x": x, "y": y})
        for i in range(1, 11):
            touch("touchMove", {"x": x + right * i / 10, "y": y + down * i / 10})
        touch("touchEnd")

    before, top = slider.input_value(), page.evaluate("scrollY")
    swipe(0, -150)
    page.wait_for_function("top => scrollY > top", arg=top)
    assert slider.input_value() == before
    assert page.locator(".sm-explorer").first.get_attribute("data-state") == "ready"
    slider.scroll_into_view_if_needed()
    swipe(-60, 0)
    page.wait_for_function("e => e.value !== e.defaultValue", arg=slider.element_handle())
    page.wait_for_selector(".sm-explorer[data-state=live]")
    context.close()


@pytest.mark.chromium
def test_without_scripts_there_is_a_figure_and_an_answer(address, browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(address + PAGE)
    box = page.locator(".sm-explorer").first
    assert box.locator("svg:visible").count() and box.locator(".sm-text").is_visible()
    assert box.locator(".sm-controls").is_hidden()
    assert box.locator(".sm-task").first.is_visible()
    assert page.locator(".sm-try pre").first.is_visible()
    assert page.locator(".sm-try-run").first.is_hidden()
    assert page.locator(".sm-question summary").first.is_visible()
    page.locator("details.menu summary").click()
    for dead in ("button.menu__item", "button.sidebar-toggle"):
        assert page.locator(dead).count() and not page.locator(dead).filter(visible=True).count()
    # Enter in a field sends nothing, and the contents can be reached.
    page.locator(".sm-question input[type=text]").first.press("Enter")
    page.locator("a.to-contents").click()
    page.wait_for_url("**/explorers.html#book-contents")
    expect(page.locator("#book-contents a").first).to_be_in_viewport()
    context.close()
