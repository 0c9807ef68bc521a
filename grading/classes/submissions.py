"""Who handed in what, and when: folders, or the archive of Canvas, Moodle or Gradescope."""

import collections
import dataclasses
import datetime
import functools
import itertools
import pathlib
import re
import sys
import time

from grading.classes.archives import Refused, list_files, list_inner, readable
from grading.classes.own_process import SECONDS, read_apart
from grading.reports.late_rule import read_time
from grading.reports.spreadsheets import letters, some
from grading.source.assignment import digest
from grading.source.submitted_cells import Unreadable, read_notebook, without_outputs, worth

# The files of Canvas's archive: nameofstudent_LATE_12345_67890_file-1.ipynb
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
# The folders of Moodle's archive: Name of Student_12345_assignsubmission_file
MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_\w+?_?")
# Its files, where they were not downloaded in folders.
MOODLE_FILE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_(?P<file>.+)")
# Whose the folders of Gradescope's archive are, submission_111 and so on, and when they came; all
# lie in one folder. Anybody may hand in a file of this name: it is believed only as it is there.
GRADESCOPE = "submission_metadata.yml"
GRADESCOPE_FOLDER = re.compile(r"submission_\d+")
GRADESCOPE_AROUND = re.compile(r"assignment_\d+_export")
TIMESTAMP = "timestamp.txt"  # the file in which nbgrader keeps when a submission was handed in
MAX_NOTEBOOKS = 100  # files of a student, or of an archive, that are looked into
MAX_DEPTH = 3  # archives inside archives

# Endings of files that must be readable, and of those that are no notebooks.
NOTEBOOK = (".ipynb", ".ipynb.txt", ".ipynb.json", ".zip")
NEVER = (".py", ".html", ".pdf", ".docx", ".xlsx", ".csv", ".md", ".png", ".jpg", ".jpeg", ".npy")


@dataclasses.dataclass
class Submission:
    """What one student handed in."""

    student: str
    # What the learning platform calls the student: ``canvas``, ``moodle`` or ``gradescope``.
    ids: dict = dataclasses.field(default_factory=dict)
    file: str = ""  # path of the file that is graded; empty if there is none that can be
    content: bytes = b""  # that notebook without its outputs
    digest: str = ""  # a name of the file's content as it was handed in
    # Empty, or why there is nothing to grade: a status of `grading.reports.student_results`.
    status: str = ""
    message: str = ""
    notes: list = dataclasses.field(default_factory=list)
    # Names of all other files that the student handed in.
    left_aside: list = dataclasses.field(default_factory=list)
    submitted: datetime.datetime | None = None
    flagged_late: bool = False  # whether the platform marked it as late


def collect(path, assignment, known=lambda name: False):
    """Yield the submissions of a class, one a student, ordered by name; read one at a time.

    `path` has nbgrader's folders (``STUDENT/ASSIGNMENT/*.ipynb``), folders of students
    (``STUDENT/*.ipynb``), files (``STUDENT.ipynb``), or the archive of Canvas, Moodle or
    Gradescope, unpacked or not; or it is a zip archive of any of these, one folder around any of
    these, or one student's own folder, which it is if its name is `known`. The assignment tells
    which of several notebooks is meant. Raises `ValueError` if there is nothing.
    """
    is_one = functools.partial(_belongs, assignment)
    for submission, found in by_student(path, assignment.name, known, is_one):
        yield choose_notebook(submission, found, assignment)


def by_student(path, assignment, known=lambda name: False, is_one=lambda file: False):
    """Yield each student's `Submission` and files.

    With each file come whether the platform marked it as late, and its path as handed in. Where
    the one notebook, or its folder, is called as the assignment, all is one student's. Of files
    side by side in one folder `is_one` tells which are notebooks of the assignment: several are
    several students', unless the folder's name is a student's who is `known`.
    """
    files = list_files(path)
    around = _around(files, path, assignment, known, is_one)
    sent = _read_gradescope(files, around)
    groups = {}

    def group(student, ids):
        return groups.setdefault((student, *sorted(ids.values())), (Submission(student, ids), []))

    for file in files:
        place = file.path[around:]
        if place == (GRADESCOPE,):
            continue
        people, time = sent.get(place[0], ((), None))  # a group's submission is that of each
        owners = [(*person, False, place[1:]) for person in people] or [owner(place)]
        for student, ids, late, inner in owners:
            submission, found = group(student, ids)
            found.append((file, late, inner))
            submission.submitted = max(filter(None, (time, submission.submitted)), default=None)
    # A student who handed in an empty folder, or nothing.
    empty = _folders(path, files, around) - {file.path[around] for file in files}
    for name in sorted(empty):
        for student, ids, *_ in sent.get(name, ((),))[0] or [owner((name, "x"))]:
            group(student, ids)
    if not groups:
        raise ValueError(f"there are no submissions in {path}")
    if around and not any(submission.ids for submission, _ in groups.values()):
        top = "/".join(files[0].path[:around])
        words = f"is read as the folder of a class: {some(sorted(name for name, *_ in groups))}"
        advice = f"if it is that of one student, put all that is in it into {top}/{assignment}"
        print(f"{top} {words}; {advice}", file=sys.stderr)
    authors = [
        (submission.student, submission.ids)
        for submission, found in groups.values()
        if any(file.name.endswith(".ipynb") for file, *_ in found)
    ]
    if authors == [(assignment, {})]:
        found = [(file, False, file.path) for file in files]
        whole = pathlib.Path(path).resolve()
        student = readable(whole.name if whole.is_dir() else whole.stem)
        groups = {(student,): (Submission(student), found)}
    names = collections.Counter(submission.student for submission, _ in groups.values())
    for key in sorted(groups):
        submission, found = groups[key]
        if names[submission.student] > 1 and submission.ids:
            submission.student = own_name(submission.student, submission.ids, names)
            names[submission.student] = 1
        yield submission, found


def own_name(student, ids, taken):
    """Return a student's name, with the ids if it is also that of another one."""
    while student in taken:
        student = "_".join([student, *(ids.values() or "2")])
    return student


def _around(*arguments):
    """Return how many folders, one in the other, are around the class."""
    depth = 0
    while _is_around(depth, *arguments):
        depth += 1
    return depth


def _is_around(depth, files, path, assignment, known, is_one):
    """Tell whether the folder in which all files lie is that of a class, not of one student."""
    if len({file.path[depth] for file in files if len(file.path) > depth}) != 1:
        return False
    if not all(len(file.path) > depth + 1 for file in files):
        return False
    if pathlib.Path(path).is_dir() and len(_folders(path, files, depth)) != 1:
        return False
    top, inner = files[0].path[depth], [file.path[depth + 1 :] for file in files]
    folders = {place[0] for place in inner if len(place) > 1}
    loose = [file for file, place in zip(files, inner, strict=True) if len(place) == 1]
    if _is_gradescope(files, depth + 1):
        return True
    # Whoever is alone in a folder, mostly that of an extension, may have folders called as others.
    if assignment in folders or known(top) or MOODLE.fullmatch(top) or (folders and loose):
        return False
    if not folders:
        # Canvas's archive, unpacked into some folder. Elsewhere a name such as
        # homework_3_1_final.ipynb is the student's own, and says nothing about who it is from.
        if all(CANVAS.fullmatch(file.name) for file in loose):
            return len(loose) > 1
        own = rf"({letters(assignment)}|untitled)(\d|v|copy|old|new|final|draft|backup|version)*"
        if any(re.fullmatch(own, letters(file.name.partition(".")[0])) for file in loose):
            return False
        found = (file for file in loose if is_one(file))
        return len(list(itertools.islice(found, 2))) > 1
    if len(folders) > 1 or all(map(MOODLE.fullmatch, folders)):
        return True
    return _is_around(depth + 1, files, path, assignment, known, is_one)


def _folders(path, files, depth):
    """Return the names of the folders of a folder, empty ones too; none of an archive."""
    here = pathlib.Path(path, *(files[0].path[:depth] if files else ()))
    names = {readable(one.name) for one in here.iterdir() if one.is_dir()} if here.is_dir() else ()
    return {name for name in names if not name.startswith((".", "__"))}


def _is_gradescope(files, depth):
    """Tell whether everything inside so many folders lies as in Gradescope's archive."""
    inside = {file.path[depth] for file in files}
    if GRADESCOPE not in inside or depth > 1:
        return False
    named = depth == 0 or GRADESCOPE_AROUND.fullmatch(files[0].path[0])
    return named and all(map(GRADESCOPE_FOLDER.fullmatch, inside - {GRADESCOPE}))


def _read_gradescope(files, around):
    """Return by folder whose submissions Gradescope has packed, and when they came."""
    found = [file for file in files if file.path[around:] == (GRADESCOPE,)]
    if not found:
        return {}
    try:
        if not _is_gradescope(files, around):
            raise Refused("beside it must be Gradescope's folders submission_ID and nothing else")
        return read_apart(_parse_gradescope, found[0])
    except Refused as error:
        words = " ".join(f"is left out, so students have no names of it: {error}".split())
        print("/".join(found[0].path), words, file=sys.stderr)
        return {}


def _parse_gradescope(file):
    import yaml  # only here: it takes a moment to load

    sent = {}
    # Of any tag, since Gradescope names classes of Ruby; all values are texts.
    for folder, facts in yaml.load(file.read(), Loader=yaml.BaseLoader).items():
        people = [
            (
                readable(one[":name"]),
                {"gradescope": readable(one.get(":sid") or one.get(":email", ""))},
            )
            for one in facts[":submitters"]
        ]
        time = facts.get(":created_at", "")
        sent[folder] = people, read_time(time["utc"] if isinstance(time, dict) else time)
    return sent


def _belongs(assignment, file):
    """Tell whether a file is, or holds, a notebook of the assignment."""
    try:
        read = read_apart(read_contents, file, assignment)
    except Refused:
        return False
    return any(one.belongs for one in read.notebooks)


def owner(path):
    """Return a student's name and ids, whether a file is late, and its path inside their work."""
    if found := MOODLE.fullmatch(path[0]):
        if len(path) > 1:
            return found["name"], {"moodle": found["id"]}, False, path[1:]
    if len(path) == 1 and (found := MOODLE_FILE.fullmatch(path[0])):
        return found["name"], {"moodle": found["id"]}, False, (found["file"],)
    if len(path) == 1 and (found := CANVAS.fullmatch(path[0])):
        return found["name"], {"canvas": found["id"]}, bool(found["late"]), (found["file"],)
    if len(path) > 1:
        return path[0], {}, False, path[1:]
    return pathlib.PurePath(path[0]).stem.removesuffix(".ipynb"), {}, False, path


def choose_notebook(submission, found, assignment):
    """Fill in which of a student's files is graded, and return the submission.

    `found` are files, each with whether the platform marked it as late and its path as handed in.
    Of several notebooks it is the one that seems to earn most; of equals the one that Canvas says
    was handed in again, or the newest. Whatever a file does, only its own reading ends by it.
    """
    # nbgrader's folders hold other assignments as well.
    own = [entry for entry in found if assignment.name in entry[2][:-1]] or found
    own = sorted(own, key=lambda entry: not entry[0].name.endswith(".ipynb"))
    read, late_files, left = Contents(), set(), MAX_NOTEBOOKS
    end = time.monotonic() + SECONDS
    for file, late, inner in own:
        name = "/".join(file.path)
        # Where nbgrader has put it. Any other is the student's own invention.
        if inner == (assignment.name, TIMESTAMP) and not submission.ids:
            submission.submitted = _timestamp(file)
        elif file.name.lower().endswith(NEVER):
            read.others.append(name)
        elif left == 0:
            read.problems.append(("refused", f"{name}: there are more than {MAX_NOTEBOOKS} files"))
            break
        else:
            left -= 1
            version = _version(inner[-1]) if "canvas" in submission.ids else 0
            seconds = max(1.0, end - time.monotonic())
            try:
                read.add(read_apart(read_contents, file, assignment, version, seconds=seconds))
            except Refused as error:
                read.problems.append(("refused", f"{name}: {error}"))
            late_files |= {name} if late else set()
    best = max(read.notebooks, key=lambda one: (one.rank, one.modified, one.file), default=None)
    if best and best.belongs:
        submission.file, submission.content = best.file, best.content
        submission.digest = best.digest
        submission.flagged_late = any(best.file.startswith(name) for name in late_files)
        if len(read.notebooks) > 1:
            words = f"{len(read.notebooks)} notebooks were handed in, {best.file} was graded"
            submission.notes.append(f"{words}: most seems to be done in it.")
        submission.notes += [f"This could not be read: {words}." for _, words in read.problems[:5]]
        if programs := [name for name in read.others if name.endswith(".py")]:
            words = f"Only the notebook is run, without {', '.join(programs[:5])}"
            submission.notes.append(f"{words}: what it needs must stand in its cells.")
    else:
        submission.flagged_late = any(late for _, late, _ in found)
        submission.status, submission.message = _nothing_to_grade(read, assignment, best)
        submission.digest = digest(submission.message)
    names = [one.file for one in read.notebooks if one is not best or not submission.file]
    submission.left_aside = [*names, *(text for _, text in read.problems), *read.others]
    return submission


def _nothing_to_grade(read, assignment, other):
    """Return status and message of a student of whom nothing can be graded."""
    if other:
        words = f"{other.file} is no notebook of {assignment.name}: nothing in it is recognised"
        return "other", f"This was not graded: {words}. Hand in the notebook of {assignment.name}."
    problems = [*read.problems, *(("unreadable", f"{one} is no notebook") for one in read.others)]
    if not problems:
        return "missing", "No notebook was handed in."
    status, words = problems[0]
    advice = "Hand in the notebook itself, a file that ends in .ipynb."
    if ": the notebook has more than " in words:  # cells, or characters, than `read_notebook` takes
        advice = "Hand in the notebook with less in it."
    return status, f"This cannot be graded: {words}. {advice}"


@dataclasses.dataclass
class Contents:
    """What is in some files."""

    notebooks: list = dataclasses.field(default_factory=list)
    # Status and words of each that should have been read and cannot be.
    problems: list = dataclasses.field(default_factory=list)
    others: list = dataclasses.field(default_factory=list)  # names of what is no notebook

    def add(self, more):
        """Add what is in further files."""
        self.notebooks += more.notebooks
        self.problems += more.problems
        self.others += more.others


@dataclasses.dataclass(frozen=True)
class Notebook:
    """One notebook of a student, as far as grading needs it."""

    file: str
    content: bytes
    digest: str
    modified: str
    belongs: bool
    rank: tuple


def read_contents(file, assignment, version=0, depth=0):
    """Return the `Contents` of one file, which may be an archive, whatever it is called."""
    name = "/".join(file.path)
    if file.name.lower().endswith(NEVER):
        return Contents(others=[name])
    content = file.read()
    if content.startswith(b"PK\x03\x04") and depth < MAX_DEPTH:
        return _read_archive(file, content, assignment, version, depth)
    try:
        cells = read_notebook(content)
    except Unreadable as error:
        if not file.name.lower().endswith(NOTEBOOK):
            return Contents(others=[name])
        return Contents(problems=[("unreadable", f"{name}: {error}")])
    found = worth(assignment, cells)
    one = Notebook(
        name,
        without_outputs(cells),
        digest(content),
        str(file.modified or ""),
        found.belongs,
        (found.belongs, found.points, version, found.recognised),
    )
    return Contents([one])


def _read_archive(file, content, assignment, version, depth):
    read, name = Contents(), "/".join(file.path)
    entries = list_inner(content, name)
    if len(entries) > MAX_NOTEBOOKS:
        raise Refused(f"there are more than {MAX_NOTEBOOKS} files in it")
    for entry in entries:
        inner = dataclasses.replace(entry, path=(*file.path, *entry.path))
        try:
            read.add(read_contents(inner, assignment, version, depth + 1))
        except Refused as error:
            read.problems.append(("refused", f"{name}: {error}"))
    return read if entries else Contents(others=[name])


def _version(name):
    """Return the number that Canvas gives to a file that was handed in again: name-2.ipynb."""
    found = re.search(r"-(\d{1,3})\.\w+$", name)
    return int(found[1]) if found else 0


def _timestamp(file):
    try:
        text = file.read().decode("utf-8").strip()
    except (Refused, UnicodeDecodeError):
        return None
    return read_time(text)
