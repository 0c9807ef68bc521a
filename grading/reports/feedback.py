"""The page that a student gets: points, reasons, errors. Nothing on it is live.

Whatever a submission said is text: it is escaped, and a content-security policy forbids scripts,
pictures and connections to whoever opens the page.
"""

import base64
import hashlib
import html

from grading.reports.student_results import by_exercise, number, title_of
from scaling_lib.data.files import write_bytes

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-top: 1px solid #8888; }
tbody th { padding-top: 1.2rem; }
td.points { white-space: nowrap; }
td.name { min-width: 9rem; }
td.said { overflow-wrap: anywhere; white-space: pre-line; width: 100%; }
@media (max-width: 36rem) {
  thead { display: none; }
  td { display: block; padding: .1rem .6rem; }
  td + td { border: 0; }
}
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #8888; }
pre { padding: 0 .8rem; }
.score { font-size: 1.3rem; }
"""


def feedback_page(result):
    """Return the page of one result (`grading.reports.student_results`): HTML in a single file."""
    e = html.escape
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    points = f"{number(result['score'])} of {number(result['max_score'])} points"
    points = "no score" if result["status"] == "other" else points
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{e(result['assignment'])}: {e(result['student'])}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        f"<h1>{e(result['assignment'])}</h1>",
        f"<p>{e(result['student'])}</p>",
        f'<p class="score">{points}</p>',
    ]
    remarks = [result["message"], *result["notes"]]
    if result["sandbox"] == "none":
        remarks.append("This was graded without a sandbox.")
    parts += [f"<p>{e(remark)}</p>" for remark in remarks if remark]
    if result["status"] in ("graded", "stopped"):
        parts.append(_table("Tests", ("test", "points", "what happened"), _tests(result)))
        if result["by_hand"]:
            marked = all("score" in item for item in result["by_hand"])  # by `export --marks`
            rows = [
                [
                    title_of(result, i["id"]),
                    _share([i]) if marked else f"up to {number(i['points'])}",
                    i["text"] + (f"\n\nComment: {i['comment']}" if i.get("comment") else ""),
                ]
                for i in result["by_hand"]
            ]
            head = ("answer", "points", "what you wrote, as it reaches the person")
            caption = f"Marked by a person{'' if marked else ', not counted above'}"
            parts.append(_table(caption, head, {"": rows}))
    if result["restored"]:
        names = ", ".join(result["restored"])
        parts.append(f"<p>Given cells that were missing or changed, now put back: {e(names)}.</p>")
    if result["errors"]:
        parts.append("<h2>Cells that raised an error</h2>")
        for error in result["errors"][:50]:
            parts.append(f"<p>Cell {error['cell']}: <code>{e(_first_line(error))}</code></p>")
            parts.append(f"<pre>{e(error['error'])}</pre>")
    return "\n".join([*parts, "</main></body></html>", ""])


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


def _table(caption, head, groups):
    """Return a table; ``groups`` has rows under headings, of which an empty one is not shown."""
    body = []
    for heading, rows in groups.items():
        if heading:
            heading = html.escape(heading)
            heading = f'<tr><th colspan="{len(head)}" scope="rowgroup">{heading}</th></tr>'
        body.append(f"<tbody>{heading}{''.join(map(_row, rows))}</tbody>")
    titles = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in head)
    caption = f"<caption>{html.escape(caption)}</caption>"
    return f"<table>{caption}<thead><tr>{titles}</tr></thead>{''.join(body)}</table>"


def _row(texts):
    named = zip(("name", "points", "said"), texts, strict=True)
    cells = (f'<td class="{name}">{html.escape(text)}</td>' for name, text in named)
    return f"<tr>{''.join(cells)}</tr>"
