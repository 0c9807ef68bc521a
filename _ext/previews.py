"""Write what the links to the glossary and to the references show where the reader is.

The entries are taken from the two pages as they are built and put into one script, since a page
that is opened from the disk may fetch no other page. `_static/previews.js` asks for it when a
reader first comes to such a link.
"""

import json
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import html
from sphinx.application import Sphinx

SCRIPT = "previews-data.js"


def inner(element: html.HtmlElement) -> str:
    """Return the HTML of an element's children, without links within the book and without ids."""
    inside = ".//a[not(starts-with(@href, 'http'))] | .//span[@class='xref std std-term']"
    for link in element.xpath(inside):
        link.drop_tag()
    for child in element.iterdescendants():
        child.attrib.pop("id", None)
    return "".join(html.tostring(child, encoding="unicode").strip() for child in element)


def definitions(page: html.HtmlElement) -> dict[str, str]:
    """Return the entries of the glossary by their ids; entries with several names have several.

    >>> page = '<dl class="glossary"><dt id="term-a">a<a class="headerlink" href="#term-a">#</a>'
    >>> page += '</dt><dt id="term-b">b</dt><dd><p>One <a href="#term-c">c</a>.</p></dd></dl>'
    >>> definitions(html.fromstring(page))["term-b"]
    '<p><strong>b</strong></p><p>One c.</p>'
    """
    found, names = {}, []
    for element in page.xpath("//dl[contains(@class, 'glossary')]/*"):
        if element.tag == "dt":
            name = "".join(element.xpath("text() | *[not(@class='headerlink')]//text()"))
            names.append((element.get("id"), name.strip()))
            continue
        text = inner(element)
        found |= {i: f"<p><strong>{escape(name)}</strong></p>{text}" for i, name in names}
        names = []
    return found


def references(page: html.HtmlElement) -> dict[str, str]:
    """Return the entries of the bibliography by their ids.

    >>> page = '<div><div class="citation" id="id1"><span class="label">1</span><p>A. B.</p></div>'
    >>> references(html.fromstring(page + "</div>"))
    {'id1': '<p>A. B.</p>'}
    """
    found = {}
    for entry in page.xpath("//div[@class='citation']"):
        # Who follows a reference is told what it is, not where else it stands.
        for part in entry.xpath("./span | ./p[@class='cited-in']"):
            entry.remove(part)
        found[entry.get("id")] = inner(entry)
    return found


def finish(app: Sphinx) -> None:
    """Write the entries of the two pages into one script."""
    site, entries = Path(app.outdir), {}
    for name, read in (("glossary", definitions), ("references", references)):
        page = site / "chapters" / f"{name}.html"
        entries |= read(html.fromstring(page.read_text(encoding="utf-8")))
    data = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    (site / "_static" / SCRIPT).write_text(f"bookPreviews={data};\n", encoding="utf-8")
