"""Tables that a person or a learning platform fills in: marks by hand, and rosters.

Canvas: Grades, Export; the column of the assignment is filled in. Moodle: the assignment's grading
worksheet; the columns Grade and Feedback comments are filled in.
"""

import collections
import contextlib
import datetime
import math
import pathlib
import re
import sys

from grading.reports.spreadsheets import (
    harmless,
    letters,
    name_orders,
    plain,
    read_number,
    read_rows,
    some,
    to_csv,
)
from grading.reports.student_results import by_exercise, clean, number, one_line, title_of
from grading.source.submitted_cells import says_nothing
from scaling_lib.data.files import zipped

CANVAS_KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
WORKSHEET = "Moodle's grading worksheet, downloaded with Moodle in English"
MODIFIED = "Last modified (submission)"  # when it came, in the time of whoever downloads
MOODLE_FORMS = (
    "%A, %d %B %Y, %I:%M %p",
    "%A, %B %d, %Y, %I:%M %p",
    "%A, %d %B %Y, %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
)
SHEET = ("student", "item", "points", "max_points", "answer")
COMMENT = "comment"  # the sheet's last column, which the student reads
UTF_8 = "save the sheet as 'CSV UTF-8', which keeps all letters"


def marking_sheet(results, marks=None):
    """Return a table of the answers that a person marks; 0 points are in it where there is none.

    `marks` are rows of an earlier sheet, from `kept_marks`, which stay as they were.
    """
    marks = marks or {}
    extra = [title for title in next(iter(marks.values()), ()) if title not in SHEET]
    extra = [COMMENT, *(title for title in extra if title != COMMENT)]
    rows = [(*SHEET, *extra)]
    for (student, name), (_, item) in _items(results).items():
        row = marks.get((student, name), {"points": "0" if says_nothing(item["text"]) else ""})
        cells = [row["points"], number(item["points"]), item["text"]]
        rows.append([student, name, *cells, *(row.get(title, "") for title in extra)])
    return to_csv(rows)


def kept_marks(results, path):
    """Return what an earlier sheet says of answers that are the same still, and what is lost.

    Returns
    -------
    marks : dict
        From student and item to the row of the sheet.
    lost : list of (str, str)
        Student and item of rows in which somebody has written, of answers that changed or are gone.
    """
    items, marks, lost = _items(results), {}, []
    needed = ("student", "item", "points")
    for key, row, _ in _sheet_rows(path, needed, "the sheet of --to-mark", items):
        written = ["points", *(title for title in row if title not in SHEET)]
        same = key in items and "answer" in row and _is_same(row["answer"], items[key][1]["text"])
        ours = row["points"].strip() == "0" and says_nothing(row.get("answer", "?"))
        if same and key not in marks:
            marks[key] = row
        elif any(row[title].strip() for title in written[ours:]):
            lost.append(key)
    return marks, lost


def _items(results):
    """Return results and answers by student and item."""
    return {(r["student"], i["id"]): (r, i) for r in results for i in r["by_hand"]}


def _sheet_rows(path, needed, what, items):
    """Yield student and item of each row of a sheet, the row, and what errors call it.

    The student is one of those of the `items`, if the sheet's name can be one of theirs.
    """
    students = _sheet_names(items)
    _, rows = read_rows(path, needed, what)
    for line, row in enumerate(rows, 2):
        student, name = plain(row["student"]), plain(row["item"])
        yield (students.get(student, student), name), row, f"row {line} ({student}, {name})"


def _sheet_names(items):
    """Return students by what a sheet calls them."""
    # As Excel's plain CSV has the only name that it could be, with ? for letters that it lacks;
    # then as the sheet was written, and as a spreadsheet saves what looked like a formula.
    known = {student for student, _ in items}
    short = collections.Counter(map(_narrow, known))
    students = {_narrow(student): student for student in known if short[_narrow(student)] == 1}
    students |= {plain(student): student for student in known}
    return students | {plain(harmless(student)): student for student in known}


def _narrow(text):
    """Return a text with a ? for each letter that western Europe's Windows does not have."""
    return plain(text).encode("cp1252", "replace").decode("cp1252")


def _is_same(written, text):
    """Tell whether a cell has this answer, in whatever way a spreadsheet has saved it."""
    if says_nothing(text):
        return says_nothing(written)
    return _bare(written) in (_bare(text), _bare(_narrow(text)))


def _bare(text):
    """Return a text without what spreadsheets add, lose or have no sign for."""
    return re.sub(r"\?+", "?", re.sub(r"[\s']", "", plain(text)))


def named(pairs):
    """Return students with their items in words; of many the first."""
    groups = {}
    for student, item in pairs:
        groups.setdefault(student, []).append(item)
    return some([f"{student} ({', '.join(items)})" for student, items in groups.items()])


def add_marks(results, path):
    """Add the points of a filled-in sheet to the ``score`` and ``max_score`` of results, in place.

    Each item gets a ``score`` and a ``comment``, too. What nobody has answered is worth 0, whether
    or not the sheet says so. Raises `ValueError`, which tells all faults, if a row names nobody or
    nothing, has no points between 0 and what the item is worth, or another answer than the one on
    record, or if an answer is not marked.
    """
    items = _items(results)
    needed = ("student", "item", "points", "answer")
    what = "the sheet of --to-mark, with the answers that were marked"
    faults, marked, changed, open_, comments = [], {}, [], [], {}
    for key, row, where in _sheet_rows(path, needed, what, items):
        if key not in items:
            lost = f" ({UTF_8})" if "?" in row["student"] else ""
            faults.append(f"{where}: there is no such answer{lost}")
            continue
        if key in marked:
            faults.append(f"{where}: it is marked twice")
            continue
        item, points = items[key][1], read_number(row["points"])
        blank = not row["points"].strip()
        marked[key] = 0.0 if blank else points
        comments[key] = clean(row.get(COMMENT, "").strip())
        if not _is_same(row["answer"], item["text"]):
            changed.append(key)
        elif blank and not says_nothing(item["text"]):
            open_.append(key)
        elif not blank and not 0 <= points <= item["points"]:
            wrong = f"must be from 0 to {number(item['points'])}, not {row['points']!r}"
            faults.append(f"{where}: points {wrong}")
    rest = sorted(items.keys() - marked.keys())
    open_ += [key for key in rest if not says_nothing(items[key][1]["text"])]
    faults = [some(faults, "; ")] if faults else []
    if open_:
        faults.insert(0, f"answers without points ({len(open_)}): {named(open_)}")
    if changed:
        words = f"no longer the answers that were marked ({len(changed)}): {named(changed)}"
        advice = "run --to-mark, which keeps all other marks of its sheet, and mark these again"
        faults.insert(0, f"{words}: {advice}")
    if faults:
        raise ValueError(f"{path} cannot be used: {'; '.join(faults)}")
    for key, (result, item) in items.items():
        item["score"] = marked.get(key, 0.0)
        item["comment"] = comments.get(key, "")
        result["score"] = round(result["score"] + item["score"], 6)
        result["max_score"] += item["points"]
        result["max_by_hand"] = 0


def correct(results, path):
    """Change what tests earned by a table of corrections, in place.

    Returns how many there are, and students and items of those that take points away: after a
    regrade they may have been made for other work.

    ``item`` is a test or an exercise, ``points`` what it earns now, ``reason`` is for the student.
    Late work loses the share of these points that it loses of all. Raises `ValueError`, which tells
    all faults.
    """
    groups, lower = {}, []
    for result in results:
        single = {item["id"]: [item] for item in result["items"]}
        for name, items in (single | by_exercise(result["items"])).items():
            groups[result["student"], name] = result, items
    needed = ("student", "item", "points", "reason")
    rows = list(_sheet_rows(path, needed, "a table of corrections", groups))
    faults, done = [], set()
    for (student, name), row, where in rows:
        result, items = groups.get((student, name), (None, []))
        points, most = read_number(row["points"]), sum(item["points"] for item in items)
        ids, reason = {(student, item["id"]) for item in items}, clean(row["reason"].strip(". "))
        wrong = {
            "there is no such test or exercise": not items,
            "it is corrected twice": ids & done,
            f"points must be from 0 to {number(most)}, not {row['points']!r}": not (
                0 <= points <= most
            ),
            "there is no reason, which the student reads": not reason,
        }
        faults += [f"{where}: {words}" for words, is_so in wrong.items() if is_so][:1]
        if faults:
            continue
        done |= ids
        late = 1 - result.get("late", {}).get("percent", 0) / 100
        change = points - sum(item["score"] for item in items)
        lower += [f"{student}, {name} ({number(change)})"] if change < 0 else []
        result["score"] = round(result["score"] + late * change, 6)
        for item in items:
            item["score"] = min(item["points"], points)
            points -= item["score"]
            item |= {"message": f"Corrected by hand: {reason}.", "corrected": True}
        words = f"{change:+.10g} points. Corrected by hand: {reason}."
        result["notes"].append(f"{title_of(result, name)}: {words}")
    if faults:
        raise ValueError(f"{path} cannot be used: {some(faults, '; ')}")
    return len(rows), lower


def joined(classes):
    """Return the results of several folders as one a student, with the points of all of them.

    A student is known by the platform's id, else by name. Who has no result in one of the folders
    has 0 points there; the second value returned says who.
    """
    made, absent = [dict(result) for result in classes[0]], []
    for results in classes[1:]:
        students = _Students(made, [result["student"] for result in results])
        before = {name: made[0][name] for name in ("max_score", "max_by_hand")}
        nothing = {"score": 0, "items": [], "by_hand": [], "message": "", "notes": []}
        for result in results:
            keys = *result.get("ids", {}).items(), result["student"]
            mine = students.find(*keys, *name_orders(result["student"]))
            if mine is None:
                absent.append((result["student"], made[0]["assignment"]))
                made.append(mine := result | before | nothing)
            mine["score"] = round(mine["score"] + result["score"], 6)
            mine["message"] = f"{mine['message']} {result['message']}".strip()
            for name in ("items", "by_hand", "notes"):
                mine[name] = mine[name] + result[name]
        absent += [(student, results[0]["assignment"]) for student in students.missing()]
        for result in made:
            result |= {name: before[name] + results[0][name] for name in before}
    return sorted(made, key=lambda result: result["student"]), absent


def canvas(path, results, column=None, scale=False):
    """Return Canvas's gradebook with the scores, as CSV, and the students who are not in it.

    `column` is the assignment's, by default the one whose title begins with its name; `scale`
    converts scores to the platform's own maximum where that differs.
    """
    header, rows = read_rows(path, ("Student", "ID"), "Canvas's gradebook")
    titles = [t for t in header if t not in CANVAS_KEPT]
    name = column or results[0]["assignment"]
    found = [t for t in titles if t == name]
    found = found or [t for t in titles if letters(t).startswith(letters(name))]
    if len(found) != 1:
        known = ", ".join(titles) or "none"
        raise ValueError(
            f"{path}: name the assignment's column with --column, or the folder of its assignment "
            f"before that of {name}, to add these points to it; there are {known}"
        )
    (column,) = found
    students = _Students(results, [row["Student"] for row in rows])
    maximum, without = math.nan, []
    for row in rows:
        name = row["Student"]
        if name.strip() == "Points Possible":
            maximum = _maximum(row[column], path)
            continue
        keys = [("canvas", row["ID"]), row.get("SIS Login ID"), row.get("SIS User ID")]
        if result := students.find(*keys, name, *name_orders(name)):
            row[column] = number(_scaled(result, maximum, scale))
        elif name.strip() not in ("", "Student, Test"):  # the latter is Canvas's own
            without.append(name)
    _tell(without)
    kept = [title for title in header if title in CANVAS_KEPT or title == column]
    table = [kept, *([row[title] for title in kept] for row in rows)]
    return to_csv(table, keep=True), students.missing()


def moodle(path, results, scale=False):
    """Return Moodle's grading worksheet with the scores; see `canvas`.

    The results of those whom it has get its participant number as their id.
    """
    needed = ("Identifier", "Grade", "Maximum Grade")
    header, rows = read_rows(path, needed, WORKSHEET)
    students, without = _Students(results, [row.get("Full name") or "" for row in rows]), []
    for row in rows:
        participant = row["Identifier"].split()[-1:] or [""]
        keys = [("moodle", *participant), row.get("Email address"), row.get("ID number")]
        if result := students.find(*keys, row.get("Full name")):
            result["ids"] = result.get("ids", {}) | {"moodle": participant[0]}
            maximum = _maximum(row["Maximum Grade"], path)
            row["Grade"] = number(_scaled(result, maximum, scale))
            if "Feedback comments" in header:
                row["Feedback comments"] = harmless(one_line(result))
        else:
            without.append(row.get("Full name") or row["Identifier"])
    _tell(without)
    table = [header, *(row.values() for row in rows)]
    return to_csv(table, keep=True), students.missing()


def _tell(without):
    """Say of whom a roster stays as it was; work may have been lost on its way here."""
    if without:
        print(f"in the roster, without a result ({len(without)}): {some(without)}", file=sys.stderr)


def moodle_feedback(results, students):
    """Return the archive of feedback that Moodle takes, and how many files are in it.

    They are called as what was downloaded: Name of Student_12345_assignsubmission_file_...
    `students` are as `moodle` leaves them: work that was not collected from Moodle has no ids.
    """
    files = {}
    known = {student["student"]: student.get("ids", {}).get("moodle") for student in students}
    for result in results:
        page = pathlib.Path(result["folder"], "feedback.html")
        participant = result.get("ids", {}).get("moodle") or known.get(result["student"])
        if page.is_file() and participant:
            name = re.sub(r"[_/]", " ", result["student"])
            place = f"{name}_{participant}_assignsubmission_file_{result['assignment']}.html"
            files[place] = page.read_bytes()
    return zipped(files), len(files)


def worksheet_times(path):
    """Return when each submission came, from Moodle's grading worksheet, for `LateRule.times`."""
    needed = ("Identifier", "Full name", MODIFIED)
    _, rows = read_rows(path, needed, WORKSHEET)
    times, twice = {}, set()
    for line, row in enumerate(rows, 2):
        text = " ".join(row[MODIFIED].split())
        if text.strip("- "):
            name, number = letters(row["Full name"]), row["Identifier"].split()[-1:]
            twice |= {name} & times.keys()
            times[name] = _moodle_time(text, f"{path}, row {line}")
            times["moodle", *number] = times[name]
    return {key: time for key, time in times.items() if key not in twice}


def _moodle_time(text, where):
    for form in MOODLE_FORMS:
        with contextlib.suppress(ValueError):
            return datetime.datetime.strptime(text, form).astimezone()
    raise ValueError(
        f"{where}: {MODIFIED!r} must be a time as 'Monday, 30 November 2026, 11:59 PM', not "
        f"{text!r}: set Moodle's language to English and download the worksheet again"
    )


class _Students:
    """Results by all names under which a student may be known.

    Of people whose names are the same, or one another's turned round, here or in the roster, a name
    alone does not tell who is meant.
    """

    def __init__(self, results, roster=()):
        self.left = {result["student"] for result in results}
        self.by_key, twice = {}, set()
        for result in results:
            name = result["student"]
            keys = {("name", plain(name)), letters(name), *result.get("ids", {}).items()}
            for key in keys:
                twice |= {key} & self.by_key.keys()
                self.by_key[key] = result
        for names in [result["student"] for result in results], roster:
            forms = collections.Counter()
            for name in names:
                orders = [*name_orders(name), name]
                forms.update({letters(order) for order in orders})
                forms.update({("name", plain(o)) for o in (orders if "," in name else [name])})
            twice |= {form for form, count in forms.items() if count > 1}
        for key in twice & self.by_key.keys():  # told apart by their ids alone
            del self.by_key[key]

    def find(self, *keys):
        exact = [("name", plain(key)) for key in keys if type(key) is str]
        for key in (*exact, *keys):
            key = key if type(key) is tuple else letters(key or "")
            if key and (result := self.by_key.get(key)):
                self.left.discard(result["student"])
                return result
        return None

    def missing(self):
        return sorted(self.left)


def _maximum(text, path):
    value = read_number(text)
    if not 0 <= value < math.inf and not math.isnan(value):
        raise ValueError(f"{path}: {text!r} cannot be a maximum of points")
    return value


def _scaled(result, maximum, scale):
    """Return a score on the platform's scale; NaN is a platform that names no maximum."""
    if math.isnan(maximum) or maximum == result["max_score"]:
        return result["score"]
    if scale and result["max_by_hand"]:
        raise ValueError(
            f"the tests give up to {number(result['max_score'])} points and answers in words "
            f"{number(result['max_by_hand'])} more: give --marks to convert a whole grade, or let "
            f"the platform give up to {number(result['max_score'])} points for the tests alone"
        )
    if not scale:
        raise ValueError(
            f"the platform gives up to {number(maximum)} points and the tests up to "
            f"{number(result['max_score'])}: give --scale to convert, --marks to add what was "
            "marked by hand, further folders of results to add theirs, or change the maximum there"
        )
    return round(result["score"] * maximum / result["max_score"], 2) if result["max_score"] else 0
