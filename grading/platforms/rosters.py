"""Fill in the table that a learning platform exported, so that it can be imported again.

Canvas: Grades, Export; the column of the assignment is filled in. Moodle: the assignment's grading
worksheet; the columns Grade and Feedback comments are filled in.
"""

import csv
import pathlib

from grading.reports.student_results import number, one_line, to_csv

CANVAS_KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE_NEEDED = ("Identifier", "Grade", "Maximum Grade")


def read_roster(path):
    """Return the header and the rows of a table.

    Parameters
    ----------
    path : path-like
        CSV in UTF-8, with or without a byte-order mark.

    Returns
    -------
    header : list of str
        Its columns.
    rows : list of list of str
        Each as long as the header.

    Raises
    ------
    ValueError
        If it is no such file.
    """
    try:
        with pathlib.Path(path).open(newline="", encoding="utf-8-sig") as file:
            table = [row for row in csv.reader(file) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no CSV file in UTF-8: {error}") from None
    if len(table) < 2:
        raise ValueError(f"{path} has no students")
    header = table[0]
    if len(set(header)) < len(header):
        raise ValueError(f"{path} names a column twice")
    return header, [[*row, *[""] * len(header)][: len(header)] for row in table[1:]]


def canvas(path, results, column=None, scale=False):
    """Return Canvas's gradebook with the scores.

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

    Returns
    -------
    text : str
        CSV to be imported.
    missing : list of str
        Students with a result who are not in the gradebook.

    Raises
    ------
    ValueError
        If the table cannot be used; names what is wrong.
    """
    header, rows = read_roster(path)
    for needed in ("Student", "ID"):
        if needed not in header:
            raise ValueError(f"{path} has no column {needed!r}: is it Canvas's gradebook?")
    titles = [t for t in header if t not in CANVAS_KEPT]
    name = column or results[0]["assignment"]
    found = [t for t in titles if t == name] or [
        t for t in titles if _plain(t).startswith(_plain(name))
    ]
    if len(found) != 1:
        known = ", ".join(titles) or "none"
        raise ValueError(f"{path}: name the assignment's column with --column; there are {known}")
    place = header.index(found[0])
    students = _Students(results)
    maximum = None
    for row in rows:
        cell = dict(zip(header, row, strict=True))
        if cell["Student"].strip() == "Points Possible":
            maximum = _maximum(row[place], path)
            continue
        keys = [("canvas", cell["ID"]), cell.get("SIS Login ID"), cell.get("SIS User ID")]
        result = students.find(*keys, cell["Student"], _other_order(cell["Student"]))
        if result:
            row[place] = number(_scaled(result, maximum, scale))
    kept = [i for i, title in enumerate(header) if title in CANVAS_KEPT or i == place]
    return to_csv([[line[i] for i in kept] for line in (header, *rows)]), students.missing()


def moodle(path, results, scale=False):
    """Return Moodle's grading worksheet with the scores; see `canvas`."""
    header, rows = read_roster(path)
    for needed in MOODLE_NEEDED:
        if needed not in header:
            raise ValueError(f"{path} has no column {needed!r}: is it Moodle's grading worksheet?")
    students = _Students(results)
    for row in rows:
        cell = dict(zip(header, row, strict=True))
        participant = cell["Identifier"].split()[-1] if cell["Identifier"].split() else ""
        keys = [("moodle", participant), cell.get("Email address"), cell.get("ID number")]
        if result := students.find(*keys, cell.get("Full name")):
            maximum = _maximum(cell["Maximum Grade"], path)
            row[header.index("Grade")] = number(_scaled(result, maximum, scale))
            if "Feedback comments" in header:
                row[header.index("Feedback comments")] = one_line(result)
    return to_csv([header, *rows]), students.missing()


class _Students:
    """Results by all names under which a student may be known."""

    def __init__(self, results):
        self.left = {result["student"]: result for result in results}
        self.by_key, twice = {}, set()
        for result in results:
            keys = {_plain(result["student"]), *map(tuple, result.get("ids", {}).items())}
            for key in keys:
                twice |= {key} & self.by_key.keys()
                self.by_key[key] = result
        for key in twice:  # two students of one name are told apart by their ids alone
            del self.by_key[key]

    def find(self, *keys):
        for key in keys:
            key = key if type(key) is tuple else _plain(key or "")
            if key and (result := self.by_key.get(key)):
                self.left.pop(result["student"], None)
                return result
        return None

    def missing(self):
        return sorted(self.left)


def _plain(name):
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _other_order(name):
    """Return "Ada Lovelace" for "Lovelace, Ada", and the other way round."""
    before, comma, after = name.partition(",")
    return f"{after} {before}" if comma else " ".join([*name.split()[-1:], *name.split()[:-1]])


def _maximum(text, path):
    try:
        value = float(text)
    except ValueError:
        return None
    if not 0 <= value < float("inf"):
        raise ValueError(f"{path}: {text!r} cannot be a maximum of points")
    return value


def _scaled(result, maximum, scale):
    if maximum is None or maximum == result["max_score"]:
        return result["score"]
    if not scale:
        raise ValueError(
            f"the platform gives up to {number(maximum)} points and the tests up to "
            f"{number(result['max_score'])}: give --scale to convert, --marks to add what was "
            "marked by hand, or change the maximum there"
        )
    return round(result["score"] * maximum / result["max_score"], 2) if result["max_score"] else 0
