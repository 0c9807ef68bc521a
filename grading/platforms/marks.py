"""Points that a person gives, in a file that the exports add to those of the tests."""

import csv
import pathlib

from grading.reports.student_results import number, to_csv

COLUMNS = ("student", "item", "points", "max_points", "answer")


def marking_sheet(results):
    """Return a table to be filled in: one row for each answer that a person marks.

    Parameters
    ----------
    results : list of dict
        See `grading.reports.student_results`.

    Returns
    -------
    str
        CSV with the columns `COLUMNS`; ``points`` is empty.
    """
    rows = [
        [result["student"], item["id"], "", number(item["points"]), item["text"]]
        for result in results
        for item in result["by_hand"]
    ]
    return to_csv([COLUMNS, *rows])


def add_marks(results, path):
    """Add the points of a filled-in sheet to the scores.

    Parameters
    ----------
    results : list of dict
        They are changed: ``score`` gains the marks and ``max_score`` the points that could be had.
    path : path-like
        The sheet.

    Raises
    ------
    ValueError
        If a row names nobody or nothing, or has no points between 0 and what the item is worth, or
        if an answer is not marked.
    """
    open_items = {(r["student"], i["id"]): (r, i) for r in results for i in r["by_hand"]}
    # What a spreadsheet must not take for a formula was written with an apostrophe.
    names = {student.lstrip("'"): student for student, _ in open_items}
    try:
        with pathlib.Path(path).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no CSV file in UTF-8: {error}") from None
    for line, row in enumerate(rows, 2):
        student = names.get((row.get("student") or "").lstrip("'"))
        found = open_items.pop((student, row.get("item")), None)
        if found is None:
            raise ValueError(f"{path}, row {line}: nothing to mark, or it is marked twice")
        result, item = found
        try:
            points = float(row.get("points") or "nan")
        except ValueError:
            points = float("nan")
        if not 0 <= points <= item["points"]:
            where = f"{path}, row {line}: {item['id']} of {student}"
            raise ValueError(f"{where} must have from 0 to {number(item['points'])} points")
        result["score"] = round(result["score"] + points, 6)
        result["max_score"] += item["points"]
    if open_items:
        student, item = min(open_items)
        raise ValueError(f"{path}: {item} of {student} is not marked")
