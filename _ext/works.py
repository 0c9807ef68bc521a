"""The works that the book cites: named in tables, and led back to where they are cited."""

import re
from itertools import pairwise
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from pybtex.backends import plaintext
from pybtex.database import Entry
from pybtex.plugin import register_plugin
from sphinx.application import Sphinx

# Keys of works in brackets, as a cell prints them behind what it states.
KEYS = re.compile(r"\s\[([a-z]+\d{4}\w+(?:, [a-z]+\d{4}\w+)*)\]\s*$")


def register_backend() -> None:
    """Name the plain text of Pybtex, which would look for it in all packages at each citation."""
    register_plugin("pybtex.backends", "plaintext", plaintext.Backend, force=True)


def short_name(entry: Entry) -> str:
    """Return authors and year as the text names them.

    >>> from pybtex.database import Person
    >>> people = {"author": [Person("Kaplan, J."), Person("McCandlish, S.")]}
    >>> short_name(Entry("misc", {"year": "2020"}, people))
    'Kaplan and McCandlish, 2020'
    """
    last = [
        " ".join([*a.prelast_names, *a.last_names]).strip("{}") for a in entry.persons["author"]
    ]
    names = f"{last[0]} et al." if len(last) > 2 else " and ".join(last)
    return f"{names}, {entry.fields['year']}"


def link(app: Sphinx, soup: BeautifulSoup, pages: tuple[str, str], anchor: str, words: str) -> Tag:
    """Return a link from the first page to a place on the second."""
    made = soup.new_tag("a", href=f"{app.builder.get_relative_uri(*pages)}#{anchor}")
    made["class"] = ["reference", "internal"]
    made.string = words
    return made


def name_in_table(app: Sphinx, soup: BeautifulSoup, table: Tag, pagename: str) -> None:
    """Replace the key of a work, by which shipped tables name it, with a link to the work."""
    works = {work.key: work for work in app.env.get_domain("cite").citations}
    for cell in table.find_all("td"):
        if (work := works.get(cell.get_text(strip=True))) is not None:
            pages = pagename, work.bibliography_key.docname
            cell.clear()
            cell.append(link(app, soup, pages, work.citation_id, short_name(work.entry)))


def name_in_output(app: Sphinx, soup: BeautifulSoup, pagename: str) -> None:
    """Replace the keys of works at the end of a printed item, `[key, key]`, with links to them."""
    works = {work.key: work for work in app.env.get_domain("cite").citations}
    for text in soup.find_all(string=KEYS):
        given = KEYS.search(text)
        keys = given[1].split(", ")
        if not text.find_parent(class_="cell_output") or not all(key in works for key in keys):
            continue
        made = [" ["]
        for key in keys:
            work = works[key]
            pages = pagename, work.bibliography_key.docname
            made += [link(app, soup, pages, work.citation_id, short_name(work.entry)), ", "]
        made[-1] = "]"
        text.replace_with(str(text)[: given.start()], *made)


def name_once(soup: BeautifulSoup) -> None:
    """Give the address of a work once: by its short name, where it has one, and without a mark.

    >>> text = '<p>B. URL: <a href="x%3C">x</a>, <a href="x<">doi:1</a>.</p>'
    >>> name_once(soup := BeautifulSoup(f'<div class="citation">{text}</div>', "html.parser"))
    >>> print(soup.p)
    <p>B. <a href="x&lt;">doi:1</a>.</p>
    """
    for box in soup.select("div.citation > p"):
        links = box.find_all("a", href=True)
        for long, short in pairwise(links):
            if unquote(long["href"]) != unquote(short["href"]) or long.next_sibling != ", ":
                continue
            before = long.previous_sibling
            long.next_sibling.extract()
            long.decompose()
            before.replace_with(str(before).removesuffix("URL: "))
    for link in soup.find_all("a", class_=["github", "gitlab"]):
        # The theme puts a picture before these, of a font that the site does not have.
        link["class"] = [name for name in link["class"] if name not in ("github", "gitlab")]


def page_title(app: Sphinx, name: str) -> str:
    """Return the title of a page, with its number where it has one."""
    number = (app.env.toc_secnumbers.get(name) or {}).get("")
    title = app.env.titles[name].astext()
    return f"{'.'.join(map(str, number))}.\N{NO-BREAK SPACE}{title}" if number else title


def link_back(app: Sphinx, soup: BeautifulSoup, pagename: str) -> None:
    """Say under each work on which pages it is cited, with a link to the first place on each."""
    domain = app.env.get_domain("cite")
    here = [work for work in domain.citations if work.bibliography_key.docname == pagename]
    if not here:
        return
    places: dict[str, dict[str, str]] = {}

    def place(item: tuple[str, str]) -> tuple:
        # Numbered pages come first, in their order.
        return (app.env.toc_secnumbers.get(item[0]) or {}).get("") or (99,), item[0]

    for reference in domain.citation_refs:
        for target in reference.targets:
            there = places.setdefault(target.key, {})
            there.setdefault(reference.docname, reference.citation_ref_id)
    boxes = {box["id"]: box for box in reversed(soup.find_all(id=True))}
    for work in here:
        box = boxes.get(work.citation_id)
        if box is None or work.key not in places:
            continue
        line = soup.new_tag("p", attrs={"class": "cited-in"})
        line.append(" Cited in\N{NO-BREAK SPACE}")
        for i, (page, anchor) in enumerate(sorted(places[work.key].items(), key=place)):
            line.append("; " if i else "")
            line.append(link(app, soup, (pagename, page), anchor, page_title(app, page)))
        line.append(".")
        box.append(line)
