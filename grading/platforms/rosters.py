"""Tables that a person or a learning platform fills in: marks by hand, and rosters.

Canvas: Grades, Export; the column of the assignment is filled in. Moodle: the assignment's grading
worksheet; the columns Grade and Feedback comments are filled in.
"""

import math

from grading.reports.spreadsheets import (
    Kept,
    harmless,
    letters,
    plain,
    read_number,
    read_rows,
    to_csv,
)
from grading.reports.student_results import number, one_line
from grading.source.submitted_cells import says_nothing

CANVAS_KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
SHEET = ("student", "item", "points", "max_points", "answer")


def marking_sheet(results):
    """Return a table of the answers that a person marks; 0 points are in it where there is none."""
    rows = [SHEET]
    for result in results:
        for item in result["by_hand"]:
            points = "" if _answered(item) else "0"
            most = number(item["points"])
            rows.append([result["student"], item["id"], points, most, item["text"]])
    return to_csv(rows)


def _answered(item):
    return not says_nothing(item["text"])


def add_marks(results, path):
    """Add the points of a filled-in sheet to the ``score`` and ``max_score`` of results, in place.

    What nobody has answered is worth 0, whether or not the sheet says so. Raises `ValueError`, with
    a line for each fault, if a row names nobody or nothing, or has no points between 0 and what the
    item is worth, or if an answer is not marked.
    """
    items = {(r["student"], i["id"]): (r, i) for r in results for i in r["by_hand"]}
    # First as the sheet was written, then as a spreadsheet saves what looked like a formula.
    students = {plain(student): student for student, _ in items}
    students |= {plain(harmless(student)): student for student, _ in items}
    _, rows = read_rows(path, ("student", "item", "points"), "the sheet of --to-mark")
    faults, marked = [], {}
    for line, row in enumerate(rows, 2):
        student, name = students.get(plain(row["student"])), plain(row["item"])
        where = f"row {line} ({plain(row['student'])}, {name})"
        if (student, name) not in items:
            faults.append(f"{where}: there is no such answer")
            continue
        if (student, name) in marked:
            faults.append(f"{where}: it is marked twice")
            continue
        item, points = items[student, name][1], read_number(row["points"])
        if not row["points"].strip() and not _answered(item):
            points = 0.0
        marked[student, name] = points
        if not 0 <= points <= item["points"]:
            wrong = f"must be from 0 to {number(item['points'])}, not {row['points']!r}"
            faults.append(f"{where}: points {wrong}")
    for student, name in sorted(items.keys() - marked.keys()):
        if _answered(items[student, name][1]):
            faults.append(f"{name} of {student} is not marked")
    if faults:
        raise ValueError("\n  ".join([f"{path} cannot be used:", *faults]))
    for key, (result, item) in items.items():
        result["score"] = round(result["score"] + marked.get(key, 0.0), 6)
        result["max_score"] += item["points"]
        result["max_by_hand"] = 0


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
        raise ValueError(f"{path}: name the assignment's column with --column; there are {known}")
    (column,) = found
    students = _Students(results)
    maximum = math.nan
    for row in rows:
        name = row["Student"]
        if name.strip() == "Points Possible":
            maximum = _maximum(row[column], path)
            continue
        keys = [("canvas", row["ID"]), row.get("SIS Login ID"), row.get("SIS User ID")]
        if result := students.find(*keys, name, _other_order(name)):
            row[column] = number(_scaled(result, maximum, scale))
    kept = [title for title in header if title in CANVAS_KEPT or title == column]
    table = [kept, *([row[title] for title in kept] for row in rows)]
    return to_csv(map(_kept, table)), students.missing()


def moodle(path, results, scale=False):
    """Return Moodle's grading worksheet with the scores; see `canvas`."""
    needed = ("Identifier", "Grade", "Maximum Grade")
    header, rows = read_rows(path, needed, "Moodle's grading worksheet")
    students = _Students(results)
    for row in rows:
        participant = row["Identifier"].split()[-1:] or [""]
        keys = [("moodle", *participant), row.get("Email address"), row.get("ID number")]
        if result := students.find(*keys, row.get("Full name")):
            maximum = _maximum(row["Maximum Grade"], path)
            row["Grade"] = number(_scaled(result, maximum, scale))
            if "Feedback comments" in header:
                row["Feedback comments"] = harmless(one_line(result))
    table = [header, *(row.values() for row in rows)]
    return to_csv(map(_kept, table)), students.missing()


class _Students:
    """Results by all names under which a student may be known."""

    def __init__(self, results):
        self.left = {result["student"] for result in results}
        self.by_key, twice = {}, set()
        for result in results:
            name = result["student"]
            keys = {("name", plain(name)), letters(name), *result.get("ids", {}).items()}
            for key in keys:
                twice |= {key} & self.by_key.keys()
                self.by_key[key] = result
        for key in twice:  # students of one name are told apart by their ids alone
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


def _kept(cells):
    """Return what a platform wrote as it is: it would take an apostrophe for a part of a name."""
    return map(Kept, cells)


def _other_order(name):
    """Return "Ada Lovelace" for "Lovelace, Ada", and the other way round."""
    before, comma, after = name.partition(",")
    return f"{after} {before}" if comma else " ".join([*name.split()[-1:], *name.split()[:-1]])


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
            "marked by hand, or change the maximum there"
        )
    return round(result["score"] * maximum / result["max_score"], 2) if result["max_score"] else 0
