"""Tables that a person or a learning platform fills in: marks by hand, and rosters.

Canvas: Grades, Export; the column of the assignment is filled in. Moodle: the assignment's grading
worksheet; the columns Grade and Feedback comments are filled in.
"""

import math

from grading.reports.student_results import number, one_line, read_rows, to_csv

CANVAS_KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
SHEET = ("student", "item", "points", "max_points", "answer")


def marking_sheet(results):
    """Return a table to be filled in: one row for each answer that a person marks."""
    rows = [
        [result["student"], item["id"], "", number(item["points"]), item["text"]]
        for result in results
        for item in result["by_hand"]
    ]
    return to_csv([SHEET, *rows])


def add_marks(results, path):
    """Add the points of a filled-in sheet to the ``score`` and ``max_score`` of results, in place.

    Raises `ValueError` if a row names nobody or nothing, or has no points between 0 and what the
    item is worth, or if an answer is not marked.
    """
    open_items = {(r["student"], i["id"]): (r, i) for r in results for i in r["by_hand"]}
    # What a spreadsheet must not take for a formula was written with an apostrophe.
    names = {student.lstrip("'"): student for student, _ in open_items}
    _, rows = read_rows(path, ("student", "item", "points"), "the sheet of --to-mark")
    for line, row in enumerate(rows, 2):
        student = names.get(row["student"].lstrip("'"))
        found = open_items.pop((student, row["item"]), None)
        if found is None:
            raise ValueError(f"{path}, row {line}: nothing to mark, or it is marked twice")
        result, item = found
        points = _float(row["points"])
        if not 0 <= points <= item["points"]:
            where = f"{path}, row {line}: {item['id']} of {student}"
            raise ValueError(f"{where} must have from 0 to {number(item['points'])} points")
        result["score"] = round(result["score"] + points, 6)
        result["max_score"] += item["points"]
    if open_items:
        student, item = min(open_items)
        raise ValueError(f"{path}: {item} of {student} is not marked")


def canvas(path, results, column=None, scale=False):
    """Return Canvas's gradebook with the scores, as CSV, and the students who are not in it.

    Parameters
    ----------
    path : path-like
        The exported gradebook.
    results : list of dict
        See `grading.reports.student_results`.
    column : str, optional
        The assignment's column; by default the one whose title begins with its name.
    scale : bool
        Whether to convert scores to the platform's own maximum where that differs.
    """
    header, rows = read_rows(path, ("Student", "ID"), "Canvas's gradebook")
    titles = [t for t in header if t not in CANVAS_KEPT]
    name = column or results[0]["assignment"]
    found = [t for t in titles if t == name]
    found = found or [t for t in titles if _letters(t).startswith(_letters(name))]
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
    return to_csv([kept, *([row[title] for title in kept] for row in rows)]), students.missing()


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
                row["Feedback comments"] = one_line(result)
    return to_csv([header, *(row.values() for row in rows)]), students.missing()


class _Students:
    """Results by all names under which a student may be known."""

    def __init__(self, results):
        self.left = {result["student"] for result in results}
        self.by_key, twice = {}, set()
        for result in results:
            keys = {_letters(result["student"]), *result.get("ids", {}).items()}
            for key in keys:
                twice |= {key} & self.by_key.keys()
                self.by_key[key] = result
        for key in twice:  # two students of one name are told apart by their ids alone
            del self.by_key[key]

    def find(self, *keys):
        for key in keys:
            key = key if type(key) is tuple else _letters(key or "")
            if key and (result := self.by_key.get(key)):
                self.left.discard(result["student"])
                return result
        return None

    def missing(self):
        return sorted(self.left)


def _letters(name):
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _other_order(name):
    """Return "Ada Lovelace" for "Lovelace, Ada", and the other way round."""
    before, comma, after = name.partition(",")
    return f"{after} {before}" if comma else " ".join([*name.split()[-1:], *name.split()[:-1]])


def _float(text):
    """Return a number; NaN for text that is none."""
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _maximum(text, path):
    value = _float(text)
    if not 0 <= value < math.inf and not math.isnan(value):
        raise ValueError(f"{path}: {text!r} cannot be a maximum of points")
    return value


def _scaled(result, maximum, scale):
    """Return a score on the platform's scale; NaN is a platform that names no maximum."""
    if math.isnan(maximum) or maximum == result["max_score"]:
        return result["score"]
    if not scale:
        raise ValueError(
            f"the platform gives up to {number(maximum)} points and the tests up to "
            f"{number(result['max_score'])}: give --scale to convert, --marks to add what was "
            "marked by hand, or change the maximum there"
        )
    return round(result["score"] * maximum / result["max_score"], 2) if result["max_score"] else 0
