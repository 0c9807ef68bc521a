"""The corpus: what it deserves is what it gets, and nothing else happens."""

import contextlib
import csv
import glob
import hashlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import corpus
import pytest
from small_assignment import NAME, SEED, source

from grading.enclosure import NoSandbox, choose

ROOT = Path(__file__).resolve().parent.parent.parent
SHORT = {"call": 4, "cell": 8, "test": 10, "total": 30, "hard": 45, "processes": 24, "restarts": 8}
SHORT |= {"memory": 800 << 20, "disk": 64 << 20}


def need(kind):
    """Say clearly that a sandbox is missing: an error where everything must be there."""
    try:
        return choose(kind)
    except NoSandbox as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


class Server:
    """Listens on every way that a submission might try, and counts."""

    def __init__(self, folder):
        self.heard = []
        stream, datagram = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        stream.bind(("127.0.0.1", 0))
        self.port = stream.getsockname()[1]
        datagram.bind(("127.0.0.1", self.port))
        local = socket.socket(socket.AF_UNIX)
        with contextlib.chdir(folder):  # the path of such a socket must be short
            local.bind("socket")
        self.sockets = [stream, datagram, local]
        for one in (stream, local):
            one.listen()
            threading.Thread(target=self._accept, args=[one], daemon=True).start()
        threading.Thread(target=self._receive, args=[datagram], daemon=True).start()

    def _accept(self, listening):
        with contextlib.suppress(OSError):
            while True:
                self.heard.append(listening.accept()[1])

    def _receive(self, datagram):
        with contextlib.suppress(OSError):
            while content := datagram.recv(100):  # empty when it is shut down
                self.heard.append(content)

    def close(self):
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def snapshot(*folders):
    """What is in some folders: names, kinds and contents."""
    found = {}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (path.is_symlink(), hashlib.sha256(content).hexdigest())
    return found


def leavings():
    """What hostile submissions try to leave in places that other programs write to as well."""
    places = [
        "/",
        "/etc",
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/usr/local/bin",
        os.path.expanduser("~"),
    ]
    places += [sys.prefix, sys.base_prefix, *glob.glob(f"{sys.prefix}/lib/python*/site-packages")]
    names = [
        "sitecustomize.py",
        ".bashrc-touched",
        "usercustomize.py",
        "result.json",
        "x/result.json",
    ]
    names += ["results.json", "grades.csv"]
    return {path for place in places for name in names if os.path.exists(path := f"{place}/{name}")}


def processes(mark):
    """Command lines of this machine's processes that have to do with the run."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = Path(path).read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if mark in words or "sleep 9876" in words:
                found.append(words)
    return found


class Run:
    """One grading of the corpus: where everything is, and what was seen before and after."""

    def __init__(self, folder, mark):
        self.folder = folder
        self.outside, self.submissions = folder / "outside", folder / "submissions"
        self.out, self.mark = folder / "graded", mark
        self.outside.mkdir()
        (self.outside / "secret.txt").write_text("1.7")
        (self.outside / f"{NAME}.ipynb").write_text(json.dumps(source()))
        with contextlib.closing(sqlite3.connect(self.outside / "gradebook.db")) as base, base:
            base.execute("create table grade (auto_score)")
            base.execute("insert into grade values (0)")
        self.server = Server(self.outside)
        self.entries = corpus.build(self.outside, self.server.port)
        (folder / "secret-seed").write_text(SEED)

    def keep(self, names):
        self.entries = [entry for entry in self.entries if entry.name in names]

    def limits(self):
        # A number that no other run has, so that its processes can be recognised.
        return SHORT | {"total": SHORT["total"] + self.mark}

    def grade(self, kind):
        corpus.hand_in(self.entries, self.submissions)
        before = snapshot(self.outside, self.submissions), leavings()
        command = [sys.executable, "-m", "grading", "grade", str(self.outside / f"{NAME}.ipynb")]
        command += [str(self.submissions), "--out", str(self.out), "--jobs", "2"]
        command += ["--seed-file", str(self.folder / "secret-seed"), "--sandbox", kind]
        for name, value in self.limits().items():
            command += ["--limit", f"{name}={value}"]
        self.done = subprocess.run(command, capture_output=True, text=True)
        self.left = processes(str(self.limits()["total"]))
        self.touched = [
            path
            for old, new in zip(
                before, (snapshot(self.outside, self.submissions), leavings()), strict=True
            )
            for path in set(old) ^ set(new)
        ]
        self.server.close()
        self.results = {}
        for path in self.out.glob("*/result.json"):
            result = json.loads(path.read_text())
            self.results[result["student"]] = result
        return self


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    kind = need("bubblewrap" if sys.platform == "linux" else None)
    return Run(tmp_path_factory.mktemp("corpus"), 0.0625).grade(kind)


def differing(run, kinds=("honest", "broken", "hostile")):
    return {
        entry.name: (run.results.get(entry.name, {}).get("score"), entry.points)
        for entry in run.entries
        if entry.kind in kinds and run.results.get(entry.name, {}).get("score") != entry.points
    }


def test_the_corpus_is_large_enough(graded):
    assert len(graded.entries) >= 50
    assert {entry.kind for entry in graded.entries} == {"honest", "broken", "hostile"}


def test_every_submission_has_a_result_and_the_status_is_zero(graded):
    assert graded.done.returncode == 0, graded.done.stderr
    assert graded.results.keys() == {entry.name for entry in graded.entries}


@pytest.mark.parametrize("kind", ["honest", "broken", "hostile"])
def test_everyone_gets_what_they_deserve(graded, kind):
    assert differing(graded, [kind]) == {}


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
    with (graded.out / "grades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["student", "score", "max_score", "status", "message"]
    assert len(rows) == len(graded.entries)
    assert not [row for row in rows if row["student"].startswith(("=", "+", "-", "@"))]
    assert {row["max_score"] for row in rows} == {"11"}


def test_the_log_says_what_was_run(graded):
    lines = [json.loads(line) for line in (graded.out / "audit.jsonl").read_text().splitlines()]
    assert lines[0]["limits"]["call"] == SHORT["call"] and lines[0]["versions"]["numpy"]
    assert SEED not in (graded.out / "audit.jsonl").read_text()
    assert {line["student"] for line in lines[1:]} == graded.results.keys()
