"""Count how long a chapter takes, by one rule, and write it where it is stated.

The rule is for somebody who reads the page once, runs it, and looks at what comes out: words at 200
a minute, and so many minutes for each code cell, figure and prediction (`MINUTES`). The exercises
on a page state their own minutes, and are counted apart; those of the assignment stand elsewhere.
No reader was timed.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat

from scaling_lib.data.files import write_bytes

ROOT = Path(__file__).resolve().parent.parent
SYLLABUS = ROOT / "instructor" / "syllabus.md"
WORDS = 200  # read in a minute
MINUTES = {"code cells": 1.5, "figures": 2.0, "predictions": 2.0}
DIAGRAM = r"^```\{figure\}"
MOVES = "figures."  # the call of a figure that moves
STEP = 5  # a card states multiples of it
CARD = re.compile(r"^Reading\n: .*$", re.M)
TABLE = re.compile(r"(?<=% minutes: begin\n)(.*?)(?=% minutes: end\n)", re.S)
EXERCISE = re.compile(r"^```\{exercise\}.*\n:label: (\S+)$", re.M)
HIDDEN = (
    r"```\{(exercise|solution)\}.*?^```",  # with minutes of their own
    r"```\{math\}.*?^```|\$\$.*?\$\$",
    r"^(:[\w-]+:|`{3,}|:{3,}|%)[^\n]*$|^\([^\n]*\)=$",  # options, fences, labels, comments
    r"\{[\w:-]+\}(?=`)|<[^>`]*>(?=`)",  # roles and targets
)


def chapters() -> list[Path]:
    """Return the notebooks whose first cell has a card, in the order of the contents."""
    listed = re.findall(r"file: (chapters/\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    paths = [ROOT / f"{name}.ipynb" for name in listed]
    unique = dict.fromkeys(p for p in paths if p.exists())
    return [p for p in unique if CARD.search(nbformat.read(p, as_version=4).cells[0].source)]


def words(markdown: str) -> int:
    """Count the words that a reader sees.

    >>> words("# One word {term}`two <three>`")
    3
    """
    for pattern in HIDDEN:
        markdown = re.sub(pattern, " ", markdown, flags=re.S | re.M)
    return len(re.findall(r"[^\W_][\w.,'’%-]*", markdown))


def count(nb) -> dict[str, int]:
    """Count what a notebook asks of its reader, and the minutes that its exercises state."""
    text = [c.source for c in nb.cells if c.cell_type == "markdown"]
    code = [c for c in nb.cells if c.cell_type == "code"]
    figures = [c.metadata.mystnb.figure for c in code if "figure" in c.metadata.get("mystnb", {})]
    moving = sum(MOVES in c.source for c in code)
    exercises = re.findall(r"```\{exercise\}.*?^```", "\n".join(text), re.S | re.M)
    return {
        "words": sum(map(words, text)) + sum(words(f.caption) for f in figures),
        "code cells": len(code),
        "figures": len(figures) + moving + sum(len(re.findall(DIAGRAM, t, re.M)) for t in text),
        "predictions": sum(len(re.findall(r"^:class: predict$", t, re.M)) for t in text),
        "exercises": sum(int(m) for e in exercises for m in re.findall(r"(\d+) minutes", e)[:1]),
    }


def minutes(counted: dict[str, int]) -> int:
    """Return the minutes of reading and running, rounded as a card states them."""
    exact = counted["words"] / WORDS + sum(MINUTES[kind] * counted[kind] for kind in MINUTES)
    return STEP * round(exact / STEP)


def statement(counted: dict[str, int], labels: list[str]) -> str:
    """Return the lines of a card; `labels` are those of the exercises on the page.

    >>> counted = {"words": 4000, "code cells": 0, "figures": 0, "predictions": 0, "exercises": 45}
    >>> print(statement(counted, ["ex-a", "ex-b"]))
    Reading
    : 20 minutes with its cells and figures, and 45 for {ref}`the 2 exercises on this page <ex-a>`
    """
    line = f"Reading\n: {minutes(counted)} minutes with its cells and figures"
    if not counted["exercises"]:
        return line
    which = "the exercise" if len(labels) == 1 else f"the {len(labels)} exercises"
    return f"{line}, and {counted['exercises']} for {{ref}}`{which} on this page <{labels[0]}>`"


def table(rows: dict[str, dict[str, int]]) -> str:
    """Return the syllabus's table."""
    lines = ["| page | alone, minutes | exercises on the page |", "|---|---|---|"]
    for name, row in rows.items():
        lines.append(f"| {{doc}}`../chapters/{name}` | {minutes(row)} | {row['exercises'] or ''} |")
    return "\n".join(["", *lines, "", ""])


def main(argv=None) -> int:
    """Print the counts of every chapter, and bring its card and the syllabus up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, name what is out")
    check = parser.parse_args(argv).check
    rows, stale = {}, []

    def replace(path, old, new):
        if old != new:
            stale.append(path.name)
            if not check:
                write_bytes(path, new.encode())

    for path in chapters():
        nb = nbformat.read(path, as_version=4)
        row = rows[path.stem] = count(nb)
        print(
            f"{path.stem:20s} {minutes(row):4d} min  "
            + ", ".join(f"{v} {k}" for k, v in row.items())
        )
        labels = EXERCISE.findall("\n".join(c.source for c in nb.cells))
        nb.cells[0].source = CARD.sub(statement(row, labels), nb.cells[0].source)
        old = path.read_text(encoding="utf-8")
        replace(path, old, nbformat.writes(nb).rstrip("\n") + "\n")
    old = SYLLABUS.read_text(encoding="utf-8")
    replace(SYLLABUS, old, TABLE.sub(table(rows).replace("\\", r"\\"), old))
    if stale:
        print(("Out of date: " if check else "Brought up to date: ") + ", ".join(stale))
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
