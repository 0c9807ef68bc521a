"""Read a notebook that anyone may have written, whatever version of the format it claims to be."""

import dataclasses
import json

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
    """Return the cells of a notebook.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    list of SubmittedCell
        Code and text cells. A cell that is broken is left out.

    Raises
    ------
    Unreadable
        If the file is too large, is no JSON, or has no list of cells.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES >> 20} MB")
    if not content.strip():
        raise Unreadable("the file is empty")
    if content.startswith(b"PK"):
        raise Unreadable("the file is an archive, not a notebook")
    try:
        text = content.decode(
            "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        )
        notebook = json.loads(text)
    except UnicodeDecodeError:
        raise Unreadable("the file is not text in UTF-8") from None
    except (ValueError, RecursionError):
        raise Unreadable("the file is no notebook, or was cut off: it is not valid JSON") from None
    if type(notebook) is not dict:
        raise Unreadable("the file is no notebook: it has no cells")
    cells = notebook.get("cells")
    if cells is None and type(notebook.get("worksheets")) is list:  # formats 2 and 3
        sheets = [sheet for sheet in notebook["worksheets"] if type(sheet) is dict]
        cells = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if type(cells) is not list:
        raise Unreadable("the file is no notebook: it has no cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS} cells")
    return [cell for cell in map(_cell, cells) if cell]


def _list(value):
    return value if type(value) is list else []


def _cell(cell):
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
