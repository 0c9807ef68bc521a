"""What a reader can move: sliders, choices and switches, described once for both hosts."""

import math

SHOWN = ("fixed", "si", "power", "percent", "times")


def slider(name, label, low, high, value, *, step=None, log=False, show="fixed", digits=2, unit=""):
    """Describe a slider.

    Parameters
    ----------
    name : str
        Name of the function's argument.
    label : str
        What the reader sees above the slider.
    low, high, value : float
        Ends and start, in the unit that the function is given.
    step : float, optional
        Step of the slider; for a logarithmic one in decades. Default: about a hundredth of
        the range.
    log : bool, optional
        Whether the slider moves on a logarithmic axis; `low` must then be positive.
    show : {"fixed", "si", "power", "percent", "times"}, optional
        How the value is put into words: decimals, 1.5B, 3.2 × 10^21, 40 %, ×5.4.
    digits : int, optional
        Decimals, for ``show="fixed"``.
    unit : str, optional
        Text after the value, with its space.

    Returns
    -------
    dict
        The control, of JSON types only.

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
        raise ValueError(f"slider {name!r}: show={show!r} is not one of {', '.join(SHOWN)}")
    if not low < high or not low <= value <= high:
        raise ValueError(
            f"slider {name!r}: {low} <= {value} <= {high} does not hold; give low < high around "
            "value"
        )
    if log:
        if low <= 0:
            raise ValueError(f"slider {name!r}: a logarithmic slider needs low > 0, not {low}")
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


def choice(name, label, options, value=None):
    """Describe a choice among named options.

    Parameters
    ----------
    name, label : str
        As for `slider`.
    options : dict of str to str
        The argument's possible values and what the reader sees for each.
    value : str, optional
        The start; default: the first.

    Returns
    -------
    dict
        The control.

    Raises
    ------
    ValueError
        If there are no options or the start is not among them.
    """
    if not options or not all(isinstance(k, str) for k in options):
        raise ValueError(f"choice {name!r}: give a dict from strings to labels")
    value = next(iter(options)) if value is None else value
    if value not in options:
        raise ValueError(f"choice {name!r}: {value!r} is not one of {', '.join(options)}")
    pairs = [list(pair) for pair in options.items()]
    return {"kind": "choice", "name": name, "label": label, "options": pairs, "value": value}


def toggle(name, label, value=False):
    """Describe a switch that gives the function True or False.

    Parameters
    ----------
    name, label : str
        As for `slider`.
    value : bool, optional
        The start.

    Returns
    -------
    dict
        The control.
    """
    return {"kind": "toggle", "name": name, "label": label, "value": bool(value)}


def stops(control):
    """Return every position that a control can take.

    >>> stops(slider("k", "Samples", 1, 3, 2, step=1))
    [1, 2, 3]
    """
    if control["kind"] == "choice":
        return [value for value, _ in control["options"]]
    if control["kind"] == "toggle":
        return [False, True]
    n = round((control["high"] - control["low"]) / control["step"])
    return [round(control["low"] + i * control["step"], 9) for i in range(n + 1)]
