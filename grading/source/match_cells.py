"""Which cell of a submission is which cell of the source, however much was renamed or lost.

Cells are matched by their ids, then by their text, and solutions by the functions they define.
Test cells and locked cells come from the source, always: of the submission's copies only the place
counts.
"""

import ast
import dataclasses
import re

from grading.source.assignment import python_only
from grading.source.source_names import bound_names


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do with a submission."""

    do: str
    """``"run"`` a cell, or ``"test"``."""
    source: str = ""
    test: str = ""
    cell: int | None = None
    """Number of the submission's cell, from 0; None for one that was restored."""
    learners: bool = True
    """Whether the text is the learner's."""


@dataclasses.dataclass(frozen=True)
class Match:
    """What a submission has of an assignment."""

    steps: tuple
    text: dict
    """From ids of cells that are marked by hand to what the learner wrote."""
    places: dict
    """From number of a submission's cell to the id of the source's cell."""
    restored: tuple
    """Ids of test cells and locked cells that were missing."""

    @property
    def similarity(self):
        """How many cells of the source were found."""
        return len(self.places)


def match(assignment, cells):
    """Compare a submission with the source.

    Parameters
    ----------
    assignment : Assignment
        The source.
    cells : list of SubmittedCell
        The submission.

    Returns
    -------
    Match
        The cells in the order in which they are to be run and tested.
    """
    places = _places(assignment, cells)
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
            if edited(known, cell):
                steps.append((order[name], Step("run", source=cell.source, cell=number)))
            steps.append((order[name], _restored(known, number)))
            done.add(name)
        elif cell.source.strip():
            steps.append((order.get(name), Step("run", source=cell.source, cell=number)))
    missing = [
        cell
        for cell in assignment.cells
        if cell.kind == "code" and cell.role in ("test", "locked") and cell.id not in done
    ]
    for cell in missing:
        place = order[cell.id]
        # After the last cell that stands before it in the source; tests of a notebook in which
        # nothing is recognised come last, what is given comes first.
        new = _restored(cell, None)
        before = [
            i
            for i, (where, step) in enumerate(steps)
            if where is not None and where < place and (step.cell is not None or step.do == new.do)
        ]
        at = before[-1] + 1 if before else (len(steps) if cell.role == "test" else 0)
        steps.insert(at, (place, new))
    restored = tuple(cell.id for cell in missing)
    text |= _written(assignment, cells, places, text)
    return Match(tuple(step for _, step in steps), text, places, restored)


def _restored(cell, number):
    if cell.role == "test":
        return Step("test", test=cell.id, cell=number, learners=False)
    return Step("run", source=cell.released, cell=number, learners=False)


def _places(assignment, cells):
    """Return which of the submission's cells is which of the source's."""
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
        if cell.id and cell.role in ("test", "locked") and essence(cell.released):
            texts.setdefault((cell.kind, essence(cell.released)), cell.id)
    for number, cell in enumerate(cells):
        name = texts.get((cell.kind, essence(cell.source)))
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


def _written(assignment, cells, places, found):
    """Return the answers in words whose cells have lost their ids: what stands in their place.

    Of the text between the neighbours that were found, what is not the source's own.
    """
    given = {essence(cell.source) for cell in assignment.cells if cell.kind == "markdown"}
    where = {name: number for number, name in places.items()}
    ids = [cell.id for cell in assignment.cells if cell.id]
    answers = {}
    for i, name in enumerate(ids):
        if name not in assignment.by_hand or name in found:
            continue
        first = max((where[n] + 1 for n in ids[:i] if n in where), default=0)
        last = min((where[n] for n in ids[i:] if n in where), default=len(cells))
        texts = [c.source for c in cells[first:last] if c.kind == "markdown"]
        if own := [text for text in texts if essence(text) not in given]:
            answers[name] = "\n\n".join(own)
    return answers


def edited(known, cell):
    """Tell whether a submission's copy of a cell that is given has something else in it."""
    text = essence(cell.source)
    return cell.kind == "code" and bool(text) and text != essence(known.released)


def essence(source):
    """Return a cell's text without what does not matter: comments and white space."""
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
