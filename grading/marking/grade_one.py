"""Have one submission graded in processes of their own, whatever it does: both sides of the border.

`run_job` asks a server, ``python -m grading.marking.grade_one``, which has imported what grading
and the assignment need, and for each job forks a supervisor. There a child does the work; it is
killed with everything that belongs to it when its time is over. The supervisor does nothing but
wait, so that one always survives, and the server never sees more of a submission than its bytes.
"""

import ast
import base64
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from grading.marking.child_output import read_output
from grading.marking.run_and_test import grade_submission
from grading.marking.session import Broken
from grading.sandbox.enclosure import ONE_THREAD, Limits, choose, font_lists
from grading.sandbox.inside.confine import die_with_parent
from grading.sandbox.inside.plain_data import HEAD, frame
from grading.sandbox.processes import adopt_orphans, descendants, kill_all
from grading.sandbox.worker_process import Channel, Lost
from grading.source.assignment import digest, parse
from grading.source.hidden_tests import SEED_VARIABLE
from grading.source.source_names import SourceNames
from grading.source.submitted_cells import Unreadable

GRACE = 60  # seconds that a job may take beyond its hard limit: the server starts, and cleans up

MAX_REPORT = 64 << 20


class NotGraded(Exception):
    """The machine, not the submission, is to blame: there is no result."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """How submissions are graded."""

    limits: Limits = dataclasses.field(default_factory=Limits)
    # One of `grading.sandbox.enclosure.KINDS`; None for the best there is.
    sandbox: str | None = None
    unsafe: bool = False  # whether to grade where there is no sandbox
    # The instructor's secret, from which hidden tests draw their inputs; empty: the public one.
    seed: str = ""
    files: pathlib.Path | None = None  # folder whose content submissions find beside them

    @property
    def digest(self):
        """A short name of what scores depend on."""
        files = sorted(p for p in self.files.rglob("*") if p.is_file()) if self.files else []
        contents = [part for p in files for part in (str(p), p.read_bytes())]
        return digest(str(self.limits), str(self.sandbox), str(self.unsafe), self.seed, *contents)

    @property
    def seed_name(self):
        """A name of the secret that does not give it away."""
        return digest("seed", self.seed)[:8]


def make_job(assignment, notebook, settings):
    """Return all that `run_job` has to know, as plain data; `notebook` are the file's bytes."""
    fields = {"text": assignment.text, "name": assignment.name, "overlay": assignment.overlay}
    return {
        "assignment": fields,
        "notebook": base64.b64encode(notebook).decode(),
        "wanted": settings.sandbox,
        "unsafe": settings.unsafe,
        "limits": dataclasses.asdict(settings.limits),
        "seed": settings.seed,
        "files": str(settings.files.resolve()) if settings.files else None,
    }


class Server:
    """A process that grades one job at a time, and has imported what each of them needs."""

    def __init__(self):
        # -P: the folder in which an instructor stands may hold a submission called numpy.py.
        command = [sys.executable, "-P", "-m", "grading.marking.grade_one"]
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command,
            env=os.environ | dict.fromkeys(ONE_THREAD, "1"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            bufsize=0,
        )
        pipes = self.process.stdout.fileno(), self.process.stdin.fileno()
        self.channel = Channel(*pipes, 2 * MAX_REPORT)

    def ask(self, job):
        """Return the report on a job; raises `NotGraded`, after which the server is of no use."""
        try:
            report = self.channel.ask(job, job["limits"]["hard"] + GRACE)
            return {name: report[name] for name in report if name != "data"}
        except Lost as lost:
            self.close()
            self.stderr.seek(0)
            words = self.stderr.read().decode(errors="replace").strip()[-2000:]
            raise NotGraded(f"the supervising process failed: {words or lost}") from None

    def close(self):
        """End it, and with it what it has started."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __del__(self):
        self.close()
        self.stderr.close()


_here = threading.local()


def run_job(job):
    """Grade a submission on this machine; return what `supervise` found, and the ``sandbox``.

    Each thread keeps its server. Raises `grading.sandbox.enclosure.NoSandbox` if this machine has
    none, and `NotGraded` if the process fails.
    """
    job = job | {"sandbox": choose(job["wanted"], job["unsafe"])}
    server = getattr(_here, "server", None) or Server()
    _here.server = None
    report = server.ask(job)
    _here.server = server
    return report | {"sandbox": job["sandbox"]}


def main():
    """Serve: read jobs from stdin, and write a report on each to stdout."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    known = None
    while len(head := sys.stdin.buffer.read(HEAD.size)) == HEAD.size:
        job = json.loads(sys.stdin.buffer.read(sum(HEAD.unpack(head))))
        if job["assignment"] != known:
            known = job["assignment"]
            _import_for(known)
        if (child := os.fork()) == 0:
            sys.stdout.buffer.write(frame(supervise(job)))
            sys.stdout.buffer.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            return 1
    return 0


def _import_for(assignment):
    """Import what grading an assignment needs, once for all submissions."""
    import pandas  # noqa: F401 - the library imports it late

    font_lists()
    # What is wrong with the assignment is reported by who grades, and not here.
    with contextlib.suppress(Exception):
        for statement in SourceNames(parse(**assignment)).imports:
            with contextlib.suppress(Exception):
                exec(ast.unparse(statement), {})


def supervise(job):
    """Have a job done; return its ``events`` and ``end``, processes ``left`` and ``seconds``."""
    die_with_parent()
    adopt_orphans()
    began = time.monotonic()
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _work(job, writer)
    os.close(writer)
    report, end = read_output(reader, began + job["limits"]["hard"], MAX_REPORT)
    left = kill_all(lambda: descendants(os.getpid()))
    events = []
    for line in report.split(b"\n"):
        try:
            events.append(json.loads(line))
        except ValueError:
            continue  # cut off by the end
    if not end and (not events or events[-1]["event"] not in ("done", "failed")):
        end = "the process that grades ended"
    seconds = round(time.monotonic() - began, 2)
    return {"events": events, "end": end, "left": left, "seconds": seconds}


def _work(job, writer):
    """Grade, in the child; never returns."""

    def emit(event):
        line = (json.dumps(event) + "\n").encode()
        while line:
            line = line[os.write(writer, line) :]

    try:
        import resource  # not on Windows, where the rest of this file must still be read

        # Tests may print, and submissions must find nothing at all.
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.set_inheritable(writer, False)
        die_with_parent()
        adopt_orphans()
        space, memory = job["limits"]["address_space"], job["limits"]["memory"]
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
        # Answers must not make the tests use more than the submission itself may.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, resource.RLIM_INFINITY))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the batch decides
        os.environ[SEED_VARIABLE] = job["seed"]
        grade_submission(job, emit)
    except Unreadable as error:
        emit({"event": "failed", "kind": "unreadable", "text": str(error)})
    except Broken as error:
        emit({"event": "failed", "kind": "broken", "text": str(error)})
    except BaseException:
        emit({"event": "failed", "kind": "error", "text": traceback.format_exc()[-4000:]})
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
