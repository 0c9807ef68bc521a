"""The parts of a frame, and the SVG text that they become.

A *frame* is what the function of a figure returns::

    {"text": "one sentence",
     "reached": ["", "sentence"],        # for each task: what it teaches, empty if not reached here
     "series": [{"name": str, "x": [...], "y": [...],           # required
                 "kind": "line" | "points" | "band" | "stems",  # default "line"
                 "y2": [...],            # other edge of a band, other end of a stem
                 "style": int,           # colour 0 to 5; 6 is grey; default: the place in the list
                 "dash": 0 to 4,         # solid, dashed, dotted, dash-dot, long dashes
                 "mark": 0 to 4,         # circle, square, triangle, diamond, triangle downwards
                 "names": [str, ...],    # a name for each point: shown on hover, read by the walker
                 "key": False}]}         # leave it out of the key

Names and number of the series must not change as the reader moves the controls.
"""

import math
import re

from scaling_lib.page.micropython.numbers import percent, power, si

WIDE = {"width": 680, "plot": 330, "left": 58, "right": 16, "font": 14, "ticks": (8, 7)}
NARROW = {"width": 360, "plot": 250, "left": 46, "right": 16, "font": 12.5, "ticks": (5, 6)}
DASHES = ("", "8 5", "2 4", "10 4 2 4", "16 5")
LETTER = 0.55  # mean width of a letter in units of the font size
MANY = 40  # points; more of them are drawn smaller, so that they do not hide each other


def line(name, xs, f, style, dash=0):
    """Return a line; `f` is a function of x or the list of y."""
    return {"name": name, "x": xs, "y": values(f, xs), "style": style, "dash": dash}


def values(f, xs):
    """Return the values of a function, or the list of them."""
    return [f(x) for x in xs] if callable(f) else f


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
    """Return a shaded band between two functions of x, or lists of y."""
    low, high = values(low, xs), values(high, xs)
    return {"name": name, "kind": "band", "x": xs, "y": low, "y2": high, "style": style}


def stems(name, xs, ys, ends, style):
    """Return vertical strokes from `ys` to `ends`."""
    return {"name": name, "kind": "stems", "x": xs, "y": ys, "y2": ends, "style": style}


def escape(text):
    """Return text that is safe inside markup and inside a quoted attribute."""
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return text


def rich(text):
    """Return HTML for a sentence: escaped, with `10^21` set as a power."""
    return re.sub(r"\^((?:-|−)?[\d.]*\d)", r"<sup>\1</sup>", escape(text))


def scale(axis, low, high):
    """Return the function from a value to a coordinate between low and high."""
    a, b = axis["domain"]
    if axis.get("log"):
        a, b = math.log10(a), math.log10(b)
        factor = (high - low) / (b - a)
        tiny = 10.0 ** (a - 30)
        return lambda v: low + (math.log10(v if v > tiny else tiny) - a) * factor
    factor = (high - low) / (b - a)
    return lambda v: low + (v - a) * factor


def tick_values(axis, most):
    """Return at most about `most` round values inside the axis's domain."""
    a, b = axis["domain"]
    if axis.get("log"):
        first, last = math.log10(a), math.log10(b)
        span = last - first
        mantissas = (1, 2, 5) if span * 3 <= most else (1, 3) if span * 2 <= most else (1,)
        step = max(1, math.ceil(span / most - 1e-9))
        powers = range(math.ceil(first - 1) // step * step, math.floor(last + 1e-9) + 1, step)
        values = [m * 10.0**k for k in powers for m in mantissas]
        return [v for v in values if a * (1 - 1e-9) <= v <= b * (1 + 1e-9)]
    raw = (b - a) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = size * min([m for m in (1, 2, 5, 10) if m * size >= raw * (1 - 1e-9)])
    first, last = math.ceil(a / step - 1e-9), math.floor(b / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def tick_text(axis, value):
    """Return the markup of a tick's label."""
    kind = axis.get("ticks", "plain")
    if kind == "si":
        return si(value)
    if kind == "percent":
        return percent(value)
    if kind == "power":
        head, exponent = power(value, 0).split("10^")
        head, exponent = head.replace(" ", ""), exponent.replace("-", "−")
        return f'{head}10<tspan dy="-.42em" font-size="75%">{exponent}</tspan>'
    return f"{value:.6g}".replace("-", "−")


def marker(mark, x, y, r):
    """Return the path of a marker's outline around (x, y)."""
    if mark == 1:
        s = r * 0.9
        return f"M{x - s:.1f} {y - s:.1f}h{2 * s:.1f}v{2 * s:.1f}h{-2 * s:.1f}z"
    if mark == 2:
        return f"M{x:.1f} {y - 1.15 * r:.1f}l{r:.1f} {1.9 * r:.1f}h{-2 * r:.1f}z"
    if mark == 3:
        s = r * 1.2
        return f"M{x:.1f} {y - s:.1f}l{s:.1f} {s:.1f}l{-s:.1f} {s:.1f}l{-s:.1f} {-s:.1f}z"
    if mark == 4:
        return f"M{x:.1f} {y + 1.15 * r:.1f}l{-r:.1f} {-1.9 * r:.1f}h{2 * r:.1f}z"
    turn = f"a{r:.1f} {r:.1f} 0 1 0 "
    return f"M{x - r:.1f} {y:.1f}{turn}{2 * r:.1f} 0{turn}{-2 * r:.1f} 0z"


def path(xs, ys):
    """Return the data of a line through points, held within what a screen can show."""
    return "M" + "L".join([f"{x:.1f} {min(4e3, max(-4e3, y)):.1f}" for x, y in zip(xs, ys)])


def shape(s, tint, d):
    """Return a path drawn in the manner of a series."""
    kind = s.get("kind", "line")
    dash = f' stroke-dasharray="{DASHES[s["dash"]]}"' if kind == "line" and s.get("dash") else ""
    return f'<path class="{"dot" if kind == "points" else kind} {tint}"{dash} d="{d}"/>'


def key(series, size):
    """Return the markup of the key and its height; it wraps where a row is full."""
    font = size["font"]
    out, x, y, row = [], 0.0, font * 0.5, font * 1.55
    for place, s in enumerate(series):
        if s.get("key") is False:
            continue
        need = 30 + len(s["name"]) * font * LETTER + 16
        if x > 0 and x + need > size["width"] - 4:
            x, y = 0.0, y + row
        kind = s.get("kind", "line")
        if kind == "band":
            sample = f"M{x:.1f} {y - 6:.1f}h24v12h-24z"
        elif kind == "points":
            sample = marker(s.get("mark", 0), x + 12, y, 5)
        elif kind == "stems":
            sample = f"M{x + 12:.1f} {y - 7:.1f}v14"
        else:
            sample = f"M{x:.1f} {y:.1f}h24"
        out.append(shape(s, tint_of(s, place), sample))
        out.append(f'<text x="{x + 30:.1f}" y="{y + font * 0.34:.1f}">{escape(s["name"])}</text>')
        x += need
    return "".join(out), y + row


def tint_of(s, place):
    """Return the class that colours a series."""
    return f"c{s.get('style', place % 6)}"


def series_markup(s, tint, X, Y, width, height, r):
    """Return a series: lines, bands and stems clipped to the plot, points only if inside it."""
    kind = s.get("kind", "line")
    xs, ys = [X(v) for v in s["x"]], [Y(v) for v in s["y"]]
    if not xs:
        return ""
    if kind == "points":
        out = []
        for i, (x, y) in enumerate(zip(xs, ys)):
            if -0.5 <= x <= width + 0.5 and -0.5 <= y <= height + 0.5:
                name = f' data-name="{escape(s["names"][i])}"' if s.get("names") else ""
                d = marker(s.get("mark", 0), x, y, r)
                out.append(f'<path class="dot {tint}"{name} d="{d}"/>')
        return "".join(out)
    if kind == "line":
        d = path(xs, ys)
    else:
        ends = [Y(v) for v in s["y2"]]
        if kind == "band":
            d = path(xs + xs[::-1], ys + ends[::-1]) + "z"
        else:
            d = "".join([path((x, x), pair) for x, *pair in zip(xs, ys, ends)])
    box = f'width="{width}" height="{height}" overflow="hidden"'
    return f"<svg {box}>{shape(s, tint, d)}</svg>"


def axes_markup(axes, X, Y, width, height, size):
    """Return grid, tick labels and titles."""
    font, out = size["font"], []
    most_x, most_y = size["ticks"]
    for v in tick_values(axes["y"], most_y):
        y, label = Y(v), tick_text(axes["y"], v)
        at = f'x="-8" y="{y + font * 0.34:.1f}" text-anchor="end"'
        out.append(f'<path class="grid" d="M0 {y:.1f}h{width}"/>')
        out.append(f'<text class="tick" {at}>{label}</text>')
    for v in tick_values(axes["x"], most_x):
        x, label = X(v), tick_text(axes["x"], v)
        at = f'x="{x:.1f}" y="{height + font * 1.35:.1f}" text-anchor="middle"'
        out.append(f'<path class="grid" d="M{x:.1f} 0v{height}"/>')
        out.append(f'<text class="tick" {at}>{label}</text>')
    above = f'x="{-size["left"]}" y="{-font * 1.2:.1f}"'
    below = f'x="{width}" y="{height + font * 2.75:.1f}" text-anchor="end"'
    out.append(f'<text class="axis" {above}>{escape(axes["y"]["title"])}</text>')
    out.append(f'<text class="axis" {below}>{escape(axes["x"]["title"])}</text>')
    out.append(f'<path class="base" d="M0 {height}h{width}"/>')
    return "".join(out)


def draw(frame, axes, alt, narrow=False):
    """Return the SVG of a frame, for a wide or a narrow place, with key and text alternative."""
    size = NARROW if narrow else WIDE
    font, left = size["font"], size["left"]
    width, height = size["width"] - left - size["right"], size["plot"]
    legend, top = key(frame["series"], size)
    top += font * 2.35
    X, Y = scale(axes["x"], 0, width), scale(axes["y"], height, 0)
    dots = sum([len(s["x"]) for s in frame["series"] if s.get("kind") == "points"])
    radius = 4.0 if dots > MANY else 5.5
    drawn = [
        series_markup(s, tint_of(s, place), X, Y, width, height, radius)
        for place, s in enumerate(frame["series"])
    ]
    box = f'viewBox="0 0 {size["width"]} {top + height + font * 3.1:.0f}" font-size="{font}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{escape(alt)}">'
        f'<g transform="translate(1 6)">{legend}</g><g transform="translate({left} {top:.1f})">'
        + axes_markup(axes, X, Y, width, height, size)
        + "".join(drawn)
        + "</g></svg>"
    )
