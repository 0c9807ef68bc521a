"""A part of the corpus without bubblewrap, as on a machine where it cannot be used."""

import needs
import pytest
from corpus_run import Run, differing

PART = (
    "plain",
    "plots",
    "cached",
    "crashes",
    "an-endless-call",
    "too-much-memory",
    "fills-the-disk",
)
PART += ("reads-the-tests", "reads-other-processes", "kills-the-grader", "kills-in-a-cell")
PART += ("writes-everywhere", "edits-the-gradebook", "forges-results", "calls-home", "multiplies")
PART += ("leaves-a-process", "multiplies-with-memory", "traces-the-grader", "looks-into-frames")
PART += ("changes-permissions", "nests-folders", "keeps-deleted-files", "copies-files", "magics")
PART += ("reaches-around-the-limits", "fills-the-disk")
PART += ("patches-numpy", "speaks-for-the-worker", "tells-hidden-inputs", "asleep-by-a-signal")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("landlock"), 0.25).keep(*PART)
    return run.grade(needs.sandbox("landlock"))


def test_everyone_gets_what_they_deserve(graded):
    assert graded.done.returncode == 0, graded.done.stderr
    assert differing(graded) == {}


def test_nothing_outside_is_touched(graded):
    assert graded.touched == []


def test_nobody_is_called(graded):
    assert graded.server.heard == []


def test_no_process_is_left(graded):
    assert graded.left == []
