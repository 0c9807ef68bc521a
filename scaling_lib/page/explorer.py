"""One pure-Python function behind a figure that moves, with a kernel and without.

`explore` wraps a function that returns a *frame* (see `scaling_lib.page.micropython.drawing`). In
JupyterLab the kernel runs it; on the built page MicroPython runs the same source in the reader's
browser. Both draw with the same code, so there is one figure, not two that agree.
"""

import builtins
import dis
import inspect
import json
import pathlib
import re
import textwrap
from collections.abc import Callable

import anywidget
import traitlets

from scaling_lib.page.micropython.controls import FIGURES, in_words
from scaling_lib.page.micropython.drawing import escape, rich
from scaling_lib.page.micropython.host import load_function, respond

MIME = "application/vnd.scaling-measured+json"
HERE = pathlib.Path(__file__).parent
CARRIED = "scaling_lib.page.micropython."  # the modules that a page has


def style_sheet(name):
    """Return a style sheet of this folder behind what all of them share."""
    return "".join((HERE / file).read_text(encoding="utf-8") for file in ("shared.css", name))


class Explorer(anywidget.AnyWidget):
    """A figure with controls, as returned by `explore`.

    Attributes
    ----------
    values : dict
        Positions of the controls; assign a new dict and the figure moves. A logarithmic slider's
        position is the power of ten.
    reply : dict
        The picture, the sentence and the controls in words for these values.
    """

    _esm = HERE / "explorer.js"
    _css = style_sheet("explorer.css")
    html = traitlets.Unicode().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    narrow = traitlets.Bool(False).tag(sync=True)
    reply = traitlets.Dict().tag(sync=True)

    def __init__(self, spec, function):
        self.spec, self.function = spec, function
        values = initial(spec)
        super().__init__(
            html=explorer_html(spec, function, for_page=False),
            values=values,
            reply=respond(function, spec, values),
        )
        self.observe(self._answer, ["values", "narrow"])

    def _answer(self, change):
        self.reply = respond(self.function, self.spec, self.values, self.narrow)

    def _repr_mimebundle_(self, **kwargs):
        """Return the live widget and, for whoever has no kernel, specification, picture, words."""
        first = respond(self.function, self.spec, initial(self.spec))
        still = {
            MIME: self.spec,
            "image/svg+xml": standalone_svg(first),
            "text/plain": f"Explorer – {self.spec['title']} – {self.spec['alt']}",
        }
        return bundle(super()._repr_mimebundle_(**kwargs), still)


def bundle(live, still):
    """Return what a widget shows without a kernel beside what it shows with one."""
    data, metadata = live if isinstance(live, tuple) else (live or {}, {})
    return {**data, **still}, metadata


def explore(
    f: Callable, controls: list[dict], axes: dict, alt: str, *, title: str, data=None
) -> Explorer:
    """Put controls on a pure-Python function that returns a frame; the last line of a cell.

    Parameters
    ----------
    f
        ``f(**arguments) -> frame``, with one argument for each control, and `data` if that is
        given. Since MicroPython runs it on the page, it may use `math` and nothing else from
        outside; one in a file of `page.micropython` also the other files there.
    controls
        Made by `slider`, `choice` and `toggle`.
    axes
        ``{"x": axis, "y": axis}``, each with `title`, `domain`, and optionally `log` and `ticks`
        (`plain`, `si`, `power` or `percent`).
    alt
        What the figure shows, for those who do not see it, in one sentence; the frame's own is
        added.
    data
        A table, arrays or JSON types: stored in the notebook and given to `f` on both sides.

    Raises
    ------
    ValueError
        If an argument of `f` has no control, a control no argument, an axis no extent, or a
        notebook's function uses names from outside.

    Examples
    --------
    >>> from scaling_lib.page import explore, slider
    >>> def straight(slope):
    ...     line = {"name": "y = slope x", "x": [0, 1], "y": [0, slope]}
    ...     return {"text": f"It rises by {slope:.1f}.", "series": [line]}
    >>> axes = {"x": {"title": "x", "domain": [0, 1]}, "y": {"title": "y", "domain": [0, 2]}}
    >>> controls = [slider("slope", "Slope", 0, 2, 1)]
    >>> shown = explore(straight, controls, axes, "A straight line.", title="A line")
    >>> shown.reply["text"]
    'It rises by 1.0.'
    >>> shown.values = {"slope": 1.5}
    >>> shown.reply["text"]
    'It rises by 1.5.'
    """
    check_arguments(f, controls, data)
    for name in ("x", "y"):
        low, high = axes[name]["domain"]
        if not low < high or (axes[name].get("log") and low <= 0):
            raise ValueError(
                f"the domain of axis {name} must be low < high, and above 0 on a logarithmic axis, "
                f"not [{low}, {high}]"
            )
    spec = {
        "component": "explorer",
        "title": title,
        "alt": alt,
        "function": where_defined(f),
        "controls": list(controls),
        "axes": axes,
        "data": plain(data),
    }
    # Through JSON, so that the kernel works on exactly what the page is given.
    return Explorer(json.loads(json.dumps(spec, allow_nan=False)), f)


# What the page must carry: the function, and its data as JSON types.


def where_defined(f):
    """Return where the page finds a function: a module that it has, or the function's source."""
    if f.__module__.startswith(CARRIED):
        return {"module": f.__module__, "name": f.__name__}
    others = sorted(global_names(f.__code__) - {"math"} - set(dir(builtins)))
    if others:
        raise ValueError(
            f"{f.__name__} uses {', '.join(others)}, which the page does not know: define it "
            f"inside the function, or move the function to a file of {CARRIED[:-1]}"
        )
    return {"source": textwrap.dedent(inspect.getsource(f)), "name": f.__name__}


def global_names(code):
    """Return the names that a code object, or one nested in it, takes from outside."""
    loads = ("LOAD_GLOBAL", "LOAD_NAME")
    names = {i.argval for i in dis.get_instructions(code) if i.opname in loads}
    names |= set(code.co_freevars)
    for inner in code.co_consts:
        if inspect.iscode(inner):
            names |= global_names(inner) - set(code.co_cellvars) - set(code.co_freevars)
    return names


def check_arguments(f, controls, data):
    """Raise a ValueError unless the controls, and the data if there are any, are f's arguments."""
    given = {c["name"] for c in controls} | ({"data"} if data is not None else set())
    parameters = inspect.signature(f).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    names = {p.name for p in parameters}
    needed = {p.name for p in parameters if p.default is p.empty}
    if given - names:
        raise ValueError(
            f"{f.__name__} has no argument {', '.join(sorted(given - names))}: name each control "
            "after an argument"
        )
    if needed - given:
        raise ValueError(
            f"{f.__name__} needs {', '.join(sorted(needed - given))}: add a control or give data"
        )


def plain(value):
    """Return data as JSON types: a table becomes a dict of lists, an array a list.

    >>> plain({"x": (1, 2.5)})
    {'x': [1, 2.5]}
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return plain(value.to_dict("list"))
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value]


# The HTML: the same text is put on the page and into JupyterLab's output area.

# A picture that stands alone (a preview of the notebook, one without a kernel) brings its colours.
COLOURS = re.findall(r"--sm-c\d: (#\w+)", Explorer._css)[:7]  # those on a light ground
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
        box = f'<input type="checkbox" name="{name}" {COMMON}{checked}><span>{label}</span>'
        return f'<div class="sm-control"><label class="sm-toggle">{box}</label></div>'
    span = f'min="{control["low"]}" max="{control["high"]}" step="{control["step"]}"'
    words = in_words(control, value)
    return range_html(control["label"], f'name="{name}" {span} value="{value}"', words)


def embedded_json(data):
    """Return a script element that holds data and cannot end early."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f'<script type="application/json">{text.replace("</", "<" + chr(92) + "/")}</script>'


def tasks_html(spec):
    """Return the tasks of a figure of the book; what is reached is added to each by the script."""
    where = spec["function"]
    tasks = FIGURES[where["name"]]["tasks"] if "module" in where else ()
    if not tasks:
        return ""
    items = "".join(f'<li class="sm-task">{rich(task)}</li>' for task in tasks)
    return f'<p class="sm-try-this">Try:</p><ul class="sm-tasks" aria-live="polite">{items}</ul>'


def explorer_html(spec, function=None, *, for_page=True):
    """Return the HTML of an explorer in its starting position, whole before any script has run.

    `for_page` embeds the specification, which a page without a kernel computes from.
    """
    function = function or load_function(spec)
    wide, narrow = (respond(function, spec, initial(spec), n) for n in (False, True))
    controls = "".join(map(control_html, spec["controls"]))
    named = wide["svg"].count("data-name=")
    if named:
        controls += range_html("Read a point", f'min="0" max="{named}" value="0"', "–", " sm-walk")
    title, data = escape(spec["title"]), embedded_json(spec) if for_page else ""
    return (
        f'<div class="sm-explorer" role="group" aria-label="Explorer: {title}">'
        f'<p class="sm-title">{title}</p><div class="sm-plot">'
        f'<div class="sm-wide">{wide["svg"]}</div><div class="sm-narrow">{narrow["svg"]}</div>'
        f'</div><div class="sm-controls">{controls}'
        f'<button type="button" class="sm-button sm-reset" {KEYS}>Reset</button></div>'
        f'<p class="sm-text" role="status">{wide["text"]}</p>{tasks_html(spec)}{data}</div>'
    )
