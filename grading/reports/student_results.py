"""What grading one submission gave: a dict that is stored as JSON, and the table of a class.

`empty_result` has the form of every result; `read_report` fills in what a submission earned, and
`grading.reports.late_rule` has the last word on its score.
"""

import importlib.metadata
import json
import pathlib
import platform
import re

from grading.marking.grade_one import NotGraded
from grading.reports.spreadsheets import some, to_csv
from grading.source.submitted_cells import written_names
from scaling_lib import __version__
from scaling_lib.data.files import write_bytes

GRADES = ("student", "score", "max_score", "status", "message", "left_aside")


def versions():
    """Return the versions of what takes part in grading."""
    found = {"grading": __version__, "python": platform.python_version()}
    found["system"] = f"{platform.system()} {platform.release()}"
    for package in ("numpy", "scipy", "pandas", "ipython", "matplotlib"):
        found[package] = importlib.metadata.version(package)
    return found


def clean(text):
    """Return text without control characters and lone surrogates, which files and screens mind."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", str(text))
    unseen = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    text = re.sub(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{unseen}]", "", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def empty_result(assignment, status, message):
    """Return a result in which all tests have 0 points: that of a submission that was not run.

    `status` is one of the words in the table of ``grading/README.md``, `message` the reason, for
    the student.
    """
    items = [
        {
            "id": test,
            "points": cell.points,
            "score": 0,
            "hidden": bool(cell.hidden),
            "message": "Not graded.",
            "detail": "",
        }
        for test, cell in assignment.tests.items()
    ]
    by_hand = [
        {"id": name, "points": cell.points, "text": ""} for name, cell in assignment.by_hand.items()
    ]
    return {
        "schema": 1,
        "assignment": assignment.name,
        "status": status,
        "message": clean(message),
        "score": 0,
        "max_score": assignment.max_score,
        "items": items,
        "by_hand": by_hand,
        "max_by_hand": assignment.max_by_hand,
        "titles": assignment.titles,
        "errors": [],
        "restored": [],
        "own": {},
        "seconds": 0,
    }


def read_report(assignment, report):
    """Return the result of which a report of `grading.marking.grade_one.run_job` tells.

    Raises `NotGraded` if the sandbox did not start or the grader itself failed.
    """
    events = report["events"]
    last = events[-1] if events else {}
    if last.get("event") == "failed":
        if last["kind"] != "unreadable":
            raise NotGraded(last["text"])
        return empty_result(assignment, "unreadable", f"This cannot be graded: {last['text']}.")
    status, message = "graded", ""
    if report["end"]:
        message = f"Grading was stopped: {report['end']}. What had been earned until then counts."
        status = "stopped"
    result = empty_result(assignment, status, message)
    items = {item["id"]: item for item in result["items"]}
    graded, lacks = set(), []
    for event in events:
        if event["event"] == "outcome":
            item = items[event["id"]]
            item["score"] = event["score"]
            item["message"], item["detail"] = clean(event["message"]), clean(event["detail"])
            graded.add(event["id"])
        elif event["event"] == "cell" and event["error"]:
            error = {"cell": event["cell"] + 1, "source": clean(event["source"])}
            result["errors"].append(error | {"error": clean(event["error"])})
        elif event["event"] == "match":
            result["restored"], lacks = event["restored"], event["lacks"]
            result["own"] = event["own"]
            result["version"] = _version_in_words(event["older"], lacks)
            result["message"] = f"{message} {result['version']}".strip()
            for item in result["by_hand"]:
                item["text"] = clean(event["text"].get(item["id"], ""))
    for test, item in items.items():
        if test not in graded:
            item["message"] = "Grading was stopped before this was tested."
    for item in items.values():
        # A cell that could not be read, or stopped, has defined nothing.
        name = re.fullmatch(r"`(\w+)` is not defined", item["message"])
        for error in result["errors"] if name else ():
            if name[1] in written_names(error["source"]):
                item["message"] += f". Cell {error['cell']} raised {error['error']}"
    for exercise, tests in by_exercise(result["items"]).items():
        for item in tests if exercise in lacks else ():
            item["message"] = "This exercise is not in your version of the notebook."
    result["score"] = round(sum(item["score"] for item in items.values()), 6)
    result["seconds"] = report["seconds"]
    result["starts"] = last.get("starts")
    result["left_behind"] = report["left"]
    return result


def _version_in_words(older, lacks):
    """Return what another version of the notebook differs in, if it is one."""
    parts = [f"it lacks the exercises: {', '.join(lacks)}"] if lacks else []
    parts += [f"cells that have changed since: {', '.join(older)}"] if older else []
    return f"This is another version of the notebook; {'; '.join(parts)}." if parts else ""


def write_json(path, value):
    """Write a file of JSON, whole or not at all; one that says the same stays as it is."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    content = text.encode(errors="replace")  # JSON may hold half a letter, a file in UTF-8 cannot
    path = pathlib.Path(path)
    if not path.is_file() or path.read_bytes() != content:
        write_bytes(path, content)


def read_results(folder):
    """Return all results, at least one, in the folder of ``grade --out``, ordered by student."""
    results = []
    for path in sorted(pathlib.Path(folder).glob("*/result.json")):
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            _ = result["student"], result["score"] + 0, result["items"], result["by_hand"]
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"{path} is no result of grading: delete it and grade again") from None
        results.append(result | {"folder": str(path.parent)})
    if not results:
        raise ValueError(f"there are no results in {folder}: run `python -m grading grade` first")
    return sorted(results, key=lambda result: result["student"])


def number(value):
    """Return points without needless decimals."""
    return f"{value:.10g}"


def grades_table(results):
    """Return the table of a class as CSV: one row a student, and the columns `GRADES`."""
    rows = []
    for r in results:
        score = "" if r["status"] == "other" else number(r["score"])
        facts = number(r["max_score"]), r["status"], one_line(r)
        rows.append([r["student"], score, *facts, some(r.get("left_aside", []), "; ")])
    return to_csv([GRADES, *rows])


def by_exercise(items):
    """Return a result's items by exercise: ``slope-test-2`` belongs to ``slope``."""
    groups = {}
    for item in items:
        groups.setdefault(re.sub(r"-test(-\d+)?$", "", item["id"]), []).append(item)
    return groups


def title_of(result, name):
    """Return what an exercise, or that of a test or an answer, is called in the notebook."""
    exercise = re.sub(r"-(test(-\d+)?|text)$", "", name)
    title = result.get("titles", {}).get(exercise)
    return f"{title} ({name})" if title else name


def one_line(result):
    """Return a result's remarks as one line."""
    parts = [result["message"], *result.get("notes", [])]
    lost = {}
    for exercise, items in by_exercise(result["items"]).items():
        most = sum(i["points"] for i in items)
        if (missing := most - sum(i["score"] for i in items)) > 0:
            title = result.get("titles", {}).get(exercise, exercise)
            lost[exercise] = f"{title} {number(missing)} of {number(most)}"
    if result["status"] in ("graded", "stopped") and lost:
        parts.append(f"Points lost: {'; '.join(lost.values())}.")
    if result["status"] in ("graded", "stopped") and result["max_by_hand"]:
        parts.append(f"{number(result['max_by_hand'])} more points are to be marked by hand.")
    if marked := [item for item in result["by_hand"] if "score" in item]:
        earned, most = (sum(item[name] for item in marked) for name in ("score", "points"))
        parts.append(f"Answers in words: {number(earned)} of {number(most)} points.")
        parts += [f"{title_of(result, i['id'])}: {i['comment']}" for i in marked if i["comment"]]
    if result.get("sandbox") == "none":
        parts.append("Graded without a sandbox.")
    return " ".join(" ".join(parts).split())
