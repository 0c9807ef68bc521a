"""Grade the corpus, and see what else happens meanwhile."""

import contextlib
import glob
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import corpus
from small_assignment import NAME, SEED, source

from grading.classes.records import with_folders
from grading.classes.submissions import Submission

SHORT = {"call": 4, "cell": 8, "test": 10, "total": 30, "hard": 45, "processes": 24, "restarts": 8}
SHORT |= {"memory": 800 << 20, "disk": 64 << 20}


KINDS = ("honest", "broken", "hostile")
READ = ("files", "words", "choice")
"""Kinds of which most can be told by reading: `test_corpus_reading` has them all."""


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
    """What is in some folders: names, kinds and permissions, times and contents."""
    return {
        (str(path), path.lstat().st_mode, times(path), path.read_bytes() if path.is_file() else b"")
        for folder in folders
        for path in Path(folder).rglob("*")
    }


def times(path):
    return () if path.is_dir() else (path.lstat().st_mtime_ns, *os.listxattr(path))


PLACES = ["/", "/etc", "/tmp", "/var/tmp", "/dev/shm", "/usr/local/bin", os.path.expanduser("~")]
NAMES = ["sitecustomize.py", "usercustomize.py", ".bashrc-touched", "result.json", "results.json"]


def leavings():
    """What hostile submissions try to leave in places that other programs write to as well."""
    places = [*PLACES, sys.prefix, sys.base_prefix]
    places += glob.glob(f"{sys.prefix}/lib/python*/site-packages")
    found = {Path(place, name) for place in places for name in [*NAMES, "grades.csv"]}
    return {(str(path), False, path.read_bytes()) for path in found if path.exists()}


def processes(*marks):
    """Command lines of this machine's processes in which a mark occurs."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = Path(path).read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if any(mark in words for mark in marks):
                found.append(words)
    return found


class Run:
    """One grading of the corpus: where everything is, and what was seen before and after."""

    def __init__(self, folder, tag):
        self.folder = folder
        self.outside, self.submissions = folder / "outside", folder / "submissions"
        self.out, self.tag = folder / "graded", tag
        self.outside.mkdir()
        (self.outside / "secret.txt").write_text("1.7")
        (self.outside / f"{NAME}.ipynb").write_text(json.dumps(source()))
        with contextlib.closing(sqlite3.connect(self.outside / "gradebook.db")) as base, base:
            base.execute("create table grade (auto_score)")
            base.execute("insert into grade values (0)")
        self.server = Server(self.outside)
        self.entries = corpus.build(self.outside, self.server.port)
        (folder / "secret-seed").write_text(SEED)

    def keep(self, *names):
        assert set(names) <= {entry.name for entry in self.entries}
        self.entries = [entry for entry in self.entries if entry.name in names]
        return self

    def thin(self, kinds, step):
        """Leave only every so many of some kinds."""
        for kind in kinds:
            names = [entry.name for entry in self.entries if entry.kind == kind]
            gone = {name for i, name in enumerate(names) if i % step}
            self.entries = [entry for entry in self.entries if entry.name not in gone]

    @property
    def limits(self):
        # A number that no other run has, so that its processes can be recognised.
        return SHORT | {"total": SHORT["total"] + self.tag + os.getpid() / 1e9}

    @property
    def source(self):
        return str(self.outside / f"{NAME}.ipynb")

    def grade(self, kind):
        """Grade on the command line."""
        with self._watched():
            command = [sys.executable, "-m", "grading", "grade", self.source, str(self.submissions)]
            command += ["--out", str(self.out), "--jobs", "4", "--sandbox", kind]
            command += ["--seed-file", str(self.folder / "secret-seed")]
            for name, value in self.limits.items():
                command += ["--limit", f"{name}={value}"]
            self.done = subprocess.run(command, capture_output=True, text=True)
        self.results = {}
        for path in self.out.glob("*/result.json"):
            result = json.loads(path.read_text())
            self.results[result["student"]] = result
        return self

    def grade_in_nbgrader(self, kind):
        """Grade by nbgrader with the plugin: first they are arranged in its folders."""
        course = self.folder / "course"
        (course / "source" / NAME).mkdir(parents=True)
        shutil.copy(self.source, course / "source" / NAME)
        config = [
            Path(__file__).resolve().parents[2].joinpath("exercises/nbgrader_config.py").read_text()
        ]
        config.append(f"c.CourseDirectory.root = {str(course)!r}")
        config.append(f"c.SandboxExecute.seed_file = {str(self.folder / 'secret-seed')!r}")
        config.append(f"c.SandboxExecute.sandbox = {kind!r}")
        config.append(f"c.SandboxExecute.limits = {self.limits!r}")
        (course / "nbgrader_config.py").write_text("\n".join(config))
        with self._watched():
            self.run("grading", "arrange", self.source, self.submissions, "--course", course)
            self.run("nbgrader", "generate_assignment", NAME)
            self.run("nbgrader", "autograde", NAME)
        from nbgrader.api import Gradebook

        scores = {}
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            for one in book.assignment_submissions(NAME):
                graded = [grade for page in one.notebooks for grade in page.grades]
                scores[one.student.id] = sum(grade.auto_score or 0 for grade in graded)
        folders = with_folders((Submission(entry.name) for entry in self.entries), Path())
        self.results = {s.student: {"score": scores.get(str(folder))} for s, folder in folders}
        return self

    def run(self, module, *arguments):
        """Run a program in nbgrader's folder of the course."""
        # It calls alembic, which it looks for on the path.
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        self.done = subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=self.folder / "course",
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
        )
        assert self.done.returncode == 0, self.done.stderr[-4000:]

    @contextlib.contextmanager
    def _watched(self):
        """Hand in the submissions, and note what else has changed afterwards."""
        corpus.hand_in(self.entries, self.submissions)
        before = snapshot(self.outside, self.submissions) | leavings()
        try:
            yield
        finally:
            self.left = processes(str(self.limits["total"]), f"sleep {self.server.port}")
            after = snapshot(self.outside, self.submissions) | leavings()
            self.touched = sorted(path for path, *_ in before ^ after)
            self.server.close()


def differing(run, kinds=(*KINDS, *READ)):
    """Submissions whose score is not what they deserve: both numbers."""
    return {
        entry.name: (run.results.get(entry.name, {}).get("score"), entry.points)
        for entry in run.entries
        if entry.kind in kinds and run.results.get(entry.name, {}).get("score") != entry.points
    }
