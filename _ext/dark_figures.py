"""Figures that look made for the dark theme: every SVG of lines gets a twin in dark colours.

Lightness is mirrored in OKLab, so hues keep their meaning and colours that could be told apart
still can be. A figure that contains a picture (a colour map) cannot be mirrored without lying
about its values: it stays as it is, on a light plate. So does any figure whose image has the class
`keep-colours`.
"""

import os
import re
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup, Tag
from figure_words import PANELS_FROM, enlarge_words
from lxml import etree
from node_scripts import has_node, run_node
from PIL import Image, ImageColor
from sphinx.application import Sphinx

# Ground and ink of the dark theme, as in _static/book.css.
DARK_GROUND = "#14181e"
DARK_INK = "#e3e1dc"
# From here on a figure has two panels, which a phone shows one after the other.
WIDE = round(4 / 3 * PANELS_FROM)

# Greys are lifted a little: words in the grey of references would else be too dim to read.
LIFT = 0.75

COLOUR_PROPERTIES = {"fill", "stroke", "stop-color", "color"}

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
    depth = float(np.clip(1 - lab[0], 0, 1)) ** LIFT
    mirrored = ground + depth * (ink - ground)
    bright = 0.44 + 0.52 * lab[0]
    mirrored[0] += chroma * max(bright - mirrored[0], 0)
    mirrored[1:] += lab[1:]
    return from_oklab(mirrored)


def _expand(value: str) -> str | None:
    """Return a colour as `#rrggbb`, or None for `none`, `url(#x)` and the like."""
    try:
        return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(value.strip())[:3])
    except ValueError:
        return None


def is_drawing(path: Path) -> bool:
    """Return whether a file is an SVG of lines, with no picture in it."""
    return path.suffix == ".svg" and b"<image" not in path.read_bytes()


def dark_svg(source: bytes) -> bytes:
    """Return the dark twin of an SVG of lines."""
    root = etree.fromstring(source, etree.XMLParser(remove_comments=True, resolve_entities=False))
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
        declarations.append(f"{name}:{darken(colour) if colour else value}")
    return ";".join(declarations)


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
        if is_drawing(source) and "keep-colours" not in classes:
            shown = [image, add_twin(image)]
        else:
            image["class"] = [*classes, "on-light-plate"]
            shown = [image]
        if image.find_parent("figure") and int(image.get("width", "0")) >= WIDE:
            box = image.wrap(soup.new_tag("div", attrs={"class": "scrolls wide"}))
            box.extend(shown)


def add_twin(image: Tag) -> Tag:
    """Show the drawing or its dark twin, as fits the theme; return the twin's element."""
    dark = BeautifulSoup(str(image), "html.parser").img
    dark["src"] = image["src"].removesuffix(".svg") + "-dark.svg"
    dark["class"] = [*image["class"], "for-dark"]
    dark.attrs.pop("id", None)
    image["class"] = [*image["class"], "for-light"]
    image.insert_after(dark)
    return dark


def write_files(app: Sphinx) -> None:
    """Shorten the drawings that Sphinx copied, where Node.js is, and write their dark twins."""
    folder = Path(app.outdir) / app.builder.imagedir
    originals = [p for p in folder.glob("*.svg") if not p.stem.endswith("-dark")]
    if originals and has_node("svgo"):
        run_node("svgs.mjs", *originals, lost="figures are not shortened")
    for path in originals:
        path.write_bytes(enlarge_words(path.read_bytes()))
        if is_drawing(path):
            path.with_name(f"{path.stem}-dark.svg").write_bytes(dark_svg(path.read_bytes()))
