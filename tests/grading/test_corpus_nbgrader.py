"""The corpus through nbgrader: its gradebook holds what everyone deserves.

The sandbox is the same as in `test_corpus`, which runs everything; here it is every third of a
kind, and what aims at nbgrader's own files. ``CORPUS=all`` runs the whole, as the workflow does.
"""

import os

import needs
import pytest
from corpus_run import KINDS, READ, Run, differing

AIMED = {"edits-the-gradebook", "script-in-the-feedback", "tells-hidden-inputs", "answers-twice"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("course"), 0.125)
    if os.environ.get("CORPUS") != "all":
        each = ([e.name for e in run.entries if e.kind == kind][::3] for kind in KINDS)
        some = ([e.name for e in run.entries if e.kind == kind][::15] for kind in READ)
        run.keep(*AIMED.union(*each, *some))
    return run.grade_in_nbgrader(needs.sandbox())


@pytest.mark.parametrize("kind", [*KINDS, *READ])
def test_the_gradebook_holds_what_everyone_deserves(graded, kind):
    assert differing(graded, [kind]) == {}


def test_nothing_else_happens(graded):
    assert graded.touched == [] and graded.left == [] and graded.server.heard == []


def test_autograded_notebooks_give_nothing_away_to_learners(graded):
    # What nbgrader keeps for instructors has the hidden tests; what we add to it must not.
    from nbformat import read

    folder = graded.folder / "course" / "autograded" / "tells-hidden-inputs" / "small"
    notebook = read(folder / "small.ipynb", as_version=4)
    outputs = [str(o) for cell in notebook.cells for o in cell.get("outputs", [])]
    assert any("SEEN" in text for text in outputs)
    assert not [text for text in outputs if "array([[" in text or "the hidden sizes" in text]


def test_feedback_is_not_alive_and_gives_nothing_away(graded):
    student = "script-in-the-feedback"
    graded.run("nbgrader", "generate_feedback", "small", "--student", student)
    page = (graded.folder / "course" / "feedback" / student / "small" / "small.html").read_text()
    assert "<strong>Both</strong>" in page and "MINE" in page
    assert "<script>document" not in page and "onerror=alert(1)>" not in page
    assert "the hidden sizes" not in page and "no ValueError" not in page
