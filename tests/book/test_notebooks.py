"""The conventions that every notebook of the book keeps, as far as a program can hold them."""

import copy
import functools
import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import run_notebooks

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(
    p for p in (ROOT / "chapters").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts
)
FORBIDDEN = {
    r"\bsys\.path\b": "edits the import path: install the package instead",
    r"^\s*[!%]": "uses a shell or magic line",
    r"\bplt\.show\(": "calls plt.show(): end the cell with the figure",
    r"\bwarnings\.(filter|simplefilter|catch)": "hides a warning: mend its cause",
}
HIDING = {"remove-cell", "remove-input", "remove-output", "hide-cell"}
FOLDED = "hide-output"
IMAGES = ("image/png", "image/svg+xml", "image/jpeg")
# A figure that moves or a question: it brings its own description, as plain text too.
COMPONENT = "application/vnd.scaling-measured+json"

KEYS = set(re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text("utf-8"), re.M))


@functools.cache
def read(path):
    return nbformat.read(path, as_version=4)


def run_tool(*arguments):
    return subprocess.run(
        [sys.executable, str(ROOT / "tools/run_notebooks.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
    )


def displayed(cell):
    return [output["data"] for output in cell.get("outputs", []) if "data" in output]


def images(cell):
    return [d for d in displayed(cell) if COMPONENT not in d and any(m in d for m in IMAGES)]


def internal_names(svg):
    """Return the words in a figure that are names of the code or keys of the bibliography.

    Matplotlib draws letters as outlines and writes each text beside them, as a comment.
    """
    texts = re.findall(r"<!-- (.*?) -->", "".join(svg), re.S)
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return sorted(word for word in words if re.search(r"[^\W_]_[^\W_]", word) or word in KEYS)


def problems(nb):
    """List what a notebook does against the conventions."""
    found = []
    code = [c for c in nb.cells if c.cell_type == "code"]
    for cell in code:
        where = f"cell {cell.id}"
        lines = [x for x in cell.source.splitlines() if x.strip()]
        if len(lines) > 20:
            found.append(f"{where}: {len(lines)} lines of code, at most 20")
        found += [
            f"{where}: {why}" for rx, why in FORBIDDEN.items() if re.search(rx, cell.source, re.M)
        ]
        if hiding := HIDING & set(cell.metadata.get("tags", [])):
            found.append(f"{where}: hides a computation ({', '.join(sorted(hiding))})")
        if cell.execution_count is None and lines:
            found.append(f"{where}: not executed, no output is stored")
        if any(o.output_type == "error" for o in cell.outputs):
            found.append(f"{where}: stores an error")
        for data in displayed(cell):
            if COMPONENT in data and len("".join(data.get("text/plain", ""))) < 40:
                found.append(f"{where}: a component without a description in words")
        figures = images(cell)
        for svg in (data.get("image/svg+xml", "") for data in figures):
            if names := internal_names(svg):
                found.append(f"{where}: a figure shows internal names ({', '.join(names)})")
        if len(figures) > 1:
            found.append(f"{where}: {len(figures)} figures, at most one a cell")
        if figures:
            meta = cell.metadata.get("mystnb", {})
            caption = meta.get("figure", {}).get("caption", "")
            alt = meta.get("image", {}).get("alt", "")
            if not meta.get("figure", {}).get("name"):
                found.append(f"{where}: figure without a name")
            if len(caption) < 40 or not caption.rstrip().endswith((".", ")")):
                found.append(f"{where}: caption does not state the finding: {caption!r}")
            if len(alt) < 40 or re.search(r"\.(png|svg)$", alt):
                found.append(f"{where}: alt text does not say what is seen: {alt!r}")
    lengths = [len([x for x in c.source.splitlines() if x.strip()]) for c in code]
    if lengths and statistics.median(lengths) > 6:
        found.append(f"median code cell has {statistics.median(lengths)} lines, at most 6")
    if [c.execution_count for c in code if c.execution_count] != list(
        range(1, 1 + sum(1 for c in code if c.execution_count))
    ):
        found.append("cells were not executed in order")
    first = next((c.source for c in nb.cells if c.cell_type == "markdown"), "")
    if not re.search(r"^# \S", first, re.M):
        found.append("does not open with a title")
    return found


def unfolded(nb):
    """List the predictions without a folded result, and the folded results without a prediction.

    A prediction holds until the next one or the next heading of its level or above.
    """
    found, waiting, level, inside, folds = [], None, 0, 0, 0
    for cell in nb.cells:
        if cell.cell_type == "code":
            folded = FOLDED in cell.metadata.get("tags", [])
            if folded and not cell.metadata.get("jupyter", {}).get("outputs_hidden"):
                found.append(f"cell {cell.id}: folded on the site but not in JupyterLab")
            if folded and not cell.outputs:
                found.append(f"cell {cell.id}: folds no output")
            if folded and not waiting:
                found.append(f"cell {cell.id}: folded without a prediction before it")
            folds += folded
            continue
        for line in cell.source.splitlines():
            heading = re.match("(#+) ", line)
            box = line.strip() == ":class: predict"
            if (box or (heading and len(heading[1]) <= inside)) and waiting:
                if not folds:
                    found.append(f"cell {waiting}: no folded result follows the prediction")
                waiting = None
            if heading:
                level = len(heading[1])
            if box:
                waiting, inside, folds = cell.id, level, 0
    if waiting and not folds:
        found.append(f"cell {waiting}: no folded result follows the prediction")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_each_prediction_comes_before_its_result(path):
    assert unfolded(read(path)) == []


def predicting(*cells):
    """Return a notebook of markdown (strings) and code cells (tuples of tags)."""
    nb = nbformat.v4.new_notebook()
    for cell in cells:
        if isinstance(cell, str):
            nb.cells.append(nbformat.v4.new_markdown_cell(cell))
        else:
            out = [nbformat.v4.new_output("stream", text="1")]
            nb.cells.append(nbformat.v4.new_code_cell("1", outputs=out))
            nb.cells[-1].metadata["tags"] = list(cell)
            nb.cells[-1].metadata["jupyter"] = {"outputs_hidden": FOLDED in cell}
    return nb


PREDICT = "```{admonition} Predict first\n:class: predict\n\nHow many?\n```"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (("## A", PREDICT, ("",), ("hide-output",)), None),
        (("## A\n" + PREDICT, "### B", ("hide-output",), "## C"), None),
        (("## A", PREDICT, ("",)), "no folded result"),
        (("## A", PREDICT, "## B", ("",)), "no folded result"),
        (("## A", PREDICT, "## B", ("hide-output",)), "without a prediction"),
        (("### A", PREDICT, "## B", ("hide-output",)), "no folded result"),
        (("## A", PREDICT, PREDICT, ("hide-output",)), "no folded result"),
        (("## A", ("hide-output",)), "without a prediction"),
    ],
)
def test_a_prediction_that_does_not_hold_is_seen(cells, message):
    found = unfolded(predicting(*cells))
    assert any(message in f for f in found) if message else found == [], found


def test_a_result_folded_on_the_site_alone_is_seen():
    nb = predicting("## A", PREDICT, ("hide-output",))
    del nb.cells[-1].metadata["jupyter"]
    assert any("JupyterLab" in f for f in unfolded(nb))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_keeps_the_conventions(path):
    assert problems(read(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_is_printed_fits_the_column_of_the_text(path):
    """Lines of 84 characters do; a table that the command line prints may have smaller letters."""
    for cell in read(path).cells:
        printed = "".join(o.text for o in cell.get("outputs", []) if o.output_type == "stream")
        room = 90 if cell.id == "fit-your-runs-25" else 84
        assert max(map(len, printed.splitlines()), default=0) <= room, cell.id


def test_notebooks_are_stored_in_normal_form(tmp_path):
    twins = [tmp_path / path.name for path in NOTEBOOKS]
    for path, twin in zip(NOTEBOOKS, twins, strict=True):
        twin.write_bytes(path.read_bytes())
    assert run_notebooks.main(["--clean", *map(str, twins)]) == 0
    pairs = zip(NOTEBOOKS, twins, strict=True)
    changed = [path.name for path, twin in pairs if twin.read_bytes() != path.read_bytes()]
    assert changed == [], "run tools/run_notebooks.py on them"
    assert len({twin.name for twin in twins}) == len(twins)


def test_figure_names_are_unique():
    names = [
        cell.metadata["mystnb"]["figure"]["name"]
        for path in NOTEBOOKS
        for cell in read(path).cells
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
    ]
    assert sorted(names) == sorted(set(names))


# The checks themselves: each must see the fault that it is there for.


def good():
    figure = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="})
    cell = nbformat.v4.new_code_cell("figure", outputs=[figure], execution_count=1)
    cell.metadata["mystnb"] = {
        "figure": {"name": "fig-one", "caption": "Loss falls by half for each decade of compute."},
        "image": {"alt": "A falling line on logarithmic axes, from 4 nats to 2 nats per token."},
    }
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title"), cell])


def shows(text):
    return lambda nb: nb.cells[1].outputs[0].data.update({"image/svg+xml": f"<!-- {text} -->"})


def test_a_good_notebook_has_no_problem():
    assert problems(good()) == []
    plain = good()
    shows("loss at $10^{20}$ FLOP, $N_{opt}$ parameters, Kaplan 2020")(plain)
    assert problems(plain) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda nb: nb.cells[1].update(source="x = 1\n" * 21), "21 lines"),
        (lambda nb: nb.cells[1].update(source="import sys; sys.path.append('..')"), "import path"),
        (lambda nb: nb.cells[1].update(source="!pip install x"), "shell"),
        (lambda nb: nb.cells[1].metadata.update(tags=["remove-input"]), "hides"),
        (lambda nb: nb.cells[1].update(execution_count=None), "not executed"),
        (lambda nb: nb.cells[1].update(execution_count=7), "in order"),
        (lambda nb: nb.cells[1].outputs.append(copy.deepcopy(nb.cells[1].outputs[0])), "2 figures"),
        (lambda nb: nb.cells[1].metadata.mystnb.update(figure={}), "without a name"),
        (lambda nb: nb.cells[1].metadata.mystnb.image.update(alt="plot.png"), "alt text"),
        (lambda nb: nb.cells[1].metadata.mystnb.figure.update(caption="Scatter plot"), "caption"),
        (shows("keep_threat"), "internal names (keep_threat)"),
        (shows("by kaplan2020scaling"), "internal names (kaplan2020scaling)"),
        (lambda nb: nb.cells.pop(0), "title"),
        (lambda nb: nb.cells[1].outputs[0].data.update({COMPONENT: {}}), "description in words"),
        (
            lambda nb: nb.cells[1].outputs.append(
                nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])
            ),
            "stores an error",
        ),
    ],
)
def test_each_fault_is_seen(change, message):
    nb = nbformat.from_dict(good())
    change(nb)
    assert any(message in p for p in problems(nb)), problems(nb)


def notebook_file(tmp_path, *sources):
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    path = tmp_path / "n.ipynb"
    nbformat.write(nb, path)
    return path


@pytest.mark.long
def test_executing_twice_leaves_no_difference_and_folds_in_jupyterlab_what_the_book_folds(tmp_path):
    path = notebook_file(
        tmp_path,
        "import sys\nfor i in range(3):\n    print(i); sys.stdout.flush()",
        "import ipywidgets\nipywidgets.IntSlider()",
        "{'a': 1}",
        "import pandas\npandas.DataFrame({'a': [1.0]}).style.format(precision=1).hide()",
        "object()",
    )
    nb = nbformat.read(path, as_version=4)
    nb.cells[0].metadata["tags"] = [FOLDED]
    nb.cells[1].metadata["jupyter"] = {"outputs_hidden": True, "source_hidden": True}
    nbformat.write(nb, path)
    assert run_tool(path).returncode == 0
    first = path.read_bytes()
    assert b'execution_count": 5' in first and b"widget-view" not in first
    folded, plain, *_ = nbformat.reads(first.decode(), as_version=4).cells
    assert folded.metadata == {"tags": [FOLDED], "jupyter": {"outputs_hidden": True}}
    assert plain.metadata == {}
    assert run_tool(path).returncode == 0
    assert path.read_bytes() == first


def test_a_failing_notebook_and_a_warning_are_named_and_left_as_they_were(tmp_path):
    failing = notebook_file(tmp_path, "1 / 0").rename(tmp_path / "failing.ipynb")
    warning = notebook_file(tmp_path, "import warnings\nwarnings.warn('look here')")
    before = failing.read_bytes(), warning.read_bytes()
    result = run_tool(failing, warning)
    assert result.returncode == 1
    _, first, second = result.stderr.split("FAILED ")
    assert first.startswith(str(failing)) and "ZeroDivisionError" in first
    assert second.startswith(str(warning)) and "look here" in second
    assert (failing.read_bytes(), warning.read_bytes()) == before
    assert sorted(tmp_path.iterdir()) == [failing, warning]


def test_a_missing_notebook_is_named(capsys):
    with pytest.raises(SystemExit) as end:
        run_notebooks.main(["nowhere.ipynb"])
    assert end.value.code == 2 and "nowhere.ipynb" in capsys.readouterr().err
