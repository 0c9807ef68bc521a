"""The search: the first place is the one that a reader wants, its words are marked there."""

import json
import re

import needs
import pytest
import search_index
from lxml import html
from playwright.sync_api import expect
from sphinx.errors import ExtensionError

pytestmark = [pytest.mark.site, pytest.mark.browser]

# What is typed, and where the first result may lead.
WANTED = {
    "chinchilla": "glossary.html#term-Chinchilla",
    "loss": "glossary.html#term-loss",
    "pass@k": "glossary.html#term-pass-k",
    "emergence": "glossary.html#term-emergence",
    "irreducible loss": "glossary.html#term-irreducible-loss",
    "why is the loss never zero": "glossary.html#term-irreducible-loss",
    "6ND": "glossary.html#term-compute",
    "doubling time": "glossary.html#term-doubling-time",
    "data wall": "chapters/(repeated_and_synthetic_data|data_limits).html#",
    "grade a class": "instructor/handing_out.html",
    "bootstrap": "glossary.html#term-bootstrap",
    "scaling laws": "chapters/scaling_laws.html$",
    "one shot": "chapters/capstone.html$",
    # A word in another form, and one with a slip.
    "scaffolds": "scaffolding|scaffold",
    "chinchila": "glossary.html#term-Chinchilla",
}
# What somebody types who does not know the book's words, and where one of the first three pages
# of the results leads, with one of its first two places.
STRANGERS = {
    "how much text is there left": "#term-stock-of-text|data_limits",
    "why do models suddenly get better": "#abilities-nobody-planned",
    "does more thinking time help": "#think-longer",
    "how big should my model be": "#how-to-split-a-larger-budget",
    "model trained on its own output": "#term-model-collapse|#writing-ones-own",
    "test time compute": "#term-inference|#think-longer",
    "GPU hours": "#would-something-else-stop-first",
    "emergent abilities": "#term-emergence|#abilities-nobody-planned",
    "quantization": "#term-quantisation",
    "AI safety laws": "#what-the-laws-count",
    "what happens when the internet runs out": "data_limits",
    "step by step reasoning": "#think-longer",
    "memorize training data": "#term-memorisation",
    "how much does it cost to train a model": "#would-something-else-stop-first",
    "how do I grade my students": "instructor/handing_out",
}
# Whole sentences, and where one of the first three results leads.
SENTENCES = {
    "does chain of thought make small models as good as big ones": "#term-chain-of-thought",
    "will we ever run out of text to train models on": "data_limits",
    "run a sweep on slurm": "machines.html#your-own-sweep",
    "do I need to know calculus to read this": "intro.html#what-you-need",
    "how many hours does the course take": "instructor/syllabus",
    "can I teach this in a single day": "instructor/syllabus",
    "rubric for written answers": "instructor/marking",
    "how far ahead can a scaling law predict": "#how-far-can-you-see",
}
HITS = ".book-search ~ .hits"
# Milliseconds for the index to be made, on a machine that does ten other things.
PATIENCE = 60_000


@pytest.fixture(autouse=True)
def _live(site):
    if not (site / "_static/search.js").exists():
        needs.missing("the site was built without Node.js: it has Sphinx's search")


@pytest.fixture(scope="module")
def searching(browser, site):
    """A page of the search from the disk, where least is allowed."""
    page = browser.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(site.as_uri() + "/search.html")
    yield page
    assert page.errors == []
    page.close()


def ask(page, words):
    """Type the words and return the addresses of the results, the best first."""
    page.locator("#book-search-words").fill("")
    expect(page.locator(".book-search ~ .hits-status")).to_have_text("", timeout=PATIENCE)
    page.locator("#book-search-words").fill(words)
    page.locator(f"{HITS} a").first.wait_for(timeout=PATIENCE)
    return page.eval_on_selector_all(f"{HITS} a", "all => all.map(a => a.href)")


def place(address):
    """An address without what marks the words there."""
    return re.sub(r"\?mark=[^#]*", "", address)


@pytest.mark.parametrize("words", WANTED)
def test_the_first_result_is_what_a_reader_wants(searching, words):
    assert re.search(WANTED[words], place(ask(searching, words)[0]))


@pytest.mark.parametrize("words", STRANGERS)
def test_a_stranger_finds_what_the_book_calls_otherwise(searching, words):
    ask(searching, words)
    pages = searching.locator(f"{HITS} > li")
    found = [
        place(link.get_attribute("href"))
        for number in range(min(3, pages.count()))
        for link in pages.nth(number).locator("a").all()[:2]
    ]
    assert any(re.search(STRANGERS[words], address) for address in found), found


@pytest.mark.parametrize("words", SENTENCES)
def test_a_sentence_finds_the_place_that_answers_it(searching, words):
    found = [place(address) for address in ask(searching, words)[:3]]
    assert any(re.search(SENTENCES[words], address) for address in found), found


def test_other_words_for_a_place_that_is_nowhere_stop_the_build():
    pages, rows = [["chapters/a.html", "A"]], [[0, "", "A", "One."]]
    with pytest.raises(ExtensionError, match="no place of the book is a#lost"):
        search_index.other_words({"a#": ["first"], "a#lost": ["second"]}, pages, rows)


def test_forms_of_a_word_find_the_same_pages(searching):
    found = [
        {place(address).split("#")[0] for address in ask(searching, word)}
        for word in ("memorised", "memorising", "memorises ")
    ]
    assert 3 < len(found[0]) < 20, "as many pages as the list has room for would not be all"
    assert found[0] == found[1] == found[2]


def test_a_page_is_listed_once_and_words_are_marked_whole(searching):
    ask(searching, "loss")
    pages = searching.eval_on_selector_all(
        f"{HITS} > li", "all => all.map(hit => hit.querySelector('a').pathname)"
    )
    assert len(pages) == len(set(pages)) > 5
    marked = searching.locator(f"{HITS} mark").all_inner_texts()
    assert marked and all(word.lower().startswith("loss") for word in marked)  # not in "Glossary"
    # A quotation is cut at its beginning for a word's sake only.
    cut = searching.locator(f"{HITS} li li p", has_text=re.compile("^…"))
    assert 0 < cut.count() == cut.filter(has=searching.locator("mark")).count()
    quotes = searching.locator(f"{HITS} li li p").all_inner_texts()
    assert max(map(len, quotes)) < 200
    assert not any(re.search(r"\\[a-z]+|Change the colours|Search the book", q) for q in quotes)


def test_every_place_can_be_had(searching):
    best = ask(searching, "compute")
    more = searching.locator(".hits-more:visible")
    count = int(re.search(r"\d+", more.inner_text())[0])
    assert count > len(best) > 20
    more.press("Enter")
    links = searching.locator(f"{HITS} a")
    expect(links).to_have_count(count, timeout=PATIENCE)
    expect(links.first).to_be_focused()
    expect(more).to_have_count(0)
    status = searching.locator(".book-search ~ .hits-status")
    expect(status).to_have_text(re.compile(rf"^{count} places on \d+ pages$"))
    assert ask(searching, "compute") == best and more.count() == 1


def test_nothing_found_is_said(searching):
    searching.locator("#book-search-words").fill("zzzqqqxxx")
    status = searching.locator(".book-search ~ .hits-status")
    expect(status).to_contain_text("Nothing was found", timeout=PATIENCE)


def test_the_texts_are_those_of_the_pages(site):
    """Every place exists, formulas come once, code and controls do not come."""
    text = (site / "_static/search-data.js").read_text(encoding="utf-8")
    data = json.loads(text.removeprefix("bookPlaces=").removesuffix(";\n"))
    ids = {}
    for page, anchor, _, body in data["places"]:
        address = data["pages"][page][0]
        if address not in ids:
            ids[address] = set(html.parse(site / address).xpath("//@id"))
        assert not anchor or anchor in ids[address], (address, anchor)
        assert not re.search(r"(?<!v)\\(?!Scripts|python)[a-zA-Z]+", body), (address, anchor)
        assert not re.search(r"Hide the output|Show the output|\bimport numpy\b", body)
    assert len(ids) > 60 and len(data["places"]) > 600
    formulas = [body for *_, body in data["places"] if "C = 6ND" in body]
    assert formulas and not any("6ND6" in body or "6NDC" in body for body in formulas)


def test_a_result_leads_to_its_section_and_marks_the_word(browser, address):
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(address + "search.html?q=gopher")
    link = page.locator(f"{HITS} a[href*='scaling_laws.html']").first
    link.click()
    page.wait_for_url("**/scaling_laws.html?mark=gopher#*")
    page.wait_for_function("CSS.highlights.get('found')?.size > 0")
    words, inside, top, bottom = page.evaluate(
        """() => {
            const ranges = [...CSS.highlights.get("found")];
            const target = document.getElementById(location.hash.slice(1));
            const first = ranges[0].startContainer.parentElement.getBoundingClientRect();
            return [
                ranges.map(r => r.startContainer.data.slice(r.startOffset, r.endOffset)),
                ranges.every(r => target.contains(r.startContainer)), first.top, first.bottom,
            ];
        }"""
    )
    assert {word.lower() for word in words} == {"gopher"} and inside
    assert 0 <= top and bottom <= 800
    page.keyboard.press("Escape")
    page.wait_for_function("!CSS.highlights.has('found')")
    context.close()


def test_results_come_while_one_types_over_a_page(browser, address):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + "chapters/intro.html")
    page.wait_for_load_state("networkidle")
    assert not any("search" in url for url in asked), "the index waits for the reader"
    page.keyboard.press("Control+k")
    page.keyboard.type("chinch")
    first = page.locator(".bd-search ~ .hits a").first
    expect(first).to_contain_text("Chinchilla", timeout=PATIENCE)
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html?mark=chinchilla#term-Chinchilla")
    page.close()


def test_the_keyboard_stays_in_the_field_over_a_page(browser, address):
    page = browser.new_page()
    page.goto(address + "chapters/scaling_laws.html?mark=gopher#chinchilla-against-gopher")
    page.wait_for_function("CSS.highlights.get('found')?.size > 0")
    page.keyboard.press("Control+k")
    page.keyboard.type("gopher")
    hits = page.locator(".bd-search ~ .hits a")
    hits.first.wait_for(timeout=PATIENCE)
    for _ in range(hits.count() + 2):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('.bd-container, .bd-header')")
    # The first Escape closes the field and keeps its words; the second takes the marks away.
    page.keyboard.press("Control+k")
    page.locator("#search-input").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".search-button__wrapper")).not_to_have_class(re.compile(r"\bshow\b"))
    assert page.locator("#search-input").input_value() == "gopher"
    assert page.evaluate("CSS.highlights.has('found')")
    page.keyboard.press("Escape")
    assert not page.evaluate("CSS.highlights.has('found')")
    assert page.url.endswith("scaling_laws.html#chinchilla-against-gopher")
    page.close()


def test_another_place_of_the_same_page_is_marked(browser, address):
    page = browser.new_page()
    page.goto(address + "chapters/claims.html?mark=gopher#claim-b1")
    page.keyboard.press("Control+k")
    page.keyboard.type("gopher")
    link = page.locator(".bd-search ~ .hits a[href$='claims.html?mark=gopher#claim-l9']")
    link.wait_for(timeout=PATIENCE)
    link.press("Enter")
    page.wait_for_url("**#claim-l9")
    # Between the two places there is a moment with no mark at all.
    marked = "r => r.startContainer.parentElement.closest('#claim-l9')"
    found = "CSS.highlights.get('found')"
    page.wait_for_function(f"{found}?.size > 0 && [...{found}].every({marked})")
    expect(page.locator(".search-button__wrapper")).not_to_have_class(re.compile(r"\bshow\b"))
    page.close()


def test_who_comes_back_from_a_result_is_there_again(browser, site):
    page = browser.new_page()
    page.goto(site.as_uri() + "/search.html")
    # The page has a field: no second one opens over it.
    page.keyboard.press("Control+k")
    expect(page.locator("#book-search-words")).to_be_focused()
    page.keyboard.type("gopher")
    page.locator(f"{HITS} a").first.wait_for(timeout=PATIENCE)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator(f"{HITS} a").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**mark=**")
    # go_back() and locators wait for a load, which Firefox does without where it kept the page.
    page.evaluate("setTimeout(() => history.back())")
    focused = f"document.activeElement === document.querySelectorAll('{HITS} a')[1]"
    page.wait_for_function(focused, timeout=PATIENCE)
    assert page.evaluate("document.querySelector('#book-search-words').value") == "gopher"
    page.goto(site.as_uri() + "/search.html?q=gopher")
    expect(page.locator("#book-search-words")).to_be_focused()
    # What is typed holds for who loads the page again or comes back to it.
    page.keyboard.type("chinchilla")
    page.wait_for_url(re.compile("[?]q=.*chinchilla$"))
    page.close()


def test_results_are_accessible(browser, address, violations):
    page = browser.new_page()
    page.goto(address + "search.html?q=loss")
    page.locator(f"{HITS} a").first.wait_for(timeout=PATIENCE)
    for theme in ("light", "dark"):
        assert violations(page, theme, part="main") == []
    page.close()


def test_the_whole_search_is_light(site):
    import gzip

    sizes = {
        name: len(gzip.compress((site / "_static" / name).read_bytes(), 6)) / 1024
        for name in ("search.js", "search-data.js")
    }
    assert sizes["search.js"] < 12 and sizes["search-data.js"] < 230, sizes


def test_numbers_alone_in_the_cells_of_tables_are_not_searched(site):
    words = (site / "_static" / "search-data.js").read_text(encoding="utf-8")
    assert "CPU ms a move" in words and "28672" not in words


def test_a_work_is_found_by_its_number_and_not_by_its_address(site):
    words = (site / "_static" / "search-data.js").read_text(encoding="utf-8")
    assert "arXiv:2301.03728" in words and "URL: http" not in words


def test_formulas_become_lines_of_text():
    root = "<msqrt><mi>x</mi></msqrt>"
    assert search_index.formula(html.fromstring(f"<math>{root}</math>")) == "√(x)"
    part = "<mfrac><mi>A</mi><msup><mi>N</mi><mi>α</mi></msup></mfrac>"
    text = f"<math><mi>L</mi><mo>=</mo><mi>E</mi><mo>+</mo>{part}</math>"
    assert search_index.formula(html.fromstring(text)) == "L = E + A/(N^α)"
