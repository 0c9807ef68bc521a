"""Copy what the site takes from npm (fonts, maths) into the build, with its licences.

Nothing here is needed to build: without `web/node_modules` the readers' browsers typeset the maths as MathML and the
text is set in their own fonts.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging as std_logging
import re
import shutil
from pathlib import Path

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

# family, npm package, style, weights, subsets
FACES = [
    ("Source Serif 4", "source-serif-4", "normal", (400, 700)),
    ("Source Serif 4", "source-serif-4", "italic", (400, 700)),
    ("Source Sans 3", "source-sans-3", "normal", (400, 700)),
]
# What English prose with the names, signs and units of this field uses; Greek outside formulas is a file of its own.
SUBSETS = {
    "latin": "U+0020-007E, U+00A0-00FF, U+0131, U+0152-0153, U+2009-200A, U+2010-2015, U+2018-201E, U+2020-2022, "
    "U+2026, U+202F, U+2032-2033, U+2039-203A, U+20AC, U+2190-2193, U+2212, U+2248, U+2260, U+2264-2265",
    "greek": "U+0370-03FF",
}
# Python packages whose scripts or styles are part of the site.
PACKAGES = {
    "Sphinx": "BSD-2-Clause",
    "pydata-sphinx-theme": "BSD-3-Clause",
    "sphinx-book-theme": "BSD-3-Clause",
    "sphinx-copybutton": "MIT",
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
}
# Contained in the packages above; their notices are in the files themselves.
CONTAINED = [
    ("Bootstrap", "5", "MIT"),
    ("Font Awesome Free", "6", "SIL OFL 1.1 (fonts), CC BY 4.0 (icons)"),
    ("clipboard.js", "2", "MIT"),
]


def unicodes(ranges: str) -> set[int]:
    """Return the code points of a CSS `unicode-range`.

    >>> sorted(unicodes("U+0041-0043, U+20AC"))
    [65, 66, 67, 8364]
    """
    points: set[int] = set()
    for item in ranges.split(","):
        low, _, high = item.strip().removeprefix("U+").partition("-")
        points.update(range(int(low, 16), int(high or low, 16) + 1))
    return points


def subset_font(source: Path, target: Path, points: set[int], weights: tuple[int, int]) -> None:
    """Write a WOFF2 with the given code points and range of weights."""
    options = subset.Options(flavor="woff2", notdef_outline=True, recalc_timestamp=False)
    options.layout_features = [
        "kern",
        "liga",
        "mark",
        "mkmk",
        "ccmp",
        "locl",
        "lnum",
        "tnum",
        "onum",
    ]
    font = TTFont(source, recalcTimestamp=False)
    font.ensureDecompiled()
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    if "fvar" in font:
        font = instancer.instantiateVariableFont(font, {"wght": weights})
    subset.save_font(font, str(target), options)


def write_fonts(folder: Path) -> None:
    """Subset the text faces and write their style sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = []
    for family, package, style, weights in FACES:
        for script, ranges in SUBSETS.items():
            name = f"{package}-{script}-wght-{style}.woff2"
            source = NODE_MODULES / "@fontsource-variable" / package / "files" / name
            if not source.exists() or (script == "greek" and style == "italic"):
                continue
            subset_font(source, folder / name, unicodes(ranges), weights)
            rules.append(
                f"@font-face{{font-family:'{family}';font-style:{style};font-display:swap;"
                f"font-weight:{weights[0]} {weights[1]};src:url({name}) format('woff2');"
                f"unicode-range:{ranges.replace(' ', '')}}}"
            )
    (folder / "fonts.css").write_text("\n".join(rules) + "\n", encoding="utf-8")


def write_katex(folder: Path) -> None:
    """Copy KaTeX's style sheet and its WOFF2 fonts; older formats serve no browser that shows this site."""
    source = NODE_MODULES / "katex" / "dist"
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    css = (source / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r',url\([^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)', "", css)
    (folder / "katex.min.css").write_text(css, encoding="utf-8")
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy2(font, folder / "fonts")


def write_licences(folder: Path) -> None:
    """Collect the licence texts of everything that is part of the site, with a table of contents."""
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


def preloaded(app: Sphinx) -> list[str]:
    """Return the fonts that the first lines of every page are set in."""
    names = ["source-serif-4-latin-wght-normal.woff2", "source-sans-3-latin-wght-normal.woff2"]
    return [f"_static/vendor/fonts/{n}" for n in names] if NODE_MODULES.exists() else []


def provide(app: Sphinx, config: Config) -> None:
    """Fill the build's asset folder and set the maths up for what is at hand."""
    assets = Path(app.outdir).parent / "assets"
    vendor = assets / "vendor"
    lock = ROOT / "web" / "package-lock.json"
    with_node = (NODE_MODULES / "katex").exists() and shutil.which("node") is not None
    state = f"{with_node} {lock.read_text(encoding='utf-8')} {Path(__file__).read_text(encoding='utf-8')}"
    stamp = assets.with_name("assets.txt")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != state:
        shutil.rmtree(assets, ignore_errors=True)
        write_licences(vendor / "licences")
        if with_node:
            write_fonts(vendor / "fonts")
            write_katex(vendor / "katex")
        stamp.write_text(state, encoding="utf-8")
    config.html_static_path.append(str(vendor.parent))
    if with_node:
        app.add_css_file("vendor/fonts/fonts.css", priority=100)
    else:
        log.info(
            "Node.js packages are absent: formulas are typeset as MathML by the reader's browser, "
            "text in its own fonts, figures do not move, and the style sheet is not reduced."
        )
