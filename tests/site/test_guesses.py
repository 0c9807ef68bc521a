"""Predictions that a reader writes down: kept in the browser, shown against the opened result."""

import json

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.site, pytest.mark.browser]

NUMBER, CHOICE = "intro/taste-predict", "audit/rate"
RANGE, PERCENT = "scaling_laws/design-why", "scaling_laws/own-predict"
COUNT, FAR = "bitter_lesson/ladder-predict", "scaling_laws/chinchilla"


def come(page):
    """Press a key, as a reader does: with the first all fields come, not only those near."""
    page.keyboard.press("Shift")
    page.wait_for_selector(".sm-guess[data-state=ready]", state="attached")


# From the disk too where an answer is kept: a browser has another store there.
ANYWHERE = pytest.mark.parametrize("browse", ["http", "file"], indirect=True)


@pytest.fixture(params=["http"])
def browse(request, moving, address, browser):
    """Return a function that opens the page of a box and returns its form and its result."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    base = address if request.param == "http" else moving.as_uri() + "/"

    def go(key, page=page):
        page.goto(f"{base}chapters/{key.split('/')[0]}.html")
        come(page)
        return box(page, key)

    yield go
    context.close()


def box(page, key):
    """Return the form of a box, what it says, its result, and what stands beside the result."""
    root = page.locator(f".sm-guess[data-guess*='\"{key}\"']")
    guess = json.loads(root.get_attribute("data-guess"))
    before = root.evaluate(
        "root => [...document.querySelectorAll('details.hide')].filter(fold =>"
        " root.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_PRECEDING).length"
    )
    result = page.locator("details.hide").nth(before + guess.get("result", 1) - 1)
    return root.locator("form"), root.locator("[role=status]"), result


# Opens all folds and closes them again, as a browser does that prints.
PRINT = """async result => {
    const open = new Promise(done => result.addEventListener("toggle", done, { once: true }));
    dispatchEvent(new Event("beforeprint"));
    await open;
    dispatchEvent(new Event("afterprint"));
}"""


def opened(result):
    result.locator("summary").click()
    expect(result).to_have_attribute("open", "")


@ANYWHERE
def test_a_number_is_kept_and_stands_beside_the_opened_result(browse, load_again):
    form, note, result = browse(NUMBER)
    result.evaluate(PRINT)  # what was opened for paper alone was not seen
    page, beside = form.page, result.locator(".sm-guess-verdict")
    field = form.get_by_label("Your prediction: loss with 524,288 tokens")
    expect(form.get_by_role("button", name="Forget")).to_be_hidden()
    field.fill("much")
    form.get_by_role("button", name="Keep").click()
    expect(note).to_have_text("Write a number, for example 0.5 or 3e21.")
    field.fill("2.1")
    field.press("Enter")
    expect(note).to_have_text("Kept in this browser, to stand beside the result.")
    assert "2.25" not in page.locator("div.predict").first.inner_text()
    expect(beside).to_be_hidden()

    load_again(page)
    come(page)
    form, note, result = box(page, NUMBER)
    expect(form.locator("input")).to_have_value("2.1")
    expect(note).to_have_text("Kept in this browser, to stand beside the result.")
    # Whoever opens one result of a prediction opens all.
    opened(page.locator("details.hide").first)
    words = "You said 2.10 nats; it was 2.25 nats: 0.15 too low."
    expect(note).to_have_text(words)
    expect(beside).to_be_visible()
    expect(beside).to_have_text(f"Your prediction: loss with 524,288 tokens. {words}")

    form.locator("input").fill("2,25")
    form.locator("input").press("Enter")
    expect(beside).to_contain_text("You said 2.25 nats, and so it was. Before you saw it you had")
    result.locator("summary").click()
    expect(note).to_have_text("Kept in this browser, to stand beside the result.")
    form.get_by_role("button", name="Forget").click()
    expect(note).to_be_empty()
    expect(form.locator("input")).to_be_focused()
    load_again(page)
    come(page)
    expect(box(page, NUMBER)[0].locator("input")).to_have_value("")
    opened(page.locator("details.hide").first)
    expect(page.locator(".sm-guess-verdict").first).to_be_hidden()


@ANYWHERE
def test_a_choice_is_kept_by_keyboard(browse, load_again):
    form, note, result = browse(CHOICE)
    group = form.get_by_role("group", name="Your prediction: after nine years")
    group.get_by_label("20,000 times").focus()
    form.page.keyboard.press("ArrowUp")
    expect(group.get_by_label("400 times")).to_be_checked()
    opened(result)
    expect(note).to_have_text("You chose “about 400 times”; it was “about 20,000 times”.")
    expect(result.locator(".sm-guess-verdict")).to_be_visible()
    load_again(form.page)
    come(form.page)
    expect(group.get_by_label("400 times")).to_be_checked()
    group.get_by_label("20,000 times").check()
    opened(result)
    words = "You chose “about 20,000 times”, and so it was."
    expect(note).to_have_text(f"{words} Before you saw it you had written about 400 times.")
    form.get_by_role("button", name="Forget").click()
    assert not form.locator("input:checked").count()
    expect(result.locator(".sm-guess-verdict")).to_be_hidden()


SAID = {
    NUMBER: {
        "2.254 nats": "You said 2.254 nats, and so it was.",
        "2,25e0 nats": "You said 2.25 nats, and so it was.",
        "2.26": "You said 2.26 nats; it was 2.25 nats: 0.01 too high.",
        "5": "You said 5.00 nats; it was 2.25 nats: 2.2 times too high.",
        "-1": "You said −1.00 nats; it was 2.25 nats: 3.25 too low.",
        "1e-9": "You said 1e−9 nats; it was 2.25 nats: 2.25 too low.",
        "1e30": "You said 1e30 nats; it was 2.25 nats: 4.4e29 times too high.",
    },
    RANGE: {
        "0.022": "You said 0.022 nats; it was 0.020 to 0.024 nats: inside.",
        "0.025": "You said 0.025 nats; it was 0.020 to 0.024 nats: 0.001 too high.",
        "0.002": "You said 0.002 nats; it was 0.020 to 0.024 nats: 10 times too low.",
    },
    PERCENT: {
        "5": "You said 5.0 %; it was 0.7 %: 4.3 points too high.",
        "0.7%": "You said 0.7 %, and so it was.",
    },
    COUNT: {"7": "You said 7 of 8; it was 4 of 8: 3 too high."},
    FAR: {
        "20": "You said 20; it was 93: 4.7 times too low.",
        "1,000": "You said 1,000; it was 93: 11 times too high.",
        "95": "You said 95; it was 93: 2 too high.",
    },
}


def test_the_distance_is_said_in_words(address, browser):
    context = browser.new_context()
    page = context.new_page()
    for key, said in SAID.items():
        name = f"chapters/{key.split('/')[0]}.html"
        if not page.url.endswith(name):
            page.goto(address + name)
            come(page)
        form, note, result = box(page, key)
        opened(result)
        for typed, words in said.items():
            form.locator("input").fill(typed)
            form.locator("input").press("Enter")
            expect(note).to_have_text(f"{words} You wrote it down when you had seen the result.")
    context.close()


def test_a_prediction_that_was_changed_with_the_result_in_sight_is_called_so(browse, load_again):
    form, note, result = browse(FAR)
    field, page = form.locator("input"), form.page
    for typed in ("x20", "20×", "1000 x", "20"):
        field.fill(typed)
        field.press("Enter")
        expect(note).to_have_text("Kept in this browser, to stand beside the result.")
    # Another tab keeps another number: what was kept last counts.
    page.evaluate("key => localStorage.setItem(`scaling-measured/guess/${key}`, '25')", FAR)
    opened(result)
    expect(note).to_have_text("You said 25; it was 93: 3.7 times too low.")
    field.fill("93")
    field.press("Enter")
    expect(note).to_have_text("You said 93, and so it was. Before you saw it you had written 25.")
    load_again(page)
    come(page)
    opened(result)
    expect(note).to_have_text("You said 93, and so it was. Before you saw it you had written 25.")


def test_a_field_comes_when_the_reader_comes_near(browse):
    # A browser looks where each field of a loaded page stands, and lays out its section for that.
    _, _, result = browse(FAR)
    page = result.page
    page.goto(page.url)
    page.wait_for_load_state()
    roots = page.locator(".sm-guess")
    assert roots.count() > 3 > page.locator(".sm-guess form").count()
    root = page.locator(f".sm-guess[data-guess*='\"{FAR}\"']")
    root.evaluate("root => root.scrollIntoView({block: 'center'})")
    root.locator("input").fill("20")
    root.locator("input").press("Enter")
    expect(root.locator("[role=status]")).to_contain_text("Kept in this browser")


def test_a_result_that_a_link_has_opened_was_seen(browse):
    _, _, result = browse(FAR)
    page = result.page
    # As the page does for a link into it, before any field is there or a key was pressed.
    page.goto(page.url)
    page.evaluate(
        """key => {
        const root = document.querySelector(`.sm-guess[data-guess*='"${key}"']`);
        const after = fold => root.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_FOLLOWING;
        [...document.querySelectorAll("details.hide")].find(after).open = true;
    }""",
        FAR,
    )
    form, note, result = box(page, FAR)
    form.locator("input").fill("93")
    form.locator("input").press("Enter")
    words = "You said 93, and so it was. You wrote it down when you had seen the result."
    expect(note).to_have_text(words)

    # Who comes back to the result alone finds there what they had said.
    page.goto(page.url)
    result.evaluate("result => { result.open = true; }")
    expect(result.locator(".sm-guess-verdict")).to_contain_text(words)


CLOSED = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('closed'); } })"


def test_where_storage_is_closed_it_holds_for_the_page(address, browser):
    context = browser.new_context()
    page = context.new_page()
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script(CLOSED)
    page.goto(f"{address}chapters/intro.html")
    come(page)
    form, note, result = box(page, NUMBER)
    form.locator("input").fill("2.2")
    form.locator("input").press("Enter")
    opened(result)
    expect(note).to_contain_text("0.05 too low")
    assert said == []
    context.close()


@pytest.mark.chromium
def test_without_scripts_and_on_paper_the_box_is_its_text(address, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}chapters/scaling_laws.html")
    box_of = page.locator("div.predict").first
    # What is not laid out yet has no text as one sees it.
    page.evaluate("document.documentElement.classList.add('whole')")
    text = box_of.inner_text()
    assert text.startswith("Predict first") and "prediction" not in text
    assert box_of.locator(".sm-guess").bounding_box()["height"] == 0
    context.close()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}chapters/scaling_laws.html")
    come(page)
    form, _, result = box(page, FAR)
    form.locator("input").fill("20")
    form.locator("input").press("Enter")
    opened(result)
    page.emulate_media(media="print")
    expect(form).to_be_hidden()
    expect(result.locator(".sm-guess-verdict")).to_be_hidden()
    context.close()


@pytest.mark.chromium
def test_the_button_stands_beside_its_field_behind_a_long_question(address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}chapters/scaffolding.html")
    come(page)
    apart = page.locator(".sm-guess form:has([type=text])").evaluate_all(
        """forms => forms.map(form => {
            const [field, button] = [form.querySelector("input"), form.querySelector("button")];
            return Math.abs(field.getBoundingClientRect().top - button.getBoundingClientRect().top);
        })"""
    )
    page.close()
    assert len(apart) > 1 and max(apart) < 10


@pytest.mark.parametrize("width", [375, 1280])
def test_it_fits_a_finger_and_breaks_no_rule(address, browser, violations, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    for key in (NUMBER, CHOICE):
        page.goto(f"{address}chapters/{key.split('/')[0]}.html")
        come(page)
        form, _, result = box(page, key)
        if key == NUMBER:
            form.locator("input").fill("2")
            form.locator("input").press("Enter")
        else:
            form.get_by_label("400 times").check()
        opened(result)
        heights = page.locator(".sm-guess :is(button, [type=text], fieldset label)").evaluate_all(
            """all => all.filter(e => e.checkVisibility({visibilityProperty: true}))
                .map(e => e.getBoundingClientRect().height)"""
        )
        assert min(heights) >= 44
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for theme in ("light", "dark"):
            assert violations(page, theme, part=".predict, details.hide[open]") == []
    context.close()
