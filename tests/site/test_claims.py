"""The pages of the claims in the built site: each row, its links, and the buttons."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import claim_ledger as ledger
import pytest
from parsed import parse

pytestmark = pytest.mark.site

FILE = Path(__file__).resolve().parent.parent.parent / "chapters" / "claims.toml"
ROWS = tomllib.loads(FILE.read_text(encoding="utf-8"))["claim"]


def test_every_claim_links_to_its_place(site):
    claims = parse(site / "chapters/claims.html")
    for row in ROWS:
        item = claims.find(id=f"claim-{row['id'].lower()}")
        assert row["status"] in item.get_text()
        links = [a["href"] for a in item.find_all("a", href=True)]
        assert sum(link.startswith("references.html#") for link in links) == len(row["sources"])
        if row["status"] == "open":
            continue
        pages = [notebook.stem for notebook in ledger.pages(FILE.parent, row["chapter"])]
        (page,) = [p for p in pages if f"{p}.html#{row['anchor']}" in links]
        found = parse(site / f"chapters/{page}.html").find(id=row["anchor"])
        assert found, f"{page}.html#{row['anchor']} leads nowhere"


def test_what_falls_short_is_on_its_page(site):
    page = parse(site / "chapters/not_shown.html")
    links = {a["href"] for a in page.select(".claim a[href]")}
    for row in ROWS:
        listed = f"claims.html#claim-{row['id'].lower()}" in links
        assert listed == (row["shown"] in ledger.FALLS_SHORT)


@pytest.mark.parametrize("name", ["claims", "not_shown"])
def test_no_row_reads_as_python_printed_it(site, name):
    """No list, no dictionary, no small letter at the start, and not all rows of one kind."""
    page = parse(site / f"chapters/{name}.html")
    for result in page.select(".claim-result"):
        text = result.get_text()
        assert not re.search(r"[{}\[\]]|\(s\)|\d{5}|\de[+-]?\d|^[a-z]+\b", text), text
    facts = Counter(f.find("strong").get_text() for f in page.select(".claim-facts"))
    assert len(facts) > 2 and max(facts.values()) < facts.total() / 2, facts


@pytest.mark.chromium
@pytest.mark.browser
def test_the_buttons_show_what_they_say_without_a_script(address, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "chapters/claims.html")
    shown = {
        "all": len(ROWS),
        "measured": sum(row["status"] == "measured" for row in ROWS),
        "cited": sum(row["status"] == "cited" for row in ROWS),
        "not shown in full": sum(row["shown"] in ledger.FALLS_SHORT for row in ROWS),
    }
    for name, number in shown.items():
        page.get_by_role("radio", name=name, exact=True).check()
        assert page.locator(".claim:visible").count() == number
    context.close()
