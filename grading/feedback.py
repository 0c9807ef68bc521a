"""The page that a student gets: points, reasons, errors. Nothing on it is live.

Whatever a submission said is text: it is escaped, and a content-security policy forbids scripts,
pictures and connections to whoever opens the page.
"""

import base64
import hashlib
import html

from scaling_lib.files import write_bytes

from .results import number

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-top: 1px solid #8888; }
td.points { white-space: nowrap; }
td { overflow-wrap: anywhere; white-space: pre-line; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #8888; }
pre { padding: 0 .8rem; }
.score { font-size: 1.3rem; }
"""


def feedback_page(result):
    """Return the page of one submission.

    Parameters
    ----------
    result : dict
        See `grading.results`.

    Returns
    -------
    str
        HTML that needs no other file.
    """
    e = html.escape
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
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
        f'<p class="score">{number(result["score"])} of {number(result["max_score"])} points</p>',
    ]
    remarks = [result["message"], *result["notes"]]
    if result["sandbox"] == "none":
        remarks.append("This was graded without a sandbox.")
    parts += [f"<p>{e(remark)}</p>" for remark in remarks if remark]
    rows = [
        [item["id"], f"{number(item['score'])} of {number(item['points'])}", _state(item)]
        for item in result["items"]
    ]
    parts.append(_table("Tests", ("test", "points", "what happened"), rows))
    if result["by_hand"]:
        rows = [[item["id"], f"up to {number(item['points'])}", ""] for item in result["by_hand"]]
        head = ("answer", "points", "")
        parts.append(_table("Marked by a person, not counted above", head, rows))
    if result["restored"]:
        names = ", ".join(result["restored"])
        parts.append(f"<p>Cells that were missing and were put back: {e(names)}.</p>")
    if result["errors"]:
        parts.append("<h2>Cells that raised an error</h2>")
        for error in result["errors"][:50]:
            parts.append(f"<p>Cell {error['cell']}: <code>{e(_first_line(error))}</code></p>")
            parts.append(f"<pre>{e(error['error'])}</pre>")
    return "\n".join([*parts, "</main></body></html>", ""])


def write_feedback(path, result):
    """Write the page of one submission."""
    write_bytes(path, feedback_page(result).encode())


def _state(item):
    if item["score"] == item["points"]:
        return "passed"
    return f"{'not passed' if item['score'] == 0 else 'passed in part'}: {item['message']}"


def _first_line(error):
    return next((line for line in error["source"].splitlines() if line.strip()), "")


def _table(caption, head, rows):
    def cells(row):
        kinds = ("<td>", '<td class="points">', "<td>")
        return "".join(
            f"{kind}{html.escape(text)}</td>" for kind, text in zip(kinds, row, strict=True)
        )

    titles = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in head)
    body = "".join(f"<tr>{cells(row)}</tr>" for row in rows)
    caption = f"<caption>{html.escape(caption)}</caption>"
    return f"<table>{caption}<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
