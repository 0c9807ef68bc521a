"""Have one submission graded in processes of their own, whatever it does: both sides of the border.

`run_job` starts ``python -m grading.marking.grade_one``, which takes the job on stdin and prints
what came out. There a child does the work; it is killed with everything that belongs to it when its
time is over. The parent imports nothing of the grader and waits, so that one always survives.
"""

import base64
import dataclasses
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time
import traceback

from grading.sandbox.enclosure import Limits, choose
from grading.sandbox.processes import adopt_orphans, descendants, die_with_parent, kill_all
from grading.source.assignment import digest

GRACE = 25
"""Seconds that the process may take beyond its hard limit, to clean up."""

MAX_REPORT = 64 << 20


class NotGraded(Exception):
    """The machine, not the submission, is to blame: there is no result."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """How submissions are graded."""

    limits: Limits = dataclasses.field(default_factory=Limits)
    sandbox: str | None = None
    """One of `grading.sandbox.enclosure.KINDS`; None for the best there is."""
    unsafe: bool = False
    """Whether to grade where there is no sandbox."""
    seed: str = ""
    """The instructor's secret, from which hidden tests draw their inputs; empty: the public one."""
    files: pathlib.Path | None = None
    """Folder whose content submissions find beside them."""

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


def run_job(job):
    """Grade a submission on this machine; return what `main` printed, and the ``sandbox``.

    Raises `grading.sandbox.enclosure.NoSandbox` if this machine has none, and `NotGraded` if the
    process fails.
    """
    job = job | {"sandbox": choose(job["wanted"], job["unsafe"])}
    # -P: the folder in which an instructor stands may hold a submission called numpy.py.
    command = [sys.executable, "-P", "-m", "grading.marking.grade_one"]
    seconds = job["limits"]["hard"] + GRACE
    try:
        done = subprocess.run(
            command, input=json.dumps(job).encode(), capture_output=True, timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotGraded(f"the supervising process failed: {error}") from None
    try:
        return json.loads(done.stdout) | {"sandbox": job["sandbox"]}
    except ValueError:
        words = done.stderr.decode(errors="replace").strip()[-2000:]
        raise NotGraded(f"the supervising process failed: {words}") from None


def main():
    """Read a job, have it done, print ``events``, ``end``, processes ``left`` and ``seconds``."""
    die_with_parent()
    adopt_orphans()
    job = json.load(sys.stdin)
    began = time.monotonic()
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _work(job, writer)
    os.close(writer)
    report, end = _listen(reader, began + job["limits"]["hard"])
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
    json.dump({"events": events, "end": end, "left": left, "seconds": seconds}, sys.stdout)


def _listen(reader, deadline):
    """Return what the child wrote, and why it had to be ended, if it had to."""
    report = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return bytes(report), "it took too long"
        if not select.select([reader], [], [], left)[0]:
            continue
        block = os.read(reader, 1 << 16)
        if not block:
            return bytes(report), ""
        report += block
        if len(report) > MAX_REPORT:
            return bytes(report), "its report is too large"


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
        _grade(job, emit)
    except BaseException:
        emit({"event": "failed", "kind": "error", "text": traceback.format_exc()[-4000:]})
    finally:
        os._exit(0)


def _grade(job, emit):
    from grading.marking.run_and_test import grade_submission
    from grading.marking.session import Broken
    from grading.source.hidden_tests import SEED_VARIABLE
    from grading.source.submitted_cells import Unreadable

    os.environ[SEED_VARIABLE] = job["seed"]
    try:
        grade_submission(job, emit)
    except Unreadable as error:
        emit({"event": "failed", "kind": "unreadable", "text": str(error)})
    except Broken as error:
        emit({"event": "failed", "kind": "broken", "text": str(error)})


if __name__ == "__main__":
    main()
