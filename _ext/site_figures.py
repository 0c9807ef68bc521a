"""Figures that look made for the dark theme: every SVG of lines gets a twin in dark colours.

Lightness is mirrored in OKLab, so hues keep their meaning and colours that could be told apart
still can be. A figure that contains a picture (a colour map) cannot be mirrored without lying
about its values: it stays as it is, on a light plate. So does any figure whose image has the class
`keep-colours`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup, Tag
from lxml import etree
from PIL import Image
from sphinx.application import Sphinx

# Ground and ink of the dark theme, as in _static/book.css.
DARK_GROUND = "#14181e"
DARK_INK = "#e3e1dc"
# From here on a figure has two panels, which a phone shows one after the other.
WIDE = 680

COLOUR_PROPERTIES = {"fill", "stroke", "stop-color", "color"}
NAMED = {"white": "#ffffff", "black": "#000000"}

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_oklab(colour: str) -> np.ndarray:
    """Return lightness (0 to 1) and the two colour axes of a `#rrggbb` colour."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _TO_LAB @ np.cbrt(_TO_LMS @ linear)


def from_oklab(lab: np.ndarray) -> str:
    """Return the `#rrggbb` colour, clipped to what a screen can show."""
    linear = np.linalg.solve(_TO_LMS, np.linalg.solve(_TO_LAB, lab) ** 3).clip(0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(v)):02x}" for v in rgb)


def darken(colour: str) -> str:
    """Return the colour that plays the same part on the dark ground.

    White becomes the ground and black the ink; the more colour there is in a line, the nearer it
    comes to a light shade that is easy to see, in which the order of lightness is kept.

    >>> darken("#ffffff") == DARK_GROUND, darken("#000000") == DARK_INK
    (True, True)
    """
    lab = to_oklab(colour)
    ground, ink = to_oklab(DARK_GROUND), to_oklab(DARK_INK)
    chroma = min(float(np.hypot(lab[1], lab[2])) / 0.08, 1.0)
    depth = float(np.clip(1 - lab[0], 0, 1))
    mirrored = ground + depth * (ink - ground)
    bright = 0.44 + 0.52 * lab[0]
    mirrored[0] += chroma * max(bright - mirrored[0], 0)
    mirrored[1:] += lab[1:]
    return from_oklab(mirrored)


def _expand(value: str) -> str | None:
    """Return a colour as `#rrggbb`, or None for `none`, `url(#x)` and the like."""
    value = NAMED.get(value.strip().lower(), value.strip().lower())
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        value = "#" + "".join(2 * digit for digit in value[1:])
    return value if re.fullmatch(r"#[0-9a-f]{6}", value) else None


def dark_svg(source: bytes) -> bytes | None:
    """Return the dark twin of an SVG, or None when it contains a picture."""
    root = etree.fromstring(source, etree.XMLParser(remove_comments=True, resolve_entities=False))
    if any(etree.QName(e).localname == "image" for e in root.iter(etree.Element)):
        return None
    for element in root.iter(etree.Element):
        for name in COLOUR_PROPERTIES & set(element.attrib):
            if colour := _expand(element.get(name)):
                element.set(name, darken(colour))
        if "style" in element.attrib:
            element.set("style", _dark_style(element.get("style")))
    # What names no colour is black: glyphs, mostly.
    root.set("fill", DARK_INK)
    return etree.tostring(root)


def _dark_style(style: str) -> str:
    declarations = []
    for declaration in filter(str.strip, style.split(";")):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        colour = _expand(value) if name in COLOUR_PROPERTIES else None
        declarations.append(f"{name}: {darken(colour) if colour else value}")
    return "; ".join(declarations)


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height in CSS pixels."""
    if path.suffix != ".svg":
        with Image.open(path) as image:
            return image.size
    root = etree.parse(str(path)).getroot()
    lengths = []
    for name in ("width", "height"):
        match = re.fullmatch(r"([\d.]+)(pt|px|)", root.get(name, ""))
        if not match:
            return None
        lengths.append(round(float(match[1]) * (4 / 3 if match[2] == "pt" else 1)))
    return lengths[0], lengths[1]


def prepare(app: Sphinx, soup: BeautifulSoup) -> None:
    """Give each image its size, load it late, and pair it with its dark twin."""
    sources = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
    for image in soup.find_all("img"):
        source = sources.get(os.path.basename(image.get("src", "")))
        if source is None or not source.exists():
            continue
        if not image.get("width") and (measured := size(source)):
            image["width"], image["height"] = (str(v) for v in measured)
        image["loading"], image["decoding"] = "lazy", "async"
        # The theme would dim and frame every image that does not say it suits both themes.
        classes = image["class"] = [*image.get("class", []), "dark-light"]
        twin = None
        if source.suffix == ".svg" and "keep-colours" not in classes:
            twin = dark_svg(source.read_bytes())
        if twin is None:
            image["class"] = [*classes, "on-light-plate"]
            shown = [image]
        else:
            shown = [image, _add_twin(app, image, twin)]
        if image.find_parent("figure") and int(image.get("width", "0")) >= WIDE:
            box = image.wrap(soup.new_tag("div", attrs={"class": "scrolls wide"}))
            box.extend(shown)


def shorten(svg: bytes) -> bytes:
    r"""Drop what a reader cannot see: tenths of a pixel, unused names, the metadata.

    >>> shorten(b'<svg><g id="a"><path d="M 1.234 7 L -0.54 2 L 3 4 z"/></g></svg>')
    b'<svg><g><path d="M1.2 7L-0.5 2 3 4z"/></g></svg>'
    """
    parser = etree.XMLParser(remove_comments=True, remove_blank_text=True, resolve_entities=False)
    root = etree.fromstring(svg, parser)
    text = etree.tostring(root, encoding="unicode")
    used = set(re.findall(r"#([\w.-]+)", text))
    for element in list(root.iter(etree.Element)):
        if etree.QName(element).localname == "metadata":
            element.getparent().remove(element)
            continue
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        # Outlines of glyphs are drawn a hundred times larger than they are shown.
        digits = -1 if "scale(0.0" in element.get("transform", "") else 1
        for name in {"d", "x", "y"} & set(element.attrib):
            element.set(name, _compact(element.get(name), digits))
        if "translate(" in element.get("transform", ""):
            moved = re.sub(r"translate\([^)]*\)", _rounded_move, element.get("transform"))
            element.set("transform", moved)
    return etree.tostring(root)


def _rounded_move(match: re.Match) -> str:
    return f"translate({_compact(match[0][10:-1], 1)})"


def _compact(data: str, digits: int) -> str:
    """Round numbers and write a path as tersely as the grammar allows."""

    def rounded(match: re.Match) -> str:
        number = f"{round(float(match[0]), digits):.{max(digits, 0)}f}"
        number = number.rstrip("0").rstrip(".") if "." in number else number
        return "0" if number == "-0" else number

    data = re.sub(r"-?\d+(?:\.\d+)?", rounded, " ".join(data.split()))
    data = re.sub(r" ?([A-Za-z]) ?", r"\1", data)
    # A line follows a line (and a curve a curve) without being named again.
    return re.sub(r"([LCQ])([^A-Za-z]*)((?:\1[^A-Za-z]*)+)", _run, data)


def _run(match: re.Match) -> str:
    return match[0][0] + match[0][1:].replace(match[1], " ")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Shorten what Sphinx copied and what was made here."""
    if exception or app.builder.name != "html":
        return
    for path in (Path(app.outdir) / app.builder.imagedir).glob("*.svg"):
        path.write_bytes(shorten(path.read_bytes()))


def _add_twin(app: Sphinx, image: Tag, twin: bytes) -> Tag:
    """Write the twin beside its original and show the one that fits the theme; return it."""
    folder = Path(app.outdir) / app.builder.imagedir
    folder.mkdir(parents=True, exist_ok=True)
    name = Path(image["src"]).stem + "-dark.svg"
    (folder / name).write_bytes(twin)
    dark = BeautifulSoup(str(image), "html.parser").img
    dark["src"] = image["src"].rsplit("/", 1)[0] + "/" + name
    dark["class"] = [*image.get("class", []), "for-dark"]
    dark.attrs.pop("id", None)
    image["class"] = [*image.get("class", []), "for-light"]
    image.insert_after(dark)
    return dark
