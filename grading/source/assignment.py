"""The instructor's source notebook: its cells, tests and points."""

import ast
import dataclasses
import functools
import hashlib
import json
import pathlib
import re

# Where assignments are found by name, in a checkout of the book.
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "exercises" / "source"

_BEGIN, _END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"


def digest(*parts):
    """Return a short name of texts or bytes, a different one for different parts."""
    content = hashlib.sha256()
    for part in parts:
        part = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        content.update(len(part).to_bytes(8, "big") + part)
    return content.hexdigest()[:16]


def python_only(source):
    """Return a cell's text with IPython's magic and shell lines made comments, line by line."""
    return re.sub(r"(?m)^(?=\s*[%!])", "#", source)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell of the source notebook, with solutions and hidden tests."""

    kind: str  # ``"code"`` or ``"markdown"``
    source: str
    id: str  # its ``grade_id``; empty if it has none
    # ``"test"``, ``"solution"``, ``"hand"`` (a person marks it), ``"locked"`` or ``"plain"``.
    role: str
    points: float = 0

    @functools.cached_property
    def hidden(self):
        """Numbers of the lines that learners do not see, from 1."""
        inside, found = False, set()
        for number, line in enumerate(self.source.split("\n"), 1):
            delimiter = _BEGIN in line or _END in line
            if delimiter and inside == (_BEGIN in line):
                raise ValueError(f"cell {self.id!r}: {_BEGIN} and {_END} do not alternate")
            inside ^= delimiter
            if delimiter or inside:
                found.add(number)
        if inside:
            raise ValueError(f"cell {self.id!r}: {_BEGIN} without {_END}")
        return frozenset(found)

    @property
    def released(self):
        """The text without hidden tests."""
        lines = enumerate(self.source.split("\n"), 1)
        return "\n".join(line for number, line in lines if number not in self.hidden)

    @property
    def visible(self):
        """What learners see, with its lines where they were."""
        lines = enumerate(self.source.split("\n"), 1)
        return "\n".join("" if number in self.hidden else line for number, line in lines)


@dataclasses.dataclass(frozen=True)
class Assignment:
    """A source notebook."""

    name: str  # the notebook's file name without its ending
    text: str  # the notebook, JSON
    cells: tuple
    # From ids of test cells to further hidden tests, which their cells already contain.
    overlay: dict = dataclasses.field(default_factory=dict, hash=False)

    @functools.cached_property
    def by_id(self):
        """From ``grade_id`` to cell."""
        return {cell.id: cell for cell in self.cells if cell.id}

    def _with_role(self, role):
        return {cell.id: cell for cell in self.cells if cell.role == role}

    @functools.cached_property
    def tests(self):
        """The test cells, by ``grade_id``."""
        return self._with_role("test")

    @functools.cached_property
    def solutions(self):
        """The solution cells, by ``grade_id``."""
        return self._with_role("solution")

    @functools.cached_property
    def by_hand(self):
        """The cells that a person marks, by ``grade_id``."""
        return self._with_role("hand")

    @functools.cached_property
    def withheld(self):
        """The library's functions that its tasks ask for: submissions run without them."""
        tasks = [facts for facts, _ in self._tasks()]
        return sorted({name for facts in tasks for name in facts.get("withheld", ())})

    @functools.cached_property
    def titles(self):
        """From exercises to what stands above them in the notebook, such as "2. At the wall"."""
        found, small = {}, ""
        for raw in json.loads(self.text)["cells"] if self.text else []:
            metadata, source = raw.get("metadata", {}), "".join(raw["source"])
            if "exercise" in metadata and (title := re.match(r"#+ *(.+)", source)):
                found[metadata["exercise"].get("id", "")], small = title[1].strip(), ""
            elif raw["cell_type"] == "markdown" and (title := re.match("###+ *([^`\n]+)", source)):
                small = title[1].strip(" :")
            elif small and (name := metadata.get("nbgrader", {}).get("grade_id")) in self.solutions:
                found.setdefault(name, small)
        return found

    def _tasks(self):
        """Return ``exercise`` in the metadata, and the text, of each cell that has a task."""
        cells = json.loads(self.text)["cells"] if self.text else []
        known = [(cell.get("metadata", {}).get("exercise"), cell["source"]) for cell in cells]
        return [(facts, "".join(source)) for facts, source in known if facts]

    @property
    def max_score(self):
        """Points that the tests give."""
        return sum(cell.points for cell in self.tests.values())

    @property
    def max_by_hand(self):
        """Points that a person gives."""
        return sum(cell.points for cell in self.by_hand.values())

    @property
    def digest(self):
        """A short name of these very cells."""
        return digest(self.text, json.dumps(self.overlay, sort_keys=True))

    def _owner(self, name):
        """Return the exercise of a cell: its id begins with that of the exercise and a hyphen."""
        return max((s for s in self.solutions if name.startswith(s + "-")), key=len, default="")

    def tests_of(self, exercise):
        """Return the ids of an exercise's tests."""
        return [test for test in self.tests if self._owner(test) == exercise]

    def only(self, exercise):
        """Return the assignment with nothing but what gives points in one exercise."""
        known = [name for name in self.solutions if self.tests_of(name)]
        if exercise not in known:
            raise ValueError(f"exercise must be one of {', '.join(known)}, not {exercise!r}")
        cells = tuple(cell for cell in self.cells if self._owner(cell.id) == exercise)
        return dataclasses.replace(self, cells=cells)


def parse(text, name, overlay=None):
    """Read a source notebook, JSON, into an `Assignment`.

    ``overlay``, from ids of test cells to more hidden tests, is put at the end of these cells.
    A notebook that is not in nbgrader's source format, or has a broken cell that matters, raises
    `ValueError`, which names the cell and what is wrong.
    """
    try:
        notebook = json.loads(text)
        raw = notebook["cells"]
        if notebook["nbformat"] != 4 or type(raw) is not list:
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(f"{name}: not a notebook of format 4") from None
    more = dict(overlay or {})
    cells = []
    for number, cell in enumerate(raw, 1):
        try:
            cells.append(_cell(cell, more))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{name}: cell {number}: {error or 'it is malformed'}") from None
    ids = [cell.id for cell in cells if cell.id]
    if double := {one for one in ids if ids.count(one) > 1}:
        raise ValueError(f"{name}: the id {min(double)!r} is used twice")
    if more:
        raise ValueError(f"{name}: there is no test cell {min(more)!r} to add hidden tests to")
    if not any(cell.role in ("test", "hand") for cell in cells):
        raise ValueError(f"{name}: no cell gives points: is it the source notebook for nbgrader?")
    for cell in cells:
        if cell.kind == "code" and cell.role != "plain":
            _ = cell.hidden
            try:
                ast.parse(python_only(cell.source))
            except SyntaxError as error:
                raise ValueError(f"{name}: cell {cell.id!r}: {error}") from None
    return Assignment(name, text, tuple(cells), dict(overlay or {}))


def _cell(cell, overlay):
    """Return a `Cell`; its hidden tests are taken out of the overlay."""
    kind, source = cell["cell_type"], "".join(cell["source"])
    data = cell.get("metadata", {}).get("nbgrader", {})
    grade, solution = bool(data.get("grade")), bool(data.get("solution"))
    if data.get("task") or (grade and solution):
        role = "hand"
    elif grade and kind == "code":
        role = "test"
    elif grade:
        raise ValueError("text that gives points must be a solution too (marked by hand)")
    elif solution:
        role = "solution"
    else:
        role = "locked" if data.get("locked") else "plain"
    name = data.get("grade_id", "") if role != "plain" else ""
    if role in ("test", "hand", "solution") and not (isinstance(name, str) and name):
        raise ValueError("it has no grade_id")
    points = data.get("points", 0) if role in ("test", "hand") else 0
    if type(points) not in (int, float) or not 0 <= points < float("inf"):
        raise ValueError(f"points must be a number that is not negative, not {points!r}")
    if role == "test" and name in overlay:
        source += f"\n### {_BEGIN}\n{overlay.pop(name)}\n### {_END}"
    return Cell(kind, source, name, role, points)


def known():
    """Return the names of the assignments under ``exercises/source``."""
    return sorted(path.parent.name for path in SOURCES.glob("*/*.ipynb"))


def load(name_or_path, overlay=None):
    """Find and read an assignment: a name under ``exercises/source``, or a notebook's path.

    ``overlay`` is a private folder with more hidden tests, ``ASSIGNMENT/TEST-CELL.py``. Raises
    `ValueError` if the assignment is not found or cannot be used.
    """
    path = pathlib.Path(name_or_path)
    if path.suffix != ".ipynb":
        path = SOURCES / path / f"{path.name}.ipynb"
    if not path.is_file():
        names = ", ".join(known()) or "none"
        raise ValueError(
            f"there is no assignment {str(name_or_path)!r}: name one of exercises/source ({names}) "
            "or the path of a source notebook"
        )
    more = {}
    if overlay is not None:
        folder = pathlib.Path(overlay)
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder of hidden tests")
        files = sorted((folder / path.stem).glob("*.py"))
        more = {file.stem: file.read_text(encoding="utf-8") for file in files}
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8") from None
    return parse(text, path.stem, more)
