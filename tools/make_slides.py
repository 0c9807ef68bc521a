"""Make a reveal.js deck of each chapter from its page of the built site, into `slides/`.

A chapter stays the only source of its slides. Put on slides, in the order of the page: the
objectives, each figure under the first sentence of its caption, numbered equations, what to predict
and what happened, the points of a list or of paragraphs that open in bold, the question of
governance, the summary. A section with none of these shows its first sentence and the last thing
that it printed. The prose in between becomes the speaker's notes (press S).

The metadata `slideshow` of a cell changes that: `slide_type` "skip" leaves the figure or the output
of a code cell out, or, in the cell of a heading, the whole section; "slide" puts what a code cell
printed on a slide of its own.
"""

from __future__ import annotations

import argparse
import copy
import html
import posixpath
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from bs4 import BeautifulSoup, NavigableString, Tag

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
REVEAL = ROOT / "web" / "node_modules" / "reveal.js"
CHAPTERS = ("bitter_lesson", "scaling_laws", "scaling_hypothesis", "data_limits", "scaffolding")
SKIPPED = {"Check yourself", "Exercises", "Further reading"}
PRINTED = 12  # lines of output that a slide holds
SENTENCE = re.compile(r"[.?!][”\"’)]?(?=\s|$)")


@dataclass
class Slide:
    """One slide: its heading, its body in HTML, and what the speaker says."""

    title: str
    body: str
    kind: str = ""
    notes: list[str] = field(default_factory=list)


def first_sentence(block: Tag) -> str:
    """Return the first sentence of a paragraph as HTML; a bold opening does not count as one.

    >>> first_sentence(BeautifulSoup("<p><b>Yes.</b> It <i>is. </i> So. No.</p>", "html.parser").p)
    '<b>Yes.</b> It <i>is. </i> So.'
    """
    parts = []
    for child in block.children:
        if type(child) is NavigableString:
            end = SENTENCE.search(child)
            if end and (parts or child[: end.end()].strip()):
                parts.append(html.escape(child[: end.end()], quote=False))
                break
            parts.append(html.escape(child, quote=False))
        elif isinstance(child, Tag):
            parts.append(str(child))
    return "".join(parts).strip()


def last_sentence(block: Tag) -> str:
    """Return the last sentence of a paragraph as HTML, the one that leads to what follows it.

    >>> last_sentence(BeautifulSoup("<p>Yes. It <i>is. </i> and so</p>", "html.parser").p)
    'It <i>is. </i> and so'
    """
    parts: list[str] = []
    children = list(block.children)
    for place, child in enumerate(children):
        if type(child) is NavigableString:
            is_last = place == len(children) - 1
            ends = [
                m.end() for m in SENTENCE.finditer(child) if not is_last or child[m.end() :].strip()
            ]
            if ends:
                parts, child = [], child[ends[-1] :]
            parts.append(html.escape(child, quote=False))
        elif isinstance(child, Tag):
            parts.append(str(child))
    return "".join(parts).strip()


def text_of(tag: Tag) -> str:
    """Return the words of an element, formulas in their TeX."""
    tag = copy.copy(tag)
    for formula in tag.select(".katex"):
        source = formula.find("annotation")
        formula.replace_with(source.get_text() if source else formula.get_text())
    for link in tag.select(".headerlink"):
        link.decompose()
    return " ".join(tag.get_text().split())


class Deck:
    """The slides of one chapter, in the making."""

    def __init__(self, page: Tag, notebook, chapter: str):
        self.chapter = chapter
        self.stacks: list[list[Slide]] = []
        self.notes: list[str] = []
        self.paragraph: Tag | None = None
        self.cells = self._marks(page, notebook)
        self.skipped = {
            re.sub(r"\W+", " ", line.lstrip("# ")).strip()
            for cell in notebook.cells
            if cell.cell_type == "markdown" and _mark(cell) == "skip"
            for line in cell.source.splitlines()
            if line.startswith("##")
        } | {re.sub(r"\W+", " ", title) for title in SKIPPED}
        self._chapter(page)

    def _marks(self, page, notebook):
        """Pair the code cells of the notebook with what the page shows of them."""
        shown = page.select("div.cell")
        # A cell that the reader can edit on the page has a form of its own there.
        code = [
            c
            for c in notebook.cells
            if c.cell_type == "code" and "try" not in c.metadata.get("tags", [])
        ]
        if len(shown) != len(code):
            raise ValueError(
                f"{self.chapter}: {len(code)} code cells in the notebook, {len(shown)} on its "
                f"page: build the site again"
            )
        return {id(element): _mark(cell) for element, cell in zip(shown, code, strict=True)}

    def _add(self, title, body, kind="", new_stack=False):
        if new_stack or not self.stacks:
            self.stacks.append([])
        self.stacks[-1].append(Slide(title, body, kind, self.notes))
        self.notes = []

    def _chapter(self, page):
        root = page.find("section")
        self._add(text_of(root.find("h1")), "", "title", new_stack=True)
        for element in root.find_all(True, recursive=False):
            if element.name == "section":
                self._section(element)
            elif "chapter-card" in element.get("class", []):
                if goals := element.find(["ol", "ul"]):
                    self._add("After this chapter you can", self._html(goals), "points")
            elif element.name == "p":
                self.notes.append(text_of(element))

    def _section(self, section):
        heading = section.find(["h2", "h3"])
        title = text_of(heading)
        plain = re.sub(r"\W+", " ", re.sub(r"^[\d.]+\s", "", title)).strip()
        if plain in self.skipped:
            return
        points = [
            p
            for p in section.find_all("p", recursive=False)
            if p.contents and getattr(p.contents[0], "name", "") == "strong"
        ]
        before = sum(map(len, self.stacks))
        new = heading.name == "h2"
        if new:
            self._leave_notes()
            self.stacks.append([])
        if len(points) > 1:
            items = "".join(f"<li>{self._tidy(first_sentence(p))}</li>" for p in points)
            self._add(title, f"<ul>{items}</ul>", "points")
        for element in section.find_all(True, recursive=False):
            self._element(element, title)
        if sum(map(len, self.stacks)) == before:
            self._add(title, self._opening(section) + self._last_print(section), "words")
        self._leave_notes()

    def _opening(self, section):
        opening = section.find("p", recursive=False)
        return f"<p>{self._tidy(first_sentence(opening))}</p>" if opening else ""

    def _last_print(self, section):
        for output in reversed(section.select("div.output.stream pre")):
            if len(output.get_text().splitlines()) <= PRINTED:
                return f"<pre>{html.escape(output.get_text())}</pre>"
        return ""

    def _leave_notes(self):
        """Give what is left of the prose to the slide before it."""
        if self.notes and self.stacks and self.stacks[-1]:
            self.stacks[-1][-1].notes.extend(self.notes)
            self.notes = []

    def _element(self, element, title):
        classes = set(element.get("class", []))
        where = f'<p class="where">{html.escape(title)}</p>'
        if element.name == "section":
            self._section(element)
        elif element.name == "p":
            self.notes.append(text_of(element))
            self.paragraph = element
        elif "math" in classes and element.get("id", "").startswith("equation-"):
            lead = f"<p>{self._tidy(last_sentence(self.paragraph))}</p>" if self.notes else ""
            self._add(title, lead + self._html(element), "formula")
        elif "admonition" in classes:
            self._box(element, classes, title, where)
        elif element.name == "details":
            content = element.select_one(".sd-summary-content")
            self._add(text_of(element.find("summary")), where + self._html(content), "words")
        elif "cell" in classes and self.cells[id(element)] != "skip":
            self._cell(element, title)
        elif element.name in {"ul", "ol"}:
            self._list(element, title)

    def _box(self, box, classes, title, where):
        name = text_of(box.select_one(".admonition-title"))
        if items := box.find(["ul", "ol"]):
            self._list(items, title if "summary" in classes else name)
        elif classes & {"predict", "safety"}:
            body = copy.copy(box)
            body.select_one(".admonition-title").decompose()
            self._add(name, where + self._html(body), "words")

    def _list(self, items, title):
        entries = []
        for item in items.find_all("li", recursive=False):
            inner = item.find("p", recursive=False) or item
            entries.append(f"<li>{self._tidy(first_sentence(inner))}</li>")
            self.notes.append(text_of(item))
        for start in range(0, len(entries), 5):
            part = "".join(entries[start : start + 5])
            number = f' start="{start + 1}"' if items.name == "ol" and start else ""
            self._add(title, f"<{items.name}{number}>{part}</{items.name}>", "points")

    def _cell(self, cell, title):
        if figure := cell.find("figure"):
            caption = figure.select_one(".caption-text")
            claim = first_sentence(caption)
            rest = text_of(caption)[len(text_of(BeautifulSoup(claim, "html.parser"))) :].strip()
            image = figure.find("img")
            picture = f'<img src="{self._href(image["src"])}" alt="{html.escape(image["alt"])}">'
            body = f'<p class="claim">{self._tidy(claim)}</p>{picture}'
            self._add(title, f"{body}<p class='source'>{html.escape(rest)}</p>", "figure")
        elif self.cells[id(cell)] == "slide":
            output = cell.select_one(".cell_output")
            self._add(title, self._html(output), "output")

    def _html(self, element):
        return self._tidy(str(element))

    def _tidy(self, fragment):
        """Make a piece of the page fit to stand elsewhere: no names of its own, links that lead."""
        soup = BeautifulSoup(fragment, "html.parser")
        for link in soup.select(".headerlink"):
            link.decompose()
        for tag in soup.find_all(True):
            for name in ("id", "tabindex"):
                tag.attrs.pop(name, None)
            for name in ("href", "src"):
                if name in tag.attrs:
                    tag[name] = self._href(tag[name])
        return soup.decode(formatter="minimal")

    def _href(self, address):
        """Return an address of the chapter's page as it is from the slides.

        Both folders are side by side, so that only addresses inside the folder change.
        """
        parts = urlsplit(address)
        if parts.scheme or address.startswith(("//", "../", "data:")):
            return address
        if not parts.path:
            return f"../chapters/{self.chapter}.html{address}"
        return posixpath.normpath(f"../chapters/{parts.path}") + address[len(parts.path) :]


def _mark(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type", "")


def write_deck(deck: Deck, title: str, target: Path) -> int:
    """Write the page of a deck and return its number of slides."""
    stacks = []
    for stack in filter(None, deck.stacks):
        slides = []
        for slide in stack:
            level = 1 if slide.kind == "title" else 2
            notes = "".join(f"<p>{html.escape(p)}</p>" for p in slide.notes)
            aside = f'<aside class="notes">{notes}</aside>' if notes else ""
            heading = f"<h{level}>{html.escape(slide.title)}</h{level}>"
            slides.append(
                f'<section class="{slide.kind}">{heading}\n{slide.body}\n{aside}</section>'
            )
        stacks.append("<section>\n" + "\n".join(slides) + "\n</section>")
    page = (ROOT / "web" / "slides" / "deck.html").read_text(encoding="utf-8")
    filled = {"TITLE": html.escape(title), "PAGE": deck.chapter, "SLIDES": "\n".join(stacks)}
    for name, value in filled.items():
        page = page.replace(f"{{{{{name}}}}}", value)
    target.write_text(page, encoding="utf-8")
    return sum(map(len, deck.stacks))


def make(site: Path) -> dict[str, int]:
    """Make the decks of all chapters.

    Parameters
    ----------
    site : Path
        The built site; the decks go into its folder `slides`.

    Returns
    -------
    dict of str to int
        Slides a chapter; empty where reveal.js is not installed.

    Raises
    ------
    ValueError
        If a page is missing or does not belong to its notebook.
    """
    made: dict[str, int] = {}
    folder = site / "slides"
    shutil.rmtree(folder, ignore_errors=True)
    if not REVEAL.exists():
        return made
    (folder / "reveal").mkdir(parents=True)
    for file in ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "dist/plugin/notes.js"):
        shutil.copy2(REVEAL / file, folder / "reveal")
    shutil.copy2(REVEAL / "LICENSE", folder / "reveal" / "LICENSE.txt")
    for file in ("slides.css", "slides.js"):
        shutil.copy2(ROOT / "web" / "slides" / file, folder)
    for chapter in CHAPTERS:
        page, source = (
            site / "chapters" / f"{chapter}.html",
            ROOT / "chapters" / f"{chapter}.ipynb",
        )
        if not page.exists():
            raise ValueError(f"{page} is not there: build the site first")
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "lxml")
        notebook = nbformat.read(source, as_version=4)
        deck = Deck(soup.select_one("article"), notebook, chapter)
        made[chapter] = write_deck(deck, deck.stacks[0][0].title, folder / f"{chapter}.html")
    return made


def main(arguments=None) -> int:
    """Make the decks and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=SITE, help="the built site (_build/html)")
    options = parser.parse_args(arguments)
    try:
        made = make(options.site)
    except ValueError as error:
        print(f"make_slides: {error}", file=sys.stderr)
        return 1
    if not made:
        print("make_slides: reveal.js is not installed; with Node.js `make book` installs it")
        return 1
    for chapter, number in made.items():
        print(f"{options.site / 'slides' / chapter}.html: {number} slides")
    return 0


if __name__ == "__main__":
    sys.exit(main())
