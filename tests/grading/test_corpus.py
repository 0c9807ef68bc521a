"""The corpus: what it deserves is what it gets, and nothing else happens.

Of what `test_corpus_reading` has looked at without running it, every third is graded here;
``CORPUS=all`` grades the whole, as the workflow does.
"""

import csv
import json
import os

import needs
import pytest
from corpus_run import KINDS, READ, SHORT, Run, differing
from small_assignment import SEED


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("corpus"), 0.0625)
    if os.environ.get("CORPUS") != "all":
        run.thin(READ, 3)
    return run.grade(needs.sandbox())


def test_the_corpus_is_large_enough(graded):
    assert len(graded.entries) >= 120
    assert {entry.kind for entry in graded.entries} == {*KINDS, *READ}


def test_every_submission_has_a_result_and_the_status_is_zero(graded):
    assert graded.done.returncode == 0, graded.done.stderr
    assert graded.results.keys() == {entry.name for entry in graded.entries}


@pytest.mark.parametrize("kind", [*KINDS, *READ])
def test_everyone_gets_what_they_deserve(graded, kind):
    assert differing(graded, [kind]) == {}


def test_malformed_answers_arrive_as_such(graded):
    # An attack on a name that there is no more would earn nothing either.
    results = {n: r for n, r in graded.results.items() if n.startswith("malformed-")}
    said = {name: result["items"][0]["detail"] for name, result in results.items()}
    assert len(said) == 7 and {n for n in said if "malformed" not in said[n]} == {"malformed-array"}
    assert "gave array([ True])" in said["malformed-array"]


def test_statuses(graded):
    found = {entry.name: graded.results[entry.name]["status"] for entry in graded.entries}
    assert found == {entry.name: entry.status for entry in graded.entries}


def test_nothing_outside_is_touched(graded):
    assert graded.touched == []


def test_nobody_is_called(graded):
    assert graded.server.heard == []


def test_no_process_is_left(graded):
    assert graded.left == []
    assert all(result.get("left_behind", 0) == 0 for result in graded.results.values())


def test_nobody_takes_longer_than_the_hard_limit(graded):
    assert max(result["seconds"] for result in graded.results.values()) < SHORT["hard"] + 5


def test_feedback_is_not_alive_and_gives_nothing_away(graded):
    pages = {path.parent.name: path.read_text() for path in graded.out.glob("*/feedback.html")}
    assert len(pages) == len(graded.entries)
    for page in pages.values():
        assert "<script" not in page and "<img" not in page
        assert "Content-Security-Policy\" content=\"default-src 'none'" in page
        for text in ("the hidden sizes", "the tolerance of the setup", "no ValueError", "same("):
            assert text not in page
    assert "&lt;script&gt;" in pages["script-in-the-feedback"]
    # It had written down what it was called with: all of that is visible, or came too late.
    page = pages["tells-hidden-inputs"]
    assert "SEEN" in page
    assert "array([[" not in page and "hidden tests do not" not in page.split("slope-test")[1]


def test_the_table_is_harmless_and_complete(graded):
    with (graded.out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["student", "score", "max_score", "status", "message", "left_aside"]
    assert len(rows) == len(graded.entries)
    assert not [row for row in rows if row["student"].startswith(("=", "+", "-", "@"))]
    assert {row["max_score"] for row in rows} == {"11"}


def test_the_log_says_what_was_run(graded):
    lines = [json.loads(line) for line in (graded.out / "audit.jsonl").read_text().splitlines()]
    assert lines[0]["limits"]["call"] == SHORT["call"] and lines[0]["versions"]["numpy"]
    assert "sockets" in lines[0]["protection"]
    assert SEED not in (graded.out / "audit.jsonl").read_text()
    assert {line["student"] for line in lines[1:]} == graded.results.keys()
