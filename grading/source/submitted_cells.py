"""A notebook that anyone may have written, and which of its cells is which cell of the source.

Cells are matched by their ids, then by their text, and solutions by the functions they define.
Test cells and locked cells come from the source, always: of the submission's copies only the place
counts.
"""

import ast
import dataclasses
import json
import re

from grading.source.assignment import python_only
from grading.source.source_names import bound_names

MAX_BYTES = 20 << 20
MAX_CELLS = 5000


class Unreadable(ValueError):
    """What was handed in is no notebook; the text tells the student why."""


@dataclasses.dataclass(frozen=True)
class SubmittedCell:
    """One cell of a submission."""

    kind: str
    source: str
    id: str
    """Its ``grade_id``; empty if it has none."""


def read_notebook(content):
    """Return the cells of a notebook of any format, from its bytes; broken ones are left out.

    Raises `Unreadable` if the file is too large, is no JSON, or has no list of cells.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES >> 20} MB")
    if not content.strip():
        raise Unreadable("the file is empty")
    if content.startswith(b"PK"):
        raise Unreadable("the file is an archive, not a notebook")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        notebook = json.loads(content.decode(encoding))
    except UnicodeDecodeError:
        raise Unreadable("the file is not text in UTF-8") from None
    except (ValueError, RecursionError):
        raise Unreadable("the file is no notebook, or was cut off: it is not valid JSON") from None
    notebook = notebook if type(notebook) is dict else {}
    cells = notebook.get("cells")
    if cells is None and type(notebook.get("worksheets")) is list:  # formats 2 and 3
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if type(sheet) is dict]
        cells = [cell for sheet in sheets if type(sheet) is list for cell in sheet]
    if type(cells) is not list:
        raise Unreadable("the file is no notebook: it has no cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS} cells")
    return [cell for cell in map(_read_cell, cells) if cell]


def _read_cell(cell):
    if type(cell) is not dict:
        return None
    source = cell.get("source", cell.get("input", ""))
    if type(source) is list and all(type(line) is str for line in source):
        source = "".join(source)
    if type(source) is not str or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    metadata = cell.get("metadata")
    data = metadata.get("nbgrader") if type(metadata) is dict else None
    name = data.get("grade_id") if type(data) is dict else None
    return SubmittedCell(cell["cell_type"], source, name if type(name) is str else "")


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do with a submission: run a text, or try a test."""

    source: str = ""
    test: str = ""
    """Id of the test; empty for text that is run."""
    cell: int | None = None
    """Number of the submission's cell, from 0; None for one that was restored."""
    learners: bool = True
    """Whether the text is the learner's."""


@dataclasses.dataclass(frozen=True)
class Match:
    """What a submission has of an assignment."""

    steps: tuple
    """In the order in which cells are to be run and tested."""
    text: dict
    """From ids of cells that are marked by hand to what the learner wrote."""
    places: dict
    """From number of a submission's cell to the id of the source's cell."""
    restored: tuple
    """Ids of test cells and locked cells that were missing."""


def match(assignment, cells):
    """Return the `Match` of a list of submitted cells with an assignment."""
    places = match_places(assignment, cells)
    order = {cell.id: i for i, cell in enumerate(assignment.cells) if cell.id}
    steps, text, done = [], {}, set()
    for number, cell in enumerate(cells):
        name = places.get(number)
        known = assignment.by_id.get(name)
        if known and known.role == "hand":
            text[name] = cell.source
        if cell.kind != "code":
            continue
        if known and known.role in ("test", "locked"):
            # Not every editor keeps learners from writing here: they put imports into the first
            # cell, a solution above its test. That runs too, and what is given has the last word.
            if _edited(known, cell):
                steps.append((order[name], Step(cell.source, cell=number)))
            steps.append((order[name], _given_step(known, number)))
            done.add(name)
        elif cell.source.strip():
            steps.append((order.get(name), Step(cell.source, cell=number)))
    missing = [
        cell
        for cell in assignment.cells
        if cell.kind == "code" and cell.role in ("test", "locked") and cell.id not in done
    ]
    for cell in missing:
        place = order[cell.id]
        # After the last cell that stands before it in the source; tests of a notebook in which
        # nothing is recognised come last, what is given comes first.
        new = _given_step(cell, None)
        before = [
            i
            for i, (where, step) in enumerate(steps)
            if where is not None
            and where < place
            and (step.cell is not None or bool(step.test) == bool(new.test))
        ]
        at = before[-1] + 1 if before else (len(steps) if cell.role == "test" else 0)
        steps.insert(at, (place, new))
    text |= _written_answers(assignment, cells, places, text)
    restored = tuple(cell.id for cell in missing)
    return Match(tuple(step for _, step in steps), text, places, restored)


def _given_step(cell, number):
    if cell.role == "test":
        return Step(test=cell.id, cell=number, learners=False)
    return Step(cell.released, cell=number, learners=False)


def match_places(assignment, cells):
    """Return which of the submission's cells, by number, is which of the source's, by id."""
    places, left = {}, dict(assignment.by_id)

    def settle(number, name):
        places[number] = name
        del left[name]

    for number, cell in enumerate(cells):
        if cell.id in left and cell.kind == left[cell.id].kind:
            settle(number, cell.id)
    # Copies: the later ones of a test cell must not run as if they were the learner's.
    texts = {}
    for cell in assignment.cells:
        if cell.id and cell.role in ("test", "locked") and _without_spaces(cell.released):
            texts.setdefault((cell.kind, _without_spaces(cell.released)), cell.id)
    for number, cell in enumerate(cells):
        name = texts.get((cell.kind, _without_spaces(cell.source)))
        if number not in places and name in left:
            settle(number, name)
    written = [written_names(cell.source) if cell.kind == "code" else set() for cell in cells]
    for name, cell in list(left.items()):
        wanted = defined_names(cell.source) if cell.role == "solution" else set()
        for number, names in enumerate(written):
            if wanted and number not in places and wanted & names:
                settle(number, name)
                break
    return places


def _written_answers(assignment, cells, places, found):
    """Return the answers in words whose cells have lost their ids: what stands in their place.

    Of the text between the neighbours that were found, what is not the source's own.
    """
    given = {_without_spaces(c.source) for c in assignment.cells if c.kind == "markdown"}
    where = {name: number for number, name in places.items()}
    ids = list(assignment.by_id)
    answers = {}
    for i, name in enumerate(ids):
        if name not in assignment.by_hand or name in found:
            continue
        first = max((where[n] + 1 for n in ids[:i] if n in where), default=0)
        last = min((where[n] for n in ids[i:] if n in where), default=len(cells))
        texts = [c.source for c in cells[first:last] if c.kind == "markdown"]
        if own := [text for text in texts if _without_spaces(text) not in given]:
            answers[name] = "\n\n".join(own)
    return answers


def _edited(known, cell):
    """Tell whether a submission's copy of a cell that is given has something else in it."""
    text = _without_spaces(cell.source)
    return cell.kind == "code" and bool(text) and text != _without_spaces(known.released)


def _without_spaces(source):
    """Return a cell's text without comments and white space, for comparing."""
    return "".join(re.sub(r"(?m)#.*$", "", source).split())


def defined_names(source):
    """Return the names that functions and assignments of a cell of the source define."""
    body = ast.parse(python_only(source)).body
    nodes = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return set().union(*map(bound_names, nodes))


def written_names(source):
    """Return the names that a learner's cell seems to define, and perhaps a few more.

    By the look of its lines: one can write a cell that takes minutes and gigabytes to parse, and
    much of what IPython understands is no Python.
    """
    found = set()
    for line in source.splitlines():
        line = line[:200]
        if definition := _DEFINITION.match(line):
            found.add(definition[1])
        elif assignment := _ASSIGNMENT.match(line):
            found.update(_NAME.findall(assignment[1]))
    return found


_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)")
_ASSIGNMENT = re.compile(r"([^\W\d][^=({\"'<>!]*|\([^=({\"'<>!]*\)\s*)=(?!=)")
_NAME = re.compile(r"[^\W\d]\w*")


def restore_notebook(assignment, cells, remark=""):
    """Return a notebook with all cells of the source, for programs that go by the metadata.

    Format 4.5, without outputs. Cells that were recognised have the source's metadata, locked ones
    the source's text without hidden tests; cells that were missing are back; of the learner's own
    cells only the text is kept. A ``remark`` becomes a first cell.
    """
    notebook = json.loads(assignment.text)
    metadata = {
        cell.id: {"nbgrader": raw["metadata"]["nbgrader"]}
        for cell, raw in zip(assignment.cells, notebook["cells"], strict=True)
        if cell.id
    }
    found = match(assignment, cells)
    order = list(assignment.by_id)
    made = []  # id in the source or "", kind, text
    for number, cell in enumerate(cells):
        name = found.places.get(number, "")
        known = assignment.by_id.get(name)
        if known and known.role in ("test", "locked"):
            if _edited(known, cell):
                made.append(("", cell.kind, cell.source))
            made.append((name, cell.kind, known.released))
        else:
            made.append((name, cell.kind, cell.source))
    present = {name for name, *_ in made}
    for place, name in enumerate(order):
        if name in present:
            continue
        known = assignment.by_id[name]
        text = found.text.get(name, "")
        if known.role not in ("hand", "solution"):
            text = known.released
        before = [i for i, (other, *_) in enumerate(made) if other in order[:place]]
        at = before[-1] + 1 if before else (0 if known.role == "locked" else len(made))
        made.insert(at, (name, known.kind, text))
    if remark:
        made.insert(0, ("", "markdown", remark))
    restored = [
        {"id": f"cell-{i}", "cell_type": kind, "metadata": metadata.get(name, {}), "source": text}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for i, (name, kind, text) in enumerate(made)
    ]
    facts = {"metadata": notebook.get("metadata", {}), "nbformat": 4, "nbformat_minor": 5}
    return {"cells": restored} | facts
