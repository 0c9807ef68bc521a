"""Make one style sheet of the dozen that Sphinx and its extensions bring, and a small icon font."""

import hashlib
import re
import shutil
from functools import cache
from pathlib import Path

from node_scripts import ROOT, has_node, run_node
from site_fonts import reduce_font
from sphinx.application import Sphinx

BUNDLE = "site.css"
# The theme's templates load these before what Sphinx knows of.
THEME = ["styles/theme.css", "styles/bootstrap.css", "styles/pydata-sphinx-theme.css"]
FONTS = "vendor/fonts/fonts.css"
ICONS = "vendor/fontawesome"
# Replaced by the bundle, or not wanted at all.
DROPPED = ("thebe", "katex.min.css", "katex-math.css", BUNDLE)
# What no page refers to: source maps, scripts of the theme, old fonts, translations.
UNUSED = (
    "*.map",
    "bootstrap.js*",
    "pydata-sphinx-theme.js",
    "*thebe*",
    "copybutton*",
    "clipboard.min.js",
    "*.ttf",
    "*webpack-macros.html",
)


def remember(app: Sphinx, context: dict) -> None:
    """Note the style sheets of a page: the bundle is their union, in their order."""
    known = app.env.__dict__.setdefault("site_css_files", [])
    for sheet in context.get("css_files", []):
        name = str(getattr(sheet, "filename", sheet)).split("?")[0].removeprefix("_static/")
        if name not in known and not any(word in name for word in DROPPED):
            known.append(name)


def finish(app: Sphinx) -> None:
    """Write the one sheet: of what the pages use where Node.js is, of imports elsewhere."""
    site = Path(app.outdir)
    static = site / "_static"
    drop_unused(static)
    icons = next((static / ICONS).glob("*/css/all.min.css")).relative_to(static).as_posix()
    known = app.env.__dict__.get("site_css_files", [])
    names = [n for n in dict.fromkeys([*THEME, icons, *known, FONTS]) if (static / n).exists()]
    own = {path.relative_to(ROOT / "_static").as_posix() for path in ROOT.glob("_static/**/*.css")}
    ours = [name for name in names if name in own or name == FONTS]
    theirs = [name for name in names if name not in ours]
    lines = [f'@import url("{name}");\n' for name in [*theirs, *ours]]
    (static / BUNDLE).write_text("".join(lines), encoding="utf-8")
    if has_node("purgecss") and run_node(
        "styles.mjs", site, ",".join(theirs), ",".join(ours), lost="the style sheet is not reduced"
    ):
        css = (static / BUNDLE).read_text(encoding="utf-8")
        points = {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3}|e[0-9a-f]{3})\b", css)}
        points |= {ord(c) for c in css if 0xE000 <= ord(c) <= 0xF8FF}
        for font in (static / ICONS).rglob("*.woff2"):
            if not reduce_font(font, font, points):
                font.unlink()
        drop_bundled(static, names)


def stamp(site: Path) -> None:
    """Write into the pages a hash of each style sheet and script: one that changed is fetched anew.

    Sphinx does so for the files that it knows of before it writes the pages.
    """

    @cache
    def versioned(name: str) -> str:
        file = site / name
        if not file.exists():
            return name
        return f"{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"

    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        address = r'((?:href|src|data-search)="(?:\.\./)*)(_static/[^"?]+\.(?:css|js))(?=")'
        page.write_text(re.sub(address, lambda m: m[1] + versioned(m[2]), text), encoding="utf-8")


def drop_unused(static: Path) -> None:
    """Remove what no page refers to, before the pages' words are compared with the styles."""
    for pattern in UNUSED:
        for path in static.rglob(pattern):
            path.unlink(missing_ok=True)
    for folder in [static / "locales", *(static / ICONS).glob("*/js")]:
        shutil.rmtree(folder, ignore_errors=True)


def drop_bundled(static: Path, names: list[str]) -> None:
    """Remove the style sheets that are in the bundle, and the folders that are then empty."""
    for name in [*names, "basic.css", "katex-math.css"]:
        (static / name).unlink(missing_ok=True)
    for folder in sorted((p for p in static.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
