"""What is known of each student of a class: one record a student, with its history.

A record is ``STUDENT/result.json``; what was handed in lies beside it, so that it can be graded
again. Each run adds to the records and takes nothing away. What counts of several things that a
student has handed in, in whatever folder or archive, is the one that came last of those that can be
graded, under the mildest of the late rules by which it was graded.
"""

import contextlib
import datetime
import json
import pathlib
import re

from filelock import FileLock, Timeout

from grading.classes.submissions import Submission, own_name
from grading.reports.late_rule import cost, mildest, read_time
from grading.reports.spreadsheets import BOM, letters, name_orders
from grading.reports.student_results import grades_table, write_json
from grading.source.assignment import digest
from scaling_lib.data.files import append_bytes, write_bytes

RESULT = "result.json"
AUDIT = "audit.jsonl"
LOCK = ".lock"
LONGEST = 200  # bytes of a folder's name, of which most systems allow 255
# What a record keeps of a `Submission`, for each that differs from the others.
KEPT = ("file", "digest", "status", "message", "notes", "left_aside")


@contextlib.contextmanager
def held(out, submissions):
    """Keep `out` to one run at a time, as `locked` does.

    `ValueError` also if it lies in `submissions` and would be read as a student's work.
    """
    out = pathlib.Path(out)
    if out.resolve().is_relative_to(pathlib.Path(submissions).resolve()):
        raise ValueError(
            f"--out {out} lies in {submissions}, where it would be read as the work of students: "
            "name a folder outside of it"
        )
    with locked(out):
        yield


@contextlib.contextmanager
def locked(out):
    """Keep `out` to one run at a time, which reads all records first; `ValueError` to another."""
    out = pathlib.Path(out)
    try:
        with FileLock(out / LOCK, blocking=False):
            try:
                yield
            finally:  # where nothing came of it, nothing stays
                if [path.name for path in out.iterdir()] == [LOCK]:
                    with contextlib.suppress(OSError):  # Windows removes no file that is open
                        (out / LOCK).unlink()
                        out.rmdir()
    except Timeout as error:
        raise ValueError(
            f"another run is writing into {out}: wait for its end, or name another folder"
        ) from error


class Records:
    """The records in the folder that ``--out`` names; all are of one assignment."""

    def __init__(self, out, assignment):
        self.out = pathlib.Path(out)
        self.records, self.delivered, self.remarks, self.present = [], [], [], set()
        self.lifted = []  # records of those whom Canvas marked as late, by an earlier deadline
        # From paths to what was handed in of records that have not been written since.
        self.unwritten = {}
        for path in sorted(self.out.glob(f"*/{RESULT}")):
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
                other = record["assignment"]
                _ = record["student"], record["ids"].items(), record["score"] + 0
            except (OSError, ValueError, TypeError, KeyError, AttributeError):
                continue  # a run that was killed left half of it
            if other != assignment:
                raise ValueError(f"{out} holds results of {other!r}: name another folder")
            self.records.append(record | {"folder": path.parent})

    def expect(self, submissions):
        """Take note of who is in this run; `ValueError` if these are no students of the class."""
        self.present = {submission.student for submission in submissions}
        platforms = {tuple(record["ids"]) for record in self.records}
        known = any(self._find(submission, None) for submission in submissions)
        if platforms and not known and not platforms & {tuple(s.ids) for s in submissions}:
            raise ValueError(
                f"{self.out} holds a class as another platform names it, and none of these "
                f"{len(submissions)} students: name another folder with --out"
            )

    def knows(self, name):
        """Tell whether somebody has this name, whichever platform writes it."""
        return any(_alike(record["student"], name) for record in self.records)

    def deliver(self, submission, place, late):
        """Add a `Submission` to the student's record; `place` is the folder or archive it was in.

        Returns
        -------
        record : dict
            New or old, with its ``folder``; not yet written.
        counts : Submission
            What is to be graded: this one, or another that came later.
        terms : dict
            How late that is; see `LateRule.terms`.
        """
        record = self._find(submission, place)
        names = {other["student"] for other in self.records if other is not record}
        name = own_name(submission.student, submission.ids, names)
        with_ids = "_".join([submission.student, *submission.ids.values()])
        if record is None:
            taken = {other["folder"].name.casefold() for other in self.records}
            record = {"folder": self.out / free_name(submission, taken), "handed_in": []}
            record |= {"student": name, "ids": submission.ids}
            self.records.append(record)
        elif record["ids"] == submission.ids and record["student"] not in (name, with_ids):
            words = f"{record['student']} is now {name}"
            self.remarks.append(f"{words}: the same id, or the same work in the same place")
            record["student"] = name
        self.delivered.append(record)
        entries = record.setdefault("handed_in", [])
        for entry in entries:
            entry["rules"].pop(place, None)  # there lies one submission of a student at a time
        known = [entry for entry in entries if entry["digest"] == submission.digest]
        entry = known[0] if known else {"rules": {}}
        entry |= {name: getattr(submission, name) for name in KEPT}
        terms = late.terms(submission)
        # Canvas's mark is for its deadline then; a later one, in another run, has to go before it.
        earlier = [r for one in entries for r in one["rules"].values() if r["given"]]
        if terms["days"] and late.due and not terms["submitted"]:
            if any(not r.get("due") or read_time(r["due"]) < late.due for r in earlier):
                terms["days"] = 0
                self.lifted.append(record)
        entry["rules"][place] = terms
        entries = [*entries, *([] if known else [entry])]
        record["handed_in"] = [one for one in entries if one["rules"]]
        if submission.file:
            self.unwritten[self._path(record, entry)] = submission.content
        fine = [one for one in record["handed_in"] if self._gradable(record, one)]
        best = (fine or record["handed_in"])[-1]
        facts = {name: best[name] for name in KEPT}
        content = self._content(record, best) if best in fine else b""
        counts = Submission(record["student"], record["ids"], content=content, **facts)
        terms, here = mildest(best["rules"]), best["rules"].get(place)
        if here is None:
            where = f"{counts.file} in {', '.join(best['rules'])}"
            self.remarks.append(f"{counts.student}: {where} counts, which came later")
        elif here["given"] and cost(terms) < cost(here):
            words = "the milder deadline of an earlier run, on another folder, counts"
            self.remarks.append(f"{counts.student}: {words}")
        gone = sorted({p for one in fine if one is not best for p in one["rules"]})
        if gone and here is not None:  # an extension, or somebody else of this name
            words = f"counts, and no longer what came before in {', '.join(gone)}"
            self.remarks.append(f"{counts.student}: {counts.file} {words}")
        return record, counts, terms

    def was_delivered(self, record):
        """Tell whether a record got something in this run."""
        return any(record is one for one in self.delivered)

    def table(self):
        """Write ``grades.csv`` and return the results in it: of all runs, ordered by student."""
        results = [record for record in self.records if "score" in record]
        results.sort(key=lambda result: result["student"])
        write_bytes(self.out / "grades.csv", (BOM + grades_table(results)).encode())
        return results

    def write(self, record, result=None):
        """Store a record and what was handed in; a new result makes an old one history."""
        if result is not None:
            summary = ("time", "file", "submission", "status", "score")
            old = {name: record.get(name) for name in summary}
            if "score" in record and any(old[name] != result[name] for name in summary[1:]):
                record["history"] = [*record.get("history", []), old]
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            record |= result | {"time": now}
        for path in [self._path(record, entry) for entry in record["handed_in"]]:
            if path in self.unwritten:
                write_bytes(path, self.unwritten.pop(path))
        stored = {name: value for name, value in record.items() if name != "folder"}
        write_json(record["folder"] / RESULT, stored)

    def _find(self, submission, place):
        """Return the one record of a student: by id, by name, or renamed where it lay."""
        ids, name = submission.ids.items(), submission.student
        open_ = [r for r in self.records if not self.was_delivered(r)]
        others = [r for r in open_ if not r["ids"].keys() & submission.ids.keys()]
        for same in (
            [r for r in open_ if ids & r["ids"].items()],
            [r for r in others if r["student"] == name],
            # One platform says Ada Lovelace where another one says lovelaceada.
            [r for r in others if r["ids"] != submission.ids and _alike(r["student"], name)],
            [r for r in others if place and self._has_moved(r, submission, place)],
        ):
            if len(same) == 1:
                return same[0]
        return None

    def _has_moved(self, record, submission, place):
        """Tell whether somebody who is gone had handed in this very file, in this very folder."""
        mine = [e for e in record.get("handed_in", []) if e["digest"] == submission.digest]
        gone = record["student"] not in self.present
        return gone and submission.file and any(place in entry["rules"] for entry in mine)

    def _path(self, record, entry):
        suffix = ".jsonl" if entry["file"].endswith(".jsonl") else ".ipynb"
        return record["folder"] / "handed_in" / (entry["digest"] + suffix)

    def _content(self, record, entry):
        path = self._path(record, entry)
        return self.unwritten[path] if path in self.unwritten else path.read_bytes()

    def _gradable(self, record, entry):
        path = self._path(record, entry)
        return not entry["status"] and (path in self.unwritten or path.is_file())


def log(out, **facts):
    """Add a line of JSON to the log in a folder of records."""
    time = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    append_bytes(pathlib.Path(out) / AUDIT, (json.dumps({"time": time} | facts) + "\n").encode())


def free_name(submission, taken):
    """Return the name of a student's folder, whatever the student is called, and take it."""
    name = re.sub(r"[^\w@+ -]|^\s+|\s+$", "_", submission.student)
    name = name.encode()[:LONGEST].decode(errors="ignore") or "_"
    whole, number = name, 0
    while (name != submission.student and not number) or name.casefold() in taken:
        unique = digest(submission.student, *submission.ids.values(), *[str(number)] * number)
        name, number = f"{whole}-{unique[:6]}", number + 1
    taken.add(name.casefold())
    return name


def with_folders(submissions, out):
    """Yield each submission with a folder of its own."""
    taken = set()
    for submission in submissions:
        yield submission, out / free_name(submission, taken)


def _alike(one, other):
    """Tell whether two names have the same letters, in any of the orders of their words."""
    ways = [set(map(letters, name_orders(name))) for name in (one, other)]
    return bool(ways[0] & ways[1] - {""})
