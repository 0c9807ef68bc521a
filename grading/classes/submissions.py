"""Who handed in what, and when: folders, or the archive of Canvas or Moodle."""

import dataclasses
import datetime
import pathlib
import re

from grading.classes.archives import File, Refused, list_files, list_inner, readable
from grading.reports.late_rule import read_time
from grading.source.submitted_cells import Unreadable, match_places, read_notebook

# The files of Canvas's archive: nameofstudent_LATE_12345_67890_file-1.ipynb
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
# The folders of Moodle's archive: Name of Student_12345_assignsubmission_file
MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_\w+?_?")
TIMESTAMP = "timestamp.txt"
"""The file in which nbgrader keeps when a submission was handed in."""

MAX_NOTEBOOKS = 100
MAX_TOGETHER = 100 << 20
"""Bytes of all notebooks of a student, which are all read to find the one that is meant."""


@dataclasses.dataclass
class Submission:
    """What one student handed in."""

    student: str
    ids: dict = dataclasses.field(default_factory=dict)
    """What the learning platform calls the student: ``canvas`` or ``moodle``."""
    chosen: File | None = None
    """The file that is graded; None if there is none that can be read."""
    status: str = ""
    """Empty, or why there is nothing to grade: a status of `grading.reports.student_results`."""
    message: str = ""
    notes: list = dataclasses.field(default_factory=list)
    submitted: datetime.datetime | None = None
    flagged_late: bool = False
    """Whether the platform marked it as late."""

    @property
    def file(self):
        """The path of the file that is graded."""
        return "/".join(self.chosen.path) if self.chosen else ""

    def read(self):
        """Return the notebook that is graded; empty if there is none."""
        return self.chosen.read() if self.chosen else b""


def collect(path, assignment):
    """Yield the submissions of a class, one a student, ordered by name; read one at a time.

    `path` has nbgrader's folders (``STUDENT/ASSIGNMENT/*.ipynb``), folders of students
    (``STUDENT/*.ipynb``), files (``STUDENT.ipynb``), or the archive of Canvas or Moodle, unpacked
    or not; or it is a zip archive of any of these. The assignment tells which of several notebooks
    is meant. Raises `ValueError` if there is nothing.
    """
    for submission, found in by_student(path):
        yield choose_notebook(submission, found, assignment)


def by_student(path):
    """Yield each student's `Submission` and files.

    With each file come whether the platform marked it as late, and its path as handed in.
    """
    files = list_files(path)
    # Canvas's archive, unpacked into some folder. Elsewhere a name such as homework_3_1_final.ipynb
    # is the student's own, and says nothing about who it is from.
    flat = len(files) > 1 and len({file.path[:-1] for file in files}) == 1
    flat = flat and all(CANVAS.fullmatch(file.name) for file in files)
    groups = {}
    for file in files:
        student, ids, late, inner = owner(file.path[-1:] if flat else file.path)
        group = groups.setdefault((student, *sorted(ids.values())), (student, ids, []))
        group[2].append((file, late, inner))
    if pathlib.Path(path).is_dir():  # a student who handed in an empty folder, or nothing
        full = {file.path[0] for file in files}
        for folder in sorted(pathlib.Path(path).iterdir()):
            empty = folder.is_dir() and readable(folder.name) not in full
            if empty and not folder.name.startswith((".", "__")):
                student, ids, _, _ = owner((readable(folder.name), "x"))
                groups.setdefault((student, *sorted(ids.values())), (student, ids, []))
    if not groups:
        raise ValueError(f"there are no submissions in {path}")
    names = [student for student, _, _ in groups.values()]
    for key in sorted(groups):
        student, ids, found = groups[key]
        if names.count(student) > 1:  # two students of one name: their ids tell them apart
            student = "_".join([student, *ids.values()])
        yield Submission(student, ids), found


def owner(path):
    """Return a student's name and ids, whether a file is late, and its path inside their work."""
    if found := MOODLE.fullmatch(path[0]):
        if len(path) > 1:
            return found["name"], {"moodle": found["id"]}, False, path[1:]
    if len(path) == 1 and (found := CANVAS.fullmatch(path[0])):
        return found["name"], {"canvas": found["id"]}, bool(found["late"]), (found["file"],)
    if len(path) > 1:
        return path[0], {}, False, path[1:]
    return pathlib.PurePath(path[0]).stem, {}, False, path


def choose_notebook(submission, found, assignment):
    """Fill in which of a student's files is graded, and return the submission.

    `found` are files, each with whether the platform marked it as late and its path as handed in.
    """
    # nbgrader's folders hold other assignments as well.
    own = [entry for entry in found if assignment.name in entry[2][:-1]]
    found = own or found
    candidates, refused = [], []
    count = size = 0
    for file, late, inner in found:
        # Where nbgrader, or the instructor, has put it. Any other is the student's own invention.
        if inner in ((TIMESTAMP,), (assignment.name, TIMESTAMP)) and not submission.ids:
            submission.submitted = _timestamp(file)
            continue
        for one in _notebooks(file, refused):
            try:
                content = one.read()
                count, size = count + 1, size + len(content)
                if count > MAX_NOTEBOOKS or size > MAX_TOGETHER:
                    raise Refused(
                        f"there are more than {MAX_NOTEBOOKS} notebooks, or they are larger than "
                        f"{MAX_TOGETHER >> 20} MB together"
                    )
                similarity = len(match_places(assignment, read_notebook(content)))
            except Refused as error:
                refused.append(("refused", str(error)))
                if count > MAX_NOTEBOOKS or size > MAX_TOGETHER:
                    break
            except Unreadable as error:
                refused.append(("unreadable", f"{one.name}: {error}"))
            else:
                key = (similarity > 0, _version(inner[-1]), similarity, str(one.modified))
                candidates.append((key, one, late))
    if count > MAX_NOTEBOOKS or size > MAX_TOGETHER:
        candidates, refused = [], refused[-1:]
    if not candidates:
        status, message = refused[0] if refused else ("missing", "No notebook was handed in.")
        submission.status = status
        submission.message = f"This cannot be graded: {message}." if refused else message
        submission.flagged_late = any(late for _, late, _ in found)
        return submission
    _, submission.chosen, submission.flagged_late = max(candidates, key=lambda c: c[0])
    if len(candidates) > 1:
        submission.notes.append(
            f"{len(candidates)} notebooks were handed in, {submission.file} was graded."
        )
    return submission


def _notebooks(file, refused):
    """Return the notebooks that a file is or, as an archive, holds."""
    suffix = pathlib.PurePath(file.name).suffix.lower()
    if suffix != ".zip":
        if suffix == ".ipynb" or file.name.lower().endswith((".ipynb.txt", ".ipynb.json", ".json")):
            return [file]
        if suffix in (".py", ".html", ".pdf", ".docx"):
            refused.append(("unreadable", f"{file.name} is not a notebook (.ipynb)"))
        return []
    try:
        files = list_inner(file.read(), file.name)
    except Refused as error:
        refused.append(("refused", str(error)))
        return []
    return [inner for inner in files if inner.name.lower().endswith(".ipynb")]


def _version(name):
    """Return the number that Canvas gives to a file that was handed in again: name-2.ipynb."""
    found = re.search(r"-(\d{1,3})\.\w+$", name)
    return int(found[1]) if found else 0


def _timestamp(file):
    try:
        text = file.read().decode("utf-8").strip()
    except (Refused, UnicodeDecodeError):
        return None
    return read_time(re.sub(r" ?(UTC|GMT)$", "+00:00", text))
