"""A reader knows where a page stands: the contents, the pages above it, those next to it."""

import re
from pathlib import Path

import pytest
from parsed import parse

pytestmark = pytest.mark.site

ROOT = Path(__file__).resolve().parent.parent.parent

KEYS = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text("utf-8"), re.M))
CONTENTS = (ROOT / "_toc.yml").read_text("utf-8")
LISTED = re.findall(r"file: (\S+)", CONTENTS)
EXERCISES = [page for page in LISTED if re.match(r"exercises/pages/\w+/", page)]
EXERCISE = "exercises/pages/scaling_laws/bootstrap.html"


@pytest.fixture
def soup(site):
    return lambda name: parse(site / name)


def test_what_is_for_instructors_is_folded_for_others(soup):
    for name, opened in (("chapters/intro.html", False), ("instructor/marking.html", True)):
        folds = soup(name).select(".bd-sidebar-primary details.contents-fold")
        assert [fold.summary.get_text(strip=True) for fold in folds] == ["For instructors"]
        assert folds[0].has_attr("open") == opened
        links = [link["href"] for link in folds[0].select("a")]
        assert len(links) == len([p for p in LISTED if p.startswith("instructor/")]) > 5


def test_no_heading_of_the_contents_stands_over_one_entry(soup):
    sidebar = soup("chapters/intro.html").select_one(".bd-sidebar-primary")
    parts = {
        caption.get_text(strip=True): caption.find_next("ul").find_all("li", recursive=False)
        for caption in sidebar.select("p.caption")
    }
    assert list(parts) == re.findall("caption: (.+)", CONTENTS)
    for caption, entries in parts.items():
        assert len(entries) > 1, caption
        assert caption not in {entry.get_text(strip=True) for entry in entries}


def test_an_exercise_says_where_it_stands(soup):
    page = soup(EXERCISE)
    trail = page.select("nav.trail li")
    assert [item.get_text(strip=True) for item in trail] == [
        *("Exercises", "Exercises: scaling laws", "An interval for the exponent")
    ]
    assert trail[0].a["href"] == "../index.html" and trail[1].a["href"] == "../scaling_laws.html"
    others = page.select("nav.siblings li")
    siblings = [page for page in EXERCISES if EXERCISE.rpartition("/")[0] + "/" in page]
    assert len(others) == len(siblings) > 3
    assert [item.get_text() for item in others if item.select("[aria-current=page]")] == [
        "An interval for the exponent"
    ]
    assert len(page.select("nav.siblings a")) == len(siblings) - 1


def test_every_exercise_leads_to_its_section_and_its_siblings(site, soup):
    pages = list((site / "exercises/pages").glob("*/*.html"))
    assert {p.relative_to(site).with_suffix("").as_posix() for p in pages} == set(EXERCISES)
    for path in pages:
        page = soup(path.relative_to(site).as_posix())
        belongs = page.find("dt", string="Belongs to").find_next("dd").a
        assert "/chapters/" in belongs["href"] and "#" in belongs["href"], path
        assert len(page.select("nav.siblings a")) >= 3, path


def test_the_foot_of_a_page_says_where_it_leads(soup, page_name):
    page = soup(page_name)
    for link in page.select(".prev-next-area a"):
        assert len(link.select_one(".prev-next-title").get_text(strip=True)) > 3


def test_no_key_of_a_work_reaches_a_reader(soup, page_name):
    texts = soup(page_name).find_all(string=re.compile(r"[a-z]\d{4}[a-z]"))
    unread = ["pre", "script", "style", "head"]
    read = " ".join(
        t for t in texts if not t.find_parent(unread + ["code"] * (not t.find_parent("td")))
    )
    assert len(KEYS) > 100 and not KEYS & set(re.findall(r"\w+", read))
