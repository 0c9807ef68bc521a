"""Read the ledger of claims and hold it against the chapters and the bibliography.

The ledger is `chapters/claims.toml`, one table a claim; the comments at its top say what the fields
mean. Everything here raises `ValueError` with one message that names every fault it found.
"""

import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import contents

# The numbers of the claims, by the letter of their chapter; R: made since, and chosen by us.
NUMBERS = {
    letter: range(1, last + 1) for letter, last in zip("BLHDSR", (7, 18, 20, 6, 8, 14), strict=True)
}
CHAPTERS = {
    "bitter_lesson": "The bitter lesson",
    "scaling_laws": "Scaling laws",
    "scaling_hypothesis": "The scaling hypothesis",
    "data_limits": "The limits of data",
    "scaffolding": "Scaffolding",
    "training_since_2024": "Since the source was written",
}
STATUSES = ("measured", "computed", "cited", "open")
RUN = ("measured", "computed")
# How far a run showed its claim: all of it, or what it fell short in.
FALLS_SHORT = {
    "condition": "holds under a condition",
    "untested": "not tested in full",
    "failed": "failed in part",
    "no": "not shown",
}
SHOWN = ("yes", *FALLS_SHORT)
# What a row needs that is not open, and what besides it needs if its cell was run.
CITED = ("anchor", "result")
RAN = ("cell", "printed")


@dataclass(frozen=True)
class Claim:
    """A claim of the sources, where it is dealt with, and what came out."""

    id: str
    claim: str
    sources: tuple[str, ...]
    chapter: str
    anchor: str
    status: str
    shown: str
    result: str
    cell: str
    printed: str
    why: str

    @property
    def number(self) -> tuple[int, int]:
        """Place in the order of the chapters."""
        return list(NUMBERS).index(self.id[0]), int(self.id[1:])


FIELDS = tuple(field.name for field in fields(Claim))


def all_ids() -> list[str]:
    """Return the names of all claims in the order of the chapters."""
    return [f"{letter}{n}" for letter, numbers in NUMBERS.items() for n in numbers]


def load(path: Path, known_sources: set[str] | None = None) -> list[Claim]:
    """Read the ledger, in the order of the chapters, and check every row by itself.

    Sources are held against the keys of the bibliography, if they are given.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("claim", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is not valid TOML: {error}") from None
    faults = [fault for row in rows for fault in faults_of(row, known_sources)]
    count = Counter(row.get("id") for row in rows)
    faults += [f"{name}: {n} rows, one is wanted" for name, n in count.items() if n > 1]
    faults += [f"{name}: no row" for name in all_ids() if not count[name]]
    report(path.name, faults)
    claims = [Claim(**{**row, "sources": tuple(row["sources"])}) for row in rows]
    return sorted(claims, key=lambda claim: claim.number)


def faults_of(row: dict, known_sources: set[str] | None = None) -> list[str]:
    """List what is wrong with one row, taken by itself."""
    name = row.get("id", "a row without an id")
    if missing := [field for field in FIELDS if field not in row]:
        return [f"{name}: lacks {', '.join(missing)}"]
    ids = ", ".join(f"{letter}1 to {letter}{n[-1]}" for letter, n in NUMBERS.items())
    sources = row["sources"] if known_sources is not None else ()
    tests = [
        *((False, f"unknown field {field!r}") for field in row if field not in FIELDS),
        (name in all_ids(), f"unknown id; ids are {ids}"),
        *(
            (row[field] in known, f"unknown {field} {row[field]!r}; use one of {', '.join(known)}")
            for field, known in (("chapter", CHAPTERS), ("status", STATUSES))
        ),
        (row["claim"] and row["sources"], "a claim needs its words and at least one source"),
        *((key in known_sources, f"source {key!r} is not in references.bib") for key in sources),
    ]
    if row["status"] in RUN:
        tests += [
            *((row[f], f"a {row['status']} row needs {f}") for f in (*CITED, *RAN)),
            (row["shown"] in SHOWN, f"shown is {row['shown']!r}; use one of {', '.join(SHOWN)}"),
            (
                row["shown"] not in SHOWN or (row["shown"] == "yes") != bool(row["why"]),
                "why belongs to what is not shown in full, and only there",
            ),
            (
                row["printed"] in row["result"],
                f"the result does not contain what is printed: {row['printed']!r}",
            ),
        ]
    elif row["status"] == "cited":
        tests += [(row[field], f"a cited row needs {field}") for field in CITED]
        tests += [(not row[f], f"a cited row has no {f}") for f in ("shown", *RAN, "why")]
    return [f"{name}: {fault}" for holds, fault in tests if not holds]


def pages(folder: Path, name: str) -> list[Path]:
    """Return the notebooks of a chapter."""
    return [folder / f"{page}.ipynb" for page in contents.chapters()[name]]


@dataclass(frozen=True)
class Chapter:
    """What a claim can point to in the notebooks of a chapter."""

    # Label or figure's name -> heading of the section that it is in.
    anchors: dict[str, str]
    figures: frozenset[str]
    # Id of each code cell -> the text of its stored output, or None if it was not executed.
    printed: dict[str, str | None]


def text_of(output: dict) -> str:
    """Return the words of a stored output; of a table in HTML what is between the tags."""
    if output["output_type"] == "stream":
        return "".join(output["text"])
    data = output.get("data", {})
    table = re.sub(r"<[^>]+>", " ", "".join(data.get("text/html", "")))
    return "".join(data.get("text/plain", "")) + "\n" + table


@cache
def chapter(folder: Path, name: str) -> Chapter:
    """Read the anchors and the outputs of a chapter's notebooks."""
    anchors, figures, printed = {}, set(), {}
    notebooks = [json.loads(p.read_text(encoding="utf-8")) for p in pages(folder, name)]
    cells = [cell for notebook in notebooks for cell in notebook["cells"]]
    heading, waiting = "", []
    for cell in cells:
        if cell["cell_type"] == "code":
            ran = cell["execution_count"] is not None
            text = "\n".join(map(text_of, cell["outputs"]))
            printed[cell["id"]] = text if ran else None
            name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
            if name:
                figures.add(name)
                anchors[name] = heading
            continue
        for line in "".join(cell["source"]).splitlines():
            if label := re.fullmatch(r"\((\S+)\)=\s*", line):
                waiting.append(label[1])
            elif title := re.match(r"#+ (.+)", line):
                heading = title[1].strip()
            if line.strip() and not label:
                # A label names what follows it, a heading or a paragraph.
                anchors |= dict.fromkeys(waiting, heading)
                waiting = []
    return Chapter(anchors, frozenset(figures), printed)


def check_places(claims: list[Claim], folder: Path) -> None:
    """Hold every row against its chapter: the anchor, the cell, and what the cell printed."""
    faults = []
    for claim in claims:
        if claim.status == "open":
            continue
        if missing := [p.name for p in pages(folder, claim.chapter) if not p.exists()]:
            faults.append(f"{claim.id}: there is no {', '.join(missing)}")
            continue
        place = chapter(folder, claim.chapter)
        faults += [f"{claim.id}: {fault}" for fault in faults_of_place(claim, place)]
    report("claims.toml", faults)


def faults_of_place(claim: Claim, place: Chapter) -> list[str]:
    """List where a row and its chapter disagree."""
    found = []
    if claim.anchor not in place.anchors:
        found.append(f"{claim.chapter} has no label or figure {claim.anchor!r}")
    if claim.status not in RUN:
        return found
    if claim.cell not in place.printed:
        found.append(f"{claim.chapter} has no code cell {claim.cell!r}")
    elif place.printed[claim.cell] is None:
        found.append(f"cell {claim.cell!r} was not executed")
    elif claim.printed not in place.printed[claim.cell]:
        found.append(f"cell {claim.cell!r} does not print {claim.printed!r}")
    return found


def report(name: str, faults: list[str]) -> None:
    """Raise one error for all faults, if there are any."""
    if faults:
        raise ValueError(f"{name}:\n  " + "\n  ".join(faults))
