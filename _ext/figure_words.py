"""Words of a figure that can be read on a phone: where it is shown small, they are drawn larger.

A figure is drawn for the page and shrinks with the screen, and its words with it. A style sheet
inside an SVG knows how wide the picture is shown: on a phone each text grows about its middle to
the size that can be read; the name of a line grows from its beginning, which stands at the line,
and so does an exponent. Words at the tail of an arrow grow away from it.
"""

import re
from math import cos, hypot, radians, sin

import numpy as np
from lxml import etree

# Widths at which a phone shows a figure, as in _static/book.css: from edge to edge, and two panels.
PHONE, PANELS = 375, 592
READABLE, LEAST = 8.8, 8.5  # pixels: of the numbers at the axes of most figures; of all words
# matplotlib writes a glyph in hundredths of its size, upside down, and sizes in points.
GLYPH = 100
LETTER = 65  # the width of the last letter of a text, about
MARGIN, SHIFT = 4, 1.5  # points: left free at the right edge; that a name may come near its line
ARROW = re.compile(r"stroke-width: ?0?\.9\b")
TAIL = 8  # points: from the tail of an arrow to the words that it belongs to, at most
PANELS_FROM = 510  # points: from here on a figure has two panels
PLAIN = {"", "#000", "#000000", "#333", "#333333", "#fff", "#ffffff"}  # not the name of a line
SVG = "{http://www.w3.org/2000/svg}"
RULE = (
    "@media(max-width:{}px){{.word,.power{{scale:var(--k);transform-box:fill-box;"
    "transform-origin:var(--x,50%) var(--y,50%)}}}}"
)


def matrix_of(transform: str) -> np.ndarray:
    """Return the matrix (3, 3) of an SVG's transform.

    >>> matrix_of("translate(5 7) scale(0.5 -0.5)").round(2).tolist()
    [[0.5, 0.0, 5.0], [0.0, -0.5, 7.0], [0.0, 0.0, 1.0]]
    """
    matrix = np.eye(3)
    for name, values in re.findall(r"(\w+)\s*\(([^)]*)\)", transform):
        v = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?", values)]
        if name == "matrix":
            matrix = matrix @ [v[0::2], v[1::2], [0, 0, 1]]
        elif name == "translate":
            matrix = matrix @ [[1, 0, v[0]], [0, 1, (*v, 0)[1]], [0, 0, 1]]
        elif name == "scale":
            matrix = matrix @ np.diag([v[0], v[-1], 1])
        elif name == "rotate":
            turn, (x, y) = radians(v[0]), (v[1:] or (0, 0))
            c, s = cos(turn), sin(turn)
            matrix = matrix @ [[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1]]
    return matrix


def enlarge_words(source: bytes) -> bytes:
    """Return the SVG of a figure, in which the small words are larger on a phone."""
    root = etree.fromstring(source, etree.XMLParser(remove_comments=True, resolve_entities=False))
    if "viewBox" not in root.attrib:
        return source
    width = float(root.get("viewBox").split()[2])
    shown = PANELS if width >= PANELS_FROM else PHONE
    grown, tails = 0, tails_of(root)
    for text in list(root.iter(f"{SVG}g", f"{SVG}use")):
        matrix = matrix_of(text.get("transform", ""))
        if np.linalg.det(matrix) >= 0:  # not upside down: no text
            continue
        size = hypot(matrix[0, 0], matrix[1, 0])
        pixels = size * GLYPH * shown / width
        factor = max(READABLE / pixels, 1)
        place = ""
        glyphs = [matrix_of(glyph.get("transform", ""))[0, 2] for glyph in text]
        length = (max(glyphs, default=0) + LETTER) * size
        if factor >= 1.01 and colour(text) in PLAIN and matrix[1, 0] == 0:
            left, foot = matrix[:2, 2]
            for x, y in tails:
                if foot - GLYPH * size < y < foot + GLYPH * size / 4:
                    if 0 <= left - x < TAIL:
                        place = ";--x:0%"
                    elif 0 <= x - left - length < TAIL:
                        place = ";--x:100%"
        elif factor >= 1.01 and matrix[1, 0] == 0:
            # What the margin has no room for grows to the left, and less.
            room = max(width - MARGIN - matrix[0, 2] - length, 0)
            factor = max(min(factor, 1 + (room + SHIFT) / length), LEAST / pixels)
            growth = length * (factor - 1)
            place = f";--x:{100 * max(1 - room / growth, 0):.0f}%"
        grown += enlarge_power(text, factor * pixels)
        if factor >= 1.01:
            box = etree.Element(f"{SVG}g", {"class": "word", "style": f"--k:{factor:.3f}{place}"})
            text.getparent().replace(text, box)
            box.append(text)
            grown += 1
    if not grown:
        return source
    rule = etree.Element(f"{SVG}style")
    # A little above, for phones that are a little wider.
    rule.text = RULE.format(round(1.15 * shown))
    root.insert(0, rule)
    return etree.tostring(root)


def tails_of(root: etree._Element) -> list[tuple[float, float]]:
    """Return where the arrows of `point_out` begin, known by the width of their line.

    matplotlib draws each as a curve, which svgo makes a line where it is one; the heads have a
    corner.
    """
    found = []
    for path in root.iter(f"{SVG}path"):
        way = path.get("d", "")
        numbers = re.findall(r"-?(?:\d+\.?\d*|\.\d+)", way)
        if ARROW.search(path.get("style", "")) and ("q" in way.lower() or len(numbers) == 4):
            found.append((float(numbers[0]), float(numbers[1])))
    return found


def enlarge_power(text: etree._Element, pixels: float) -> bool:
    """Have the exponent at the end of a text grow from where it begins; say whether there is one.

    The letters of the text before it are shown so many pixels high.
    """
    sizes = [matrix_of(glyph.get("transform", ""))[0, 0] for glyph in text]
    least = min(sizes, default=1)
    if least == 1 or least * pixels >= LEAST:
        return False
    style = f"--k:{LEAST / least / pixels:.3f};--x:0%;--y:0%"
    power = [glyph for glyph, size in zip(text, sizes, strict=True) if size < 1]
    box = etree.SubElement(text, f"{SVG}g", {"class": "power", "style": style})
    box.extend(power)
    return True


def colour(text: etree._Element) -> str:
    """Return the colour of a text, empty where it names none."""
    found = re.search(r"fill:\s*(#\w+)", text.get("style", ""))
    return found[1] if found else text.get("fill", "")
