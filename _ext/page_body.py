"""Rewrite the body of each page: made accessible, light, and fit for a phone."""

import re
from copy import copy

import code_cells
import dark_figures
import diagrams
import parsed_body
import section_heights
import works
from bs4 import BeautifulSoup, NavigableString, Tag
from sphinx.application import Sphinx

# Pygments' classes for names, modules, operators, punctuation and blanks.
PLAIN = {"n", "nn", "nx", "o", "p", "w"}
# What a cell of a table holds if it is a number, with its sign, unit or share.
NUMBER = re.compile(r"[-−+±~≈<>]?\s?\$?\d[\d,.\s]*(e[+-]?\d+)?\s?(%|×|[kMBT])?")
POWER = re.compile(r"(?P<digits>[-−]?\d(?:\.\d+)?)e(?P<sign>[+-]?)0*(?P<power>\d+)")
# Digits that stand high by themselves: the face of the text has three of them.
HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−")
# Characters of code in a line that a phone shows without scrolling.
PHONE = 38
# Characters of a formula that may stand in one piece with the sign behind it.
SHORT = 30
# Characters of a formula that stands in one piece itself.
WHOLE = 14
# A letter and the number that is added to it, as in "the year Y + 2".
SUM = re.compile(r"\b([A-Z]) ([+−]) (?=\d)")
# A word and the number behind it, which says nothing at the beginning of a line.
NAMED = re.compile(r"\b((?:[Cc]hapter|[Ff]igure|[Ee]xercise|[Tt]able|[Ss]teps?) )(?=\d)")
# A number and what it counts: it would say something else at the end of a line.
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
COUNTED = re.compile(
    rf"(?<=[\d⁰¹²³⁴-⁹]) (?=(?:thousand|[mbtr]+illion|FLOP|nats?|bits?|per cent|{MONTHS})\b)"
)
# What is raised in a power of ten.
RAISED = re.compile(r"(?<=10)([⁰¹²³⁴-⁹⁻]+)")
# A system and its version.
VERSION = re.compile(r"\b([A-Z][A-Za-z]+-\d[\w.]*)")
# Width of the gap between two formulas, in em.
QUAD = 1
# Characters of a word of code that a line of a phone holds wherever it stands.
WORD = 20
# Characters in a cell of a table from which it is a text, and is not to be read a word a line;
# and up to which the cells of a column are in one piece.
TEXT, NAME = 24, 12


def rewrite_body(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Parse the body once and pass it through each repair."""
    if not context.get("body"):
        return
    soup = parsed_body.parse(context)
    diagrams.put_in(app, soup)
    dark_figures.prepare(app, soup)
    for table in soup.find_all("table"):
        repair_table(soup, table)
        join_heads(table)
        align_columns(soup, table)
        works.name_in_table(app, soup, table, pagename)
    works.name_in_output(app, soup, pagename)
    works.name_once(soup)
    works.link_back(app, soup, pagename)
    for script in soup.find_all("script"):
        if "thebe" in str(script) or "kernelName" in str(script):
            script.decompose()
    for summary in soup.find_all("summary"):
        # A name that differs from the visible words hides them from whoever speaks to the page.
        summary.attrs.pop("aria-label", None)
    for listed in soup.select(".citation-list"):
        # An entry of a bibliography is an item of its list.
        for entry in listed.find_all(attrs={"role": "doc-biblioentry"}):
            entry["role"] = "listitem"
    for link in soup.find_all("a", title=True):
        if link.find_parent(class_="bibtex-citation"):
            # The whole reference, at every mention: a tenth of the page, and no phone shows it.
            del link["title"]
    for inner in soup.find_all(id=["exercise-content", "solution-content", "proof-content"]):
        # The extensions give every box of a page the same name.
        del inner["id"]
    fold_solutions(soup)
    code_cells.fold_code(soup)
    code_cells.mark_wide(soup)
    plain_code(soup)
    hold_together(soup)
    raise_powers(soup)
    break_long_words(soup)
    break_formulas(soup)
    for formula in soup.find_all("div", class_="math"):
        formula["class"] = [*formula["class"], "scrolls"]
    for box in soup.select(".scrolls, pre"):
        if box.name != "pre" or max(map(len, box.get_text().splitlines()), default=0) > PHONE:
            box["tabindex"] = "0"
    section_heights.reserve(soup)
    parsed_body.write(context)


def fold_solutions(soup: BeautifulSoup) -> None:
    """Make the solution of an exercise a fold that needs no script."""
    for box in soup.select("div.solution.dropdown"):
        box.name = "details"
        box["class"] = ["solution", "solution-fold"]
        title = box.select_one(".admonition-title")
        title.name, title.attrs = "summary", {}
        title.a.unwrap()  # to the exercise above it: what opens may hold no link


def plain_code(soup: BeautifulSoup) -> None:
    """Leave names, signs and blanks of code uncoloured: nine of ten elements of a long page."""
    for pre in soup.select("div.highlight pre"):
        for span in pre.find_all("span", class_=True):
            if set(span["class"]) <= PLAIN:
                span.unwrap()


def hold_together(soup: BeautifulSoup) -> None:
    """Part no number from its sign, power or name, no formula from the signs around it."""
    parted = re.compile(rf"\d (%|× 10)|{NAMED.pattern}|{SUM.pattern}|{COUNTED.pattern}")
    for text in soup.find_all(string=parted):
        # A diagram that was put in is a string of marks, and not one of words.
        if type(text) is NavigableString and not text.find_parent(["pre", "code", "math"]):
            held = NAMED.sub(lambda name: name[0].replace(" ", "\xa0"), text)
            held = SUM.sub("\\1\xa0\\2\xa0", held)
            held = COUNTED.sub("\xa0", held)
            held = re.sub(r"(?<=\d) %", "\xa0%", held)
            text.replace_with(re.sub(r"(?<=\d) × (?=10)", "\xa0×\xa0", held))
    for version in put_into_tags(soup, VERSION, "span"):
        version["class"] = "together"
    for formula in soup.select("span.math"):
        source = formula.find("annotation")
        if not source or len(source.get_text()) > SHORT:
            continue
        if len(source.get_text()) <= WHOLE:
            formula["class"] = [*formula["class"], "together"]
        before, behind = formula.previous_sibling, formula.next_sibling
        opens = re.search(r"[(‘“]+$", before) if isinstance(before, NavigableString) else None
        closes = re.match(r"[.,;:!?)’”]+", behind) if isinstance(behind, NavigableString) else None
        if opens or closes:
            box = formula.wrap(soup.new_tag("span", attrs={"class": "together"}))
        if opens:
            before.replace_with(before[: opens.start()])
            box.insert(0, opens[0])
        if closes:
            behind.replace_with(behind[closes.end() :])
            box.append(closes[0])


def raise_powers(soup: BeautifulSoup) -> None:
    """Write the powers of ten in a text with raised digits of its own face."""
    for raised in put_into_tags(soup, RAISED, "sup"):
        raised.string = raised.string.translate(HIGH)


def put_into_tags(soup: BeautifulSoup, pattern: re.Pattern, name: str) -> list[Tag]:
    """Put what the group of a pattern finds in the text into tags of this name; return them."""
    tags = []
    for text in soup.find_all(string=pattern):
        if type(text) is NavigableString and not text.find_parent(["pre", "code", "math", "svg"]):
            for number, part in enumerate(pattern.split(text)):
                if number % 2:
                    tags.append(soup.new_tag(name))
                    tags[-1].string = part
                text.insert_before(tags[-1] if number % 2 else part)
            text.extract()
    return tags


def break_long_words(soup: BeautifulSoup) -> None:
    """Let a long word of code in a text, such as a path, break behind its signs."""
    for word in soup.select(":not(pre) > code > span.pre"):
        text = word.get_text()
        if len(text) <= WORD or word.find(True):
            continue
        word["class"] = [*word["class"], "long"]
        parts = re.split(r"(?<=[/\\,_=(\[])(?=\w)", text)
        word.clear()
        for number, part in enumerate(parts):
            if number:
                word.append(soup.new_tag("wbr"))
            word.append(part)


def break_formulas(soup: BeautifulSoup) -> None:
    """Give a formula that is two, with a gap between, a place where a phone starts a line."""
    for gap in soup.select(".katex-display .base > .mpunct + .mspace"):
        width = re.search(r"margin-right:([\d.]+)em", gap.get("style", ""))
        if not width or float(width[1]) < QUAD:
            continue
        base = gap.find_parent(class_="base")
        second = soup.new_tag("span", attrs={"class": "base"})
        if (strut := base.select_one(".strut")) is not None:
            second.append(copy(strut))
        for part in list(gap.next_siblings):
            second.append(part)
        gap["class"] = [*gap["class"], "gap"]
        base.insert_after(soup.new_tag("br", attrs={"class": "gap"}), second)


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


def join_heads(table: Tag) -> None:
    """Make one row of two in a table's head where each column has a name in one of them only."""
    rows = table.select("thead > tr")
    if len(rows) != 2 or table.select("thead [colspan], thead [rowspan]"):
        return
    first, second = (row.find_all(["td", "th"], recursive=False) for row in rows)
    named = [[bool(cell.get_text(strip=True)) for cell in row] for row in (first, second)]
    if len(first) != len(second) or any(map(all, zip(*named, strict=True))):
        return
    for above, below, full in zip(first, second, named[1], strict=True):
        if full:
            above.replace_with(below)
    rows[1].decompose()


def align_columns(soup: BeautifulSoup, table: Tag) -> None:
    """Put the numbers of a column under each other, with powers of ten as the text has them.

    A column of texts is marked, so that a phone leaves it room; one of names stays in one piece.
    """
    rows = [row.find_all(["td", "th"], recursive=False) for row in table.select("tbody > tr")]
    if table.find(attrs={"rowspan": True}) or table.find(attrs={"colspan": True}):
        return
    head = table.select("thead > tr")
    for column in range(max(map(len, rows), default=0)):
        cells = [row[column] for row in rows if column < len(row)]
        filled = [
            text for cell in cells if (text := cell.get_text(strip=True)) not in ("", "–", "—")
        ]
        if not filled or not all(NUMBER.fullmatch(text) for text in filled):
            longest = max(map(len, filled), default=0)
            if longest >= TEXT or longest <= NAME:
                for cell in cells:
                    mark = "text" if longest >= TEXT else "together"
                    cell["class"] = [*cell.get("class", []), mark]
            continue
        names = head[-1].find_all(["td", "th"], recursive=False) if head else []
        for cell in [*cells, *names[column : column + 1]]:
            cell["class"] = [*cell.get("class", []), "number"]
        for cell in cells:
            if (parts := POWER.fullmatch(cell.get_text(strip=True))) is not None:
                sign = parts["sign"].replace("+", "").replace("-", "−")
                cell.string = parts["digits"].removesuffix(".0") + " × 10"
                cell.append(soup.new_tag("sup"))
                cell.sup.string = sign + parts["power"]
