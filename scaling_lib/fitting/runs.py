"""Runs as columns of numbers: reading a CSV file, checking it, deriving what C = 6 N D gives."""

from __future__ import annotations

import numpy as np

from scaling_lib.data.files import is_number, read_table
from scaling_lib.laws.base import rows_text
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN


def read_csv(path):
    """Read a table of runs, as `read_table`: its columns as lists of text without outer spaces."""
    header, rows = read_table(path)
    return {
        name.strip(): [cell.strip() for cell in cells]
        for name, cells in zip(header, zip(*rows, strict=True), strict=True)
    }


def numbers(values, name):
    """Return one column as floats, shape (n,).

    Raises
    ------
    ValueError
        Naming the column and the rows (counted from 1) that are not numbers.
    """
    if isinstance(values, list | tuple):
        wrong = [
            i
            for i, value in enumerate(values)
            if isinstance(value, str) and value and not is_number(value)
        ]
        if wrong:
            raise ValueError(
                f"Column {name} holds text that is not a number in {rows_text(wrong)} "
                f"({values[wrong[0]]!r})."
            )
        values = [np.nan if isinstance(v, str) and not v else v for v in values]
    try:
        column = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"Column {name} is not a list of numbers.") from None
    if column.ndim != 1:
        raise ValueError(f"Column {name} must have one dimension, not {column.ndim}.")
    return column


def available(data):
    """Return the column names of a mapping, a DataFrame or a structured array."""
    if hasattr(data, "keys"):
        return [str(name) for name in data.keys()]
    if getattr(getattr(data, "dtype", None), "names", None):
        return list(data.dtype.names)
    raise ValueError(
        "The data must be columns by name: a mapping, a DataFrame or a structured array, "
        f"not {type(data).__name__}."
    )


def take(data, wanted, mapping=None):
    """Return the wanted columns as floats of one length, deriving N, D or C from C = 6 N D.

    Parameters
    ----------
    data : mapping, DataFrame or structured array
        Columns by name.
    wanted : sequence of str
        Names that the law uses.
    mapping : mapping, optional
        Name in `data` for a name of the law, where they differ.

    Returns
    -------
    columns : dict of ndarray, shape (n,)
        The wanted columns.
    notes : list of str
        What was derived.
    """
    mapping, names = dict(mapping or {}), available(data)
    for name, source in mapping.items():
        if source not in names:
            raise ValueError(
                f"There is no column {source} (meant as {name}). Columns: {', '.join(names)}."
            )
    if "U" in wanted and "U" not in mapping and "U" not in names and "epochs" in names:
        wanted = ["epochs" if name == "U" else name for name in wanted]

    def has(name):
        return mapping.get(name, name) in names

    def column(name):
        values = data[mapping.get(name, name)]
        return numbers(values.tolist() if hasattr(values, "tolist") else values, name)

    columns, notes = {}, []
    for name in wanted:
        if has(name):
            columns[name] = column(name)
    for name, parts in (("N", "CD"), ("D", "CN"), ("C", "ND")):
        if name in wanted and name not in columns and all(has(part) for part in parts):
            first, second = column(parts[0]), column(parts[1])
            _check_lengths({parts[0]: first, parts[1]: second})
            with np.errstate(all="ignore"):
                if name == "C":
                    columns[name] = FLOP_PER_PARAMETER_TOKEN * first * second
                else:
                    columns[name] = first / (FLOP_PER_PARAMETER_TOKEN * second)
            notes.append(f"{name} derived from C = 6 N D")
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise ValueError(
            f"Missing column{'s' * (len(missing) > 1)} {', '.join(missing)}. "
            f"Columns: {', '.join(names)}."
        )
    if "epochs" in columns and "D" in columns:
        _check_lengths(columns)
        with np.errstate(all="ignore"):
            columns["U"] = columns["D"] / columns.pop("epochs")
        notes.append("U derived from D / epochs")
    _check_lengths(columns)
    return columns, notes


def _check_lengths(columns):
    lengths = {name: values.size for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "The columns have different lengths: "
            + ", ".join(f"{name} {length}" for name, length in lengths.items())
            + "."
        )


def invalid_rows(columns, positive):
    """Return {row: reason} of the rows that no law can use, counted from 0.

    `positive` names the columns in which zero and negative values are invalid too.
    """
    reasons = {}
    for name, values in columns.items():
        for row in np.flatnonzero(np.isnan(values)):
            reasons.setdefault(int(row), f"{name} is missing (NaN)")
        for row in np.flatnonzero(np.isinf(values)):
            reasons.setdefault(int(row), f"{name} is infinite")
        if name in positive:
            with np.errstate(invalid="ignore"):
                for row in np.flatnonzero(values <= 0):
                    reasons.setdefault(int(row), f"{name} is not positive")
    return dict(sorted(reasons.items()))


def prepare(law, data, mapping=None, drop_invalid=False, target=True):
    """Return checked columns for a law: inputs, target and notes.

    Parameters
    ----------
    law : Law
        The law, which names its columns.
    data, mapping
        As for `take`.
    drop_invalid : bool
        Drop rows with missing, infinite or non-positive values, and say how many. If False such
        rows are an error: nothing is ever dropped in silence.
    target : bool
        Whether the target column is needed too.

    Raises
    ------
    ValueError
        Naming the column and the rows.
    """
    columns, notes = take(data, [*law.columns, *([law.target] if target else [])], mapping)
    positive = {*law.columns, *([law.target] if law.link == "log" else [])}
    bad = invalid_rows(columns, positive)
    if bad and not drop_invalid:
        reason = next(iter(bad.values()))
        alike = [row for row, why in bad.items() if why == reason]
        others = f" ({len(bad)} such rows in all)" if len(bad) > len(alike) else ""
        raise ValueError(
            f"Column {reason} in {rows_text(alike)}{others}: correct the data, or have such rows "
            "dropped (drop_invalid=True, --drop-invalid)."
        )
    if bad:
        keep = np.ones(len(next(iter(columns.values()))), bool)
        keep[list(bad)] = False
        columns = {name: values[keep] for name, values in columns.items()}
        notes.append(f"dropped {len(bad)} invalid row{'s' * (len(bad) > 1)}")
    observed = columns.pop(law.target, None)
    law.check(columns)
    if target:
        law.check_target(observed)
    return columns, observed, notes


def check_enough(law, columns, target):
    """Raise ValueError for too few runs, or columns that do not vary: no law follows from them."""
    n, p = target.size, len(law.parameters)
    if n <= p:
        raise ValueError(
            f"{n} run{'s' * (n != 1)} cannot determine the {p} parameters of the {law.title}: "
            f"at least {p + 1} are needed."
        )
    for name, values in {**{c: columns[c] for c in law.varying}, law.target: target}.items():
        if np.ptp(values) <= 1e-9 * np.abs(values).max():
            raise ValueError(
                f"Column {name} is constant ({values[0]:g} in every row): the {law.title} needs "
                "runs in which it varies."
            )
