"""Put a submission back into the form in which it was handed out, the learner's work kept."""

import json

from grading.source.match_cells import edited, match


def restore(assignment, cells, remark=""):
    """Return a notebook with all cells of the source, for programs that go by the metadata.

    Parameters
    ----------
    assignment : Assignment
        The source.
    cells : list of SubmittedCell
        What was handed in.
    remark : str
        Text of a first cell, if it is not empty.

    Returns
    -------
    dict
        A notebook of format 4.5 without outputs. Cells that were recognised have the source's
        metadata, locked ones the source's text without hidden tests; cells that were missing are
        back; of the learner's own cells only the text is kept.
    """
    raw = {
        cell.id: original
        for cell, original in zip(
            assignment.cells, json.loads(assignment.text)["cells"], strict=True
        )
        if cell.id
    }
    found = match(assignment, cells)
    order = [cell.id for cell in assignment.cells if cell.id]
    made = []
    for number, cell in enumerate(cells):
        name = found.places.get(number, "")
        source = assignment.by_id.get(name)
        text = cell.source
        if source and source.role in ("test", "locked"):
            if edited(source, cell):
                made.append(("", _cell(cell.kind, text, None)))
            text = source.released
        made.append((name, _cell(cell.kind, text, raw.get(name))))
    present = {name for name, _ in made}
    for place, name in enumerate(order):
        if name in present:
            continue
        source = assignment.by_id[name]
        text = found.text.get(name) or (source.released if source.role != "solution" else "")
        text = text if source.role != "hand" or name in found.text else ""
        before = [i for i, (other, _) in enumerate(made) if other in order[:place]]
        at = before[-1] + 1 if before else (0 if source.role == "locked" else len(made))
        made.insert(at, (name, _cell(source.kind, text, raw[name])))
    if remark:
        made.insert(0, ("", _cell("markdown", remark, None)))
    notebook = json.loads(assignment.text)
    metadata = notebook.get("metadata", {})
    made = [cell | {"id": f"cell-{i}"} for i, (_, cell) in enumerate(made)]
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind, text, original):
    kept = {"nbgrader": original["metadata"]["nbgrader"]} if original else {}
    cell = {"cell_type": kind, "metadata": kept, "source": text}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
