"""The house: few rooms, names that are not used twice, notebooks that import from faces only."""

import ast
import collections
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [p.parent.name for p in ROOT.glob("scaling_lib/experiments/*/__init__.py")]
FACES = {
    "scaling_lib",
    "scaling_lib.capstone",
    "scaling_lib.fitting",
    "scaling_lib.forecasting",
    "scaling_lib.laws",
    "scaling_lib.models",
    "scaling_lib.page",
    "scaling_lib.tasks",
    "scaling_lib.training",
    *(f"scaling_lib.experiments.{chapter}" for chapter in CHAPTERS),
    "grading",
}
NOTEBOOKS = [
    *ROOT.glob("chapters/*.ipynb"),
    *ROOT.glob("exercises/source/*/*.ipynb"),
    *ROOT.glob("instructor/*.ipynb"),
]


def imported(source):
    """Return the modules of the project from which a piece of code imports."""
    out = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            out.add(node.module)
        elif isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
    return {name for name in out if name.split(".")[0] in ("scaling_lib", "grading")}


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_imports_are_found():
    assert imported(
        "def f():\n    import grading.sandbox\nfrom scaling_lib.page import figures"
    ) == {
        "grading.sandbox",
        "scaling_lib.page",
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebooks_import_from_faces_only(path):
    used = set().union(*map(imported, code_cells(path)))
    assert used <= FACES, f"import from a face: {used - FACES}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_stored_figures_are_in_the_typeface_of_the_site(path):
    # DejaVu is what matplotlib draws with where `use_book_style` was not called.
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    drawn = [
        "".join(output.get("data", {}).get("image/svg+xml", ""))
        for cell in cells
        for output in cell.get("outputs", [])
    ]
    assert not any("DejaVu" in figure for figure in drawn)


PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *ROOT.glob("chapters/*.md"),
    *ROOT.glob("exercises/rubrics/*.md"),
    *ROOT.glob("instructor/*.md"),
]


def test_code_on_pages_imports_from_faces_what_they_have():
    blocks = [
        b for page in PAGES for b in re.findall(r"```python\n(.*?)```", page.read_text(), re.S)
    ]
    assert len(blocks) > 2
    for block in blocks:
        assert imported(block) <= FACES, block
        lines = [
            line for line in block.splitlines() if re.match("from (scaling_lib|grading)", line)
        ]
        exec("\n".join(lines), {})


@pytest.mark.parametrize(("package", "most"), [("scaling_lib", 14), ("grading", 9)])
def test_a_newcomer_sees_few_rooms(package, most):
    entries = [p.name for p in (ROOT / package).iterdir() if p.name != "__pycache__"]
    assert len(entries) <= most, sorted(entries)


@pytest.mark.parametrize("package", ["scaling_lib", "grading"])
def test_no_two_modules_have_one_name(package):
    names = collections.Counter(p.stem for p in (ROOT / package).rglob("*.py"))
    twice = {name for name, count in names.items() if count > 1} - {"__init__", "__main__"}
    assert not twice


def test_no_file_holds_both_sides_of_a_merge():
    rooms = [
        p for p in ROOT.iterdir() if p.is_dir() and p.name[0] not in "." and p.name != "_build"
    ]
    paths = [p for p in ROOT.iterdir() if p.is_file()]
    paths += [p for room in rooms for p in room.rglob("*") if "node_modules" not in p.parts]
    texts = [p for p in paths if p.suffix in {".md", ".py", ".ipynb", ".toml", ".bib", ".yml"}]
    marks = re.compile(r"^(<{7}|>{7}) ", re.M)
    assert len(texts) > 300
    assert [str(p) for p in texts if marks.search(p.read_text(encoding="utf-8"))] == []
