"""A sandbox that has started before its submission is there."""

import json
import os
import signal
import time

import needs
import pytest
from small_assignment import SEED, Paper, source

from grading.marking.grade_one import Server, Settings, make_job
from grading.marking.session import Session
from grading.reports.student_results import read_report
from grading.sandbox.enclosure import Limits
from grading.sandbox.processes import descendants
from grading.source.assignment import parse

pytestmark = needs.linux
SMALL = parse(json.dumps(source()), "small")
LIMITS = Limits(call=4, cell=8)


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


def job(paper, limits=LIMITS, kind=None):
    made = make_job(SMALL, paper.text.encode(), Settings(limits=limits, seed=SEED))
    return made | {"sandbox": kind or needs.sandbox()}


def score(server, paper):
    return read_report(SMALL, server.ask(job(paper)) | {"sandbox": needs.sandbox()})["score"]


def waiting(server):
    """Return the processes under a server as soon as a worker is among them, the worker last."""
    while True:
        for pid in descendants(server.process.pid):
            if b"worker" in command(pid):
                return [*descendants(server.process.pid), pid]
        time.sleep(0.01)


def command(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_each_submission_gets_a_sandbox_of_its_own(server):
    server.expect(job(Paper()))
    first = waiting(server)
    assert score(server, Paper()) == 11
    second = waiting(server)
    assert not set(first) & set(second)
    assert score(server, Paper(solved=("loss",))) == 3


def test_a_sandbox_that_ended_while_it_waited_is_not_the_students_fault(server):
    server.expect(job(Paper()))
    os.kill(waiting(server)[-1], signal.SIGKILL)
    report = server.ask(job(Paper()))
    assert not report["end"] and report["events"][-1] == {"event": "done", "starts": 1}
    assert score(server, Paper()) == 11


def test_other_limits_get_another_sandbox(server):
    server.expect(job(Paper()))
    waiting(server)
    late = Paper().add("import time\ntime.sleep(30)")
    events = server.ask(job(late, Limits(call=4, cell=0.5)))["events"]
    assert any("0.5 s" in event.get("error", "") for event in events)


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock", "none"])
def test_of_a_sandbox_that_gets_no_submission_nothing_is_left(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = Server()
    server.expect(job(Paper(), kind=kind if kind == "none" else needs.sandbox(kind)))
    left = waiting(server)
    server.close()
    assert not any(command(pid) for pid in left)
    assert list(tmp_path.iterdir()) == []


def test_the_time_of_waiting_is_not_the_submissions():
    session = Session("none", LIMITS)
    session.began -= 3600
    session.begin()
    assert session.left() > LIMITS.total - 60
