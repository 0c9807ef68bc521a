"""The glossary and the words of the chapters that lead to it."""

import re
from pathlib import Path

import nbformat
import pytest

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
TEXT = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted(CHAPTERS.glob("*.ipynb"))


def entries(text):
    """Return the terms of the glossary."""
    body = re.search(r"```\{glossary\}\n(?::\w+:\n)*(.*?)```", text, re.S)[1]
    return re.findall(r"^(\S.*)$", body, re.M)


def linked(text):
    """Return the entries to which a text links, one for each link, in lower case."""
    found = re.findall(r"\{term\}`([^`]+)`", text)
    targets = (re.sub(r".*<(.*)>", r"\1", word, flags=re.S) for word in found)
    return [" ".join(target.split()).lower() for target in targets]


def prose(path):
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_links_and_entries_are_read():
    text = "a {term}`tokens <token>` and a {term}`FLOP` and {cite}`x`"
    assert linked(text) == ["token", "flop"]
    assert entries("```{glossary}\n:sorted:\n\ntoken\n  A unit.\n\nFLOP\n  One.\n```") == [
        "token",
        "FLOP",
    ]


def test_entries_are_unique_and_explained():
    terms = [term.lower() for term in entries(TEXT)]
    assert len(terms) > 60
    assert len(set(terms)) == len(terms)
    # Each term is followed by a line of explanation.
    assert not re.findall(r"^(\S.*)\n\n", TEXT.split("{glossary}")[1], re.M)[1:]


def test_every_entry_is_needed_by_a_page():
    used = {word for path in NOTEBOOKS for word in linked(prose(path))}
    assert [term for term in entries(TEXT) if term.lower() not in used] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_links_a_term_once_and_only_known_ones(path):
    words = linked(prose(path))
    assert set(words) <= {term.lower() for term in entries(TEXT)}
    assert sorted(word for word in set(words) if words.count(word) > 1) == []


def test_entries_refer_to_entries():
    assert set(linked(TEXT)) <= {term.lower() for term in entries(TEXT)}
