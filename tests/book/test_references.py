"""The bibliography: complete entries, one style of keys, and every key that the tables use."""

import pathlib
import re
import tomllib
import unicodedata

import pytest
from pybtex.database import parse_file, parse_string

from scaling_lib import compute
from scaling_lib.data import describe, load, names

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


def _complete(key, entry):
    """Yield what an entry lacks."""
    needed = {"article": ["journal"], "inproceedings": ["booktitle"]}.get(entry.type, [])
    patterns = {
        "year": r"(19|20)\d\d",
        "title": r".*[^{} ].*",
        "url": r"https?://\S+",
        **dict.fromkeys(needed, ".+"),
    }
    if "doi" in entry.fields:
        patterns["doi"] = r"10\.\d{4,9}/\S+"
    if not entry.persons.get("author"):
        yield f"{key}: no author"
    for field, pattern in patterns.items():
        if not re.fullmatch(pattern, entry.fields.get(field, "")):
            yield f"{key}: {field} is {entry.fields.get(field)!r}"


def _date_in_its_own_fields(key, entry):
    """Yield what names the year a second time: a day and a month belong into `month`."""
    for field in ("howpublished", "institution", "note"):
        if re.search(rf"\b{entry.fields['year']}\W*$", entry.fields.get(field, "")):
            yield f"{key}: {field} ends with the year, {entry.fields[field]!r}"


def _key_of_author_year_word(key, entry):
    """Yield what is wrong with a key: it is author, year and a word of the title."""
    match = re.fullmatch(r"([a-z]+)((?:19|20)\d\d)([a-z0-9]+)", key)
    author, year, word = match.groups() if match else ("?", "", "?")
    first = entry.persons["author"][0]
    name = _plain(" ".join([*first.prelast_names, *first.last_names]))
    if author[:8] not in name and author != "eu":
        yield f"{key}: the author is {name}"
    if year != entry.fields["year"]:
        yield f"{key}: the year is {entry.fields['year']}"
    if word not in _plain(entry.fields["title"]):
        yield f"{key}: no word of the title"


def _arxiv_number_that_fits_the_year(key, entry):
    """Yield what is wrong with an entry of arXiv."""
    fields = entry.fields
    if "arxiv" not in fields["url"]:
        return
    number = fields["url"].removeprefix("https://arxiv.org/abs/")
    if not re.fullmatch(r"\d{4}\.\d{4,5}", number):
        yield f"{key}: {fields['url']} is no address of an abstract"
        return
    preprint = fields.get("journal", "").startswith("arXiv")
    if preprint and fields["journal"] != f"arXiv preprint arXiv:{number}":
        yield f"{key}: {fields['journal']} is not {number}"
    # A paper may appear in print up to two years after it was first posted.
    later = int(fields["year"]) - 2000 - int(number[:2])
    if not 0 <= later <= (1 if preprint else 2):
        yield f"{key}: {number} and {fields['year']}"


CHECKS = [
    *(_complete, _date_in_its_own_fields, _key_of_author_year_word),
    _arxiv_number_that_fits_the_year,
]


@pytest.mark.parametrize("check", CHECKS)
def test_entries(check):
    assert [fault for key, entry in ENTRIES.items() for fault in check(key, entry)] == []


def test_the_checks_of_entries_find_what_is_wrong():
    entry = parse_string(
        "@article{smith2020word, author={Doe, Jo}, title={Other}, year={2021},"
        " url={https://arxiv.org/abs/1801.00001}, doi={x}, journal={arXiv preprint arXiv:1},"
        " note={Blog, May 2021}}",
        "bibtex",
    ).entries["smith2020word"]
    assert [len(list(check("smith2020word", entry))) for check in CHECKS] == [1, 1, 3, 2]


def test_no_two_entries_are_the_same_work():
    titles = [_plain(entry.fields["title"]) for entry in ENTRIES.values()]
    assert len(set(titles)) == len(titles)
    urls = [entry.fields["url"] for entry in ENTRIES.values()]
    assert len(set(urls)) == len(urls)


def cited_by_tables():
    """Return the keys that the rows of the tables cite."""
    columns = [
        load(name)[column]
        for name in names()
        for column, kind in zip(describe(name)["column"], describe(name)["kind"], strict=True)
        if kind == "key"
    ]
    return {key for column in columns for key in column if key}


def test_tables_cite_what_is_in_the_bibliography():
    assert len(cited_by_tables()) > 50
    assert cited_by_tables() - set(ENTRIES) == set()


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
    cited |= cited_by_tables()
    cited |= {threshold.source for threshold in compute.THRESHOLDS}
    root = FILE.parent
    claims = tomllib.loads((root / "chapters/claims.toml").read_text(encoding="utf-8"))["claim"]
    cited |= {key for claim in claims for key in claim["sources"]}
    # The library names a source where it uses a method or a constant.
    rooms = [*root.glob("scaling_lib/**/*.py"), *root.glob("grading/**/*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in rooms)
    code += (root / "scaling_lib/data/SOURCES.md").read_text(encoding="utf-8")
    assert sorted(key for key in set(ENTRIES) - cited if not re.search(rf"\b{key}\b", code)) == []
