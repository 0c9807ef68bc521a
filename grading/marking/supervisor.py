"""Grade one submission, whatever it does: the job comes on stdin, what is known goes to stdout.

    python -m grading.marking.supervisor < job.json

The work is done by a child, which is killed with everything that belongs to it when its time is
over. This process imports nothing and waits, so that there is always one that survives.
"""

import json
import os
import resource
import select
import signal
import sys
import time
import traceback

from grading.sandbox.processes import adopt_orphans, descendants, die_with_parent, kill_all

MAX_REPORT = 64 << 20


def main():
    """Read a job, have it done, print ``{"events": [...], "end": ..., "left": ...}``."""
    die_with_parent()
    adopt_orphans()
    job = json.load(sys.stdin)
    began = time.monotonic()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
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
    from grading.marking.mark import judge
    from grading.marking.session import Broken
    from grading.source.hidden_tests import SEED_VARIABLE
    from grading.source.notebooks import Unreadable

    os.environ[SEED_VARIABLE] = job["seed"]
    try:
        judge(job, emit)
    except Unreadable as error:
        emit({"event": "failed", "kind": "unreadable", "text": str(error)})
    except Broken as error:
        emit({"event": "failed", "kind": "broken", "text": str(error)})


if __name__ == "__main__":
    main()
