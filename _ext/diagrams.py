"""Drawn diagrams: an SVG of `chapters/diagrams/` stands in the page itself.

There its words are in the book's typeface and its colours are those of the reader's theme: each
drawing names them by the variables of `_static/book.css`, with the light ones for everywhere else.
"""

import os
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import PreformattedString
from lxml import etree
from sphinx.application import Sphinx

FOLDER = "diagrams"


def drawing(path: Path, words: str) -> str:
    """Return the drawing as an element of a page that is read out as `words`."""
    parser = etree.XMLParser(remove_blank_text=True, remove_comments=True, resolve_entities=False)
    root = etree.parse(str(path), parser).getroot()
    root.set("role", "img")
    root.set("aria-label", words)
    return etree.tostring(root, encoding="unicode")


def put_in(app: Sphinx, soup: BeautifulSoup) -> None:
    """Put each diagram in the place of its image, which then needs no file of its own."""
    sources = {name: path for path, name in app.builder.images.items()}
    for image in soup.select("figure img[alt]"):
        source = sources.get(os.path.basename(image["src"]))
        if source and Path(source).parent.name == FOLDER:
            shown = drawing(Path(app.srcdir, source), image["alt"])
            image.replace_with(PreformattedString(shown))
            app.builder.images.pop(source)
