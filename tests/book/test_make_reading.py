"""The copies that learners open in JupyterLab: complete, without raw keys, with links that lead."""

import functools
import re
import shutil

import make_reading
import nbformat
import pytest

ROOT = make_reading.ROOT
# What JupyterLab follows on one page; every other role has to be written out.
NATIVE = {"term", "ref", "eq"}
ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def pages():
    return make_reading.Book().pages


def prose(page):
    return "\n\n".join(c.source for c in page.cells if c.cell_type == "markdown")


def anchors(page):
    """Return what a link on a page can lead to: labels, and those of formulas and exercises."""
    found = {match[1] for match in make_reading.LABEL.finditer(prose(page))}
    return found | {name for cell in page.cells for _, name in make_reading.numbered(cell)}


@functools.cache
def cell_ids(path):
    return {cell.id for cell in nbformat.read(path, as_version=4).cells}


def dangling(page, folder):
    """List the roles and links of a page that lead nowhere in JupyterLab."""
    text, found = prose(page), []
    terms = {term.lower() for term in re.findall(r"^(\w.*)\n: ", text, re.M)}
    for role, body in ROLE.findall(text):
        target = " ".join(re.sub(r".*<(.*)>", r"\1", body, flags=re.S).split())
        known = terms if role == "term" else anchors(page)
        if role not in NATIVE or (target.lower() if role == "term" else target) not in known:
            found.append(f"{{{role}}}`{body}`")
    for target in LINK.findall(text):
        name, _, cell = target.partition("#")
        if name.startswith("http"):
            continue
        if not name:
            lives = cell in anchors(page)
        else:
            path = (folder / name).resolve()
            lives = path.exists() and (not cell or cell.removeprefix("cell-id=") in cell_ids(path))
        if not lives:
            found.append(target)
    return found


@pytest.fixture(scope="module")
def folder(pages, tmp_path_factory):
    """The copies, with the exercises beside them as a learner has them."""
    root = tmp_path_factory.mktemp("book")
    for room in ("exercises/release", "chapters/diagrams"):
        shutil.copytree(ROOT / room, root / room)
    for name, page in pages.items():
        make_reading.put(make_reading.notebook(page), root / "reading" / f"{name}.ipynb")
    return root / "reading"


def test_every_chapter_has_a_copy(pages):
    notebooks = {path.stem for path in (ROOT / "chapters").glob("*.ipynb")}
    assert notebooks <= set(pages) and {"glossary", "references", "claims"} <= set(pages)


def test_no_key_is_left_and_every_link_leads_somewhere(pages, folder):
    assert {n: bad for n, page in pages.items() if (bad := dangling(page, folder))} == {}
    text = "\n".join(map(prose, pages.values()))
    assert "[Brown *et al.*, 2020](#brown2020language)" in text
    assert "Besiroglu *et al.* [[2024](#besiroglu2024chinchilla)]" in text
    assert "([Figure 2.1](scaling_laws.ipynb#cell-id=fig-thirty))" in text


def test_a_diagram_is_shown_with_its_words_number_and_caption(pages):
    text = prose(pages["scaling_laws"])
    assert re.search(r"^!\[Three boxes, .*\]\(\.\./chapters/diagrams/metering\.svg\)$", text, re.M)
    assert re.search(r"^\*\*Figure 2\.\d+\*\* Training costs three times", text, re.M)
    assert not any("```{figure}" in prose(page) for page in pages.values())


def test_a_key_and_a_dead_link_are_seen(folder):
    cells = [
        nbformat.v4.new_markdown_cell(text)
        for text in (
            "{cite:t}`kaplan2020scaling` and {term}`nat` and {ref}`here <nowhere>`",
            "[a](#none), [b](missing.ipynb), [c](intro.ipynb#cell-id=none), [d](intro.ipynb)",
        )
    ]
    page = make_reading.Page("x", None, cells)
    assert len(dangling(page, folder)) == 6


def test_code_outputs_and_the_cells_that_are_graded_stay(pages):
    for path in (ROOT / "chapters").glob("*.ipynb"):
        source = nbformat.read(path, as_version=4).cells
        copy = {cell.id: cell for cell in pages[path.stem].cells}
        assert len(copy) == len(pages[path.stem].cells)
        assert [c.id for c in source] == [i for i in copy if i in {c.id for c in source}]
        for cell in source:
            made = copy[cell.id]
            assert made.metadata == cell.metadata
            if cell.cell_type == "code":
                assert made.source == cell.source
                assert made.outputs[-len(cell.outputs) :] == cell.outputs
        nbformat.validate(make_reading.notebook(pages[path.stem]))


def test_a_folded_output_and_its_caption_give_no_answer_away(pages):
    folded = 0
    for page in pages.values():
        for cell, following in zip(page.cells, [*page.cells[1:], None], strict=True):
            if "hide-output" in cell.metadata.get("tags", []):
                folded += 1
                assert cell.outputs[0] == make_reading.FOLDED
                if "figure" in cell.metadata.get("mystnb", {}):
                    assert following.source.startswith("```{dropdown} Figure")
    assert folded > 50


FAULTS = {
    "{cite:t}`nobody2020nothing`": "nobody2020nothing is not in references.bib",
    "{cite}`kaplan2020scaling, nobody2020x`": "nobody2020x is not in references.bib",
    "{ref}`x <no-such-label>`": "{ref}`x <no-such-label>` leads nowhere",
    "{doc}`no_page`": "{doc}`no_page` leads nowhere",
    "{term}`no word`": "{term}`no word` leads nowhere",
    "{abbr}`x (y)`": "{abbr}`x (y)` leads nowhere",
}


def test_what_leads_nowhere_is_named_with_its_notebook(tmp_path):
    for name in ("references.bib", "_toc.yml"):
        shutil.copy(ROOT / name, tmp_path)
    for room in ("chapters", "instructor", "exercises/release"):
        shutil.copytree(ROOT / room, tmp_path / room)
    path = tmp_path / "chapters/audit.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells[0].source += "\n\n" + " ".join(FAULTS)
    nbformat.write(nb, path)
    with pytest.raises(ValueError) as error:
        make_reading.Book(tmp_path)
    assert str(error.value).splitlines() == [f"audit: {fault}" for fault in FAULTS.values()]


def copy_of(text, tmp_path):
    page = make_reading.Page("x", None, [nbformat.v4.new_markdown_cell(text, id="a")])
    return make_reading.notebook(page), tmp_path / "reading" / "x.ipynb"


def test_what_a_learner_wrote_is_never_overwritten(tmp_path):
    first, path = copy_of("old", tmp_path)
    assert make_reading.put(first, path) == "written"
    assert make_reading.put(first, path) == "kept"
    second, _ = copy_of("new", tmp_path)
    assert make_reading.put(second, path) == "written"
    mine = nbformat.read(path, as_version=4)
    mine.cells[0].source = "my own words"
    nbformat.write(mine, path)
    assert make_reading.put(second, path) == "kept"
    third, _ = copy_of("newer", tmp_path)
    assert make_reading.put(third, path) == "yours"
    assert nbformat.read(path, as_version=4).cells[0].source == "my own words"


def test_a_notebook_that_only_ran_or_is_somebody_elses(tmp_path):
    first, path = copy_of("old", tmp_path)
    make_reading.put(first, path)
    ran = nbformat.read(path, as_version=4)
    ran.metadata["language_info"] = {"name": "python", "version": "3.12"}
    nbformat.write(ran, path)
    assert make_reading.put(copy_of("new", tmp_path)[0], path) == "written"
    nbformat.write(nbformat.v4.new_notebook(), path)
    assert make_reading.put(first, path) == "yours"
