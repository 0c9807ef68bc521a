"""Print the whole book as one PDF: title, contents with page numbers, bookmarks, working links.

The pages of the built site are put into one document, which Chromium prints twice: the first time
to learn on which page each section begins.
"""

import html
import io
import logging
import posixpath
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from chromium import FLAGS, find
from playwright.sync_api import Error, sync_playwright
from pypdf import PdfReader, PdfWriter

from scaling_lib.data.files import write_bytes

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "_ext"))

from code_cells import SHOWN, WORDS  # noqa: E402  (of the site's extension, which is no package)

# Chromium counts the objects of its file otherwise than pypdf, which repairs that and says so.
logging.getLogger("pypdf").setLevel(logging.ERROR)

SITE = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "scaling-measured.pdf"

STYLE = """
.book-page { break-before: page; }
.book-exercise { margin-top: 12mm; }
.book-title { height: 230mm; display: flex; flex-direction: column; justify-content: center; }
.book-title h1 { font-size: 40pt !important; margin: 0 0 6mm; }
.book-title p { font-size: 14pt; }
.book-contents ol { list-style: none; padding: 0; font-family: var(--book-sans); }
.book-contents li { display: flex; gap: 1em; margin: .25em 0; }
.book-contents li.section { padding-left: 1.5em; font-size: .92em; }
.book-contents li > span { margin-left: auto; font-variant-numeric: tabular-nums; }
.book-contents a { color: inherit; text-decoration: none; }
"""
CALLS = {WORDS[kind] for kind in SHOWN.values()}
FOOTER = (
    '<div style="font:8pt sans-serif;color:#555;width:100%;text-align:center">'
    '<span class="pageNumber"></span></div>'
)


EXERCISES = "exercises/pages/index.html"


def reading_order(site: Path) -> list[str]:
    """Return the pages in the order of the contents, the exercises behind the list of them."""
    first = site / "chapters" / "front.html"
    soup = BeautifulSoup(first.read_text(encoding="utf-8"), "lxml")
    links = [a["href"] for a in soup.select("nav.bd-docs-nav a.reference.internal")]
    pages = ["chapters/front.html" if link == "#" else f"chapters/{link}" for link in links]
    pages = list(dict.fromkeys(posixpath.normpath(p) for p in pages))
    place = pages.index(EXERCISES) + 1
    assignments = listed(site, EXERCISES)
    pages[place:place] = [p for name in assignments for p in (name, *listed(site, name))]
    return pages


def listed(site: Path, page: str) -> list[str]:
    """Return the pages to which the table of a page leads."""
    soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "lxml")
    links = soup.select("article.bd-article table td:first-child a[href]")
    return [posixpath.normpath(posixpath.join(posixpath.dirname(page), a["href"])) for a in links]


def is_exercise(page: str) -> bool:
    """Whether a page is that of one exercise, which stands under its assignment."""
    return page.startswith("exercises/pages/") and page.count("/") == 3


def slug(page: str) -> str:
    """Return the name of a page inside the one document.

    >>> slug("chapters/scaling_laws.html")
    'chapters-scaling_laws'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", page.removesuffix(".html"))


def article(site: Path, page: str, known: set[str]) -> Tag:
    """Return a page's article with names and addresses that hold in the one document."""
    soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "lxml")
    body = soup.select_one("article.bd-article")
    folder = posixpath.dirname(page)
    for element in body.select("a.headerlink, script"):
        element.decompose()
    for element in body.find_all(id=True):
        element["id"] = f"{slug(page)}--{element['id']}"
    for image in body.find_all(src=True):
        if not urlsplit(image["src"]).scheme:
            image["src"] = (site / folder / image["src"]).resolve().as_uri()
        image.attrs.pop("loading", None)
    for link in body.find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme:
            continue
        target = posixpath.normpath(posixpath.join(folder, parts.path)) if parts.path else page
        if target in known:
            anchor = f"--{parts.fragment}" if parts.fragment else ""
            link["href"] = f"#{slug(target)}{anchor}"
        else:
            link.attrs.pop("href")
    for details in body.find_all("details"):
        # The code that calls up questions or an explorer says nothing on paper.
        if details.summary.get_text() not in CALLS:
            details["open"] = ""
    if is_exercise(page):
        for heading in body.find_all(["h1", "h2"]):
            heading.name = f"h{int(heading.name[1]) + 1}"
    body["id"] = slug(page)
    kind = "book-exercise" if is_exercise(page) else "book-page"
    body["class"] = [*body.get("class", []), kind]
    return body


def entries(articles: list[Tag]) -> list[tuple[str, str, int]]:
    """Return the contents: name, words, level."""
    found = []
    for body in articles:
        if "book-exercise" in body["class"]:
            found.append((body["id"], body.find("h2").get_text(" ", strip=True), 2))
            continue
        heading = body.find("h1")
        found.append((body["id"], heading.get_text(" ", strip=True), 1))
        for section in body.select("section section"):
            if (heading := section.find("h2", recursive=False)) and section.get("id"):
                found.append((section["id"], heading.get_text(" ", strip=True), 2))
    return found


def document(site: Path, articles: list[Tag], pages: dict[str, int]) -> str:
    """Return the whole book as one HTML page."""
    head = BeautifulSoup((site / "chapters/front.html").read_text(encoding="utf-8"), "lxml").head
    title = head.find("meta", property="og:site_name")["content"]
    rows = "".join(
        f'<li class="{"chapter" if level == 1 else "section"}"><a href="#{name}">'
        f"{html.escape(words)}</a><span>{pages.get(name, '')}</span></li>"
        for name, words, level in entries(articles)
    )
    sheets = [site / "_static/site.css", site / "_static/vendor/katex/katex.min.css"]
    links = "".join(f'<link rel="stylesheet" href="{s.as_uri()}">' for s in sheets if s.exists())
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>{links}<style>{STYLE}</style></head>"
        f'<body><main class="bd-content"><article class="bd-article book-title">'
        f"<h1>{html.escape(title)}</h1><p>A claim is a cell that you can run.</p></article>"
        f'<article class="bd-article book-page book-contents"><h1>Contents</h1><ol>{rows}</ol>'
        f"</article>{''.join(str(a) for a in articles)}</main></body></html>"
    )


def beginnings(pdf: Path) -> dict[str, int]:
    """Return the page on which each named place is."""
    reader = PdfReader(pdf)
    numbers = {page.indirect_reference.idnum: i for i, page in enumerate(reader.pages, 1)}
    places = reader.named_destinations.items()
    return {
        name.lstrip("/"): numbers[place.page.idnum]
        for name, place in places
        if place.page is not None
    }


def print_book(site: Path, target: Path) -> int:
    """Write the PDF in one step; return its number of pages."""
    order = reading_order(site)
    articles = [article(site, page, set(order)) for page in order]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        source, draft = Path(folder, "book.html"), Path(folder, "book.pdf")
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        # Without scripts every figure that moves shows the picture that stands in for it.
        page = browser.new_context(java_script_enabled=False).new_page()
        numbers: dict[str, int] = {}
        for _ in range(2):
            source.write_text(document(site, articles, numbers), encoding="utf-8")
            page.goto(source.as_uri(), wait_until="load", timeout=120_000)
            page.pdf(
                path=draft,
                prefer_css_page_size=True,
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                tagged=True,
                outline=True,
            )
            numbers = beginnings(draft)
        browser.close()
        writer = PdfWriter(clone_from=draft)
        writer.add_metadata({"/Title": "Scaling, Measured", "/Producer": "Chromium, pypdf"})
        writer.page_mode = "/UseOutlines"
        buffer = io.BytesIO()
        writer.write(buffer)
        write_bytes(target, buffer.getvalue())
        return len(writer.pages)


def main() -> int:
    """Print what `make book` built."""
    if not (SITE / "index.html").exists():
        print("There is no site to print: run `make book` first.", file=sys.stderr)
        return 2
    try:
        count = print_book(SITE, TARGET)
    except Error as error:
        hint = "install Debian's chromium, or name one in CHROMIUM"
        print(f"Chromium could not print ({hint}): {error.message[:300]}", file=sys.stderr)
        return 1
    print(f"{TARGET.relative_to(ROOT)}: {count} pages, {TARGET.stat().st_size / 2**20:.1f} MiB.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
