"""The ledger of claims against the notebooks, and the pages that are made from it."""

import re
import tomllib
from pathlib import Path

import claim_ledger as ledger
import nbformat
import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"
FILE = CHAPTERS / "claims.toml"


ROWS = tomllib.loads(FILE.read_text(encoding="utf-8"))["claim"]


def test_every_claim_has_one_row():
    numbers = [*range(1, 8), *range(1, 19), *range(1, 21), *range(1, 7), *range(1, 9)]
    numbers += range(1, 15)
    letters = "B" * 7 + "L" * 18 + "H" * 20 + "D" * 6 + "S" * 8 + "R" * 14
    wanted = [f"{letter}{n}" for letter, n in zip(letters, numbers, strict=True)]
    assert sorted(row["id"] for row in ROWS) == sorted(wanted)
    keys = set(parse_file(str(ROOT / "references.bib"), bib_format="bibtex").entries)
    assert [claim.id for claim in ledger.load(FILE, keys)] == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row_says_what_its_cell_printed(row):
    notebooks = ledger.pages(CHAPTERS, row["chapter"])
    if not notebooks[0].exists():
        assert row["status"] == "open", f"there is no {notebooks[0].name} to point to"
        return
    name = notebooks[0].name
    assert row["status"] != "open", f"{name} is there: say where it deals with {row['id']}"
    ledger.check_places([ledger.Claim(**{**row, "sources": tuple(row["sources"])})], CHAPTERS)
    if row["status"] == "cited":
        return
    # Once more without the ledger's own reader: the words are in the file.
    read = [nbformat.read(notebook, as_version=4) for notebook in notebooks]
    cells = {cell.id: cell for notebook in read for cell in notebook.cells}
    assert cells[row["cell"]].execution_count
    outputs = cells[row["cell"]].outputs
    text = "".join(out.text if out.output_type == "stream" else str(out.data) for out in outputs)
    assert row["printed"] in text and row["printed"] in row["result"]


@pytest.mark.parametrize("name", ["claims", "not_shown"])
def test_pages_have_every_chapter(name):
    text = (CHAPTERS / f"{name}.md").read_text(encoding="utf-8")
    directive = {"claims": "claims", "not_shown": "not-shown"}[name]
    assert re.findall(rf"^```{{{directive}}} (\w+)", text, re.M) == list(ledger.CHAPTERS)


# Bad ledgers: each fault is named.


def good_row(**changes):
    row = {
        "id": "B1",
        "claim": "Search wins.",
        "sources": ["sutton2019bitter"],
        "chapter": "bitter_lesson",
        "anchor": "here",
        "status": "measured",
        "shown": "yes",
        "result": "Level at 260 rollouts, by search.",
        "cell": "run",
        "printed": "260 rollouts",
        "why": "",
    }
    return {**row, **changes}


def test_a_good_row_has_no_fault():
    assert ledger.faults_of(good_row(), {"sutton2019bitter"}) == []
    cited = good_row(status="cited", shown="", cell="", printed="")
    assert ledger.faults_of(cited) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "B8"}, "B8: unknown id"),
        ({"id": "X1"}, "unknown id"),
        ({"status": "shown"}, "B1: unknown status 'shown'; use one of measured"),
        ({"chapter": "bitter"}, "unknown chapter 'bitter'"),
        ({"sources": ["nobody1999"]}, "'nobody1999' is not in references.bib"),
        ({"sources": []}, "at least one source"),
        ({"claim": ""}, "needs its words"),
        ({"anchor": ""}, "needs anchor"),
        ({"cell": ""}, "needs cell"),
        ({"printed": ""}, "needs printed"),
        ({"result": ""}, "needs result"),
        ({"result": "Level somewhere."}, "does not contain what is printed: '260 rollouts'"),
        ({"shown": "perhaps"}, "shown is 'perhaps'"),
        ({"shown": "failed"}, "why belongs"),
        ({"why": "no reason"}, "why belongs"),
        ({"status": "cited"}, "a cited row has no cell"),
        ({"colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_each_fault_of_a_row_is_named(changes, message):
    faults = ledger.faults_of(good_row(**changes), {"sutton2019bitter"})
    assert any(message in fault for fault in faults), faults


def test_a_missing_field_is_named():
    row = good_row()
    del row["anchor"]
    assert ledger.faults_of(row) == ["B1: lacks anchor"]


def test_missing_and_doubled_rows_are_named(tmp_path):
    text = FILE.read_text(encoding="utf-8")
    bad = tmp_path / "claims.toml"
    bad.write_text(text.replace('id = "B2"', 'id = "B3"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"claims.toml:\n  B3: 2 rows.*\n  B2: no row"):
        ledger.load(bad)
    bad.write_text("[[claim]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"claims.toml is not valid TOML"):
        ledger.load(bad)


@pytest.fixture
def folder(tmp_path):
    """A folder with a chapter of one section, one executed cell and one that was not."""
    out = nbformat.v4.new_output("stream", text="level at 260 rollouts\n")
    table = nbformat.v4.new_output("display_data", {"text/html": "<td>12</td><td>34</td>"})
    cells = [
        nbformat.v4.new_markdown_cell("(here)=\n## Search\n\n(there)=\nA paragraph.", id="text"),
        nbformat.v4.new_code_cell("print()", id="run", outputs=[out, table], execution_count=1),
        nbformat.v4.new_code_cell("print()", id="idle"),
    ]
    cells[1].metadata["mystnb"] = {"figure": {"name": "fig-one"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "bitter_lesson.ipynb")
    return tmp_path


def claim(**changes):
    row = good_row(**changes)
    return ledger.Claim(**{**row, "sources": tuple(row["sources"])})


def test_places_are_found(folder):
    ledger.check_places([claim(), claim(anchor="there"), claim(anchor="fig-one")], folder)
    ledger.check_places([claim(printed="34")], folder)
    anchors = ledger.chapter(folder, "bitter_lesson").anchors
    assert anchors == {"here": "Search", "there": "Search", "fig-one": "Search"}


def test_places_are_found_on_every_page_of_a_chapter(folder):
    first, second = ledger.pages(folder, "scaling_hypothesis")
    row = claim(chapter="scaling_hypothesis")
    (folder / "bitter_lesson.ipynb").rename(second)
    with pytest.raises(ValueError, match=f"there is no {first.name}"):
        ledger.check_places([row], folder)
    nbformat.write(nbformat.v4.new_notebook(), first)
    ledger.check_places([row], folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"anchor": "nowhere"}, "B1: bitter_lesson has no label or figure 'nowhere'"),
        ({"cell": "other"}, "has no code cell 'other'"),
        ({"cell": "text"}, "has no code cell 'text'"),
        ({"cell": "idle"}, "cell 'idle' was not executed"),
        ({"printed": "261"}, "cell 'run' does not print '261'"),
        ({"chapter": "data_limits"}, "there is no data_limits.ipynb"),
    ],
)
def test_each_fault_of_a_place_is_named(folder, changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ledger.check_places([claim(**changes)], folder)
