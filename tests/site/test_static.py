"""The files of the built site: links, references, pictures, what machines read."""

import hashlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from parsed import parse

pytestmark = pytest.mark.site
ROOT = Path(__file__).resolve().parent.parent.parent

FETCHING = {
    "link": ["href"],
    "script": ["src"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "object": ["data"],
    "embed": ["src"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "use": ["href", "xlink:href"],
}
# Relations that name an address without fetching it.
NAMING = {"canonical", "license", "alternate", "author", "prev", "next", "index", "search"}


@cache
def places(path: Path) -> set[str]:
    """What a link to a page may lead to."""
    soup = parse(path)
    ids = {element["id"] for element in soup.find_all(id=True)}
    return ids | {element["name"] for element in soup.find_all(attrs={"name": True})}


def foreign(address: str) -> bool:
    """Say whether an address is on another host."""
    return urlsplit(address.strip()).netloc != ""


def third_party(path: Path) -> list[str]:
    """What a page would fetch from another host."""
    soup = parse(path)
    found = []
    for tag, attributes in FETCHING.items():
        for element in soup.find_all(tag):
            if tag == "link" and set(element.get("rel", [])) <= NAMING:
                continue
            found += [element[a] for a in attributes if a in element.attrs and foreign(element[a])]
    styles = [s.get_text() for s in soup.find_all("style")]
    styles += [e["style"] for e in soup.find_all(style=True)]
    return found + [a for style in styles for a in css_addresses(style) if foreign(a)]


def css_addresses(css: str) -> list[str]:
    """Every address in a style sheet."""
    found = re.findall(r"""url\(\s*["']?([^"')]+)""", css)
    found += re.findall(r"""@import\s+["']([^"']+)""", css)
    return [a for a in found if not a.startswith("data:")]


def broken_links(path: Path, site: Path) -> list[str]:
    """Links and references of a page to files or anchors that are not there."""
    broken = []
    references = [(a, a["href"]) for a in parse(path).find_all(["a", "link"], href=True)]
    references += [(e, e["src"]) for e in parse(path).find_all(src=True)]
    for element, address in references:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or set(element.get("rel", [])) & {"canonical"}:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target = target / "index.html"
        if not target.is_relative_to(site.resolve()) or not target.exists():
            broken.append(address)
        elif parts.fragment and target.suffix == ".html":
            if unquote(parts.fragment) not in places(target):
                broken.append(address)
    return broken


def wordless(path: Path) -> list[str]:
    """Pictures without a description, or described by the name of their file."""
    found = []
    for image in parse(path).find_all("img"):
        alt = image.get("alt")
        name = Path(urlsplit(image.get("src", "")).path).name
        decorative = alt == "" and image.get("role") == "presentation"
        if decorative:
            continue
        if not alt or alt.strip() == name or Path(name).stem.removesuffix("-dark") in alt:
            found.append(image.get("src", ""))
        elif image.find_parent("figure") and len(alt.split()) < 4:
            found.append(f"{image.get('src')}: {alt!r} says too little")
        elif re.search(r"\.(svg|png|jpe?g)\b", alt):
            found.append(f"{image.get('src')}: {alt!r} is a file name")
    for drawing in parse(path).select("figure svg"):
        if drawing.get("role") != "img" or len(drawing.get("aria-label", "").split()) < 4:
            found.append("a diagram without words")
    return found


def test_no_reference_to_another_host(site, page_name):
    assert third_party(site / page_name) == []


def test_styles_refer_to_the_site_alone(site):
    for sheet in (site / "_static").rglob("*.css"):
        for address in css_addresses(sheet.read_text(encoding="utf-8")):
            if address.startswith("#"):
                continue
            assert not foreign(address), f"{sheet.name}: {address}"
            target = sheet.parent / urlsplit(address).path
            assert target.exists(), f"{sheet.name} refers to {address}, which is not there"


def test_what_changes_is_fetched_anew(site):
    """An address says which version it asks for: no browser shows a page with an old style."""
    for name in ("search.html", "chapters/intro.html"):
        fetching = parse(site / name).select("link[rel=stylesheet], script[src], [data-search]")
        found = [e.get("href") or e["src"] for e in fetching if e.name != "a"]
        found += [e["data-search"] for e in fetching if e.name == "a"]
        assert len(found) > 3
        own = [address for address in found if "_static/" in address]
        assert [address for address in own if not re.search(r"[?]v=\w{8}$", address)] == []
    sheet = hashlib.sha256((site / "_static/site.css").read_bytes()).hexdigest()[:8]
    assert f"site.css?v={sheet}" in (site / name).read_text(encoding="utf-8")
    python = site / "_static/python.js"
    if python.exists():
        version = hashlib.sha256(python.read_bytes()).hexdigest()[:8]
        assert f"python.js?{version}" in (python.with_name("components.js")).read_text("utf-8")


def test_links_and_anchors_resolve(site, page_name):
    assert broken_links(site / page_name, site) == []


def test_figures_are_described(site, page_name):
    assert wordless(site / page_name) == []


def test_head_says_what_the_page_is(site, page_name):
    soup = parse(site / page_name)
    assert soup.html["lang"] == "en"
    assert soup.title.get_text(strip=True)
    assert len(soup.find("meta", attrs={"name": "description"})["content"]) > 20
    assert len(soup.find_all("meta", attrs={"name": "viewport"})) == 1
    assert soup.find("meta", property="og:image")["content"].endswith("_static/preview.png")
    assert len(soup.find_all("h1")) == 1


def test_ids_are_unique(site, page_name):
    ids = [e["id"] for e in parse(site / page_name).find_all(id=True)]
    assert sorted(i for i in set(ids) if ids.count(i) > 1) == []


def test_notebooks_can_be_downloaded(site):
    for notebook in (site / "_sources").rglob("*.ipynb"):
        page = notebook.relative_to(site / "_sources").with_suffix(".html")
        links = [a["href"] for a in parse(site / page).find_all("a", href=True)]
        assert any(link.endswith(notebook.name) for link in links), page


def test_licences_are_in_the_site(site):
    texts = list((site / "_static/vendor/licences").glob("*.txt"))
    assert texts
    rows = parse(site / "licences.html").select("tbody tr")
    assert len(rows) >= len(texts)


def test_the_checks_find_what_is_wrong(bad_page):
    page = bad_page / "bad.html"
    assert sorted(third_party(page)) == [
        "//img.example/a.png",
        "https://cdn.example/x.css",
        "https://fonts.example/a.css",
    ]
    assert sorted(broken_links(page, bad_page)) == ["#absent", "fig.png", "fig.png", "nowhere.html"]
    assert len(wordless(page)) == 3


# What each of MathML's elements must hold; Firefox reports any other number as an error. KaTeX
# writes three children for `x_{\min}`: the book writes `x_{\text{min}}`.
PARTS = {
    **dict.fromkeys(["msub", "msup", "munder", "mover", "mfrac", "mroot"], 2),
    **dict.fromkeys(["msubsup", "munderover"], 3),
}


def broken_formulas(soup: BeautifulSoup) -> list[str]:
    return [
        str(element)
        for element in soup.find_all(list(PARTS))
        if len(element.find_all(recursive=False)) != PARTS[element.name]
    ]


def test_a_formula_with_a_part_too_many_is_found():
    good = "<math><msub><mi>C</mi><mtext>min</mtext></msub></math>"
    bad = "<math><msub><mi>C</mi><mi>min</mi><mo>&#8289;</mo></msub></math>"
    assert broken_formulas(BeautifulSoup(good + bad, "lxml")) == [
        str(BeautifulSoup(bad, "lxml").msub)
    ]


def test_formulas_are_whole(site):
    wrong = {p.name: broken_formulas(parse(p)) for p in site.rglob("*.html")}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_site_gives_no_hidden_test_and_no_written_answer_away(site):
    """Its archive is handed out; the solutions in code are on it, in folds."""
    kinds = {".html", ".md", ".ipynb", ".js", ".json", ".txt"}
    pages = [p.read_text(encoding="utf-8") for p in site.rglob("*") if p.suffix in kinds]
    told = " ".join(" ".join(pages).split())
    assert not re.search("(BEGIN|END) HIDDEN TESTS", told)
    for path in (ROOT / "exercises/rubrics").glob("*.md"):
        for example in re.findall(r"For example:\* “(.{60})", path.read_text(encoding="utf-8")):
            assert example not in told, path.name
