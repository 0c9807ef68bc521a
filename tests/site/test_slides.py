"""The slides: made from the chapters, whole, nothing beyond the edge, nothing from other hosts."""

import re
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent.parent
sys_path = str(ROOT / "tools")


@pytest.fixture
def make_slides(monkeypatch):
    monkeypatch.syspath_prepend(sys_path)
    import make_slides

    yield make_slides
    sys.modules.pop("make_slides", None)


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
<section><h2>1.3. Left out</h2><p>Never shown.</p></section>
</section></article>
"""


def notebook(**marks):
    cells = [nbformat.v4.new_code_cell("figure"), nbformat.v4.new_code_cell("print")]
    cells.append(nbformat.v4.new_markdown_cell("(label)=\n## Left out\n\nNever shown."))
    for place, name in enumerate(("figure", "print", "heading")):
        if name in marks:
            cells[place].metadata["slideshow"] = {"slide_type": marks[name]}
    return nbformat.v4.new_notebook(cells=cells)


def deck(module, **marks):
    page = BeautifulSoup(PAGE, "lxml").article
    return module.Deck(page, notebook(**marks), "chapter")


def slides(made):
    return [slide for stack in made.stacks for slide in stack]


def test_each_part_of_a_page_finds_its_slide(make_slides):
    found = slides(deck(make_slides))
    assert [s.kind for s in found] == ["title", "formula", "figure", "words", "words", "words"]
    title, formula, figure, predict, prose, _ = found
    assert title.title == "1. Title" and formula.body.startswith("<p>It leads to</p>")
    assert '<p class="claim">It falls.</p>' in figure.body and "By half." in figure.body
    assert 'src="../_images/a.svg"' in figure.body and 'alt="A line"' in figure.body
    assert 'href="../chapters/chapter.html#s"' in predict.body
    assert 'href="../chapters/other.html#x"' in predict.body
    assert "One." in prose.body and "Two." not in prose.body and "printed 3" in prose.body
    assert "Opening prose." in title.notes + formula.notes


def test_metadata_of_cells_choose(make_slides):
    without = slides(deck(make_slides, figure="skip", heading="skip"))
    assert "figure" not in [s.kind for s in without]
    assert "Left out" not in " ".join(s.title for s in without)
    shown = slides(deck(make_slides, print="slide"))
    assert [s.kind for s in shown].count("output") == 1


def test_a_page_that_is_older_than_its_notebook_is_refused(make_slides):
    page = BeautifulSoup(PAGE, "lxml").article
    book = notebook()
    book.cells.append(nbformat.v4.new_code_cell("more"))
    with pytest.raises(ValueError, match="3 code cells in the notebook, 2 on its page: build"):
        make_slides.Deck(page, book, "chapter")


def test_without_a_site_it_says_what_to_do(make_slides, tmp_path, capsys):
    assert make_slides.main(["--site", str(tmp_path)]) == 1
    assert "make_slides: " in "".join(capsys.readouterr())


CHAPTERS = ("bitter_lesson", "scaling_laws", "scaling_hypothesis", "data_limits", "scaffolding")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_figure_of_a_chapter_is_on_a_slide(site, chapter):
    page = (site / "chapters" / f"{chapter}.html").read_text(encoding="utf-8")
    figures = BeautifulSoup(page, "lxml").select("article .cell_output figure")
    text = (site / "slides" / f"{chapter}.html").read_text(encoding="utf-8")
    shown = BeautifulSoup(text, "lxml").select("section.figure > img")
    skipped = [
        c
        for c in nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
        if c.metadata.get("slideshow", {}).get("slide_type") == "skip"
    ]
    assert len(shown) == len(figures) - len(skipped) >= 5
    assert not re.search(r"\{(cite|numref|term)|:::|```", text), "markup that nobody rendered"


@pytest.mark.browser
@pytest.mark.parametrize("chapter", CHAPTERS)
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
            const wide = [...s.querySelectorAll('.katex, pre, img, table')]
              .some(e => e.getBoundingClientRect().right > innerWidth);
            const high = s.scrollHeight > s.clientHeight + 2;
            if (high || wide) found.push(s.querySelector('h1,h2').textContent);
            Reveal.next();
          }
          return found;
        }"""
    )
    page.close()
    assert beyond == []
    assert wrong == []
    assert [url for url in asked if not url.startswith(address.split("/some")[0])] == []
