"""What other machines read: descriptions, canonical addresses, the preview, the site map.

All absolute addresses come from one setting (`html: baseurl` in `_config.yml`). Without it they
are left out rather than guessed, and the site still works from wherever it is put.
"""

import html
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import site_fonts
from bs4 import BeautifulSoup
from docutils import nodes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)

PREVIEW = "_static/preview.png"
# Pages that serve the site rather than the reader.
UNLISTED = {"404", "search", "genindex", "licences"}
LENGTH = 170


# A server shows the page of what is not found at addresses of any depth. Where the site's own
# address is not known, the page leads to itself in the nearest folder above that has it: there its
# styles and links are right.
FIND_THE_TOP = """<script>
      (async () => {
        if (location.protocol === "file:" || location.pathname.endsWith("/404.html")) return;
        for (let folder = new URL(".", location); ; folder = new URL("..", folder)) {
          const page = new URL("404.html", folder);
          const answer = await fetch(page, { method: "HEAD" }).catch(() => null);
          if (answer && answer.ok) return void (location.replace(page));
          if (folder.pathname === "/") return;
        }
      })();
    </script>"""


def shorten(text: str, length: int = LENGTH) -> str:
    """Return the text, cut at the end of a sentence or else of a word.

    >>> shorten("One idea. Another that is too long to fit.", 20)
    'One idea.'
    >>> shorten("words without an end", 12)
    'words …'
    """
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    stops = [m.end() for m in re.finditer(r"(?<! al)[.?!](?= [A-Z])", cut)]
    if stops and stops[-1] >= length // 3:
        return cut[: stops[-1]]
    return cut[: cut.rfind(" ")] + " …"


def first_words(doctree: nodes.document | None) -> str:
    """Return what the page says first, outside boxes and tables."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section) and len(paragraph.astext()) > 60:
            return shorten(re.sub(r"\s*\[[^\]]*\d{4}\w?\]", "", paragraph.astext()))
    return ""


def describe_page(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """Add description and preview to the page's head."""
    title = context["docstitle"]
    page = BeautifulSoup(context.get("title") or "", "html.parser").get_text() or title
    written = (app.env.metadata.get(pagename) or {}).get("description", "")
    description = written or first_words(doctree) or f"{page}: a page of {title}."
    base = app.config.html_baseurl
    properties = {
        "og:title": page,
        "og:type": "website" if pagename == app.config.root_doc else "article",
        "og:site_name": title,
        "og:description": description,
        "og:image": base + PREVIEW if base else context["pathto"](PREVIEW, resource=True),
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": f"{title}: points along a falling line on logarithmic axes",
        "og:locale": "en_GB",
    }
    if base and pagename != "404":
        properties["og:url"] = context["pageurl"] = base + app.builder.get_target_uri(pagename)
    else:
        context["pageurl"] = None
    tags = []
    if base and pagename == "404":
        # A server shows this page at addresses of any depth: its links start from its own place.
        tags.append(f'<base href="{urlsplit(base).path}404.html" />')
    elif pagename == "404":
        tags.append(FIND_THE_TOP)
    tags.append(f'<meta name="description" content="{html.escape(description)}" />')
    tags += [
        f'<meta property="{key}" content="{html.escape(value)}" />'
        for key, value in properties.items()
    ]
    tags.append('<meta name="twitter:card" content="summary_large_image" />')
    if pagename in UNLISTED:
        tags.append('<meta name="robots" content="noindex" />')
    # Docutils adds a second viewport and its own name to those of the page's front matter.
    given = BeautifulSoup(context.get("metatags", ""), "html.parser").find_all("meta")
    kept = [str(tag) for tag in given if tag.get("name") not in {"viewport", "generator"}]
    context["metatags"] = "\n    ".join(["", *kept, *tags])


def write_preview(path: Path, title: str, line: str) -> None:
    """Draw the picture that other sites show beside a link to the book."""
    paper, ink, blue, red = "#f7f6f2", "#1c2127", "#17507a", "#a03c00"
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=paper)
    FigureCanvasAgg(figure)
    # Points of L = 1.69 + C^-0.05, moved by hand off the line: decoration, not data.
    steps = range(9)
    moved = (0.02, -0.015, 0.01, 0.018, -0.02, 0.008, -0.012, 0.015, -0.006)
    law = [2 * 10 ** (-0.05 * step) for step in steps]
    points = [y + dy for y, dy in zip(law, moved, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        heavy = site_fonts.for_figures("source-serif-4", 650, Path(folder, "heavy.ttf"))
        serif = site_fonts.for_figures("source-serif-4", 400, Path(folder, "serif.ttf"))
        sans = site_fonts.for_figures("source-sans-3", 400, Path(folder, "sans.ttf"))
        figure.text(0.07, 0.72, title, size=66, font=heavy, color=ink)
        figure.text(0.07, 0.60, line, size=31, font=serif, color=ink)
        axes = figure.add_axes((0.10, 0.12, 0.83, 0.36), facecolor=paper)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set(color=ink, linewidth=2)
        axes.plot(steps, law, color=blue, linewidth=4)
        axes.plot(steps[:6], points[:6], "o", color=red, markersize=13)
        axes.plot(steps[6:], points[6:], "o", color=red, markersize=13, mfc=paper, mew=3)
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel("compute of a training run", size=22, font=sans, color=ink)
        axes.set_ylabel("its loss", size=22, font=sans, color=ink)
        axes.text(1.2, law[1], "small runs and their law", size=22, font=sans, color=blue)
        axes.text(6.2, law[5], "runs forecast by it", size=22, font=sans, color=red)
        figure.savefig(path, metadata={"Software": None})


INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>{title}</title>
<meta name="description" content="{title}: the first page of the book." />
<meta property="og:title" content="{title}" />
<meta property="og:image" content="{base}{preview}" />{canonical}
<meta http-equiv="refresh" content="0; url={target}" />
</head>
<body><main><h1>{title}</h1><p><a href="{target}">Open the book</a></p></main></body>
</html>
"""


def write_index(site: Path, target: str, title: str, base: str) -> None:
    """Send whoever opens the top of the site to its first page."""
    canonical = f'\n<link rel="canonical" href="{base}{target}" />' if base else ""
    facts = {"title": html.escape(title), "base": base, "target": target, "preview": PREVIEW}
    (site / "index.html").write_text(INDEX.format(canonical=canonical, **facts), encoding="utf-8")


def write_sitemap(site: Path, base: str, pages: list[str]) -> None:
    """List the pages for search engines."""
    rows = "".join(f"  <url><loc>{escape(base + page)}</loc></url>\n" for page in pages)
    (site / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n',
        encoding="utf-8",
    )


def finish(app: Sphinx) -> None:
    """Write the files at the top of the site."""
    site, base = Path(app.outdir), app.config.html_baseurl
    title = app.config.html_title
    write_preview(site / PREVIEW, title, "A claim is a cell that you can run.")
    write_index(site, app.builder.get_target_uri(app.config.root_doc), title, base)
    if base:
        pages = sorted(app.builder.get_target_uri(doc) for doc in app.env.found_docs)
        write_sitemap(site, base, pages)
    else:
        log.info("no base address is set: canonical addresses and sitemap.xml are left out")
