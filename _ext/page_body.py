"""Rewrite the body of each page: made accessible, light, and fit for a phone."""

import dark_figures
import diagrams
from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

# Pygments' classes for names, modules, operators, punctuation and blanks.
PLAIN = {"n", "nn", "nx", "o", "p", "w"}
# Characters of code in a line that a phone shows without scrolling.
PHONE = 38


def rewrite_body(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Parse the body once and pass it through each repair."""
    if not context.get("body"):
        return
    soup = BeautifulSoup(context["body"], "html.parser")
    diagrams.put_in(app, soup)
    dark_figures.prepare(app, soup)
    for table in soup.find_all("table"):
        repair_table(soup, table)
    for script in soup.find_all("script"):
        if "thebe" in str(script) or "kernelName" in str(script):
            script.decompose()
    for summary in soup.find_all("summary"):
        # A name that differs from the visible words hides them from whoever speaks to the page.
        summary.attrs.pop("aria-label", None)
    for works in soup.select(".citation-list"):
        # An entry of a bibliography is an item of its list.
        for entry in works.find_all(attrs={"role": "doc-biblioentry"}):
            entry["role"] = "listitem"
    for link in soup.select(".bibtex-citation a[title]"):
        # The whole reference, at every mention: a tenth of the page, and no phone shows it.
        del link["title"]
    for inner in soup.select("#exercise-content, #solution-content, #proof-content"):
        # The extensions give every box of a page the same name.
        del inner["id"]
    plain_code(soup)
    for formula in soup.select("div.math"):
        formula["class"] = [*formula["class"], "scrolls"]
    for box in soup.select(".scrolls, pre"):
        if box.name != "pre" or max(map(len, box.get_text().splitlines()), default=0) > PHONE:
            box["tabindex"] = "0"
    context["body"] = soup.decode(formatter="minimal")


def plain_code(soup: BeautifulSoup) -> None:
    """Leave names, signs and blanks of code uncoloured: nine of ten elements of a long page."""
    for span in soup.select("div.highlight pre span[class]"):
        if set(span["class"]) <= PLAIN:
            span.unwrap()


def repair_table(soup: BeautifulSoup, table: Tag) -> None:
    """Let a wide table scroll in its own box; make header cells mean what they say."""
    table.attrs.pop("border", None)
    for cell in table.find_all("th"):
        if not cell.get_text(strip=True):
            cell.name = "td"
        elif not cell.get("scope"):
            cell["scope"] = "col" if cell.find_parent("thead") else "row"
    for style in table.parent.find_all("style", recursive=False):
        style.decompose()
    if "scrolls" not in table.parent.get("class", []):
        table.wrap(soup.new_tag("div", attrs={"class": "scrolls table-box"}))
