"""Make one style sheet of the dozen that Sphinx and its extensions bring, and a small icon font."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path, PurePosixPath

from fontTools import subset
from fontTools.ttLib import TTFont
from site_vendor import NODE_MODULES, ROOT
from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)

BUNDLE = "site.css"
# The theme's templates load these before what Sphinx knows of.
THEME = ["styles/theme.css", "styles/bootstrap.css", "styles/pydata-sphinx-theme.css"]
FONTS = "vendor/fonts/fonts.css"
ICONS = "vendor/fontawesome"
# Replaced by the bundle, or not wanted at all.
DROPPED = ("thebe", "katex.min.css", "katex-math.css", BUNDLE)


def fingerprint(app: Sphinx) -> str:
    """Return a short hash of the book's own styles: when it changes, browsers fetch them anew."""
    sources = [
        *sorted((ROOT / "_static").rglob("*.css")),
        Path(__file__),
        NODE_MODULES.parent / "styles.mjs",
    ]
    digest = hashlib.sha256()
    for source in sources:
        if source.exists():
            digest.update(source.read_bytes())
    return digest.hexdigest()[:8]


def remember(app: Sphinx, context: dict) -> None:
    """Note the style sheets of a page: the bundle is their union, in their order."""
    known = app.env.__dict__.setdefault("site_css_files", [])
    for sheet in context.get("css_files", []):
        name = str(getattr(sheet, "filename", sheet)).split("?")[0].removeprefix("_static/")
        if name not in known and not any(word in name for word in DROPPED):
            known.append(name)


# One pass for both, so that the addresses of an imported sheet are not moved twice.
ADDRESS = re.compile(
    r"""@import\s+(?:url\()?["']?(?P<sheet>[^"')]+\.css)["']?\)?;"""
    r"""|url\((?!["']?(?:data:|\#|https?:))(?P<quote>["']?)(?P<file>[^)"']+)(?P=quote)\)"""
)


def inline(sheet: Path, static: Path) -> str:
    """Return a style sheet, its imports in place and its addresses as from the static folder."""
    folder = sheet.parent

    def replaced(match: re.Match) -> str:
        if match["sheet"]:
            target = folder / match["sheet"]
            return inline(target, static) if target.exists() else ""
        moved = os.path.relpath(folder / match["file"].split("?")[0], static)
        return f"url({PurePosixPath(Path(moved))})"

    css = re.sub(r"@charset[^;]*;", "", sheet.read_text(encoding="utf-8"))
    return ADDRESS.sub(replaced, css)


def used_icons(site: Path) -> set[str]:
    """Return the names of the icons in the pages and scripts."""
    files = [*site.rglob("*.html"), *(site / "_static").rglob("*.js")]
    text = " ".join(f.read_text(encoding="utf-8", errors="ignore") for f in files)
    return set(re.findall(r"\bfa-([a-z0-9-]+)", text))


def icon_css(css: str, used: set[str]) -> str:
    """Keep the rules of the icons in use; the rest of the icon style sheet is left alone."""

    def keep(match: re.Match) -> str:
        names = [n for n in re.findall(r"\.fa-([a-z0-9-]+):+before", match[1]) if n in used]
        selector = ",".join(f".fa-{name}:before" for name in names)
        return f'{selector}{{content:"\\{match[2]}"}}' if names else ""

    css = re.sub(r',url\([^)]+\.ttf\) format\("truetype"\)', "", css)
    return re.sub(r'((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:"\\([0-9a-f]+)"\}', keep, css)


def subset_icons(static: Path, css: str) -> None:
    """Reduce the icon fonts to the code points that the finished style sheet names."""
    points = {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3}|e[0-9a-f]{3})\b", css)}
    points |= {ord(c) for c in css if 0xE000 <= ord(c) <= 0xF8FF}
    for path in (static / ICONS).rglob("*.woff2"):
        font = TTFont(path, recalcTimestamp=False)
        options = subset.Options(flavor="woff2", layout_features=[], recalc_timestamp=False)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=points)
        subsetter.subset(font)
        subset.save_font(font, str(path), options)


def reduce(site: Path, theirs: str, ours: str, target: Path) -> None:
    """Write both parts as one: purged and minified where Node.js is, as they are elsewhere."""
    target.write_text(theirs + "\n" + ours, encoding="utf-8")
    if shutil.which("node") is None or not (NODE_MODULES / "purgecss").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder, "theirs.css"), Path(folder, "ours.css")]
        for part, text in zip(parts, (theirs, ours), strict=True):
            part.write_text(text, encoding="utf-8")
        script = NODE_MODULES.parent / "styles.mjs"
        run = subprocess.run(["node", script, site, *parts, target], capture_output=True, text=True)
    if run.returncode:
        log.warning("the style sheet could not be reduced: %s", run.stderr.strip()[-500:])


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the bundle and remove what it replaces."""
    site = Path(app.outdir)
    static = site / "_static"
    if exception or app.builder.name != "html" or not (static / THEME[1]).exists():
        return
    drop_unused(static)
    icons = next((static / ICONS).glob("*/css/all.min.css"))
    icons.write_text(
        icon_css(icons.read_text(encoding="utf-8"), used_icons(site)), encoding="utf-8"
    )
    known = app.env.__dict__.get("site_css_files", [])
    names = [*THEME, icons.relative_to(static).as_posix(), *known]
    if (static / FONTS).exists():
        names.append(FONTS)
    sheets = [static / name for name in dict.fromkeys(names) if (static / name).exists()]
    bundle = static / BUNDLE
    own = {path.relative_to(ROOT / "_static") for path in (ROOT / "_static").rglob("*.css")}
    parts = {True: [], False: []}
    for sheet in sheets:
        mine = sheet.relative_to(static) in own or sheet == static / FONTS
        parts[mine].append(inline(sheet, static))
    reduce(site, "\n".join(parts[False]), "\n".join(parts[True]), bundle)
    subset_icons(static, bundle.read_text(encoding="utf-8"))
    drop_bundled(static, sheets)


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


def drop_unused(static: Path) -> None:
    """Remove what no page refers to, before the pages' words are compared with the styles."""
    for pattern in UNUSED:
        for path in static.rglob(pattern):
            path.unlink(missing_ok=True)
    for folder in [static / "locales", *(static / ICONS).glob("*/js")]:
        shutil.rmtree(folder, ignore_errors=True)


def drop_bundled(static: Path, sheets: list[Path]) -> None:
    """Remove the style sheets that are in the bundle, and the folders that are then empty."""
    for path in [*sheets, static / "basic.css", static / "katex-math.css"]:
        path.unlink(missing_ok=True)
    for folder in sorted((p for p in static.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
