"""A table of facts from its CSV file: every column of the kind that `_schema.csv` promises."""

import pandas as pd

from scaling_lib.data import DATA
from scaling_lib.data.files import read_table


def schema(name):
    """Return (column, kind, unit, meaning) of each column of a table of facts; none for runs."""
    return [tuple(row[1:]) for row in read_table(DATA / "_schema.csv")[1] if row[0] == name]


def read_runs(path):
    """Read a table of runs, as pandas reads it."""
    read_table(path)  # pandas would fill up short rows
    return pd.read_csv(path, index_col=False)


def read_facts(path, kinds):
    """Read a table of facts, whose columns are of these kinds, in order; else a `ValueError`.

    Kinds: ``"date"`` (ISO 8601), ``"number"``, ``"flag"`` (yes or no), ``"key"`` (of the
    bibliography) and ``"text"``.
    """
    header, rows = read_table(path)
    if header != list(kinds):
        missing = [column for column in kinds if column not in header]
        extra = [column for column in header if column not in kinds]
        raise ValueError(
            f"{path}: the columns must be {list(kinds)}; missing {missing}, not expected {extra}"
        )
    table = pd.DataFrame(rows, columns=header, dtype=str)
    for column, kind in kinds.items():
        table[column] = _converted(table[column], kind, path)
    return table


def _converted(cells, kind, path):
    empty = cells == ""
    if kind in ("text", "key"):
        return cells
    if kind == "number":
        values = pd.to_numeric(cells.mask(empty), errors="coerce").astype(float)
        wrong = ~empty & values.isna()
    elif kind == "date":
        values = pd.to_datetime(cells.mask(empty), format="%Y-%m-%d", errors="coerce")
        wrong = values.isna()
    elif kind == "flag":
        values, wrong = cells == "yes", ~cells.isin(["yes", "no"])
    else:
        raise ValueError(f"{path}: {cells.name} must be of a known kind, not {kind!r}")
    if wrong.any():
        row = wrong.idxmax()
        raise ValueError(
            f"{path}, row {row + 1}: {cells.name} must be a {kind}, not {cells[row]!r}"
        )
    return values
