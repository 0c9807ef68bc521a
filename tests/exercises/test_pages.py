"""The pages of the exercises: complete, and without what a learner should not see."""

import re
import shutil

import exercise_pages
import nbformat
import pytest
from assignments import EXERCISES, NAMES, cells, exercises

from grading.source.assignment import load


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_a_page(name):
    pages = exercise_pages.pages(EXERCISES / "source" / name / f"{name}.ipynb")
    assert set(pages) == {f"{name}.md", *(f"{name}/{facts['id']}.md" for facts in exercises(name))}
    for facts in exercises(name):
        page, found = pages[f"{name}/{facts['id']}.md"], cells(name)
        assert page.count("{dropdown}") == 4, "two hints, the check and the solution"
        for value in (facts["title"], facts["objective"], f"about {facts['minutes']} minutes"):
            assert value in page
        assert f"release/{name}/{name}.ipynb" in page
        assert found[f"{facts['id']}-test"].source.rstrip() in page
        given = cells(name, "release")
        for part in (facts["id"], f"{facts['id']}-loop", f"{facts['id']}-prediction"):
            assert part not in given or given[part].source.rstrip() in page
        assert "HIDDEN" not in page and "SOLUTION" not in page and "fresh(" not in page
        assert found[f"{facts['id']}-text"].source not in page
        assert f"{name}/{facts['id']}" in pages[f"{name}.md"]


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_shown_works(name):
    """What the fold shows is code that runs, not a torn piece of the cell."""
    for facts in exercises(name):
        shown = exercise_pages.solution(cells(name)[facts["id"]].source)
        compile(shown, facts["id"], "exec")
        assert '"""' not in shown and not re.search("NotImplemented", shown)


def test_a_site_for_a_graded_class_has_no_solution(monkeypatch):
    monkeypatch.setenv("WITHOUT_SOLUTIONS", "1")
    for name in NAMES:
        pages = exercise_pages.pages(EXERCISES / "source" / name / f"{name}.ipynb")
        for facts in exercises(name):
            page = pages[f"{name}/{facts['id']}.md"]
            assert page.count("{dropdown}") == 3, "two hints and the check"
            own = exercise_pages.solution(cells(name)[facts["id"]].source)
            assert own not in page and "## Say what it means" in page
    parts = {n: exercise_pages.read(EXERCISES / f"source/{n}/{n}.ipynb")[1] for n in NAMES}
    assert "solution" not in exercise_pages.index_page(parts)


def test_a_notebook_without_a_hint_is_named(tmp_path):
    nb = nbformat.read(EXERCISES / "source/scaling_laws/scaling_laws.ipynb", as_version=4)
    nb.cells = [cell for cell in nb.cells if cell.id != "floor-hint-2"]
    for kind in ("source", "release"):
        shutil.copytree(EXERCISES / kind / "scaling_laws", tmp_path / kind / "scaling_laws")
    source = tmp_path / "source/scaling_laws/scaling_laws.ipynb"
    nbformat.write(nb, source)
    with pytest.raises(ValueError, match=r"scaling_laws\.ipynb.*floor-hint-2"):
        exercise_pages.pages(source)


def test_points_and_minutes_are_those_of_the_notebook_and_of_the_guide():
    """What is graded is what the site adds up, forecasts too; their minutes are in the guide."""
    parts = {n: exercise_pages.read(EXERCISES / f"source/{n}/{n}.ipynb")[1] for n in NAMES}
    page, guide = (
        exercise_pages.index_page(parts),
        (EXERCISES.parent / "instructor/objectives.md").read_text(encoding="utf-8"),
    )
    sections = re.split(r"^## .*$", guide, flags=re.M)[1:]
    assert len(sections) >= len(parts)
    for (name, found), section in zip(parts.items(), sections, strict=False):
        points = load(name).max_score + load(name).max_by_hand
        minutes = sum(map(int, re.findall(r"\| (\d+) \|$", section, re.M)))
        row = rf"^\| {{doc}}`{name}` \| {len(exercises(name))} \| {minutes} \| {points:g} \|$"
        assert re.search(row, page, re.M), (name, minutes, points)
        said = f"about {minutes} minutes and {points:g} points"
        assert said in " ".join(exercise_pages.assignment_page(name, "", found).split())
