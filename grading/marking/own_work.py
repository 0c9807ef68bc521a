"""Grade one's own notebook on one's own machine: all tests of a class, and no sandbox.

Nobody has to be protected from code that they wrote themselves, so that this works on every system.
The cells run in this process, and what tests and code exchange is the same plain data as across a
sandbox. What an exercise withholds of the library (`grading.sandbox.library`) is not missing here.
"""

import contextlib
import json
import os
import sys
import tempfile
import time

from threadpoolctl import threadpool_limits

from grading.marking.run_and_test import grade_in
from grading.marking.session import Session
from grading.sandbox.enclosure import Limits
from grading.source.source_names import SourceNames
from grading.source.submitted_cells import Unreadable

HOURS = 24 * 3600.0  # seconds of patience: whoever waits can press Ctrl-C


class OwnSession(Session):
    """A session whose cells run in this process."""

    def __init__(self, given):
        limits = Limits(total=HOURS, hard=HOURS)
        super().__init__("none", limits, given=given)
        before = sys.path[:]
        from grading.sandbox.inside import worker  # it puts its own folder on the path

        sys.path[:] = before
        self._worker, self._shell = worker, worker.make_shell()

    def _ask(self, message, seconds):
        try:
            answer = self._worker.OPERATIONS[message["op"]](self._shell, message)
        except (Exception, SystemExit) as error:
            answer = self._worker.describe(error)
        data = answer.pop("data", b"")
        return json.loads(json.dumps(answer)) | {"data": data}


def run_own(assignment, notebook, wanted=None):
    """Grade a notebook (bytes) in this process; return a report as `grade_one.run_job` does.

    The cells run in an empty temporary folder, as those of a class do. Names of this process that
    they change stay changed: call it from a command that ends.
    """
    os.environ["MPLBACKEND"] = "agg"
    source, events, began = SourceNames(assignment), [], time.monotonic()
    # One thread, as in the sandbox: small matrices are slower on many.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), threadpool_limits(1):
        try:
            session = OwnSession(source.is_trusted)
            grade_in(session, assignment, source, notebook, events.append, wanted)
        except Unreadable as error:
            events.append({"event": "failed", "kind": "unreadable", "text": str(error)})
    seconds = round(time.monotonic() - began, 2)
    return {"events": events, "end": "", "left": 0, "seconds": seconds}
