"""A notebook that anyone may have written, and which of its cells is which cell of the source.

Cells are matched by their ids, then by their text, and solutions by the functions they define.
Test cells and locked cells come from the source, always: of the submission's copies only the place
counts.
"""

import ast
import dataclasses
import difflib
import hashlib
import json
import re
import unicodedata
import warnings

from grading.source.assignment import digest, python_only
from grading.source.source_names import bound_names

MAX_BYTES = 64 << 20
MAX_TEXT = 8 << 20  # characters of all cells: what remains of a notebook without its outputs

MAX_CELLS = 5000
MAX_PROSE = 20_000  # characters of a code cell in which an answer in words is looked for
MAX_POINTS = 10**6  # of a cell: what is more is no number of points, and may not fit a float
OWN_TEXT = 80  # signs of code, or letters of an answer, that two people hardly write alike
SHORT_TEXT = 60  # characters of a text that may be there for the learner to replace

# In a released notebook's metadata: the digests of all of its cells, by which any later version of
# the course knows what the learner has not touched.
HANDED_OUT = "handed_out"
MAX_PARAGRAPHS, MAX_WORDS = 100, 500  # of a notebook that are held against the given ones
ALIKE = 0.6  # share of equal words from which on a paragraph is another version of a given one


class Unreadable(ValueError):
    """What was handed in is no notebook; the text tells the student why."""


@dataclasses.dataclass(frozen=True)
class SubmittedCell:
    """One cell of a submission."""

    kind: str
    source: str
    id: str  # its ``grade_id``; empty if it has none
    # Whether it is as it was handed out, in whatever version of the assignment.
    given: bool = False


def handed_out(cells):
    """Return the digests of cells, of kind and source, for the metadata of a notebook."""
    return " ".join(digest(*cell)[:8] for cell in cells)


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
    metadata = notebook.get("metadata")
    given = metadata.get(HANDED_OUT) if type(metadata) is dict else ""
    given = set(given.split()) if type(given) is str else set()
    cells = [cell for cell in (_read_cell(cell, given) for cell in cells) if cell]
    if sum(len(cell.source) for cell in cells) > MAX_TEXT:
        raise Unreadable(f"the notebook has more than {MAX_TEXT >> 20} million characters of text")
    return cells


def without_outputs(cells):
    """Return a notebook, as bytes, of nothing but what is graded: texts and ids."""
    ids = [{"nbgrader": {"grade_id": cell.id}} if cell.id else {} for cell in cells]
    parts = [(cell.kind, data, cell.source) for cell, data in zip(cells, ids, strict=True)]
    return json.dumps(_notebook(parts, _given(c for c in cells if c.given))).encode()


def _given(cells):
    """Return the metadata by which the cells that are as handed out are known again."""
    return {HANDED_OUT: handed_out((cell.kind, cell.source) for cell in cells)}


def _notebook(cells, metadata):
    """Return a notebook of format 4.5, without outputs, of cells' kinds, metadata and texts."""
    made = [
        {"id": f"cell-{i}", "cell_type": kind, "metadata": data, "source": text}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for i, (kind, data, text) in enumerate(cells)
    ]
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _read_cell(cell, handed_out):
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
    kind, name = cell["cell_type"], name if type(name) is str else ""
    given = digest(kind, source)[:8] in handed_out or bool(
        name and _checksum_holds(kind, source, data)
    )
    return SubmittedCell(kind, source, name, given)


def _checksum_holds(kind, source, data):
    """Tell whether a cell has nbgrader's checksum (`nbgrader.utils.compute_checksum`) still."""
    grade, solution = bool(data.get("grade")), bool(data.get("solution"))
    locked = not solution and (grade or bool(data.get("locked")))
    points = data.get("points")
    worth = str(float(points)) if grade and _is_number(points) else ""
    text = f"{source}{kind}{grade}{solution}{locked}{data['grade_id']}{worth}"
    made = hashlib.md5(text.encode(errors="replace"), usedforsecurity=False)
    return made.hexdigest() == data.get("checksum")


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do with a submission: run a text, or try a test."""

    source: str = ""
    test: str = ""  # id of the test; empty for text that is run
    # Number of the submission's cell, from 0; None for one that was restored.
    cell: int | None = None
    learners: bool = True  # whether the text is the learner's


def _is_number(points):
    return type(points) is float or (type(points) is int and abs(points) < MAX_POINTS)


@dataclasses.dataclass(frozen=True)
class Match:
    """What a submission has of an assignment."""

    steps: tuple  # in the order in which cells are to be run and tested
    text: dict  # from ids of cells that are marked by hand to what the learner wrote
    places: dict  # from number of a submission's cell to the id of the source's cell
    # Ids of test cells and locked cells that were missing or changed, in the source's order.
    restored: tuple
    # Those that were missing, by number of the submission's cell after which they go; -1: first.
    missing: dict
    older: tuple = ()  # ids of the former that are as another version of the assignment had them
    lacks: tuple = ()  # ids of the exercises of which this other version has nothing at all


def match(assignment, cells):
    """Return the `Match` of a list of submitted cells with an assignment."""
    places = match_places(assignment, cells)
    order = {cell.id: i for i, cell in enumerate(assignment.cells) if cell.id}
    steps, done, changed, older = [], set(), set(), set()
    for number, cell in enumerate(cells):
        name = places.get(number)
        known = assignment.by_id.get(name)
        if cell.kind != "code" and not (known and known.role == "solution"):
            continue
        if known and known.role == "hand" and _is_prose(cell.source):
            continue  # a text cell that became a code cell, which is easily done
        if known and known.role in ("test", "locked"):
            # Not every editor keeps learners from writing here: they put imports into the first
            # cell, a solution above its test. That runs too, and what is given has the last word.
            if _edited(known, cell) and not (cell.given and known.role == "test"):
                steps.append((order[name], Step(cell.source, cell=number)))
            if _without_spaces(cell.source) not in map(
                _without_spaces, (known.released, known.source)
            ):
                (older if cell.given else changed).add(name)
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
    text = _written_answers(assignment, cells, places)
    have = {*places.values()}
    lacks = tuple(
        name
        for name in (assignment.solutions if _is_older(assignment, cells, places) else ())
        if (tests := assignment.tests_of(name)) and not have & {name, *tests}
    )
    gone = {c.id for c in missing if not c.id.startswith(tuple(f"{name}-" for name in lacks))}
    restored, older = (tuple(sorted(ids, key=order.get)) for ids in (gone | changed, older))
    last, after = -1, {}
    for place, step in steps:
        if step.cell is None:
            after.setdefault(last, []).append(assignment.cells[place].id)
        else:
            last = step.cell
    steps = tuple(step for _, step in steps)
    return Match(steps, text, places, restored, after, older, lacks)


def _is_older(assignment, cells, places):
    """Tell whether a given cell that nobody has touched is not as the source has it."""
    now = {_squeezed(cell.released) for cell in assignment.cells}
    own = {**assignment.solutions, **assignment.by_hand}
    given = [c for i, c in enumerate(cells) if c.given and places.get(i) not in own]
    return any(_squeezed(cell.source) not in now for cell in given)


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
        # One key turns a cell into text or back, by mistake: what stands in it is the same.
        any_kind = cell.id in left and left[cell.id].role in ("hand", "solution")
        if any_kind or (cell.id in left and cell.kind == left[cell.id].kind):
            settle(number, cell.id)
    # Copies: the later ones of a test cell must not run as if they were the learner's.
    texts = {}
    for cell in assignment.cells:
        if cell.id and cell.role in ("test", "locked") and _text(cell.released):
            texts.setdefault((cell.kind, _text(cell.released)), []).append(cell.id)
    for number, cell in enumerate(cells):
        names = texts.get((cell.kind, _text(cell.source)), ())
        if number not in places and (name := next((n for n in names if n in left), None)):
            settle(number, name)
    written = [written_names(cell.source) if cell.kind == "code" else set() for cell in cells]
    for name, cell in list(left.items()):
        wanted = defined_names(cell.source) if cell.role == "solution" else set()
        for number, names in enumerate(written):
            if wanted and number not in places and wanted & names:
                settle(number, name)
                break
    return places


def _written_answers(assignment, cells, places):
    """Return what was written in answer to each cell that is marked by hand, wherever it stands.

    People write below the cell that is meant, split it, turn it into code, or write into the
    question. All text that is not the source's own goes to one answer, with its place in brackets;
    an answer that is nowhere gets what is left over of others.
    """

    def marked(number, text):
        kind = {"markdown": "text"}.get(cells[number].kind, cells[number].kind)
        return f"[In {kind} cell {number + 1}, not in the place for it:]\n{text}"

    strays = _stray_texts(assignment, cells, places)
    own = {name: number for number, name in places.items()}
    answers, spare = {}, []
    for name, known in assignment.by_hand.items():
        number, parts = own.get(name), []
        mine = [(n, text) for n, owner, text in strays if owner == name]
        if number is None and mine:  # its id was lost
            parts.append(mine.pop(0)[1])
        elif number is not None and not (
            cells[number].given or is_untouched(known, text := cells[number].source)
        ):
            parts.append(text if cells[number].kind == known.kind else marked(number, text))
        # What was put together before, for nbgrader, is there already.
        new = [marked(n, text) for n, text in mine if not any(text in part for part in parts)]
        spare += new
        answers[name] = parts + new
    for name, parts in answers.items():
        untouched = [cells[own[name]].source] if name in own else []
        answers[name] = "\n\n".join(parts or spare or untouched)
    return answers


def _stray_texts(assignment, cells, places):
    """Return the learner's text outside of its places: number of the cell, whose answer, text."""
    spots, given, known_lines = {}, {""}, []
    for i, cell in enumerate(assignment.cells):
        spots[cell.id or _squeezed(cell.source)] = i
        if cell.role != "hand":
            given |= set(map(_squeezed, cell.released.splitlines()))
            known_lines += [line.split() for line in cell.released.splitlines()]
    # Texts have none of nbgrader's checksums: by these alone one cannot tell what was added.
    older, exact = _is_older(assignment, cells, places), any(c.given and not c.id for c in cells)
    strays, last, room = [], -1, MAX_PARAGRAPHS
    for number, cell in enumerate(cells):
        name = places.get(number)
        known = assignment.by_id.get(name)
        last = spots.get(name or _squeezed(cell.source), last)
        if cell.given or (known and (known.role == "hand" or known.kind == "code")):
            continue
        lines = [line for line in cell.source.splitlines() if _squeezed(line) not in given]
        if older and not exact and cell.source.startswith(("#", "```")):
            continue  # a title, a task or a hint: people write into questions
        if cell.kind == "markdown" and len(lines) <= room and (older or not exact):
            room -= len(lines)
            lines = [line for line in lines if not _is_other_version(line, known_lines)]
        text = "\n".join(lines).strip()
        if not says_nothing(text) and (cell.kind != "code" or _is_prose(cell.source)):
            # Directly below an answer's cell it belongs to that one, else to the next.
            later = [one for one in assignment.by_hand if spots[one] >= last]
            copied = cell.id in assignment.by_hand
            owner = cell.id if copied else (later or list(assignment.by_hand)[-1:])[0]
            strays.append((number, owner, text))
    return strays


def _is_other_version(line, given):
    """Tell whether a paragraph is a given one in other words, to which nothing was added."""
    words = line.split()
    if not 3 < len(words) < MAX_WORDS:
        return False
    for other in given:
        if len(set(words) & set(other)) < ALIKE / 2 * len(set(words) | set(other)):
            continue
        same = difflib.SequenceMatcher(None, other, words, autojunk=False)
        kept = sum(block.size for block in same.get_matching_blocks())
        # Of a question under which, or into which, somebody has written nearly all words are left.
        if 2 * kept >= ALIKE * (len(words) + len(other)) and len(other) - kept > 1:
            return True
    return False


def says_nothing(text):
    """Tell whether a text is what student versions have in place of an answer in words."""
    return bool(_NO_ANSWER.fullmatch(text.strip("*_ \t\r\n")))


_NO_ANSWER = re.compile(
    r"((put |type )?your answer( here| in place of this line)?\.?)?", re.IGNORECASE
)


def is_untouched(known, text):
    """Tell whether the cell of an answer has nothing in it but what was handed out."""
    stub = known.source if len(known.source) < SHORT_TEXT else ""  # longer, it is a model answer
    return says_nothing(text) or _squeezed(text) == _squeezed(stub)


def _is_prose(source):
    """Tell whether a code cell holds words: comments, texts, or what is no Python and looks so."""
    words, signs = re.findall(r"[^\W\d_]{2,}", source), re.findall(r"[=(){}\[\]_]", source)
    if len(source) > MAX_PROSE or len(words) < 2:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(python_only(source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return len(signs) < len(words) / 2
    calls = {node.func for node in nodes if isinstance(node, ast.Call)}
    printing = all(isinstance(f, ast.Name) and f.id == "print" for f in calls)
    return printing and all(isinstance(node, _TEXT_ONLY) for node in nodes)


_TEXT_ONLY = (ast.Module, ast.Expr, ast.Constant, ast.Call, ast.Name, ast.Load)


def _squeezed(text):
    return "".join(text.split())


def _edited(known, cell):
    """Tell whether a submission's copy of a cell that is given has something else in it."""
    text = _without_spaces(cell.source)
    return cell.kind == "code" and bool(text) and text != _without_spaces(known.released)


def _text(source):
    """Return what a cell is recognised by: of a hidden test only its comment was handed out."""
    return _without_spaces(source) or "".join(source.split())


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
    # As Python does: a name in wide letters is the same name.
    for line in unicodedata.normalize("NFKC", source).splitlines():
        line = line[:200]
        if definition := _DEFINITION.match(line):
            found.add(definition[1])
        elif assignment := _ASSIGNMENT.match(line):
            found.update(_NAME.findall(assignment[1]))
    return found


_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)")
_ASSIGNMENT = re.compile(r"([^\W\d][^=({\"'<>!]*|\([^=({\"'<>!]*\)\s*)=(?!=)")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclasses.dataclass(frozen=True)
class Worth:
    """What can be told of a notebook without running it."""

    belongs: bool  # whether anything in it belongs to the assignment
    # Points of the exercises that seem to be solved and the answers that seem to be given.
    points: float
    recognised: int  # cells that are the assignment's


def worth(assignment, cells):
    """Return the `Worth` of a list of submitted cells."""
    places = match_places(assignment, cells)
    texts = {_without_spaces(cell.released) for cell in assignment.cells if cell.id} - {""}
    own = foreign = 0
    for number, cell in enumerate(cells):
        known = assignment.by_id.get(places.get(number))
        # Assignments share ids such as `setup`, not what stands in these cells.
        mine = known and cell.id == known.id and known.role != "locked"
        own += bool(mine or (known and _without_spaces(cell.source) in texts))
        foreign += bool(cell.id) and cell.id not in assignment.by_id
    points = 0
    for name, cell in assignment.solutions.items():
        wanted = defined_names(cell.source)
        if any(_seems_solved(c.source, wanted) for c in cells if c.kind == "code"):
            points += sum(assignment.tests[test].points for test in assignment.tests_of(name))
    answers = _written_answers(assignment, cells, places)
    for name, cell in assignment.by_hand.items():
        points += 0 if is_untouched(cell, answers[name]) else cell.points
    return Worth(own > 0 or (not foreign and len(places) > 0), points, len(places))


def _seems_solved(source, wanted):
    """Tell whether a cell defines one of some names by more than what was handed out."""
    lines = [line for line in source.splitlines() if written_names(line) & wanted]
    return len(lines) > len(re.findall("NotImplementedError|YOUR CODE HERE", source))


def own_work(assignment, cells, found):
    """Return what of a notebook two people hardly write alike: digests by the ids of its cells.

    Code is taken without what was given, comments, texts in three quotes and white space, an answer
    in words by its letters. What is short is left out. `found` is the `Match` of the cells.
    """
    forms = {}
    for number, name in found.places.items():
        if name in assignment.solutions and not cells[number].given:
            forms[name] = _own_code(assignment.solutions[name], cells[number].source)
    for name, text in found.text.items():
        if not is_untouched(assignment.by_hand[name], text):
            forms[name] = "".join(c for c in text.casefold() if c.isalnum())
    return {name: digest(form) for name, form in forms.items() if len(form) >= OWN_TEXT}


def _own_code(known, source):
    given = re.sub(r"(?s)### BEGIN SOLUTION.*?### END SOLUTION", "", known.source)
    given = {_without_spaces(line) for line in given.splitlines()}
    lines = "".join(source.split('"""')[::2]).splitlines()
    return "".join(line for line in map(_without_spaces, lines) if line not in given)


def restore_notebook(assignment, cells, remark=""):
    """Return a notebook with all cells of the source, for programs that go by the metadata.

    Cells that were recognised have the source's metadata, locked ones
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

    def missing(number):
        known = [assignment.by_id[name] for name in found.missing.get(number, ())]
        return [(cell.id, cell.kind, cell.released) for cell in known]

    made = missing(-1)  # id in the source or "", kind, text
    for number, cell in enumerate(cells):
        name = found.places.get(number, "")
        known = assignment.by_id.get(name)
        if known and known.role in ("test", "locked"):
            if _edited(known, cell):
                made.append(("", cell.kind, cell.source))
            made.append((name, cell.kind, known.released))
        elif known:
            made.append((name, known.kind, found.text.get(name, cell.source)))
        else:
            made.append((name, cell.kind, cell.source))
        made += missing(number)
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
    restored = [(kind, metadata.get(name, {}), text) for name, kind, text in made]
    said = {n for n, *_ in _stray_texts(assignment, cells, found.places)} | found.places.keys()
    given = [c for n, c in enumerate(cells) if c.given or (c.kind == "markdown" and n not in said)]
    return _notebook(restored, notebook.get("metadata", {}) | _given(given))
