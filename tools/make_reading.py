"""Write the chapters as notebooks that read in JupyterLab as they do on the site, into `reading/`.

JupyterLab shows MyST but knows no bibliography, no number of the book and no other page. In the
copies names and years are written out, numbers are those of the site, figures have their captions,
and every reference is a link; the works and the words that a chapter uses stand at its end. Code
and its outputs stay as they are. A copy into which a learner wrote is left alone, and the program
says so when its chapter has changed.
"""

import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
import yaml
from pybtex.database import parse_file
from pybtex.plugin import find_plugin
from run_notebooks import KERNEL, write

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "reading"
STAMP = "made_from"  # in a copy's metadata: the digest of the cells that were written
sys.path.append(str(ROOT / "_ext"))

import claim_ledger  # noqa: E402  (of the site's extension, which is no package)
import claim_pages  # noqa: E402

# JupyterLab writes the first line of a folded output beside the fold, which gave the answer away.
FOLDED = nbformat.v4.new_output(
    "display_data", {"text/plain": "Folded until you have written your prediction down."}
)

LABEL = re.compile(r"^\(([\w-]+)\)=$", re.M)
# A role, or a block or a piece of code, which stays as it is.
INLINE = re.compile(
    r"\{([\w:]+)\}`([^`]+)`|^```\w(?s:.*?)^```$|(?<!`)(`{1,2})(?!`).+?(?<!`)\3(?!`)", re.M
)
DIRECTIVE = re.compile(r"^```\{([\w-]+)\} *([^\n]*)\n(.*?)^```$", re.M | re.S)
OPTION = re.compile(r"^:([\w-]+): *(.*)$", re.M)
NUMBERED = {"figure": "Figure {}", "math": "({})", "exercise": "Exercise {}"}


@dataclass
class Place:
    """Where a reference leads, a cell of a page, and what it says; a number where it has one."""

    page: str
    cell: str
    words: str
    number: str = ""


@dataclass
class Page:
    """A page of the book; `chapter` numbers what is on it, and is None where nothing does."""

    name: str
    chapter: int | None
    cells: list
    terms: set[str] = field(default_factory=set)
    works: set[str] = field(default_factory=set)


def heading(markdown: str) -> str:
    """Return the first heading of a text, or nothing."""
    found = re.search(r"^#+ (.+)$", markdown, re.M)
    return found[1].strip() if found else ""


def sections(markdown: str) -> list:
    """Return a text page as cells, one for each section."""
    parts = re.split(r"^(?=## )", markdown, flags=re.M)
    return [
        nbformat.v4.new_markdown_cell(text.strip(), id=f"section-{number}")
        for number, text in enumerate(parts)
    ]


def glossary_entries(markdown: str) -> dict[str, str]:
    r"""Return the words of a glossary in lower case, each with its entry.

    >>> glossary_entries("```{glossary}\n:sorted:\n\nFLOP\n  One.\n\nnat\n  Two.\n```")
    {'flop': 'FLOP\n: One.', 'nat': 'nat\n: Two.'}
    """
    found = re.findall(r"^(\w.*)\n((?:  .*(?:\n|$))+)", markdown, re.M)
    return {term.lower(): f"{term}\n: {meaning.strip()}" for term, meaning in found}


class Bibliography:
    """The works of `references.bib` in the words of the site."""

    def __init__(self, path: Path):
        self.entries = parse_file(str(path), bib_format="bibtex").entries
        # Found once: a search of all installed packages takes a quarter of a second.
        self.plain = find_plugin("pybtex.backends", "plaintext")()

    def names(self, key: str) -> str:
        """Return the authors as a text names them."""
        people = [
            " ".join(p.render(self.plain) for p in (*a.rich_prelast_names, *a.rich_last_names))
            for a in self.entries[key].persons["author"]
        ]
        return " and ".join(people) if len(people) < 3 else f"{people[0]} *et al.*"

    @cached_property
    def full(self) -> dict[str, str]:
        """Every entry as Markdown, in the order of the site."""
        writer = find_plugin("pybtex.backends", "markdown")()
        style = find_plugin("pybtex.style.formatting", "plain")()
        entries = style.format_entries(self.entries.values())
        return {e.key: " ".join(e.text.render(writer).split()) for e in entries}

    def listed(self, keys: set[str]) -> str:
        """Return some of the entries as a list whose items can be linked to."""
        return "\n\n".join(f"({k})=\n{text}" for k, text in self.full.items() if k in keys)


class Book:
    """The pages of the book as cells, and where their references lead.

    A `ValueError` names each reference that leads nowhere, with its page.
    """

    def __init__(self, root: Path = ROOT):
        self.root, self.chapters = root, root / "chapters"
        self.works = Bibliography(root / "references.bib")
        self.words = glossary_entries((self.chapters / "glossary.md").read_text(encoding="utf-8"))
        self.claims = claim_ledger.load(self.chapters / "claims.toml")
        self.pages = {n: Page(n, chapter, self.cells(n)) for n, chapter in self.listed()}
        self.places = self.find_places()
        self.faults: list[str] = []
        for page in self.pages.values():
            page.cells = [made for cell in page.cells for made in self.written_out(cell, page)]
            page.cells += self.appendix(page)
        if self.faults:
            raise ValueError("\n".join(self.faults))

    def listed(self) -> list[tuple[str, int | None]]:
        """Return the pages of `chapters/` in the book's order, each with its chapter's number."""
        toc = yaml.safe_load((self.root / "_toc.yml").read_text(encoding="utf-8"))
        found = [(toc["root"], None)]
        for part in toc["parts"]:
            for number, item in enumerate(part["chapters"], 1):
                chapter = number if part.get("numbered") else None
                found += [(i["file"], chapter) for i in (item, *item.get("sections", []))]
        pages = [(Path(file), chapter) for file, chapter in found]
        return [(path.name, chapter) for path, chapter in pages if path.parent.name == "chapters"]

    def cells(self, name: str) -> list:
        """Return a page as cells; what the site lists from other files is listed."""
        notebook = self.chapters / f"{name}.ipynb"
        if notebook.exists():
            return nbformat.read(notebook, as_version=4).cells
        text = notebook.with_suffix(".md").read_text(encoding="utf-8")
        return sections(DIRECTIVE.sub(self.listing, text))

    def listing(self, block: re.Match) -> str:
        """Return a directive of the site that lists something as Markdown; others stay."""
        kind, argument, body = block.groups()
        if kind == "bibliography":
            wanted = "not cited" not in body
            return self.works.listed({k for k in self.works.entries if (k in self.cited) == wanted})
        if kind == "claim-counts":
            return "\n".join(claim_pages.count_rows(self.claims))
        if kind == "glossary":
            entries = "\n\n".join(self.words[term] for term in sorted(self.words))
            return f"```{{glossary}}\n{entries}\n```"
        if kind not in ("claims", "not-shown"):
            return block[0]
        lines = claim_pages.claim_lines if kind == "claims" else claim_pages.not_shown_lines
        found = [c for c in self.claims if c.chapter == argument]
        if kind == "not-shown":
            found = [c for c in found if c.shown in claim_ledger.FALLS_SHORT]
        items = ["\n\n".join(text for _, text in lines(claim)) for claim in found]
        if kind == "claims":
            items = [f"(claim-{c.id.lower()})=\n{i}" for c, i in zip(found, items, strict=True)]
        return "\n\n".join(items)

    @cached_property
    def cited(self) -> set[str]:
        """The works that the pages of the book cite."""
        paths = [p for room in ("chapters", "instructor") for p in (self.root / room).iterdir()]
        texts = [p.read_text(encoding="utf-8") for p in paths if p.suffix in (".md", ".ipynb")]
        groups = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", "\n".join(texts))
        keys = {key.strip() for group in groups for key in group.split(",")}
        return keys.union(*(claim.sources for claim in self.claims))

    def find_places(self) -> dict[str, Place]:
        """Return where each label leads; figures, formulas and exercises count by chapter."""
        places, counts = {}, {}
        for page in self.pages.values():
            places[f"page {page.name}"] = Place(page.name, "", heading(page.cells[0].source))
            for cell in page.cells:
                if cell.cell_type == "markdown":
                    for label in LABEL.finditer(cell.source):
                        words = heading(cell.source[label.end() :])
                        places[label[1]] = Place(page.name, cell.id, words)
                for kind, name in numbered(cell):
                    # A page without a number is counted for itself.
                    room = (kind, page.chapter or page.name)
                    count = counts[room] = counts.get(room, 0) + 1
                    number = f"{page.chapter}.{count}" if page.chapter else f"{count}"
                    words = NUMBERED[kind].format(number)
                    places[name] = Place(page.name, cell.id, words, number)
        # Learners write into the student versions where they are.
        for path in self.root.glob("exercises/release/*/*.ipynb"):
            page = f"../{path.relative_to(self.root).with_suffix('').as_posix()}"
            words = heading(nbformat.read(path, as_version=4).cells[0].source)
            places[f"exercises-{path.stem.replace('_', '-')}"] = Place(page, "", words)
        return places

    # From what the site reads to what JupyterLab shows.

    def written_out(self, cell, page: Page) -> list:
        """Return a cell as a learner reads it; a figure is followed by its caption."""
        if cell.cell_type == "markdown":
            cell.source = self.markdown(cell.source, page)
            return [cell]
        folded = "hide-output" in cell.metadata.get("tags", [])
        if folded:
            cell.outputs.insert(0, FOLDED)
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if not figure:
            return [cell]
        caption, number = self.markdown(figure.caption, page), self.places[figure.name].words
        text = f"**{number}** {caption}"
        if folded:
            text = f"```{{dropdown}} {number}\n{caption}\n```"
        return [cell, nbformat.v4.new_markdown_cell(text, id=f"caption-{cell.id}"[:64])]

    def markdown(self, source: str, page: Page) -> str:
        """Return a text with its references written out."""
        return INLINE.sub(
            lambda m: self.reference(m[1], m[2], page) if m[1] else m[0],
            DIRECTIVE.sub(self.with_number, source),
        )

    def with_number(self, block: re.Match) -> str:
        """Give a formula or an exercise the number that it has on the site; show a diagram."""
        kind, options = block[1], dict(OPTION.findall(block[3]))
        if kind not in NUMBERED:
            return block[0]
        label = options.get("label")
        if kind == "figure":
            caption = OPTION.sub("", block[3]).strip()
            number = self.places[options["name"]].words
            return f"![{options['alt']}](../chapters/{block[2]})\n\n**{number}** {caption}"
        option = f"enumerator: {self.places[label].number}" if label else "enumerated: false"
        first, rest = block[0].split("\n", 1)
        return f"{first}\n:{option}\n{rest}"

    def reference(self, role: str, body: str, page: Page) -> str:
        """Return a role as a link, or as it is where JupyterLab follows it on the same page."""
        if role in ("cite", "cite:p", "cite:t"):
            return self.citation(role, [key.strip() for key in body.split(",")], page)
        named = re.fullmatch(r"(.*?)\s*<(.*)>", body, re.S)
        words, target = (named[1], named[2]) if named else ("", body)
        target = " ".join(target.split())
        if role == "term" and target.lower() in self.words:
            page.terms.add(target.lower())
            return f"{{term}}`{body}`"
        place = self.places.get(f"page {target}" if role == "doc" else target)
        if role not in ("doc", "ref", "numref", "eq") or place is None:
            return self.fault(f"{{{role}}}`{body}` leads nowhere", page)
        if role in ("ref", "eq") and place.page == page.name:
            return f"{{{role}}}`{body}`"
        return link(words or place.words, place)

    def citation(self, role: str, keys: list[str], page: Page) -> str:
        """Return names and years, each a link to the reference at the end of the page."""
        if unknown := [key for key in keys if key not in self.works.entries]:
            return self.fault(f"{', '.join(unknown)} is not in references.bib", page)
        page.works.update(keys)
        made = []
        for key in sorted(keys, key=list(self.works.full).index):
            names, year = self.works.names(key), self.works.entries[key].fields["year"]
            made.append(
                f"{names} [[{year}](#{key})]" if role == "cite:t" else f"[{names}, {year}](#{key})"
            )
        return ", ".join(made) if role == "cite:t" else f"[{', '.join(made)}]"

    def appendix(self, page: Page) -> list:
        """Return cells with the words and the works to which the links of a page lead."""
        made = []
        if page.terms and page.name != "glossary":
            entries = "\n\n".join(self.words[term] for term in sorted(page.terms))
            entries = re.sub(r"\{term\}`([^`<]+?)(?:\s*<[^`]*>)?`", r"\1", entries)
            entries = self.markdown(entries, page)
            text = f"## Words used here\n\n```{{glossary}}\n{entries}\n```"
            made.append(nbformat.v4.new_markdown_cell(text, id="words"))
        if page.works:
            text = f"## Works cited here\n\n{self.works.listed(page.works)}"
            made.append(nbformat.v4.new_markdown_cell(text, id="works"))
        return made

    def fault(self, what: str, page: Page) -> str:
        """Note a fault, and return nothing."""
        self.faults.append(f"{page.name}: {what}")
        return ""


def numbered(cell):
    """Yield what has a number in a cell: its kind and its label."""
    if cell.cell_type == "code":
        if figure := cell.metadata.get("mystnb", {}).get("figure"):
            yield "figure", figure.name
        return
    for block in DIRECTIVE.finditer(cell.source):
        options = dict(OPTION.findall(block[3]))
        label = options.get("label") or options.get("name")
        if label and block[1] in NUMBERED:
            yield block[1], label


def link(words: str, place: Place) -> str:
    """Return a link that opens a notebook in JupyterLab, at a cell where there is one to go to."""
    return f"[{words}]({place.page}.ipynb{f'#cell-id={place.cell}' if place.cell else ''})"


def notebook(page: Page):
    """Return a page as a notebook that carries the digest of what was written."""
    nb = nbformat.v4.new_notebook(cells=page.cells)
    nb.metadata.update({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    nb.metadata[STAMP] = digest(nb)
    return nb


def digest(nb) -> str:
    """Return what changes when somebody writes into a notebook; running it changes nothing."""
    text = json.dumps([(c.get("id"), c.cell_type, c.source) for c in nb.cells])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def put(nb, path: Path) -> str:
    """Write a copy where there is none, or one that no learner changed; say what was done.

    Returns "written", "kept" where nothing is new, or "yours" where the chapter has changed but
    the copy holds what a learner wrote.
    """
    if path.exists():
        there = nbformat.read(path, as_version=4)
        if there.metadata.get(STAMP) == nb.metadata[STAMP]:
            return "kept"
        if there.metadata.get(STAMP) != digest(there):
            return "yours"
    path.parent.mkdir(exist_ok=True)
    write(nb, path)
    return "written"


def main() -> int:
    """Write the copies; name those that a learner changed and that are out of date."""
    try:
        pages = Book().pages
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for name, page in pages.items():
        path = TARGET / f"{name}.ipynb"
        if put(notebook(page), path) == "yours":
            print(
                f"{path.name} holds your changes and was left as it is, but its chapter has "
                "changed: rename your file, and the next `make lab` puts the new one beside it."
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
