"""The bibliography: complete entries, one style of keys, and every key that the tables use."""

import pathlib
import re
import unicodedata

import pytest
from pybtex.database import parse_file

from scaling_lib import compute, datasets

FILE = pathlib.Path(__file__).parents[1] / "references.bib"
ENTRIES = parse_file(str(FILE), bib_format="bibtex").entries


def _plain(text):
    """Lower case ASCII letters and digits of a text."""
    decomposed = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]", "", decomposed.lower())


def test_keys_are_unique():
    keys = re.findall(r"^@\w+\{([^,]+),", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(keys) > 200
    assert len({key.lower() for key in keys}) == len(keys) == len(ENTRIES)


@pytest.mark.parametrize("key", ENTRIES)
def test_entries_are_complete(key):
    entry = ENTRIES[key]
    assert entry.persons.get("author")
    assert re.fullmatch(r"(19|20)\d\d", entry.fields["year"])
    assert entry.fields["title"].strip("{} ")
    assert re.match(r"https?://\S+$", entry.fields["url"])
    if "doi" in entry.fields:
        assert re.match(r"10\.\d{4,9}/\S+$", entry.fields["doi"])
    if entry.type == "article":
        assert entry.fields["journal"]
    if entry.type == "inproceedings":
        assert entry.fields["booktitle"]


@pytest.mark.parametrize("key", ENTRIES)
def test_keys_are_author_year_word(key):
    match = re.fullmatch(r"([a-z]+)((?:19|20)\d\d)([a-z0-9]+)", key)
    assert match, "a key is author, year and a word of the title, in lower case"
    author, year, word = match.groups()
    entry = ENTRIES[key]
    first = entry.persons["author"][0]
    name = _plain(" ".join([*first.prelast_names, *first.last_names]))
    assert author[:8] in name or "eu" == author
    assert year == entry.fields["year"]
    assert word in _plain(entry.fields["title"])


def test_no_two_entries_are_the_same_work():
    titles = [_plain(entry.fields["title"]) for entry in ENTRIES.values()]
    assert len(set(titles)) == len(titles)
    urls = [entry.fields["url"] for entry in ENTRIES.values()]
    assert len(set(urls)) == len(urls)


@pytest.mark.parametrize("key", [key for key, e in ENTRIES.items() if "arxiv" in e.fields["url"]])
def test_arxiv_numbers_fit_the_year(key):
    fields = ENTRIES[key].fields
    number = fields["url"].removeprefix("https://arxiv.org/abs/")
    assert re.fullmatch(r"\d{4}\.\d{4,5}", number)
    first = 2000 + int(number[:2])
    if fields.get("journal", "").startswith("arXiv"):
        assert fields["journal"] == f"arXiv preprint arXiv:{number}"
        assert int(fields["year"]) - first in (0, 1) and first <= int(fields["year"])
    else:  # published later than it was first posted
        assert 0 <= int(fields["year"]) - first <= 2


@pytest.mark.parametrize("name", datasets.names())
def test_tables_cite_what_is_in_the_bibliography(name):
    assert not set(datasets.citations(name)) - set(ENTRIES)


def test_thresholds_and_chips_cite_what_is_in_the_bibliography():
    assert {threshold.source for threshold in compute.THRESHOLDS} <= set(ENTRIES)
