"""Self-check questions: written once, answered on the page and in JupyterLab.

They are read from TOML files in `bank/`: one a chapter, named as its first page, and where further
pages have questions of their own, one for each of these. A question offers answers, exactly one of
them right, each with what it shows about the reader's thinking::

    [[question]]
    id = "equal-budget"
    ask = "A run of 70B parameters on 1.4T tokens uses about as much compute as ..."
    answers = [
      { text = "280B parameters on 0.35T tokens", right = true, why = "6 N D is the same." },
      { text = "280B parameters on 1.4T tokens", why = "That is four times as much." },
    ]

or asks for a number, with a relative tolerance and, where a wrong number betrays how it was found,
the reason::

    [[question]]
    id = "tenfold"
    ask = "By what factor does ... grow?"
    number = 3.16
    tolerance = 0.02
    unit = "times"
    why = "The square root of 10."
    wrong = [ { number = 5.0, why = "That halves the factor; here the exponent is halved." } ]
    otherwise = "N grows as C^{0.5}."

A number between 0 and 1 without a unit is a share. Who gives the right number in another unit of
`OTHER_UNITS` hears so, unless `wrong` has a reason for that number.

In texts `code`, *emphasis*, ^{superscript} and _{subscript} are set as such.
"""

import html
import pathlib
import re

import anywidget
import traitlets

from scaling_lib.data.files import rows_by_id
from scaling_lib.page.explorer import KEYS, MIME, bundle, embedded_json, style_sheet

HERE = pathlib.Path(__file__).parent
BANK = HERE / "bank"

#: Units in which a reader may answer, by the unit asked for: how many of the asked unit one of the
#: other is, its name, and how to answer in the one asked for.
OTHER_UNITS = {
    "share": [(0.01, "in per cent", "as a share between 0 and 1, or write % behind it")],
    "%": [(100, "as a share of 1", "in per cent")],
    "months": [(12, "in years", "in months")],
    "years": [(1 / 12, "in months", "in years")],
    "trillion tokens": [(1e-12, "in tokens", "in trillions")],
}


class SelfCheck(anywidget.AnyWidget):
    """A set of questions, as returned by `self_check`."""

    _esm = HERE / "quiz.js"
    _css = style_sheet("quiz.css")
    html = traitlets.Unicode().tag(sync=True)

    def __init__(self, spec):
        self.spec = spec
        super().__init__(html=selfcheck_html(spec))

    def _repr_mimebundle_(self, **kwargs):
        """Return the live widget and, for whoever has no kernel, the questions themselves."""
        asks = " / ".join(q["ask"] for q in self.spec["questions"])
        still = {
            MIME: self.spec,
            "text/markdown": selfcheck_markdown(self.spec),
            "text/plain": f"Self-check: {asks}",
        }
        return bundle(super()._repr_mimebundle_(**kwargs), still)


def self_check(chapter: str, *ids: str) -> SelfCheck:
    """Show self-check questions as the last line of a cell.

    `chapter` names a file in `page/bank`; of its questions those with the given ids are shown, in
    this order, or all. Answers are kept by the reader's browser and sent nowhere.

    Raises
    ------
    ValueError
        If there is no such chapter or question.
    """
    return SelfCheck(
        {"component": "self-check", "chapter": chapter, "questions": load(chapter, *ids)}
    )


def chapters():
    """Return the names of the chapters that have questions, sorted."""
    return sorted(path.stem for path in BANK.glob("*.toml"))


def load(chapter, *ids):
    """Return the questions of a chapter with these ids, in this order; without ids, all."""
    path = BANK / f"{chapter}.toml"
    if not path.is_file():
        there = ", ".join(chapters())
        raise ValueError(f"no questions for {chapter!r}; there are some for {there}")
    found = parse(path.read_text(encoding="utf-8"), path.name)
    unknown = [i for i in ids if i not in found]
    if unknown:
        raise ValueError(f"{path.name} has no {', '.join(unknown)}; it has {', '.join(found)}")
    return [found[i] for i in ids or found]


def parse(text, name="questions"):
    r"""Return the questions in a TOML text by their id, in their order; errors call it `name`.

    >>> answers = "[{text = 'yes', why = 'so', right = true}, {text = 'no', why = 'not'}]"
    >>> parse(f"[[question]]\nid = 'a'\nask = '?'\nanswers = {answers}")["a"]["ask"]
    '?'
    """
    return rows_by_id(text, "question", name, check)


def check(question, where):
    """Return the question; a ValueError says what it lacks."""
    answers = question.get("answers")
    needed = {"id", "ask", "answers"}
    allowed = needed
    if answers is None:
        needed = {"id", "ask", "number", "tolerance", "why", "otherwise"}
        allowed = needed | {"unit", "wrong"}
    if needed - set(question):
        raise ValueError(f"{where}: {', '.join(sorted(needed - set(question)))} is missing")
    if set(question) - allowed:
        raise ValueError(f"{where}: {', '.join(sorted(set(question) - allowed))} is not known")
    if answers is None:
        if any(set(wrong) != {"number", "why"} for wrong in question.get("wrong", [])):
            raise ValueError(f"{where}: each of `wrong` needs a number and a why")
        if question["tolerance"] < 0:
            raise ValueError(f"{where}: the tolerance is negative")
        return question
    if sum(bool(a.get("right")) for a in answers) != 1 or len(answers) < 2:
        raise ValueError(f"{where}: exactly one of at least two answers must be right")
    if not all(a.get("text") and a.get("why") for a in answers):
        raise ValueError(f"{where}: every answer needs a text and a why")
    return question


MARKS = (
    (r"\*([^*\s][^*]*)\*", r"<em>\1</em>"),
    (r"\^\{([^}]+)\}", r"<sup>\1</sup>"),
    (r"_\{([^}]+)\}", r"<sub>\1</sub>"),
)


def mark(text, marks):
    """Return text with its marks set as HTML."""
    for pattern, replacement in marks:
        text = re.sub(pattern, replacement, text)
    return text


def inline(text):
    """Return text as HTML with its few marks set; code is left as it is.

    >>> inline("N ∝ C^{0.5}, *not* `C < 1`")
    'N ∝ C<sup>0.5</sup>, <em>not</em> <code>C &lt; 1</code>'
    """
    parts = html.escape(text, quote=False).split("`")
    return "".join(
        f"<code>{part}</code>" if i % 2 else mark(part, MARKS) for i, part in enumerate(parts)
    )


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
        f'<form class="sm-question" data-question="{name}" method="dialog" novalidate><fieldset>'
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
    share = "share" if 0 < question["number"] < 1 else None
    unit = question.get("unit", share)
    others = [
        {"factor": factor, "why": f"The number is right {other}. Here it is asked for {asked}."}
        for factor, other, asked in OTHER_UNITS.get(unit, [])
    ]
    return {
        "number": question["number"],
        "tolerance": question["tolerance"],
        "why": inline(question["why"]),
        "wrong": wrong,
        "unit": question.get("unit", ""),
        "others": others,
        "otherwise": inline(question["otherwise"]),
    }


def selfcheck_html(spec):
    """Return the HTML of questions: one `div` with their forms, and the feedback as JSON."""
    questions = spec["questions"]
    forms = "".join(question_html(spec["chapter"], q, i) for i, q in enumerate(questions, 1))
    return (
        '<div class="sm-selfcheck" role="group" aria-label="Self-check">'
        '<p class="sm-title">Self-check</p>'
        f'{forms}<p class="sm-privacy">Your answers stay in this browser. '
        f'<button type="button" class="sm-button sm-clear" {KEYS}>Clear them</button></p>'
        f"{embedded_json([feedback(q) for q in questions])}</div>"
    )


def selfcheck_markdown(spec):
    """Return the questions as Markdown, for previews that show no forms."""
    out = []
    for i, question in enumerate(spec["questions"], 1):
        out.append(f"{i}. {question['ask']}")
        out += [f"   - {answer['text']}" for answer in question.get("answers", [])]
    return "**Self-check**\n\n" + mark("\n".join(out), MARKS[1:])
