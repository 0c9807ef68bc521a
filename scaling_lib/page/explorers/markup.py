"""The HTML of an explorer: the same text is put on the page and into JupyterLab's output area."""

import importlib
import json
import math

from scaling_lib.page.explorers.drawing import escape, in_words, respond, rich

# A picture that stands alone (a preview of the notebook, one without a kernel) brings its colours.
COLOURS = ("#0b62a8", "#b8400f", "#00704f", "#853a8d", "#806000", "#a3265c", "#5b6470")
STANDALONE = (
    "<style>text{fill:#24292f;font-family:system-ui,sans-serif}path{fill:none}"
    ".grid{stroke:#24292f;opacity:.14}.base{stroke:#24292f;opacity:.6}"
    ".line{stroke-width:2.6}.stems{stroke-width:1.6}.band{opacity:.2}.dot{stroke:#fff}"
    + "".join(
        f".line.c{i},.stems.c{i}{{stroke:{c}}}.band.c{i},.dot.c{i}{{fill:{c}}}"
        for i, c in enumerate(COLOURS)
    )
    + "</style>"
)
# JupyterLab would take the keys for itself; a browser would restore an old position without its
# figure.
KEYS = 'data-lm-suppress-shortcuts="true"'
COMMON = f'autocomplete="off" {KEYS}'


def load_function(spec):
    """Return the Python function behind an explorer's specification."""
    where = spec["function"]
    if where.get("source") is None:
        return getattr(importlib.import_module(where["module"]), where["name"])
    space = {"math": math}
    exec(where["source"], space)
    return space[where["name"]]


def initial(spec):
    """Return the controls' starting values."""
    return {c["name"]: c["value"] for c in spec["controls"]}


def standalone_svg(reply):
    """Return the picture of a reply as an image that brings its own colours."""
    head, _, rest = reply["svg"].partition(">")
    return f'{head}>{STANDALONE}<rect width="100%" height="100%" fill="#fff"/>{rest}'


def range_html(label, attributes, words, kind=""):
    """Return a slider in its label, with its value in words beside it."""
    return (
        f'<div class="sm-control{kind}"><label><span class="sm-head"><span>{escape(label)}</span>'
        f'<span class="sm-value" aria-hidden="true">{rich(words)}</span></span>'
        f'<input type="range" {COMMON} {attributes} aria-valuetext="{escape(words)}"></label></div>'
    )


def control_html(control):
    """Return the HTML of one control, with its value in words."""
    name, label, value = escape(control["name"]), escape(control["label"]), control["value"]
    if control["kind"] == "choice":
        chosen = " selected"
        options = "".join(
            f'<option value="{escape(v)}"{chosen if v == value else ""}>{escape(text)}</option>'
            for v, text in control["options"]
        )
        select = f'<select name="{name}" {COMMON}>{options}</select>'
        head = f'<span class="sm-head">{label}</span>'
        return f'<div class="sm-control"><label>{head}{select}</label></div>'
    if control["kind"] == "toggle":
        checked = " checked" if value else ""
        box = f'<input type="checkbox" name="{name}" {COMMON}{checked}>'
        box += f"<span>{label}</span>"
        return f'<div class="sm-control"><label class="sm-toggle">{box}</label></div>'
    span = f'min="{control["low"]}" max="{control["high"]}" step="{control["step"]}"'
    words = in_words(control, value)
    return range_html(control["label"], f'name="{name}" {span} value="{value}"', words)


def embedded_json(data):
    """Return a script element that holds data and cannot end early."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f'<script type="application/json">{text.replace("</", "<" + chr(92) + "/")}</script>'


def explorer_html(spec, function=None, *, for_page=True):
    """Return the HTML of an explorer in its starting position.

    Parameters
    ----------
    spec : dict
        The specification that an `Explorer` stores in the notebook.
    function : callable, optional
        The function behind it; default: the one that the specification names.
    for_page : bool, optional
        Whether to embed the specification, which a page without a kernel computes from.

    Returns
    -------
    str
        One `div`. It shows the figure, the sentence and the controls before any script has run.
    """
    function = function or load_function(spec)
    wide, narrow = (respond(function, spec, initial(spec), n)["svg"] for n in (False, True))
    text = respond(function, spec, initial(spec))["text"]
    controls = "".join(map(control_html, spec["controls"]))
    named = wide.count("data-name=")
    if named:
        controls += range_html("Read a point", f'min="0" max="{named}" value="0"', "–", " sm-walk")
    title, data = escape(spec["title"]), embedded_json(spec) if for_page else ""
    return (
        f'<div class="sm-explorer" role="group" aria-label="Explorer: {title}">'
        f'<p class="sm-title">{title}</p><div class="sm-plot"><div class="sm-wide">{wide}</div>'
        f'<div class="sm-narrow">{narrow}</div></div><div class="sm-controls">{controls}'
        f'<button type="button" class="sm-button sm-reset" {KEYS}>Reset</button></div>'
        f'<p class="sm-text" role="status">{text}</p>{data}</div>'
    )
