"""The contents beside each page: chapters, and under a chapter its further pages.

The theme lists either the first level, where a chapter's second page is missing, or two, with every
exercise. Here the second level is kept under chapters only.
"""

import posixpath

from bs4 import BeautifulSoup
from sphinx.application import Sphinx


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
    return contents


def provide(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Give the template of the contents its function."""
    kept, here = further_pages(app), posixpath.basename(pagename)
    context["with_further_pages"] = lambda contents: prune(contents, kept, here)
