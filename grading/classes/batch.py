"""Grade a class: many submissions at a time, each in processes of its own, into a folder.

A result is written as soon as it is known, whole or not at all, and names everything on which it
depends. Starting the same batch again grades only what has no such result yet.
"""

import contextlib
import dataclasses
import functools
import itertools
import json
import os
import pathlib
import shlex
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from tqdm import tqdm

import scaling_lib
from grading.classes.records import Records, held, log
from grading.classes.submissions import collect
from grading.marking.grade_one import NotGraded, Settings, make_job, run_job
from grading.marking.known_answers import read_answers
from grading.reports.feedback import write_feedback
from grading.reports.late_rule import LateRule, take_off
from grading.reports.spreadsheets import BOM, some, to_csv
from grading.reports.student_results import clean, empty_result, read_report, versions
from grading.sandbox.enclosure import PROTECTION, choose
from grading.source.assignment import SOURCES, Assignment, digest, load
from grading.source.submitted_cells import SubmittedCell, match, own_work, read_notebook
from scaling_lib.data.checks import whole
from scaling_lib.data.cluster import connect
from scaling_lib.data.files import write_bytes

# Submissions read before there is a free process for them, as a multiple of the processes.
AHEAD = 2

MANY = 4  # notebooks of one student that are left aside, from which on they may be a class's

ALIKE = "alike.csv"  # table of those who share work, for the instructor


@dataclasses.dataclass
class Summary:
    """What became of a batch."""

    results: list  # of this run and all before it, in the order of the students
    failed: dict  # from students without a result to the reason
    resumed: int  # how many had a result already
    remarks: list  # what the instructor should know of earlier runs
    late: list  # what the late rule meant, in sentences


def grade(
    assignment,
    submissions,
    out,
    settings=Settings(),  # noqa: B008 - frozen
    late=LateRule(),  # noqa: B008
    jobs=1,
    scheduler=None,
    progress=True,
):
    """Grade all submissions that have no result yet; return a `Summary`.

    Parameters
    ----------
    assignment : Assignment, str or path-like
        A name or path is loaded by `grading.source.assignment.load`.
    submissions : path-like
        Folder or archive; see `grading.classes.submissions.collect`.
    out : path-like
        Folder for a folder a student, ``grades.csv`` and ``audit.jsonl``.
    jobs : int
        Submissions graded at a time on this machine.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers grade instead of this machine. The submissions
        and the secret seed travel to them.

    Raises
    ------
    ValueError
        If something cannot be used, there is no sandbox, or the reference solution itself does not
        earn all points.
    """
    jobs = whole(jobs, "jobs")
    if not isinstance(assignment, Assignment):
        assignment = load(assignment)
    with held(out, submissions):
        records = Records(out, assignment.name)
        kind = None if scheduler else choose(settings.sandbox, settings.unsafe)
        _check_library(kind)
        handed_in = list(collect(submissions, assignment, records.knows))
        records.expect(handed_in)
        batch = _Batch(assignment, records, settings, kind)
        log(
            records.out,
            versions=versions(),
            command=shlex.join(sys.argv),
            assignment=assignment.name,
            source=assignment.digest,
            submissions=len(handed_in),
            sandbox=kind or scheduler,
            protection=PROTECTION.get(kind),
            unsafe=settings.unsafe,
            seed=settings.seed_name,
            limits=dataclasses.asdict(settings.limits),
        )
        with _executor(jobs, scheduler) as (pool, width):
            # The source itself is graded as one of them; the estimate of the time left counts it.
            with tqdm(total=1 + len(handed_in), unit="notebook", disable=not progress) as bar:
                place = str(pathlib.Path(submissions).resolve())
                delivered = (records.deliver(one, place, late) for one in handed_in)
                batch.run(delivered, pool, lambda: max(1, AHEAD * width()), bar)
        results = records.table()
        remarks = [*batch.remarks(results), *_alike(assignment, records)]
        now = [r for r in results if records.was_delivered(r) and r["file"]]
        return Summary(results, batch.failed, batch.resumed, remarks, late.in_words(now))


class _Batch:
    """The submissions of one call of `grade`."""

    def __init__(self, assignment, records, settings, kind):
        self.assignment, self.records = assignment, records
        self.settings, self.kind = settings, kind
        self.failed, self.resumed, self.running = {}, 0, {}
        self.source = None  # the future of the source itself, until it has earned all its points
        self.held = []  # what to do then, before more is collected: results that were known at once

    def run(self, delivered, pool, most, bar):
        """Grade the source itself beside the first submissions; write nothing before it is fine."""
        job = make_job(self.assignment, self.assignment.text.encode(), self.settings)
        self.source = pool.submit(run_job, job)
        try:
            for record, submission, terms in delivered:
                entry = (record, submission, terms)
                if record.get("key") == self._key(submission, terms):
                    self.held.append(functools.partial(self._resume, record))
                elif not submission.file:
                    result = empty_result(self.assignment, submission.status, submission.message)
                    self.held.append(functools.partial(self._finish, *entry, result, self.kind))
                else:
                    self._submit(pool, entry, retry=True)
                while len(self.running) + len(self.held) >= most():
                    self._collect(pool, bar)
            while self.source or self.running or self.held:
                self._collect(pool, bar)
        except BaseException:
            for future in [*self.running, *filter(None, [self.source])]:
                future.cancel()
            raise

    def _confirm(self, bar):
        """Wait for the source's own result, so that no class is graded by a broken test."""
        if self.source is None:
            return
        try:
            result = read_report(self.assignment, self.source.result())
        except Exception as trouble:
            raise ValueError(
                f"nothing was graded, not even the source: {_words(trouble)}"
            ) from None
        wrong = [i for i in result["items"] if i["score"] != i["points"]]
        if wrong:
            words = "; ".join(f"{i['id']}: {i['detail'] or i['message']}" for i in wrong)
            raise ValueError(f"the reference solution itself does not earn all points: {words}")
        self.source = None
        bar.update()

    def _resume(self, record):
        self.records.write(record)
        self.resumed += 1

    def _submit(self, pool, entry, retry):
        job = make_job(self.assignment, entry[1].content, self.settings)
        self.running[pool.submit(run_job, job)] = (entry, retry)

    def _collect(self, pool, bar):
        self._confirm(bar)
        if self.held:  # there is room now: the processes need not wait
            for write in self.held:
                write()
                bar.update()
            self.held.clear()
            return
        for future in wait(self.running, return_when=FIRST_COMPLETED).done:
            entry, retry = self.running.pop(future)
            try:
                report = future.result()
                result = read_report(self.assignment, report)
            except Exception as trouble:  # of a cluster it may be anything
                if retry:
                    self._submit(pool, entry, retry=False)
                    continue
                words = _words(trouble)
                self.failed[entry[1].student] = words
                log(self.records.out, student=entry[1].student, failed=words)
            else:
                self._finish(*entry, result, report["sandbox"])
            bar.update()

    def _key(self, submission, terms):
        """Return a name of everything on which a result depends."""
        return digest(
            self.assignment.digest,
            self.settings.digest,
            # Whoever is as late under another deadline has the same result.
            json.dumps([terms | {"due": None}, submission.notes, submission.left_aside]),
            versions()["grading"],
            submission.status,
            submission.message,
            submission.content,
        )

    def _finish(self, record, submission, terms, result, kind):
        result |= {
            "student": submission.student,
            "file": submission.file,
            "notes": list(submission.notes),
            "key": self._key(submission, terms),
            "source": self.assignment.digest,
            "left_aside": [clean(name) for name in submission.left_aside],
            "submission": submission.digest,
            "sandbox": kind,
            "limits": dataclasses.asdict(self.settings.limits),
            "seed": self.settings.seed_name,
            "versions": versions(),
        }
        take_off(result, terms)
        write_feedback(record["folder"] / "feedback.html", result)
        self.records.write(record, result)
        kept = ("student", "file", "submission", "status", "score", "sandbox", "seconds")
        facts = {name: result[name] for name in kept}
        log(self.records.out, **facts, starts=result.get("starts"))

    def remarks(self, results):
        """Return what the instructor should know of earlier runs."""
        others = [r for r in results if not self.records.was_delivered(r)]
        facts = self.assignment.digest, self.settings.seed_name
        old = [r for r in others if (r.get("source"), r["seed"]) != facts]
        said = {
            f"{len(others)} results of earlier runs stay in the table": others,
            "graded by another source or secret, so grade them again": old,
            "marked as late by Canvas, taken as in time for a deadline later than that of the run "
            "before": self.records.lifted,
        }
        made = [
            f"{words}: {some([r['student'] for r in who])}" for words, who in said.items() if who
        ]
        # A class that lies beside something else, or in an archive, is read as one student.
        left = {r["student"]: sum(".ipynb" in n for n in r.get("left_aside", ())) for r in results}
        many = [f"{name} ({count + 1})" for name, count in left.items() if count >= MANY]
        if many or (len(results) == 1 and any(left.values())):
            words = f"one of several notebooks is graded: {some(many or list(left))}"
            made.append(f"{words}; if that holds a class, give its folder itself, unpacked")
        versions = {}
        for result in results:
            versions.setdefault(result.get("version"), []).append(result["student"])
        made += [f"{some(who)}: {words}" for words, who in versions.items() if words]
        return self.records.remarks + made


def _alike(assignment, records):
    """Write a table of those who share work of some length; return a sentence about them.

    What the course has itself, solutions and known answers, anyone may have found there. The
    members of a group that handed in one file are not compared.
    """
    path = SOURCES.parent / "answers" / f"{assignment.name}.py"
    answers = read_answers(path, assignment) if path.is_file() else ()
    ours = [[SubmittedCell("code", one["code"], one["exercise"])] for one in answers]
    ours.append(read_notebook(assignment.text.encode()))
    public, sharing, pairs = set(), {}, {}
    for cells in ours:
        public |= own_work(assignment, cells, match(assignment, cells)).items()
    for record in records.records:
        for work in record.get("own", {}).items():
            sharing.setdefault(work, []).append(record)
    for name, form in sharing.keys() - public:
        for one, other in itertools.combinations(sharing[name, form], 2):
            copied = one["submission"] == other["submission"]
            if not (copied and one["file"] == other["file"]):
                shared = pairs.setdefault((one["student"], other["student"]), set())
                shared |= {name, "file"} if copied else {name}
    path = records.out / ALIKE
    if not pairs:
        path.unlink(missing_ok=True)
        return []
    rows = sorted(pairs, key=lambda pair: ("file" not in pairs[pair], -len(pairs[pair]), pair))
    table = [(*pair, " ".join(sorted(pairs[pair]))) for pair in rows]
    write_bytes(path, (BOM + to_csv([("student", "other", "the same"), *table])).encode())
    names = some([f"{one} and {other} ({len(pairs[one, other])})" for one, other in rows])
    return [f"the same code or text, with how many cells: {names}; {path} has all"]


def _words(trouble):
    known = isinstance(trouble, NotGraded)
    return clean(trouble if known else f"{type(trouble).__name__}: {trouble}")


def _check_library(kind):
    """Raise `ValueError` if PYTHONPATH names another library than the one that is installed."""
    if kind != "bubblewrap" or not os.environ.get("PYTHONPATH"):
        return
    code = "import importlib.util as u; print(u.find_spec('scaling_lib').origin)"
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-s", "-P", "-c", code]
    found = subprocess.run(command, env=plain, capture_output=True, text=True).stdout.strip()
    if not found or not os.path.samefile(found, scaling_lib.__file__):
        raise ValueError(
            f"PYTHONPATH leads to {os.path.dirname(scaling_lib.__file__)}, which submissions would "
            f"not find ({os.path.dirname(found) or 'nothing'} is installed): unset PYTHONPATH"
        )


@contextlib.contextmanager
def _executor(jobs, scheduler):
    """Yield what runs jobs, here or on a cluster, and a function that tells how many at a time."""
    if not scheduler:
        with ThreadPoolExecutor(jobs) as pool:
            yield pool, lambda: jobs
        return
    with connect(scheduler) as client:
        if not client.nthreads():
            print(f"the scheduler at {scheduler} has no workers yet: waiting", file=sys.stderr)
        # Workers may come and go.
        yield client.get_executor(pure=False), lambda: sum(client.nthreads().values())
