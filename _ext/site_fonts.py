"""Bring fonts and KaTeX's style sheet from npm into the build, reduced to what the pages show.

Nothing here is needed to build: without `web/node_modules` the text is set in the readers' own
fonts and their browsers typeset the maths as MathML.
"""

import logging as std_logging
import re
import shutil
from pathlib import Path

import licences
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from lxml import html
from matplotlib.font_manager import FontProperties
from node_scripts import NODE_MODULES, has_node
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

log = logging.getLogger(__name__)
std_logging.getLogger("fontTools").setLevel(std_logging.ERROR)

# family, npm package, style, range of weights
FACES = [
    ("Source Serif 4", "source-serif-4", "normal", (400, 700)),
    ("Source Serif 4", "source-serif-4", "italic", (400, 400)),
    ("Source Sans 3", "source-sans-3", "normal", (400, 700)),
]
# The files that a face comes in, with the code points of each.
SCRIPTS = {
    "latin": range(0x20, 0x370),
    "greek": range(0x370, 0x400),
    "latin-ext": range(0x100, 0x250),
}
SIGNS = set(range(0x2000, 0x2300))
FEATURES = ["kern", "liga", "lnum", "tnum"]
# Written by scripts or typed by readers: there in any case.
ALWAYS = {chr(c) for c in range(0x20, 0x7F)} | set("\u00a0’“”–—…×−≈±µ")


def reduce_font(
    source: Path, target: Path, points: set[int], weights=None, flavor: str | None = "woff2"
) -> int:
    """Write a font with the given code points and range of weights; return how many there are."""
    font = TTFont(source, recalcTimestamp=False)
    points = points & set(font.getBestCmap())
    if not points:
        return 0
    font.ensureDecompiled()
    options = subset.Options(flavor=flavor, notdef_outline=True, recalc_timestamp=False)
    options.layout_features = FEATURES
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    if weights and "fvar" in font:
        limits = weights if weights[0] < weights[1] else weights[0]
        font = instancer.instantiateVariableFont(font, {"wght": limits})
    subset.save_font(font, str(target), options)
    return len(points)


def write_fonts(folder: Path, characters: set[str]) -> None:
    """Reduce the faces to the characters of the book, and write their style sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    points = {ord(c) for c in characters | ALWAYS}
    rules = []
    for family, package, style, weights in FACES:
        taken: set[int] = set()
        for script, codes in SCRIPTS.items():
            name = f"{package}-{script}-wght-{style}.woff2"
            source = NODE_MODULES / "@fontsource-variable" / package / "files" / name
            wanted = (points & (set(codes) | SIGNS)) - taken
            if not reduce_font(source, folder / name, wanted, weights):
                continue
            here = wanted & set(TTFont(folder / name).getBestCmap())
            taken |= here
            span = f"{weights[0]} {weights[1]}" if weights[0] < weights[1] else str(weights[0])
            rules.append(
                f"@font-face{{font-family:'{family}';font-style:{style};font-display:swap;"
                f"font-weight:{span};src:url({name}) format('woff2');"
                f"unicode-range:{','.join(f'U+{c:X}' for c in sorted(here))}}}"
            )
    (folder / "fonts.css").write_text("\n".join(rules) + "\n", encoding="utf-8")


def for_figures(package: str, weight: int, target: Path) -> FontProperties:
    """Return one weight of a face as Matplotlib reads it, by way of `target`.

    Where the face is not at hand it is Matplotlib's own.
    """
    if not has_fonts():
        kind = "serif" if "serif" in package else "sans-serif"
        return FontProperties(family=kind, weight=weight)
    name = f"{package}-latin-wght-normal.woff2"
    source = NODE_MODULES / "@fontsource-variable" / package / "files" / name
    reduce_font(source, target, {ord(c) for c in ALWAYS}, (weight, weight), flavor=None)
    return FontProperties(fname=str(target))


def write_katex(folder: Path) -> None:
    """Copy KaTeX's style sheet and its WOFF2 fonts; no browser of today needs the older ones."""
    source = NODE_MODULES / "katex" / "dist"
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    css = (source / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r',url\([^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)', "", css)
    (folder / "katex.min.css").write_text(css, encoding="utf-8")
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy2(font, folder / "fonts")


def has_fonts() -> bool:
    """Say whether the book's own faces are at hand."""
    return (NODE_MODULES / "@fontsource-variable").exists()


def preloaded() -> list[str]:
    """Return the fonts that the first lines of every page are set in."""
    names = ["source-serif-4-latin-wght-normal.woff2", "source-sans-3-latin-wght-normal.woff2"]
    return [f"_static/vendor/fonts/{n}" for n in names] if has_fonts() else []


def reduce_fonts(app: Sphinx) -> None:
    """Keep of every font what the finished pages show."""
    if not has_fonts():
        return
    site = Path(app.outdir)
    characters: set[str] = set()
    formulas: set[str] = set()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        characters.update(text)
        for formula in html.fromstring(text).find_class("katex-html"):
            formulas.update(formula.text_content())
    vendor = site / "_static" / "vendor"
    write_fonts(vendor / "fonts", characters)
    points = {ord(c) for c in formulas}
    for font in (NODE_MODULES / "katex/dist/fonts").glob("*.woff2"):
        reduce_font(font, vendor / "katex/fonts" / font.name, points)


def provide(app: Sphinx, config: Config) -> None:
    """Fill the build's asset folder with what is at hand, and say what is not."""
    assets = Path(app.outdir).parent / "assets"
    shutil.rmtree(assets, ignore_errors=True)
    licences.write(assets / "vendor/licences")
    config.html_static_path.append(str(assets))
    if has_node():
        write_katex(assets / "vendor/katex")
    else:
        log.info(
            "Node.js packages are absent: formulas are typeset as MathML by the reader's browser, "
            "text in its own fonts, figures do not move, and styles and figures are not shortened."
        )
