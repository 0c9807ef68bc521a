"""Directives that make the page of claims and the page of what could not be shown.

`{claim-counts}` is the table at the top, `{claims} CHAPTER` the claims of one chapter and
`{not-shown} CHAPTER` those that an experiment did not show in full. The rows come from
`chapters/claims.toml` (see `claim_ledger`); a row that is wrong stops the build with its name.
"""

import re

import claim_ledger as ledger
from docutils import nodes
from node_scripts import ROOT
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

FILE = ROOT / "chapters" / "claims.toml"
BIBLIOGRAPHY = ROOT / "references.bib"
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# What the reader may ask for: word on the button -> class of the rows it keeps.
FILTERS = {
    "all": "",
    "measured": "measured",
    "computed": "computed",
    "cited": "cited",
    "not shown in full": "doubtful",
}


def read(app: Sphinx, env, docnames: list[str]) -> None:
    """Read and check the ledger before the pages are read; its faults stop the build."""
    keys = set(re.findall(r"^@\w+\{([^,\s]+),", BIBLIOGRAPHY.read_text(encoding="utf-8"), re.M))
    try:
        app.claims = ledger.load(FILE, keys)
        ledger.check_places(app.claims, FILE.parent)
    except ValueError as error:
        raise ExtensionError(str(error)) from None


def typeset(result: str) -> str:
    r"""Return a result with what a cell printed as the text of the book has it.

    >>> typeset("1e+13 tokens -> 22% less, -0.5 to -3.2e-05: [-0.22  0.04 -0.  ] nats")
    '10¹³ tokens → 22\xa0% less, −0.5 to −3.2 × 10⁻⁵: −0.22, 0.04, 0 nats'
    >>> typeset("off by 2 layer(s), 32000 of [0.2, 0.3]  [0.5, 1]")
    'Off by 2 layers, 32,000 of 0.2, 0.3; 0.5, 1'
    """

    def power(match: re.Match) -> str:
        raised = "10" + str(int(match[2])).translate(RAISED)
        return raised if match[1] == "1" else f"{match[1]} × {raised}"

    def row(match: re.Match) -> str:
        numbers = re.split(r"[,\s]+", match[1].strip())
        return ", ".join("0" if float(n) == 0 else n.rstrip(".") for n in numbers)

    result = re.sub(r"\]\s+\[", "]; [", result)
    result = re.sub(r"\[((?:[,\s]*-?\d+\.?\d*){2,}\s*)\]", row, result)
    result = re.sub(r"(?<=\w)\(s\)", "s", result)
    result = re.sub(r"(?<![\d.,])(\d{2,3})(\d{3})(?![.,]?\d)", r"\1,\2", result)
    result = re.sub(r"\b(\d(?:\.\d+)?)e([+-]?\d+)\b", power, result)
    result = re.sub(r"(?<![\w.–-])-(?=\d)", "−", result)
    result = re.sub(r"^[a-z]+\b", lambda first: first[0].capitalize(), result)
    return re.sub(r"(?<=\d) ?%", "\xa0%", result).replace(" -> ", " → ")


def place(claim: ledger.Claim) -> str:
    """Return a link to where a claim is dealt with, in MyST."""
    where = ledger.chapter(FILE.parent, claim.chapter)
    section = f"{{ref}}`{where.anchors[claim.anchor]} <{claim.anchor}>`"
    return f"{{numref}}`{claim.anchor}` in {section}" if claim.anchor in where.figures else section


def claim_lines(claim: ledger.Claim) -> list[tuple[str, str]]:
    """Return a claim in lines of MyST, each with its style: claim, result, what is known of it."""
    sources = ", ".join(f"{{cite:t}}`{key}`" for key in claim.sources)
    if claim.status == "open":
        return [("words", f"**{claim.id}** {claim.claim}"), ("facts", f"**open** · {sources}")]
    short = ledger.FALLS_SHORT.get(claim.shown)
    status = f"{claim.status}, {short}" if short else claim.status
    return [
        ("words", f"**{claim.id}** {claim.claim}"),
        ("result", typeset(claim.result)),
        ("facts", f"**{status}** · {place(claim)} · {sources}"),
    ]


def not_shown_lines(claim: ledger.Claim) -> list[tuple[str, str]]:
    """Return a claim that is not shown in full in lines of MyST: what is missing, and where."""
    name = f"{{ref}}`{claim.id} <claim-{claim.id.lower()}>`"
    return [
        ("words", f"**{name}** {claim.claim}"),
        ("result", typeset(claim.why)),
        ("facts", f"**{ledger.FALLS_SHORT[claim.shown]}** · {place(claim)}"),
    ]


def count_rows(claims: list[ledger.Claim]) -> list[str]:
    """Return the lines of a table: how many claims of each chapter have which status."""
    statuses = [s for s in ledger.STATUSES if any(c.status == s for c in claims)]
    rows = ["| chapter | " + " | ".join(statuses) + " | of these not shown in full |"]
    rows.append("|---|" + "--:|" * (len(statuses) + 1))
    for name, title in [*ledger.CHAPTERS.items(), ("", "all")]:
        of = [c for c in claims if name in ("", c.chapter)]
        counts = [sum(c.status == s for c in of) for s in statuses]
        counts.append(sum(c.shown in ledger.FALLS_SHORT for c in of))
        rows.append(f"| {title} | " + " | ".join(map(str, counts)) + " |")
    return rows


class Rows(SphinxDirective):
    """A list of claims of one chapter, one item each."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the list; a chapter without such claims says so."""
        name = self.arguments[0]
        if name not in ledger.CHAPTERS:
            known = ", ".join(ledger.CHAPTERS)
            raise self.error(f"unknown chapter {name!r}; use one of {known}")
        claims = [c for c in self.env.app.claims if c.chapter == name and self.wanted(c)]
        self.env.note_dependency(str(FILE))
        for page in ledger.pages(FILE.parent, name):
            self.env.note_dependency(str(page))
        if not claims:
            return [nodes.paragraph("", self.none)]
        items = nodes.bullet_list(classes=["claims"])
        for claim in claims:
            items += self.item(claim)
        return [items]

    def item(self, claim: ledger.Claim) -> nodes.list_item:
        """Return the item of one claim."""
        doubtful = ["claim-doubtful"] if claim.shown in ledger.FALLS_SHORT else []
        item = nodes.list_item(classes=["claim", f"claim-{claim.status}", *doubtful])
        for style, text in self.parts(claim):
            for node in self.parse_text_to_nodes(text):
                node["classes"].append(f"claim-{style}")
                item += node
        return item

    def wanted(self, claim: ledger.Claim) -> bool:
        """Return whether a claim is in the list."""
        return True


class Claims(Rows):
    """`{claims} CHAPTER`: every claim with source, place, status and result."""

    none = "No claims."

    def item(self, claim: ledger.Claim) -> nodes.list_item:
        """Return the item, with a name that other pages can link to."""
        item = super().item(claim)
        name = f"claim-{claim.id.lower()}"
        item["ids"].append(name)
        self.env.domains["std"].note_hyperlink_target(name, self.env.docname, name, claim.id)
        return item

    parts = staticmethod(claim_lines)


class NotShown(Rows):
    """`{not-shown} CHAPTER`: the claims that an experiment did not show in full, and why."""

    none = "Nothing: every experiment of this chapter showed what it was made for."

    def wanted(self, claim: ledger.Claim) -> bool:
        """Return whether something is missing."""
        return claim.shown in ledger.FALLS_SHORT

    parts = staticmethod(not_shown_lines)


class ClaimCounts(SphinxDirective):
    """`{claim-counts}`: how many claims have which status, and the buttons that filter the page."""

    def run(self) -> list[nodes.Node]:
        """Return the buttons and the table."""
        self.env.note_dependency(str(FILE))
        rows = count_rows(self.env.app.claims)
        table = self.parse_text_to_nodes("\n".join(rows))
        return [*table, nodes.raw("", buttons(), format="html")]


def buttons() -> str:
    """Return the choice of what to show: radio buttons that the style sheet obeys."""
    choices = "".join(
        f'<label><input type="radio" name="claims-shown" id="show-{kept or "all"}"'
        f"{' checked' if not kept else ''} /> {word}</label>"
        for word, kept in FILTERS.items()
    )
    return f'<fieldset class="claims-filter"><legend>Show</legend>{choices}</fieldset>'


def setup(app: Sphinx) -> dict:
    """Add the directives."""
    app.connect("env-before-read-docs", read)
    app.add_directive("claims", Claims)
    app.add_directive("not-shown", NotShown)
    app.add_directive("claim-counts", ClaimCounts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
