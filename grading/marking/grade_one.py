"""Grade one submission: the settings, and the process in which it is done."""

import base64
import dataclasses
import json
import pathlib
import subprocess
import sys

from grading.classes.lateness import LateRule
from grading.reports.student_results import NotGraded, read_report
from grading.sandbox.enclosure import choose
from grading.sandbox.limits import Limits
from grading.source.digests import digest
from grading.source.hidden_tests import PUBLIC_SEED

GRACE = 25
"""Seconds that a supervisor may take beyond its hard limit, to clean up."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """How submissions are graded."""

    limits: Limits = dataclasses.field(default_factory=Limits)
    sandbox: str | None = None
    """One of `grading.sandbox.enclosure.KINDS`; None for the best there is."""
    unsafe: bool = False
    """Whether to grade where there is no sandbox."""
    seed: str = PUBLIC_SEED
    """The instructor's secret, from which hidden tests draw their inputs."""
    files: pathlib.Path | None = None
    """Folder whose content submissions find beside them."""
    late: LateRule = dataclasses.field(default_factory=LateRule)

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
    """Return all that has to be known to grade a submission, as plain data.

    Parameters
    ----------
    assignment : Assignment
        What is graded.
    notebook : bytes
        The file that was handed in.
    settings : Settings
        How.

    Returns
    -------
    dict
        For `run_job`.
    """
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
    """Have a submission graded on this machine, in a process of its own.

    Parameters
    ----------
    job : dict
        What `make_job` returned.

    Returns
    -------
    dict
        For `grading.reports.student_results.read_report`.

    Raises
    ------
    NoSandbox
        If this machine has no sandbox.
    NotGraded
        If the process fails.
    """
    job = job | {"sandbox": choose(job["wanted"], job["unsafe"])}
    # -P: the folder in which an instructor stands may hold a submission called numpy.py.
    command = [sys.executable, "-P", "-m", "grading.marking.supervisor"]
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


def grade_one(assignment, notebook, settings):
    """Grade one submission; see `make_job` for the arguments.

    Returns
    -------
    dict
        The result; see `grading.reports.student_results`.

    Raises
    ------
    NoSandbox, NotGraded
        If this machine is to blame.
    """
    report = run_job(make_job(assignment, notebook, settings))
    return read_report(assignment, report) | {"sandbox": report["sandbox"]}
