"""The Sphinx extension that puts explorers, snippets and questions on the page."""

import io
import json
import shutil
from pathlib import Path

import nbformat
import needs
import node_scripts
import pytest
from bs4 import BeautifulSoup

from scaling_lib.page import figures, self_check

ROOT = Path(__file__).resolve().parents[2]
# Sphinx and its extensions warn of their own; a build takes seconds.
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.long]


GUESS = {"answer": "2", "label": 'of "a" < b'}


def output(shown):
    bundle = shown._repr_mimebundle_()[0]
    bundle.pop("application/vnd.jupyter.widget-view+json")
    return nbformat.v4.new_output("execute_result", bundle, execution_count=1)


def notebook():
    snippet = nbformat.v4.new_code_cell("print(6 * 7 < 50)", metadata={"tags": ["try"]})
    snippet.outputs = [nbformat.v4.new_output("stream", name="stdout", text="True\n")]
    plain = nbformat.v4.new_code_cell("1 + 1")
    boxes = [
        nbformat.v4.new_markdown_cell(
            "```{admonition} Predict first\n:class: predict\n\nHow many?\n```",
            id=name,
            metadata=data,
        )
        for name, data in (("words", {}), ("number", {"guess": GUESS}))
    ]
    shown = [figures.isoflop(), self_check("scaling_laws", "same-compute")]
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(
                "# Page\n\n```{code-block} python\n:class: try\n:caption: Doubling a < b & c\n\n"
                "print('</script>')\n```\n\n```python\nprint('left alone')\n```"
            ),
            snippet,
            plain,
            *boxes,
            *(nbformat.v4.new_code_cell("show", outputs=[output(s)]) for s in shown),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )


def build(folder, monkeypatch, with_node):
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    if not with_node:
        monkeypatch.setattr(node_scripts.shutil, "which", lambda name: None)
    source = folder / "source"
    source.mkdir()
    nbformat.write(notebook(), source / "index.ipynb")
    (source / "other.md").write_text("---\norphan: true\n---\n# Nothing moves here\n")
    settings = {"extensions": ["myst_nb", "components"], "nb_execution_mode": "off"}
    warnings = io.StringIO()
    folders = (source, None, folder / "html", folder / "trees")
    with docutils_namespace():
        Sphinx(*folders, "html", settings, io.StringIO(), warnings).build()
    assert warnings.getvalue() == ""
    pages = {}
    for name in ("index", "other"):
        pages[name] = BeautifulSoup((folder / "html" / f"{name}.html").read_text(), "html.parser")
    return pages


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    if shutil.which("node") is None or not (ROOT / "web/node_modules/esbuild").exists():
        message = "the bundle needs Node.js and the packages of web/: run `make book`"
        needs.missing(message)
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield build(tmp_path_factory.mktemp("book"), monkeypatch, True)


@pytest.fixture(scope="module")
def still_pages(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield build(tmp_path_factory.mktemp("book"), monkeypatch, False)


def sources(page):
    return [s.get("src", "").split("?")[0] for s in page.find_all("script")]


def test_only_pages_that_use_it_load_the_script(pages):
    assert "_static/components.js" in sources(pages["index"])
    assert "_static/components.js" not in sources(pages["other"])
    assert not [s for page in pages.values() for s in sources(page) if "python.js" in s]


def test_without_node_everything_is_there_but_the_script(still_pages):
    page = still_pages["index"]
    assert "_static/components.js" not in sources(page)
    assert page.select_one(".sm-explorer svg") and page.select_one(".sm-question form, form")


def test_an_explorer_is_whole_before_any_script(pages):
    box = pages["index"].select_one(".sm-explorer")
    assert len(box.select(".sm-plot > div > svg")) == 2
    assert "tokens a parameter" in box.select_one("[role=status]").get_text()
    assert len(box.select("label input[type=range]")) == 4
    spec = json.loads(box.find("script").string)
    assert spec["function"] == {
        "module": "scaling_lib.page.micropython.isoflop_figure",
        "name": "isoflop",
    }
    assert not pages["index"].find("img")


def test_marked_cells_and_blocks_become_snippets_and_no_others(pages):
    block, cell = pages["index"].select(".sm-try")
    assert block["aria-label"] == "Try it: Doubling a < b & c"
    assert json.loads(block.find("script").string) == "print('</script>')"
    assert block.select_one(".sm-try-output").has_attr("hidden")
    assert json.loads(cell.find("script").string) == "print(6 * 7 < 50)"
    assert cell.select_one(".sm-try-output").get_text().strip() == "True"
    for box in (block, cell):
        assert [b.get_text() for b in box.select("button")] == ["Run", "Edit", "Reset"]
        assert box.select_one(".highlight pre")
    assert "left alone" in pages["index"].get_text()


def test_a_box_takes_a_prediction_where_the_notebook_has_its_answer(pages):
    plain, box = pages["index"].select("div.predict")
    assert not plain.select_one(".sm-guess")
    field = box.find_all(recursive=False)[-1]
    assert field["class"] == ["sm-guess"] and not field.contents
    assert json.loads(field["data-guess"]) == {"key": "index/number", **GUESS}


def test_questions_reach_the_page(pages):
    assert len(pages["index"].select("form.sm-question")) == 1
