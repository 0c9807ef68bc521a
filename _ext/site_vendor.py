"""Copy what the site takes from npm (fonts, maths) into the build, with its licences.

Nothing here is needed to build: without `web/node_modules` the readers' browsers typeset the maths
as MathML, and the text is set in their own fonts.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging as std_logging
import re
import shutil
from pathlib import Path

from bs4 import BeautifulSoup
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

log = logging.getLogger(__name__)
fonttools_log = std_logging.getLogger("fontTools")
fonttools_log.setLevel(std_logging.ERROR)

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "web" / "node_modules"

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

# Python packages whose scripts or styles are part of the site.
PACKAGES = {
    "Sphinx": "BSD-2-Clause",
    "pydata-sphinx-theme": "BSD-3-Clause",
    "sphinx-book-theme": "BSD-3-Clause",
    "sphinx-design": "MIT",
    "sphinx-exercise": "MIT",
    "sphinx-proof": "MIT",
    "sphinx-togglebutton": "MIT",
    "sphinxcontrib-katex": "MIT",
    "myst-nb": "BSD-3-Clause",
}
NPM = {
    "katex": "KaTeX",
    "@fontsource-variable/source-serif-4": "Source Serif 4",
    "@fontsource-variable/source-sans-3": "Source Sans 3",
    "@micropython/micropython-webassembly-pyscript": "MicroPython",
    "reveal.js": "reveal.js",
}
# Contained in the packages above; their notices are in the files themselves.
CONTAINED = [
    ("Bootstrap", "5", "MIT"),
    ("Font Awesome Free", "6", "SIL OFL 1.1 (fonts), CC BY 4.0 (icons)"),
]


def reduce_font(source: Path, target: Path, points: set[int], weights=None) -> int:
    """Write a WOFF2 with the given code points and range of weights; return how many there are."""
    font = TTFont(source, recalcTimestamp=False)
    points = points & set(font.getBestCmap())
    if not points:
        return 0
    font.ensureDecompiled()
    options = subset.Options(flavor="woff2", notdef_outline=True, recalc_timestamp=False)
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


def reduce_katex(folder: Path, characters: set[str]) -> None:
    """Reduce the fonts of formulas to what the book's formulas are written with."""
    points = {ord(c) for c in characters}
    for font in (NODE_MODULES / "katex/dist/fonts").glob("*.woff2"):
        if not reduce_font(font, folder / font.name, points):
            (folder / font.name).write_bytes(font.read_bytes())


def write_katex(folder: Path) -> None:
    """Copy KaTeX's style sheet and its WOFF2 fonts; no browser of today needs the older ones."""
    source = NODE_MODULES / "katex" / "dist"
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    css = (source / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r',url\([^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)', "", css)
    (folder / "katex.min.css").write_text(css, encoding="utf-8")
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy2(font, folder / "fonts")


def write_licences(folder: Path) -> None:
    """Collect the licence texts of everything that is part of the site, and list them."""
    folder.mkdir(parents=True, exist_ok=True)
    table = []
    for name, licence in PACKAGES.items():
        distribution = importlib.metadata.distribution(name)
        texts = [
            f for f in distribution.files or [] if re.match(r"licen[cs]e|copying", f.name, re.I)
        ]
        table.append(
            _store(folder, name, distribution.version, licence, [f.locate() for f in texts])
        )
    for package, title in NPM.items():
        source = NODE_MODULES / package
        if source.exists():
            meta = json.loads((source / "package.json").read_text(encoding="utf-8"))
            texts = [f for f in source.iterdir() if re.match(r"licen[cs]e|copying", f.name, re.I)]
            table.append(_store(folder, title, meta["version"], meta["license"], texts))
    table += [{"name": n, "version": v, "licence": x, "file": ""} for n, v, x in CONTAINED]
    table.sort(key=lambda row: row["name"].lower())
    (folder / "licences.json").write_text(json.dumps(table, indent=1), encoding="utf-8")


def _store(folder: Path, name: str, version: str, licence: str, texts: list) -> dict:
    """Write one package's licence text, if it ships one, and return its row."""
    file = ""
    if texts:
        file = re.sub(r"[^a-z0-9]+", "-", name.lower()) + ".txt"
        text = "\n\n".join(Path(t).read_text(encoding="utf-8", errors="replace") for t in texts)
        (folder / file).write_text(text, encoding="utf-8")
    return {"name": name, "version": version, "licence": licence, "file": file}


def licences(build: Path) -> list[dict]:
    """Return the rows that `write_licences` wrote."""
    return json.loads((build / "assets/vendor/licences/licences.json").read_text(encoding="utf-8"))


def has_node() -> bool:
    """Say whether Node.js and what the site takes from npm are at hand."""
    return shutil.which("node") is not None and (NODE_MODULES / "katex").exists()


def preloaded() -> list[str]:
    """Return the fonts that the first lines of every page are set in."""
    names = ["source-serif-4-latin-wght-normal.woff2", "source-sans-3-latin-wght-normal.woff2"]
    return [f"_static/vendor/fonts/{n}" for n in names] if has_fonts() else []


def has_fonts() -> bool:
    """Say whether the book's own faces are at hand."""
    return (NODE_MODULES / "@fontsource-variable").exists()


def reduce_fonts(app: Sphinx, exception: Exception | None) -> None:
    """Keep of every font what the finished pages show."""
    if exception or app.builder.name != "html" or not has_fonts():
        return
    site = Path(app.outdir)
    characters: set[str] = set()
    formulas: set[str] = set()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        characters.update(text)
        for formula in BeautifulSoup(text, "lxml").select(".katex-html"):
            formulas.update(formula.get_text())
    vendor = site / "_static" / "vendor"
    write_fonts(vendor / "fonts", characters)
    if (vendor / "katex").exists():
        reduce_katex(vendor / "katex/fonts", formulas)


def provide(app: Sphinx, config: Config) -> None:
    """Fill the build's asset folder and set the maths up for what is at hand."""
    assets = Path(app.outdir).parent / "assets"
    vendor = assets / "vendor"
    lock = ROOT / "web" / "package-lock.json"
    with_node = has_node()
    inputs = [lock.read_text(encoding="utf-8"), Path(__file__).read_text(encoding="utf-8")]
    state = "\n".join([str(with_node), *inputs])
    stamp = assets.with_name("assets.txt")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != state:
        shutil.rmtree(assets, ignore_errors=True)
        write_licences(vendor / "licences")
        if with_node:
            write_katex(vendor / "katex")
        stamp.write_text(state, encoding="utf-8")
    config.html_static_path.append(str(vendor.parent))
    if not with_node:
        log.info(
            "Node.js packages are absent: formulas are typeset as MathML by the reader's browser, "
            "text in its own fonts, figures do not move, and the style sheet is not reduced."
        )
