"""Where a page stands: the contents beside it, the pages above it, and those next to it.

Of the contents the theme lists either the first level, where a chapter's second page is missing, or
two, with every exercise. Here the second level is kept under chapters only, and what is for
instructors is folded for everybody else.
"""

import posixpath

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

# Parts of the contents that are open only on their own pages.
FOLDED = {"For instructors"}


def further_pages(app: Sphinx) -> set[str]:
    """Return the names of the pages that belong to a chapter but are not its first."""
    root = app.config.root_doc
    of_chapters = {
        child
        for page, children in app.env.toctree_includes.items()
        if page.startswith("chapters/") and page != root
        for child in children
    }
    return {posixpath.basename(page) for page in of_chapters}


def prune(contents: BeautifulSoup, kept: set[str], here: str) -> BeautifulSoup:
    """Take out the second level except the pages in `kept`; `here` is the page's own name.

    >>> page = '<ul><li><a href="a.html">A</a><ul><li><a href="{}">B</a></li></ul></li></ul>'
    >>> len(prune(BeautifulSoup(page.format("../b.html"), "html.parser"), {"b"}, "a")("li"))
    2
    >>> len(prune(BeautifulSoup(page.format("../c.html"), "html.parser"), {"b"}, "a")("li"))
    1
    """
    for inner in contents.select("li > ul"):
        for item in inner.find_all("li", recursive=False):
            link = item.find("a")["href"]
            name = here if link == "#" else posixpath.basename(link).removesuffix(".html")
            if name not in kept:
                item.decompose()
        if not inner.find("li"):
            inner.decompose()
    for outer in contents.find_all("ul", recursive=False):
        outer["class"] = [*outer.get("class", []), "nav", "bd-sidenav"]
    return fold(contents)


def fold(contents: BeautifulSoup) -> BeautifulSoup:
    """Put a part behind its caption, open where it has the page itself.

    >>> part = '<p class="caption"><span>{}</span></p><ul><li class="current"></li></ul>'
    >>> print(fold(BeautifulSoup(part.format("Chapters"), "html.parser")).details)
    None
    >>> fold(BeautifulSoup(part.format("For instructors"), "html.parser")).details.has_attr("open")
    True
    """
    for caption in contents.find_all("p", class_="caption", recursive=False):
        if caption.get_text(strip=True) not in FOLDED:
            continue
        pages = caption.find_next_sibling("ul")
        box = caption.wrap(contents.new_tag("summary")).wrap(contents.new_tag("details"))
        box["class"] = "contents-fold"
        if pages.select_one(".current"):
            box["open"] = ""
        box.append(pages)
    return contents


def siblings(app: Sphinx, pagename: str) -> list[dict]:
    """Return the exercises of an assignment, for the page of one of them."""
    above = posixpath.dirname(pagename)
    if not above.startswith("exercises/pages/"):
        return []
    names = app.env.toctree_includes.get(above, [])
    return [
        {
            "title": app.env.titles[name].astext(),
            "link": app.builder.get_relative_uri(pagename, name),
            "here": name == pagename,
        }
        for name in names
    ]


def provide(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Give the templates the contents and the siblings of a page."""
    kept, here = further_pages(app), posixpath.basename(pagename)
    context["with_further_pages"] = lambda contents: prune(contents, kept, here)
    context["siblings"] = siblings(app, pagename)
