"""The HTML and the plain text of self-check questions."""

import html
import json
import re

from scaling_lib.page.explorers.markup import KEYS

MARKS = (
    (r"\*([^*\s][^*]*)\*", r"<em>\1</em>"),
    (r"\^\{([^}]+)\}", r"<sup>\1</sup>"),
    (r"_\{([^}]+)\}", r"<sub>\1</sub>"),
)


def inline(text):
    """Return text as HTML with its few marks set; code is left as it is.

    >>> inline("N ∝ C^{0.5}, *not* `C < 1`")
    'N ∝ C<sup>0.5</sup>, <em>not</em> <code>C &lt; 1</code>'
    """
    out = []
    for i, part in enumerate(html.escape(text, quote=False).split("`")):
        if i % 2:
            part = f"<code>{part}</code>"
        else:
            for pattern, replacement in MARKS:
                part = re.sub(pattern, replacement, part)
        out.append(part)
    return "".join(out)


def question_html(chapter, question, number):
    """Return the form of one question: it works, without feedback, before any script has run."""
    name = html.escape(f"{chapter}.{question['id']}")
    ask = f'<span class="sm-number">{number}</span> {inline(question["ask"])}'
    if "answers" in question:
        inner = "".join(
            f'<label class="sm-answer"><input type="radio" name="{name}" value="{i}" {KEYS}>'
            f"<span>{inline(answer['text'])}</span></label>"
            for i, answer in enumerate(question["answers"])
        )
        right = next(a for a in question["answers"] if a.get("right"))
        solution = f"<strong>{inline(right['text'])}</strong> {inline(right['why'])}"
    else:
        unit = inline(question.get("unit", ""))
        inner = (
            '<label class="sm-answer"><span>Your number</span><input type="text" '
            f'inputmode="decimal" name="{name}" autocomplete="off" size="10" {KEYS}>'
            f"<span>{unit}</span></label>"
        )
        solution = f"<strong>{question['number']:g} {unit}</strong> {inline(question['why'])}"
    return (
        f'<form class="sm-question" data-question="{name}" novalidate><fieldset>'
        f"<legend>{ask}</legend>{inner}</fieldset>"
        f'<button type="submit" class="sm-button" {KEYS}>Check</button>'
        '<p class="sm-feedback" role="status"></p>'
        f'<details class="sm-solution"><summary>Answer</summary><p>{solution}</p></details></form>'
    )


def feedback(question):
    """Return what the script needs to answer: the texts as HTML, the numbers as numbers."""
    if "answers" in question:
        return [
            {"right": bool(a.get("right")), "why": inline(a["why"])} for a in question["answers"]
        ]
    wrong = [{"number": w["number"], "why": inline(w["why"])} for w in question.get("wrong", [])]
    return {
        "number": question["number"],
        "tolerance": question["tolerance"],
        "why": inline(question["why"]),
        "wrong": wrong,
        "otherwise": inline(question["otherwise"]),
    }


def selfcheck_html(spec):
    """Return the HTML of a set of questions.

    Parameters
    ----------
    spec : dict
        `chapter` and `questions`, as a `SelfCheck` stores them in the notebook.

    Returns
    -------
    str
        One `div` with a form for each question and the feedback as embedded JSON.
    """
    forms = "".join(
        question_html(spec["chapter"], q, i) for i, q in enumerate(spec["questions"], 1)
    )
    data = json.dumps([feedback(q) for q in spec["questions"]], ensure_ascii=False)
    data = data.replace("</", "<\\/")
    return (
        '<div class="sm-selfcheck" role="group" aria-label="Self-check">'
        '<p class="sm-title">Self-check</p>'
        f'{forms}<p class="sm-privacy">Your answers stay in this browser. '
        f'<button type="button" class="sm-button sm-clear" {KEYS}>Clear them</button></p>'
        f'<script type="application/json">{data}</script></div>'
    )


def selfcheck_markdown(spec):
    """Return the questions as Markdown, for previews that show no forms."""
    out = []
    for i, question in enumerate(spec["questions"], 1):
        out.append(f"{i}. {question['ask']}")
        out += [f"   - {answer['text']}" for answer in question.get("answers", [])]
    text = re.sub(r"\^\{([^}]+)\}", r"<sup>\1</sup>", "\n".join(out))
    return "**Self-check**\n\n" + re.sub(r"_\{([^}]+)\}", r"<sub>\1</sub>", text)
