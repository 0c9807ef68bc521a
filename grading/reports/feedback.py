"""The page that a student gets: points, reasons, errors. Nothing on it is live.

Whatever a submission said is text: it is escaped, and a content-security policy forbids scripts,
pictures and connections to whoever opens the page.
"""

import base64
import functools
import hashlib
import pathlib

import jinja2

from grading.reports.student_results import by_exercise, number, title_of
from scaling_lib.data.files import write_bytes

MOST_ERRORS = 50  # cells whose errors are on the page

HERE = pathlib.Path(__file__).parent
STYLE = (HERE / "feedback.css").read_text(encoding="utf-8")
# The policy allows this style and no other.
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


@functools.cache
def _template():
    options = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    text = (HERE / "feedback.html").read_text(encoding="utf-8")
    return jinja2.Template(text, autoescape=True, undefined=jinja2.StrictUndefined, **options)


def feedback_page(result):
    """Return the page of one result (`grading.reports.student_results`): HTML in a single file."""
    points = f"{number(result['score'])} of {number(result['max_score'])} points"
    remarks = [result["message"], *result["notes"]]
    if result["sandbox"] == "none":
        remarks.append("This was graded without a sandbox.")
    answers = [
        (
            title_of(result, item["id"]),
            _share([item]) if "score" in item else f"up to {number(item['points'])}",
            item["text"] + (f"\n\nComment: {item['comment']}" if item.get("comment") else ""),
        )
        for item in result["by_hand"]
    ]
    errors = [(e["cell"], _first_line(e), e["error"]) for e in result["errors"][:MOST_ERRORS]]
    return _template().render(
        result=result,
        points="no score" if result["status"] == "other" else points,
        style=STYLE,
        style_digest=STYLE_DIGEST,
        remarks=remarks,
        tests=_tests(result),
        answers=answers,
        marked=all("score" in item for item in result["by_hand"]),  # by `export --marks`
        errors=errors,
    )


def write_feedback(path, result):
    """Write the page of one submission."""
    write_bytes(path, feedback_page(result).encode())


def feedback_text(result, why=False):
    """Return what one result says as lines of text, for the screen.

    `why` adds the words of hidden tests, which a class is not told. Of what is not solved yet
    nothing more is said.
    """
    score, most = number(result["score"]), number(result["max_score"])
    lines = [f"{result['assignment']}: {score} of {most} points"]
    lines += filter(None, [result["message"]])  # that this is another version
    for heading, rows in _tests(result).items():
        if "NotImplementedError" in rows[0][2]:
            heading, rows = f"{heading}, not solved yet", []
        lines += ["", heading]
        lines += [f"  {name}, {points}: {' '.join(said.split())}" for name, points, said in rows]
    for item in result["items"] if why else ():
        told = not item["detail"] or item["detail"] == item["message"]
        if item["hidden"] and not told and "NotImplementedError" not in item["detail"]:
            lines += ["", f"{item['id']} says: {item['detail']}"]
    for error in result["errors"]:
        if "NotImplementedError" not in error["error"]:
            lines += ["", f"Cell {error['cell']}, {_first_line(error)}", f"  {error['error']}"]
    if result["by_hand"]:
        more = f"{number(result['max_by_hand'])} more points are for your answers in words"
        anchors = f"exercises/rubrics/{result['assignment']}.md says what earns them"
        lines += ["", f"{more}; {anchors}."]
    return "\n".join(lines)


def _tests(result):
    """Return the rows of each exercise under its name and what it earned."""
    return {
        f"{title_of(result, exercise)}: {_share(items)} points": [
            [i["id"], _share([i]), _state(i)] for i in items
        ]
        for exercise, items in by_exercise(result["items"]).items()
    }


def _share(items):
    earned, most = sum(i["score"] for i in items), sum(i["points"] for i in items)
    return f"{number(earned)} of {number(most)}"


def _state(item):
    if item.get("corrected"):
        return item["message"]
    if item["score"] == item["points"]:
        return "passed"
    return f"{'not passed' if item['score'] == 0 else 'passed in part'}: {item['message']}"


def _first_line(error):
    return next((line for line in error["source"].splitlines() if line.strip()), "")
