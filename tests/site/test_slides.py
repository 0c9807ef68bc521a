"""The slides: made from the chapters, whole, nothing beyond the edge, nothing from other hosts."""

import copy
import re
from pathlib import Path

import contents
import make_slides
import nbformat
import pytest
from bs4 import BeautifulSoup
from parsed import parse

ROOT = Path(__file__).resolve().parent.parent.parent

PAGE = """
<article><section><h1>1. Title<a class="headerlink" href="#t">#</a></h1>
<p>Opening prose.</p>
<section id="s"><h2>1.1. A section</h2><p>Before. It leads to</p>
<div class="math" id="equation-x"><span>y</span></div>
<div class="cell"><div class="cell_output"><figure id="fig-a">
<img src="../_images/a.svg" alt="A line">
<figcaption><p><span class="caption-number">Fig 1 </span>
<span class="caption-text">It falls. By half.</span>
</p></figcaption></figure></div></div>
<div class="predict admonition"><p class="admonition-title">Predict first</p>
<p>See <a href="#s">here</a>
 and <a href="other.html#x">there</a>?</p></div></section>
<section><h2>1.2. Only prose</h2><p>One. Two.</p>
<div class="cell"><div class="cell_output"><div class="output stream">
<pre>printed 3</pre></div></div></div>
</section>
<section><h2>1.3. Further reading</h2><p>Never shown.</p></section>
</section></article>
"""


def slides(page=PAGE):
    deck = make_slides.Deck(BeautifulSoup(page, "lxml").article, "chapter")
    return [slide for stack in deck.stacks for slide in stack]


def test_each_part_of_a_page_finds_its_slide():
    found = slides()
    assert [s.kind for s in found] == ["title", "formula", "figure", "words", "words"]
    title, formula, figure, predict, prose = found
    assert title.title == "1. Title"
    assert (
        formula.body.startswith("<p>Before. It leads to</p>") and "<span>y</span>" in formula.body
    )
    assert '<p class="claim">It falls.</p>' in figure.body and "By half." in figure.body
    assert 'src="../_images/a.svg"' in figure.body and 'alt="A line"' in figure.body
    assert 'href="../chapters/chapter.html#s"' in predict.body
    assert 'href="../chapters/other.html#x"' in predict.body
    assert prose.body == "<p>One. Two.</p>"
    assert title.notes == ["Opening prose.", "Before. It leads to"]
    assert prose.notes == ["One. Two."], "a section is read out with its own slide"
    assert "Further reading" not in [s.title for s in found]


def test_a_diagram_comes_as_it_is():
    drawn = '<svg aria-label="A box" class="diagram" role="img"><text>a</text></svg>'
    caption = '<figcaption><p><span class="caption-text">It is a box.</span></p></figcaption>'
    page = PAGE.replace("<p>Before.", f'<figure id="fig-b">{drawn}{caption}</figure><p>Before.')
    (shown,) = [s.body for s in slides(page) if s.kind == "figure" and "It is a box." in s.body]
    assert drawn in shown


def test_tags_of_cells_choose():
    without = slides(PAGE.replace('class="cell"', 'class="cell tag_no-slide"'))
    assert "figure" not in [s.kind for s in without]
    shown = slides(PAGE.replace('class="cell"', 'class="cell tag_slide"'))
    assert "printed 3" in next(s.body for s in shown if s.kind == "output")
    silent = '<div class="cell tag_slide"><div class="cell_input"><pre>N = 3e10</pre></div></div>'
    shown = slides(PAGE.replace("<p>One. Two.</p>", f"<p>A model.</p>{silent}"))
    assert [s.body for s in shown if s.kind == "output"] == ["<p>A model.</p><pre>N = 3e10</pre>"]


def test_of_a_long_list_nothing_is_lost():
    items = "".join(f"<li><p><strong>Point {n}.</strong> Why.</p></li>" for n in range(1, 8))
    first, second = slides(PAGE.replace("<p>One. Two.</p>", f"<ol>{items}</ol>"))[4:6]
    assert first.body.count("<li>") == 4 and second.body.startswith('<ol start="5">')
    assert "<strong>Point 7.</strong> Why." in second.body and second.notes[-1] == "Point 7. Why."


def test_nothing_ends_at_a_colon():
    leading = "<p>Two rules hold. They leave out:</p><ul><li><p>runs that stop;</p></li></ul>"
    slide = slides(PAGE.replace("<p>One. Two.</p>", leading))[4]
    assert slide.body.startswith("<p>Two rules hold. They leave out:</p><ul><li>runs that stop;")
    alone = slides(PAGE.replace("<p>One. Two.</p>", "<p>One is smooth. Look at this:</p>"))[4]
    assert alone.body == "<p>One is smooth.</p>"
    claim = slides(PAGE.replace("It falls. By half.", "It falls: by half. Then it stops."))[2]
    assert '<p class="claim">It falls: by half.</p>' in claim.body


def test_a_point_has_as_many_sentences_as_there_is_room_for():
    first, second = ("<p><strong>Scale.</strong> It costs. It pays.</p>", "Why. " * 100)
    points = first + f"<p><strong>Reason.</strong> {second}</p>"
    (shown,) = [
        s.body for s in slides(PAGE.replace("<p>One. Two.</p>", points)) if s.kind == "points"
    ]
    assert "<li><strong>Scale.</strong> It costs. It pays.</li>" in shown
    assert 300 < len(shown) < 600 and shown.endswith("Why.</li></ul>")


def test_points_stand_behind_the_prediction_that_they_answer():
    points = "".join(f"<p><strong>Point {n}.</strong> It rose.</p>" for n in (1, 2))
    shown = slides(PAGE.replace("there</a>?</p></div>", f"there</a>?</p></div>{points}"))
    assert [s.kind for s in shown[2:5]] == ["figure", "words", "points"]
    assert "Point 2." in shown[4].body and "Point 1. It rose." in shown[4].notes


def predict(before):
    """What the slide of a prediction shows that stands behind these parts of a page."""
    box = '<div class="predict admonition"><p class="admonition-title">Predict first</p>'
    found = slides(PAGE.replace("<p>One. Two.</p>", f"{before}{box}<p>How many?</p></div>"))
    (slide,) = [s for s in found if s.title == "Predict first" and "How many?" in s.body]
    assert slide.body.endswith('<div class="predict admonition"><p>How many?</p></div>')
    return slide.body.split('<div class="predict')[0]


def test_a_prediction_stands_under_what_it_is_about():
    cell = '<div class="cell"><div class="cell_input"><pre>x = 1</pre></div></div>'
    shown = predict(f"<p>It reads much. The constants are 1 and 2. We print them:</p>{cell}")
    assert shown.endswith("</p><p>It reads much. The constants are 1 and 2.</p>")
    long = f"<p>{'We read. ' * 90}We stop.</p>"
    assert predict(long).endswith("We read. We stop.</p>") and len(predict(long)) < 900
    assert "We read." not in predict(f"{long}<p>We stop.</p>"), "paragraphs stay whole"
    other = "<p>Never here.</p><section><h3>Under it</h3></section>"
    assert "Never here." not in predict(other)


def test_a_prediction_repeats_no_slide_and_no_guide_but_goes_on_behind_a_figure():
    figure = '<figure id="f"><img src="a.svg" alt="A"><figcaption><p>'
    figure += '<span class="caption-text">It falls.</span></p></figcaption></figure>'
    assert predict(f"<p>We fit it.</p>{figure}").endswith("<p>We fit it.</p>")
    guide = "<p><strong>What to see.</strong> It bends.</p>"
    assert not re.search("It bends|We fit", predict(f"<p>We fit it.</p>{figure}{guide}"))
    points = "".join(f"<p><strong>Point {n}.</strong> It rose.</p>" for n in (1, 2))
    assert "It rose" not in predict(points)


def test_a_prediction_has_the_formula_that_it_goes_on_from():
    formula = '<div class="math" id="equation-y"><span>y = 2 x</span></div>'
    shown = predict(f"<p>A law:</p>{formula}<p>Here x is 3.</p>")
    assert shown.endswith("y = 2 x</span></div><p>Here x is 3.</p>")
    named = '<p>By <a href="#equation-x">(1)</a> it falls.</p>'
    assert "<span>y</span>" in predict(named)


def test_what_is_elsewhere_on_the_page_is_said_and_not_shown():
    away = "The last line shows why. It is measured above. It is small."
    assert slides(PAGE.replace("One. Two.", away))[4].body == "<p>It is small.</p>"
    assert away in slides(PAGE.replace("One. Two.", away))[4].notes
    aside = "It is 3 (see the medians above), a ratio (2, further below), a thing explained below."
    shown = slides(PAGE.replace("One. Two.", aside))[4].body
    assert shown == "<p>It is 3, a ratio (2).</p>"
    caption = slides(PAGE.replace("By half.", "By half. The first step of the run below; by 2."))[2]
    assert '<p class="source">By half.</p>' in caption.body
    assert "The first step of the run below; by 2." in caption.notes


def test_formulas_in_notes_are_set_and_links_are_words():
    formula = '<span class="katex"><math><semantics><mi>β</mi><annotation>\\beta</annotation>'
    formula += '</semantics></math><span class="katex-html">β</span></span>'
    (note,) = slides(PAGE.replace("One. Two.", f'{formula} is <a href="#x">3</a> &lt; 4.'))[4].notes
    assert note == "<math><semantics><mi>β</mi></semantics></math> is 3 &lt; 4."


def test_a_list_of_words_is_a_list_of_points():
    words = "<dt>open</dt><dd><p>Each once. Then new.</p></dd><dt>all</dt><dd><p>Any.</p></dd>"
    words = f"<dl>{words}</dl>"
    (shown,) = [s for s in slides(PAGE.replace("<p>One. Two.</p>", words)) if s.kind == "points"]
    assert shown.body.startswith("<ul><li><strong>open:</strong> Each once.")
    assert "<li><strong>all:</strong> Any.</li>" in shown.body


def test_a_section_opens_with_its_prose_even_if_its_parts_have_slides():
    part = (
        '<section><h3>A part</h3><div class="math" id="equation-z"><span>z</span></div></section>'
    )
    found = slides(PAGE.replace("<p>One. Two.</p>", f"<p>One. Two.</p>{part}"))
    assert [s.title for s in found[4:]] == ["1.2. Only prose", "A part"]
    assert found[4].body == "<p>One. Two.</p>" and found[4].notes == ["One. Two."]


def test_the_solution_of_an_exercise_is_on_no_slide():
    fold = '<details class="solution"><summary>Solution</summary><p>It is 3.</p></details>'
    found = slides(PAGE.replace("<p>One. Two.</p>", f"<p>One. Two.</p>{fold}"))
    assert [s.title for s in found] == [s.title for s in slides()]


def test_a_deck_takes_the_minutes_of_its_notes_and_predictions():
    page = PAGE.replace(
        "One. Two.", "word " * 1039 + "end."
    )  # eight minutes, and two for the prediction
    deck = make_slides.Deck(BeautifulSoup(page, "lxml").article, "chapter")
    assert deck.minutes() == 10
    assert "| {doc}`../chapters/chapter` | 5 | 10 |\n" in make_slides.table({"chapter": deck})


def test_a_formula_stands_in_its_whole_sentence():
    rest = "<span>y</span></div><p>where <em>y</em> is the loss. More.</p>"
    page = PAGE.replace("<span>y</span></div>", rest).replace("Before. It", "Long. " * 90 + "It")
    (shown,) = [s.body for s in slides(page) if s.kind == "formula"]
    assert shown.endswith("<p>where <em>y</em> is the loss.</p>")
    assert "It leads to</p>" in shown and len(shown) < 500


def test_a_claim_ends_with_its_sentence_and_no_command_is_shown():
    caption = "It falls by 3.5, say Ho et al. 2020. 56 models; made by python -m x regenerate y."
    shown = slides(PAGE.replace("It falls. By half.", caption))[2]
    assert '<p class="claim">It falls by 3.5, say Ho et al. 2020.</p>' in shown.body
    assert '<p class="source">56 models.</p>' in shown.body
    assert shown.notes[0] == "made by python -m x regenerate y"


@pytest.mark.parametrize("chapter", contents.pages())
def test_no_slide_of_words_leads_nowhere(site, chapter):
    for slide in parse(site / "slides" / f"{chapter}.html").select("section.words, section.points"):
        words = [e for e in slide.find_all(["p", "li"]) if not e.find_parent("aside")]
        assert not words[-1].get_text().strip().endswith(":"), words[-1].get_text()


# What a speaker cannot point at: the words that sent readers elsewhere on their page.
AWAY = r"(last|first|next) (line|row|cell)s?\b|explained below|measured above|[Tt]he columns are"
AWAY += r"|\(see [^()]* (above|below)\)|printed (below|above|last)|run below|ranges above"


@pytest.mark.parametrize("chapter", contents.pages())
def test_no_slide_sends_its_audience_elsewhere(site, chapter):
    deck = copy.copy(parse(site / "slides" / f"{chapter}.html"))
    for notes in deck.select("aside"):
        assert not re.search(r"\\[a-z]+", notes.get_text()), "TeX, which nobody can say"
        notes.decompose()
    for slide in deck.select("section > section"):
        text = slide.get_text(" ", strip=True)
        assert "columns are" in text or not re.search(AWAY, text), text
        assert "figure" not in slide["class"] or not re.search(r"regenerate|\. \.", text), text
        assert not text.endswith("None"), "a part of the page that is not there"


@pytest.mark.parametrize("chapter", contents.pages())
def test_a_class_can_make_each_prediction(site, chapter):
    """It has prose above it, or the slide before it shows the section's list, figure or print."""
    stacks = parse(site / "slides" / f"{chapter}.html").select(".slides > section")
    for stack in stacks:
        for slide in stack.find_all("section", recursive=False):
            if slide.h2 and slide.h2.get_text() == make_slides.PREDICT:
                shown = slide.find_all(["p", "div"], recursive=False)
                before = slide.find_previous_sibling("section")
                own = before and before.h2.get_text() == slide.select_one(".where").get_text()
                assert len(shown) > 2 or own, slide.get_text(" ", strip=True)


def deck(site, chapter):
    page = parse(site / "chapters" / f"{chapter}.html")
    return make_slides.Deck(page.select_one("article"), chapter)


def test_the_syllabus_states_the_slides_and_minutes_of_the_decks(site):
    decks = {chapter: deck(site, chapter) for chapter in contents.pages()}
    text = make_slides.SYLLABUS.read_text(encoding="utf-8")
    assert make_slides.table(decks) in text, "run `make slides`"


@pytest.mark.parametrize(
    ("number", "whole", "left_out", "part"),
    [
        (4, "data_limits", ["Summary"], "repeated_and_synthetic_data"),
        (5, "scaffolding", [], "scaffold_gains"),
    ],
)
def test_the_sections_that_a_session_names_fit_into_it(site, number, whole, left_out, part):
    syllabus = make_slides.SYLLABUS.read_text(encoding="utf-8")
    room, named = re.search(
        rf"Chapter {number}, told \((\d+)\): (.*?), whose rest", syllabus
    ).groups()
    told = {re.sub(r"^[\d.]+ ", "", name): m for name, _, m in deck(site, part).sections()}
    minutes = sum(told[name.replace("'", "’")] for name in re.findall(r"\*(.+?)\*", named))
    first = [(re.sub(r"^[\d.]+ ", "", name), m) for name, _, m in deck(site, whole).sections()]
    minutes += sum(m for name, m in first if name not in left_out)
    assert minutes <= int(room), minutes


def test_without_a_site_it_says_what_to_do(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(make_slides, "SITE", tmp_path)
    assert make_slides.main() == 2
    assert "make_slides: " in capsys.readouterr().err and not list(tmp_path.iterdir())


# The pages of chapter 6 are short and have few figures; every other page has at least five.
FEW = {"training_since_2024": 3, "text_since_2024": 3, "reasoning_since_2024": 3}
FEW |= {"evidence_and_rules": 2}


@pytest.mark.parametrize("chapter", contents.pages())
def test_every_figure_of_a_chapter_is_on_a_slide(site, chapter):
    figures = parse(site / "chapters" / f"{chapter}.html").select("article figure")
    text = (site / "slides" / f"{chapter}.html").read_text(encoding="utf-8")
    shown = parse(site / "slides" / f"{chapter}.html").select("section.figure > :is(img, svg)")
    cells = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
    skipped = [c for c in cells if "no-slide" in c.metadata.get("tags", [])]
    assert len(shown) == len(figures) - len(skipped) >= FEW.get(chapter, 5)
    assert not re.search(r"\{(cite|numref|term)|:::|```", text), "markup that nobody rendered"


@pytest.mark.browser
def test_exponents_stand_high_and_code_looks_like_code(address, browser):
    page = browser.new_page()
    page.goto(f"{address}slides/scaling_laws.html")
    look = """(name) => [...document.querySelectorAll(`.slides ${name}`)].map(e => {
        const its = getComputedStyle(e), around = getComputedStyle(e.parentElement);
        return [its.verticalAlign, parseFloat(its.fontSize) < parseFloat(around.fontSize),
            its.fontFamily !== around.fontFamily];
    })"""
    raised, code = page.evaluate(look, "sup"), page.evaluate(look, "code")
    page.close()
    assert raised and all(its[:2] == ["super", True] for its in raised)
    assert code and all(its[2] for its in code)


@pytest.mark.browser
@pytest.mark.chromium
def test_an_arrow_shows_the_focus_and_a_sheet_lies(address, browser):
    page = browser.new_page()
    page.goto(f"{address}slides/scaling_laws.html")
    page.keyboard.press("ArrowRight")  # who comes by the keyboard sees the focus
    arrow = page.locator(".controls .navigate-down")
    arrow.focus()
    assert arrow.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    sheet = page.pdf(prefer_css_page_size=True, page_ranges="1")
    width, height = map(float, re.search(rb"/MediaBox \[0 0 (\S+) (\S+)\]", sheet).groups())
    page.close()
    assert width > height


@pytest.mark.browser
@pytest.mark.parametrize("chapter", contents.pages())
def test_slides_fit_and_ask_nobody(address, browser, chapter):
    asked, wrong = [], []
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("requestfailed", lambda r: wrong.append(r.url))
    page.goto(f"{address}slides/{chapter}.html", wait_until="load")
    beyond = page.evaluate(
        """() => {
          const found = [];
          for (let i = 0; i < Reveal.getTotalSlides(); i++) {
            const s = Reveal.getCurrentSlide();
            const wide = [...s.querySelectorAll('.katex, pre, img, svg, table')]
              .some(e => e.getBoundingClientRect().right > innerWidth);
            // The number and the arrows stand in the last sixty pixels.
            const place = s.getBoundingClientRect();
            const foot = place.bottom - 58 * place.height / s.offsetHeight;
            const high = s.scrollHeight > s.clientHeight + 2
              || [...s.children].some(e => e.getBoundingClientRect().bottom > foot);
            // Nor is anything behind the arrows, and a figure has half of the slide.
            const arrows = [...document.querySelectorAll('.controls > button')]
              .filter(e => getComputedStyle(e).visibility === 'visible')
              .map(e => e.getBoundingClientRect());
            const words = document.createRange();
            const hidden = [...s.children].some(part => {
              words.selectNodeContents(part);
              return [...words.getClientRects()].some(a => a.width > 2 && arrows.some(b =>
                a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom));
            });
            const picture = s.querySelector(':scope > :is(img, svg)');
            const small = picture && picture.getBoundingClientRect().height < place.height / 2;
            if (high || wide || hidden || small) found.push(s.querySelector('h1,h2').textContent);
            Reveal.next();
          }
          return found;
        }"""
    )
    # Letter's paper, as wide as it lies, within its margins: the narrowest that it is printed on.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 980, "height": 700})
    beyond += page.evaluate(
        """[...document.querySelectorAll('.slides .katex-display .base')]
            .filter(e => e.getBoundingClientRect().right > innerWidth)
            .map(e => `printed: ${e.closest('section').querySelector('h2').textContent}`)"""
    )
    page.close()
    assert beyond == []
    assert wrong == []
    assert [url for url in asked if not url.startswith(address.split("/some")[0])] == []
