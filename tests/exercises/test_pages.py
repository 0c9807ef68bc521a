"""The pages of the exercises: complete, and without what a learner should not see."""

import importlib.util
import re

import nbformat
import pytest
from assignments import EXERCISES, NAMES, cells, exercises

PATH = EXERCISES.parent / "_ext" / "site_exercises.py"
SPEC = importlib.util.spec_from_file_location("site_exercises", PATH)
site_exercises = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(site_exercises)


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_a_page(name):
    pages = site_exercises.pages(EXERCISES / "source" / name / f"{name}.ipynb")
    assert set(pages) == {f"{name}.md", *(f"{name}/{facts['id']}.md" for facts in exercises(name))}
    for facts in exercises(name):
        page, found = pages[f"{name}/{facts['id']}.md"], cells(name)
        assert page.count("{dropdown}") == 3, "two hints and the solution"
        for value in (facts["title"], facts["objective"], f"about {facts['minutes']} minutes"):
            assert value in page
        assert f"release/{name}/{name}.ipynb" in page
        assert found[f"{facts['id']}-test"].source.rstrip() in page
        assert "HIDDEN" not in page and "SOLUTION" not in page and "fresh(" not in page
        assert found[f"{facts['id']}-text"].source not in page
        assert f"{name}/{facts['id']}" in pages[f"{name}.md"]


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_is_that_of_the_student_version(name):
    for facts in exercises(name):
        given = cells(name, "release")[facts["id"]].source
        shown = site_exercises.without_solution(cells(name)[facts["id"]].source)
        assert shown == given.rstrip()


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_shown_works(name):
    """What the fold shows is code that runs, not a torn piece of the cell."""
    for facts in exercises(name):
        shown = site_exercises.solution(cells(name)[facts["id"]].source)
        compile(shown, facts["id"], "exec")
        assert '"""' not in shown and not re.search("NotImplemented", shown)


def test_a_notebook_without_a_hint_is_named(tmp_path):
    nb = nbformat.read(EXERCISES / "source/scaling_laws/scaling_laws.ipynb", as_version=4)
    nb.cells = [cell for cell in nb.cells if cell.id != "floor-hint-2"]
    nbformat.write(nb, tmp_path / "scaling_laws.ipynb")
    with pytest.raises(ValueError, match=r"scaling_laws\.ipynb.*floor-hint-2"):
        site_exercises.pages(tmp_path / "scaling_laws.ipynb")


def test_the_index_leads_to_every_assignment():
    page = site_exercises.index_page({name: exercises(name) for name in NAMES})
    for name in NAMES:
        points = sum(facts["points"] for facts in exercises(name))
        assert re.search(rf"^\| {{doc}}`{name}` \| \d+ \| \d+ \| {points} \|$", page, re.M)
