"""Write what the search of the site looks through: the text of each section, as a reader sees it.

The text is taken from the built pages, without code, controls and questions, with formulas as a
line of text, and goes into one script, since a page from the disk may fetch no data. `search.js` of
`web/src` makes the index of it when a reader first opens the search.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from lxml import html
from node_scripts import ROOT
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# Words of readers who do not know the book's own, for the places that they look for.
OTHER_WORDS = ROOT / "chapters" / "search_words.toml"
SCRIPT = "search-data.js"
# Sphinx's own search, which looks through whole pages.
REPLACED = ["searchindex.js", "_static/searchtools.js", "_static/language_data.js"]
REPLACED += ["_static/doctools.js", "_static/sphinx_highlight.js"]
# What is not the page's text: code, controls, questions, signs, tables of numbers.
TAGS = {"annotation", "button", "fieldset", "form", "nav", "pre", "script", "style", "svg"}
CLASSES = {"headerlink", "eqno", "dataframe", "sm-explorer", "sm-try", "sm-selfcheck", "label"}
CLASSES |= {"claim-facts"}
NUMBER = re.compile(r"[-+−–]?[\d.,\s]*%?")  # alone in the cell of a table
BLOCKS = {"p", "li", "dt", "dd", "td", "th", "div", "figcaption", "caption", "summary", "section"}
# Signs with a space on each side.
SPACED = set("=≈≡≠<>≤≥≪≫∝∼→⇒+−×·±∈|")


@dataclass
class Place:
    """What a result of the search leads to."""

    anchor: str
    title: str = ""
    text: str = ""


def formula(node: html.HtmlElement) -> str:
    """Return MathML as a line of text.

    >>> power = "<msup><mi>D</mi><mn>2</mn></msup>"
    >>> formula(html.fromstring(f"<math><mi>C</mi><mo>≈</mo><mn>6</mn><mi>N</mi>{power}</math>"))
    'C ≈ 6ND^2'
    """
    if node.tag == "annotation":
        return ""
    parts = [formula(child) for child in node]
    if node.tag == "mo":
        sign = re.sub(r"[\s\u2061-\u2064\u200b]", "", node.text or "")
        return f" {sign} " if sign in SPACED else sign.replace(",", ", ")
    if node.tag == "mspace":
        return " " if float(node.get("width", "0em").removesuffix("em")) > 0.3 else ""
    if node.tag == "mfrac":
        return "/".join(f"({part})" if re.search(r"\W", part) else part for part in parts)
    if node.tag == "msqrt":
        return f"√({''.join(parts)})"
    if node.tag in {"msup", "msub", "msubsup", "munder", "munderover"}:
        signs = {"msup": "^"}.get(node.tag, "_^")
        scripts = (f"({part})" if re.search(r"[^\w−.]", part) else part for part in parts[1:])
        return parts[0] + "".join(map("".join, zip(signs, scripts, strict=False)))
    return ((node.text or "") + "".join(parts)).replace("\xa0", " ")


def gather(node: html.HtmlElement, place: Place, found: list[Place]) -> None:
    """Add the text of an element to its place, each block on a line, and list the places in it."""
    classes = set((node.get("class") or "").split())
    parent = node.getparent()
    if not isinstance(node.tag, str) or node.tag in TAGS or CLASSES & classes:
        return
    if node.tag == "td" and NUMBER.fullmatch(node.text_content().strip()):
        return
    if "katex" in classes:
        place.text += formula(node.find(".//math"))
        return
    if node.tag == "summary" and "hide" in (parent.get("class") or "").split():
        return
    if re.fullmatch("h[1-6]", node.tag) and parent.tag == "section" and not place.title:
        place.title = words_of(node)
        return
    if node.get("id") and (node.tag == "section" or classes & {"citation", "claim"}):
        place = Place(node.get("id"))
        found.append(place)
    if "chapter-card" in classes:
        node = node.find(".//dd")  # what the reader will do, without minutes and points
    if "claim-words" in classes and "id" in parent.attrib:
        label = node.find("strong")
        place.title = f"Claim {label.text}"
        label.drop_tree()
    edge = "\n" if node.tag in BLOCKS else ""
    if node.tag == "sup":
        place.text += "^"
    place.text += edge + on_one_line(node.text)
    inner = place
    for child in node:
        if child.tag == "dt" and "glossary" in classes:
            inner = Place(child.get("id"), words_of(child))
            found.append(inner)
        else:
            gather(child, inner, found)
        place.text += on_one_line(child.tail)
    place.text += edge


def on_one_line(text: str | None) -> str:
    """Return a text without the ends of lines of its source."""
    return re.sub(r"\s+", " ", text or "")


def words_of(node: html.HtmlElement) -> str:
    """Return the text of a heading."""
    scratch = Place("", title="-")
    scratch.text = node.text or ""
    for child in node:
        gather(child, scratch, [])
        scratch.text += child.tail or ""
    return " ".join(scratch.text.split())


def places(page: html.HtmlElement) -> list[Place]:
    r"""Return the places of a page that have text; the first is the page itself.

    >>> text = '<section id="a"><h1>One<a class="headerlink">#</a></h1><p>Two.</p><pre>code</pre>'
    >>> text += '<section id="b"><h2>Three</h2><p>Four <b>fi</b>ve.</p><p>Six</p></section>'
    >>> places(html.fromstring(f"<article>{text}</section></article>"))[1]
    Place(anchor='b', title='Three', text='Four five.\nSix')
    """
    found: list[Place] = []
    gather(page, Place(""), found)
    for place in found:
        # A work is found by its words and its arXiv number, not by its address.
        text = re.sub(r"URL: https?://\S+", "", place.text)
        lines = (" ".join(line.split()) for line in text.split("\n"))
        place.text = "\n".join(line for line in lines if line)
    found[0].anchor = ""
    return [found[0], *(place for place in found[1:] if place.text)]


def as_one(found: list[Place]) -> list[Place]:
    """Return an exercise, the sections of which mean little alone, as one place."""
    kept = [place.text for place in found if place.anchor not in {"check", "write"}]
    return [Place("", found[0].title, "\n".join(kept))]


def other_words(
    wanted: dict[str, list[str]], pages: list[list[str]], rows: list[list]
) -> dict[int, list[str]]:
    """Return the other words of the places that have some, by the number of the place.

    A key of `wanted` is `page#anchor`, which must be one of the book's; the page is one of
    `chapters/` if it names no folder.

    >>> pages, rows = [["chapters/a.html", "A"]], [[0, "", "A", "One."], [0, "b", "B", "Two."]]
    >>> other_words({"a#b": ["second"]}, pages, rows)
    {1: ['second']}
    """
    names = [address.removeprefix("chapters/").removesuffix(".html") for address, _ in pages]
    numbers = {f"{names[page]}#{anchor}": n for n, (page, anchor, *_) in enumerate(rows)}
    if lost := [key for key in wanted if key not in numbers]:
        raise ExtensionError(f"{OTHER_WORDS.name}: no place of the book is {', '.join(lost)}")
    return {numbers[key]: words for key, words in wanted.items()}


def leave_out(app: Sphinx) -> None:
    """Keep Sphinx from the work for an index that is removed."""
    if app.builder.name == "html" and app.config.components_live:
        app.builder.index_page = app.builder.dump_search_index = lambda *page: None


def finish(app: Sphinx) -> None:
    """Write the places of all pages into one script."""
    if not app.config.components_live:
        return
    for name in REPLACED:
        (Path(app.outdir) / name).unlink(missing_ok=True)
    pages, rows = [], []
    for name in sorted(app.env.found_docs):
        address = app.builder.get_target_uri(name)
        text = (Path(app.outdir) / address).read_text(encoding="utf-8")
        found = places(html.fromstring(text).find(".//article"))
        if re.match("exercises/pages/.*/", name):
            found = as_one(found)
        pages.append([address, found[0].title])
        rows += [[len(pages) - 1, place.anchor, place.title, place.text] for place in found]
    also = other_words(tomllib.loads(OTHER_WORDS.read_text(encoding="utf-8")), pages, rows)
    book = {"pages": pages, "places": rows, "also": also}
    data = json.dumps(book, ensure_ascii=False, separators=(",", ":"))
    script = Path(app.outdir) / "_static" / SCRIPT
    script.write_text(f"bookPlaces={data};\n", encoding="utf-8")
