"""Code on the pages: whole lines, folds for what only draws, one switch for all, cells that run."""

import code_cells
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

pytestmark = [pytest.mark.site, pytest.mark.browser]

CHAPTER = "chapters/scaling_laws.html"
FOLDS = "details.code-fold"


@pytest.mark.parametrize("width", [1440, 1920])
@pytest.mark.parametrize("name", [CHAPTER, "exercises/pages/data_limits/own-answers.html"])
def test_nothing_is_cut_in_a_wider_window(with_scroll_bars, address, cut, name, width):
    page = with_scroll_bars.new_page(viewport={"width": width, "height": 800})
    page.goto(address + name)
    found = cut(page)
    page.close()
    assert found == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (
            "import numpy as np\nfrom scaling_lib import fit, use_book_style\nuse_book_style()",
            "imports",
        ),
        ("import numpy as np\nlaw = fit(runs)", None),
        ("figures.isoflop()", "explorer"),
        ('words = ["a"]\nself_check("data_limits", *words)', "questions"),
        ("law = fit(runs)\nfigures.isoflop(law)", None),
        ("x = load()\nfig, ax = plt.subplots()\nax.plot(x)", "figure"),
        ("fig, axes = plt.subplots(1, 2)\nfor ax in axes:\n    ax.plot(x)", "figure"),
        ("x = fit(runs)\ny = fit(more)\nz = y\nfig, ax = plt.subplots()\nax.plot(x)", None),
        ("fig, ax = plt.subplots()\nax.plot(x)\nprint(x)", None),
        ("def f(x):\n    return x\nfig, ax = plt.subplots()\nax.plot(f(x))", None),
        ("fig, ax = plt.subplots()\nax.plot(np.random.default_rng(0).normal(size=9))", None),
        ("law.plot()", None),
        ("for", None),
        ("", None),
    ],
)
def test_folded_is_what_decides_nothing(code, kind):
    assert code_cells.kind_of(code) == kind


def test_wide_is_what_its_place_has_no_room_for():
    def marks(length, around="div"):
        code = f'<div class="highlight"><pre>{"x" * length}</pre></div>'
        page = f'<{around} class="sd-dropdown">{code}</{around}>'
        soup = BeautifulSoup(page, "html.parser")
        code_cells.mark_wide(soup)
        return soup.select_one(".highlight")["class"][1:]

    snug, wide = ["snug-code"], ["wide-code"]
    assert [marks(n) for n in (79, 80, 84, 85, 100, 101)] == [
        *([], snug, snug, wide, wide, [*wide, "wraps"])
    ]
    assert [marks(n, "details") for n in (73, 74, 78, 79)] == [[], snug, snug, wide]


def test_of_a_cell_that_computes_and_draws_the_end_is_folded():
    code = 'law = fit(runs)\nprint("""a\nb""")\n\nfig, ax = plt.subplots()\nax.plot(law)\n'
    page = f'<div class="cell"><div class="cell_input"><pre>{code}</pre></div></div>'
    soup = BeautifulSoup(page, "html.parser")
    code_cells.fold_code(soup)
    first, fold = soup.select(".cell > *")
    assert first.get_text() == 'law = fit(runs)\nprint("""a\nb""")'
    assert fold["class"] == ["code-fold"]
    assert fold.pre.get_text() == "fig, ax = plt.subplots()\nax.plot(law)"
    # A string that goes over the border cannot be cut.
    whole = page.replace("law = fit", "<span>law = fit").replace("ax.plot", "</span>ax.plot")
    soup = BeautifulSoup(whole, "html.parser")
    code_cells.fold_code(soup)
    assert not soup.select("details") and soup.pre.get_text() == code


def test_a_second_fold_of_imports_says_so():
    cell = '<div class="cell"><div class="cell_input"><pre>import numpy as np</pre></div></div>'
    soup = BeautifulSoup(2 * cell, "html.parser")
    code_cells.fold_code(soup)
    words = [s.get_text() for s in soup.find_all("summary")]
    assert words == [code_cells.WORDS["imports"], code_cells.WORDS["more imports"]]


def test_what_is_cut_keeps_the_blanks_that_indent_it():
    computes = "<b>def</b> f(x)<b>:</b>\n    <b>return</b> x\n\n\n<b>print</b>(f(2))"
    draws = "fig, ax = plt.subplots()\n<b>for</b> x <b>in</b> y<b>:</b>\n    <b>ax</b>.plot(x)"
    cell = f'<div class="cell"><div class="cell_input"><pre>{computes}\n{draws}</pre></div></div>'
    soup = BeautifulSoup(cell, "html.parser")
    whole = soup.get_text()
    code_cells.fold_code(soup)
    assert "\n".join(pre.get_text() for pre in soup.select("pre")) == whole


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def shown(page):
    return page.locator(f"{FOLDS} .cell_input").evaluate_all(
        "all => all.map(e => e.checkVisibility() && e.clientHeight > 0)"
    )


@pytest.mark.chromium
def test_a_fold_opens_by_keyboard_and_without_scripts(browser, address, page):
    page.goto(address + CHAPTER)
    assert len(shown(page)) > 5 and not any(shown(page))
    # What computes stands open beside it.
    assert page.locator(".cell > .cell_input").count() > len(shown(page))
    page.locator(f"{FOLDS} > summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{FOLDS} .cell_input").first).to_be_visible()
    assert sum(shown(page)) == 1
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(address + CHAPTER)
    still.locator(f"{FOLDS} > summary").first.click()
    assert still.locator(f"{FOLDS} .cell_input").first.is_visible()
    assert not still.locator(".code-switch").is_visible()
    context.close()


def test_one_switch_shows_all_code_on_every_page(address, page):
    page.goto(address + CHAPTER + "#50%")  # an address that was cut stops nothing
    switch = page.locator(".code-switch")
    expect(switch).to_have_text("Show all code")
    expect(switch).to_have_accessible_name("Show all code")
    switch.focus()
    page.keyboard.press("Enter")
    expect(switch).to_have_text("Show less code")
    assert all(shown(page))
    page.goto(address + "chapters/bitter_lesson.html")
    expect(switch).to_have_text("Show less code")
    assert all(shown(page))
    switch.click()
    expect(switch).to_have_text("Show all code")
    page.goto(address + CHAPTER)
    expect(switch).to_have_text("Show all code")
    assert not any(shown(page))
    page.goto(address + "chapters/references.html")
    assert switch.count() == 0, "a page without folds has no switch"


def test_the_switch_keeps_what_is_read_in_its_place(address, page):
    page.goto(address + CHAPTER)
    # Nothing else moves the text meanwhile: all is laid out, in its own fonts.
    page.evaluate("document.documentElement.classList.add('whole')")
    page.evaluate("async () => { await document.fonts.ready; }")
    heading = page.locator(".bd-article h2").nth(8)
    heading.evaluate("e => e.scrollIntoView()")
    page.wait_for_function("scrollY > 2000")
    before = heading.bounding_box()["y"]
    page.locator(".code-switch").evaluate("e => e.focus({ preventScroll: true })")
    page.keyboard.press("Enter")
    assert page.locator(f"{FOLDS}[open]").count() > 5
    assert abs(heading.bounding_box()["y"] - before) < 20


def test_the_switch_works_where_nothing_can_be_stored(address, page):
    page.add_init_script("Object.defineProperty(window, 'localStorage', { value: null });")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address + CHAPTER)
    page.locator(".code-switch").click()
    assert all(shown(page))
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert errors == []


def snippets(site) -> list[str]:
    """The pages that have cells to run."""
    return [
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if 'class="sm-try"' in path.read_text(encoding="utf-8")
    ]


def run(page, box):
    """Run a cell as it stands and return what is then shown."""
    button = box.locator(".sm-try-run")
    button.click()
    page.wait_for_function("e => e.textContent === 'Run'", arg=button.element_handle())
    return box.locator(".sm-try-output").text_content().strip()


def test_every_cell_that_runs_prints_what_the_book_prints(site, address, page):
    found = snippets(site)
    assert len(found) >= 2
    for name in found:
        page.goto(address + name)
        page.wait_for_selector(".sm-try[data-state=ready]", state="attached")
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        for box in page.locator(".sm-try").all():
            stored = box.locator(".sm-try-output").text_content().strip()
            assert run(page, box) == stored, name
            box.locator(".sm-try-edit").click()
            editor = box.locator("textarea")
            place = editor.evaluate("e => [e.scrollLeft, e.scrollTop, e.selectionStart]")
            assert place == [0, 0, 0], "the field does not open at its beginning"
            editor.evaluate(
                """e => {
                    e.value += "\\nprint('edited')";
                    e.dispatchEvent(new Event("input"));
                }"""
            )
            assert run(page, box) == f"{stored}\nedited", name


def test_a_failure_leaves_the_stored_output_on_the_page(address, page):
    # Before the page: its figures may fetch the same file as soon as they are in sight.
    page.route("**/python.js*", lambda route: route.abort())
    page.goto(address + "chapters/explorers.html")
    page.wait_for_selector(".sm-try[data-state=ready]")
    box = page.locator(".sm-try").first
    stored = box.locator(".sm-try-output").inner_text().strip()
    after = run(page, box)
    assert after.startswith(stored) and "could not be loaded" in after
