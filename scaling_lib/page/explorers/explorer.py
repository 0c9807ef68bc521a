"""One pure-Python function behind a figure that moves, with a kernel and without.

`explore` wraps a function that returns a *frame* (see `scaling_lib.page.explorers.drawing`). In
JupyterLab the kernel runs it; on the built page MicroPython runs the same source in the reader's
browser. Both draw with the same code, so there is one figure, not two that agree.
"""

import inspect
import itertools
import json
import math
import pathlib

import anywidget
import traitlets

from scaling_lib.page.explorers import frames as stored
from scaling_lib.page.explorers.carrying import check_arguments, plain, where_defined
from scaling_lib.page.explorers.controls import stops
from scaling_lib.page.explorers.drawing import argument, respond
from scaling_lib.page.explorers.markup import explorer_html, initial, standalone_svg

MIME = "application/vnd.scaling-measured+json"
HERE = pathlib.Path(__file__).parent


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

    _esm = HERE / "view.js"
    _css = HERE / "view.css"
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
        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live or {}, {})
        picture = standalone_svg(respond(self.function, self.spec, initial(self.spec)))
        words = f"Explorer – {self.spec['title']} – {self.spec['alt']}"
        still = {MIME: self.spec, "image/svg+xml": picture, "text/plain": words}
        return {**data, **still}, metadata


def explore(f, sliders, axes, alt, *, title, data=None):
    """Put controls on a pure-Python function that returns a frame.

    Parameters
    ----------
    f : callable
        ``f(**arguments) -> frame``, with one argument for each control, and `data` if that is
        given. It may use `math` and, from a module of `page.explorers`, the other functions
        there; nothing else, since MicroPython runs it on the page. A function defined in a notebook
        must be complete in itself (`math` is there).
    sliders : list of dict
        Made by `slider`, `choice` and `toggle`.
    axes : dict
        ``{"x": axis, "y": axis}``, each with `title`, `domain`, and optionally `log` and `ticks`.
    alt : str
        What the figure shows, for those who do not see it, in one sentence; the frame's own
        sentence is added.
    title : str
        Heading of the explorer.
    data : optional
        A table, arrays or JSON types: stored in the notebook and given to `f` in both hosts.

    Returns
    -------
    Explorer
        Show it as the last line of a cell.

    Raises
    ------
    ValueError
        If an argument of `f` has no control, a control no argument, an axis no extent, or a
        notebook's function uses names from outside.

    Examples -------- >>> from scaling_lib.page.explorers import explore, slider >>> from
    scaling_lib.page.explorers.hypothesis import emergence >>> axes = {"x": {"title": "Parameters",
    "domain": [1e6, 1e12], "log": True}, ...         "y": {"title": "Share right", "domain": [0,
    1]}} >>> sliders = [slider("N", "Model", 1e6, 1e12, 1e9, log=True), slider("length", "Length",
    1, 9, 5), ...            slider("steepness", "Steepness", 0.1, 1, 0.5)] >>> shown =
    explore(emergence, sliders, axes, "Two curves.", title="Two metrics") >>>
    shown.reply["text"][:54] 'At 1B parameters 76.0 % of the symbols are right, and ' >>>
    shown.values = {"N": 8, "length": 1, "steepness": 0.5} >>> shown.reply["text"][:56] 'At 100M
    parameters 50.0 % of the symbols are right, and '
    """
    check_arguments(f, sliders, data)
    for name in ("x", "y"):
        low, high = axes[name]["domain"]
        if not low < high or (axes[name].get("log") and low <= 0):
            raise ValueError(
                f"axis {name}: the domain [{low}, {high}] needs low < high, and low > 0 on a "
                "logarithmic axis"
            )
    spec = {
        "component": "explorer",
        "title": title,
        "alt": alt,
        "function": where_defined(f),
        "controls": list(sliders),
        "axes": axes,
        "data": plain(data),
    }
    # Through JSON, so that the kernel works on exactly what the page is given.
    return Explorer(json.loads(json.dumps(spec, allow_nan=False)), f)


def explore_frames(frames, sliders, axes, alt, *, title):
    """Put controls on frames that are computed here, for what needs numpy, a fit or a training run.

    Parameters
    ----------
    frames : callable
        ``frames(**arguments) -> frame``; called once for every combination of positions.
    sliders : list of dict
        As for `explore`; every step of a slider is a position, so give coarse steps.
    axes, alt, title
        As for `explore`.

    Returns
    -------
    Explorer
        One that looks up the stored frame. Numbers are stored with five significant digits.

    Raises
    ------
    ValueError
        If there would be more than 400 frames, or one lacks what `explore` needs.
    """
    positions = [stops(c) for c in sliders]
    count = math.prod(map(len, positions))
    if count > 400:
        raise ValueError(f"these controls have {count} positions; take coarser steps, at most 400")
    given = [[argument(c, v) for v in values] for c, values in zip(sliders, positions, strict=True)]
    names = [c["name"] for c in sliders]
    missing = {p.name for p in inspect.signature(frames).parameters.values()} - set(names)
    if missing:
        raise ValueError(f"{frames.__name__} needs a control for {', '.join(sorted(missing))}")
    table = {}
    for places in itertools.product(*(range(len(values)) for values in positions)):
        arguments = {n: v[i] for n, v, i in zip(names, given, places, strict=True)}
        table[",".join(map(str, places))] = plain(frames(**arguments), digits=5)
    data = {"stops": [list(pair) for pair in zip(names, given, strict=True)], "frames": table}
    return explore(stored.pick, sliders, axes, alt, title=title, data=data)
