"""Parts of a frame, so that an explorer's function reads as a list of what it shows.

Pure Python: MicroPython runs it too. `drawing` says what each entry means.
"""


def line(name, xs, f, style, dash=0):
    """Return a line; `f` is a function of x or the list of y."""
    ys = [f(x) for x in xs] if callable(f) else f
    return {"name": name, "x": xs, "y": ys, "style": style, "dash": dash}


def level(name, low, high, value):
    """Return a dotted grey line at one height."""
    return line(name, [low, high], [value, value], 6, 2)


def points(name, xs, ys, style, mark=0, names=None, key=True):
    """Return points, each with a name where names are given."""
    out = {"name": name, "kind": "points", "x": xs, "y": ys, "style": style, "mark": mark}
    if names is not None:
        out["names"] = names
    if not key:
        out["key"] = False
    return out


def band(name, xs, low, high, style):
    """Return a shaded band between two functions of x."""
    return {
        "name": name, "kind": "band", "x": xs, "style": style,
        "y": [low(x) for x in xs], "y2": [high(x) for x in xs],
    }  # fmt: skip


def stems(name, xs, ys, ends, style):
    """Return vertical strokes from `ys` to `ends`."""
    return {"name": name, "kind": "stems", "x": xs, "y": ys, "y2": ends, "style": style}
