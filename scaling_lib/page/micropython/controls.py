"""What a figure declares beside its function: what the reader moves, and over which axes."""

import math

from scaling_lib.page.micropython.numbers import digits3, fixed, percent, power, si

COMPUTE = "Training compute (FLOP)"
LOSS = "Loss (nats per token)"

# How a slider's value is put into words.
SHOWN = {
    "fixed": fixed,
    "si": lambda value, digits: si(value),
    "power": lambda value, digits: power(value),
    "percent": lambda value, digits: percent(value),
    "times": lambda value, digits: "×" + digits3(value),
}

FIGURES = {}  # what `figure` was told, by the name of the function


def figure(title, alt, x, y, controls, tasks=(), table=None, rows=None, columns=None):
    """Declare the function below as a figure of the book, shown by `page.figures`.

    Parameters
    ----------
    title, alt : str
        Heading, and what is seen in one sentence.
    x, y : dict
        The axes.
    controls : list of dict
        One for each argument of the function.
    tasks : sequence of str
        What to try, from easy to surprising. The function says at each position which of them are
        reached, in the `reached` of its frame.
    table, rows : str, optional
        A data set of `scaling_lib.data`, and a condition for its rows.
    columns : callable, optional
        Makes of the table what the function is given as `data`; the kernel alone calls it.
        With a table, `x`, `y` and `controls` may be functions of these data.
    """

    def declare(function):
        FIGURES[function.__name__] = dict(
            function=function, title=title, alt=alt, x=x, y=y, controls=controls,
            tasks=tuple(tasks), table=table, rows=rows, columns=columns,
        )  # fmt: skip
        return function

    return declare


def axis(title, low, high, ticks="plain", log=False):
    """Describe an axis; its ticks are shown as `plain`, `si`, `power` or `percent`."""
    return {"title": title, "domain": [low, high], "log": log, "ticks": ticks}


def log_axis(title, low, high, ticks="power"):
    """Describe a logarithmic axis."""
    return axis(title, low, high, ticks, True)


def slider(
    name: str,
    label: str,
    low: float,
    high: float,
    value: float,
    *,
    step: float | None = None,
    log: bool = False,
    show: str = "fixed",
    digits: int = 2,
    unit: str = "",
) -> dict:
    """Describe a slider.

    Parameters
    ----------
    name, label
        The function's argument, and what the reader sees above the slider.
    low, high, value
        Ends and start, in the unit that the function is given.
    step
        On a logarithmic slider in decades; default: about a hundredth of the range.
    log
        Whether it moves by powers of ten; `low` must then be positive.
    show : {"fixed", "si", "power", "percent", "times"}
        How the value is put into words: `digits` decimals, 1.5B, 3.2 × 10^21, 40 %, ×5.4.
    unit
        Text after the value, with its space.

    Raises
    ------
    ValueError
        If the range is empty, the start lies outside it or `show` is unknown.

    Examples
    --------
    >>> slider("C", "Compute", 1e18, 1e26, 1e21, log=True, show="power", unit=" FLOP")["value"]
    21.0
    """
    if show not in SHOWN:
        raise ValueError(f"slider {name!r}: show must be one of {', '.join(SHOWN)}, not {show!r}")
    if not low < high or not low <= value <= high:
        raise ValueError(
            f"slider {name!r}: low < high around value must hold, not {low} <= {value} <= {high}"
        )
    if log:
        if low <= 0:
            raise ValueError(f"slider {name!r}: low must be positive on a log axis, not {low}")
        low, high, value = (round(math.log10(v), 9) for v in (low, high, value))
    step = step or (0.05 if log else round((high - low) / 100, 9))
    return {
        "kind": "range",
        "name": name,
        "label": label,
        "low": low,
        "high": high,
        "step": step,
        "value": min(high, round(low + round((value - low) / step) * step, 9)),
        "log": log,
        "show": show,
        "digits": digits,
        "unit": unit,
    }


def log_slider(name, label, low, high, value, show="power", unit="", step=0.02):
    """Describe a slider that moves by powers of ten."""
    return slider(name, label, low, high, value, log=True, show=show, unit=unit, step=step)


def choice(name: str, label: str, options: dict[str, str], value: str | None = None) -> dict:
    """Describe a choice: `options` from the argument's values to what the reader sees of each.

    Raises
    ------
    ValueError
        If there are no options, or `value`, the start (default: the first), is not among them.
    """
    if not options or not all(isinstance(k, str) for k in options):
        raise ValueError(f"choice {name!r}: options must be a dict from strings to labels")
    value = next(iter(options)) if value is None else value
    if value not in options:
        raise ValueError(
            f"choice {name!r}: value must be one of {', '.join(options)}, not {value!r}"
        )
    pairs = [list(pair) for pair in options.items()]
    return {"kind": "choice", "name": name, "label": label, "options": pairs, "value": value}


def toggle(name: str, label: str, value: bool = False) -> dict:
    """Describe a switch that gives the function True or False."""
    return {"kind": "toggle", "name": name, "label": label, "value": bool(value)}


def argument(control, position):
    """Return what the function is given for the position of a control."""
    return 10.0**position if control.get("log") else position


def in_words(control, position):
    """Return a control's value in words, as shown beside it and read out by a screen reader."""
    if control["kind"] == "choice":
        return dict(control["options"])[position]
    if control["kind"] == "toggle":
        return "on" if position else "off"
    words = SHOWN[control["show"]](argument(control, position), control["digits"])
    return words + control["unit"]
