"""The bibliography: complete entries, one style of keys, and every key that the tables use."""

import pathlib
import re
import tomllib
import unicodedata

import pytest
from pybtex.database import parse_file

from scaling_lib import compute
from scaling_lib import data as datasets

FILE = pathlib.Path(__file__).parents[2] / "references.bib"
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


def cited_by(text):
    """Return the keys that a text in MyST cites."""
    found = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)
    return {key.strip() for keys in found for key in keys.split(",")}


def pages():
    """Return the text of every page of the book and of every exercise."""
    root = FILE.parent
    paths = [
        p for room in ("chapters", "exercises", "instructor") for p in root.glob(f"{room}/**/*")
    ]
    return {
        path: path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in {".ipynb", ".md"} and ".ipynb_checkpoints" not in path.parts
    }


def test_citations_of_pages_are_in_the_bibliography():
    assert cited_by("{cite:t}`a2020b, c2021d` and {cite}`e2022f`") == {"a2020b", "c2021d", "e2022f"}
    unknown = {
        path.name: keys for path, text in pages().items() if (keys := cited_by(text) - set(ENTRIES))
    }
    assert unknown == {}


def test_every_entry_is_cited_somewhere():
    cited = set().union(*map(cited_by, pages().values()))
    cited |= {key for name in datasets.names() for key in datasets.citations(name)}
    cited |= {threshold.source for threshold in compute.THRESHOLDS}
    root = FILE.parent
    claims = tomllib.loads((root / "chapters/claims.toml").read_text(encoding="utf-8"))["claim"]
    cited |= {key for claim in claims for key in claim["sources"]}
    # The library names a source where it uses a method or a constant.
    rooms = [*root.glob("scaling_lib/**/*.py"), *root.glob("grading/**/*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in rooms)
    code += (root / "scaling_lib/data/SOURCES.md").read_text(encoding="utf-8")
    assert sorted(key for key in set(ENTRIES) - cited if not re.search(rf"\b{key}\b", code)) == []
