"""Runs as columns of numbers: reading a CSV file, checking it, deriving what C = 6 N D gives."""

import numpy as np

from scaling_lib.data.files import is_number, read_table
from scaling_lib.laws.declared import rows_text
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN

CONSTANT = 1e-9  # relative range of a column up to which it varies by rounding only
# What a column follows from, where it is absent.
DERIVED = {"N": ("C", "D"), "D": ("C", "N"), "C": ("N", "D"), "U": ("D", "epochs")}


def read_csv(path):
    """Read a table of runs, as `read_table`: its columns as lists of text without outer spaces."""
    header, rows = read_table(path)
    return {
        name.strip(): [cell.strip() for cell in cells]
        for name, cells in zip(header, zip(*rows, strict=True), strict=True)
    }


def numbers(values, name):
    """Return one column as floats, shape (n,); ValueError names it and the rows that are not."""
    if isinstance(values, list | tuple):
        text = {i: value for i, value in enumerate(values) if isinstance(value, str) and value}
        wrong = [i for i, value in text.items() if not is_number(value)]
        if wrong:
            raise ValueError(
                f"Column {name} holds text that is not a number in {rows_text(wrong)} "
                f"({values[wrong[0]]!r})"
            )
        values = [np.nan if isinstance(v, str) and not v else v for v in values]
    try:
        column = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"Column {name} is not a list of numbers") from None
    if column.ndim != 1:
        raise ValueError(f"Column {name} must have one dimension, not {column.ndim}")
    return column


def available(data):
    """Return the column names of a mapping, a DataFrame or a structured array."""
    if hasattr(data, "keys"):
        return [str(name) for name in data.keys()]
    if getattr(getattr(data, "dtype", None), "names", None):
        return list(data.dtype.names)
    raise ValueError(
        "The data must be columns by name: a mapping, a DataFrame or a structured array, "
        f"not {type(data).__name__}"
    )


def offered(data, mapping=None):
    """Return the names that `take` can give: columns, renamed ones, and those that follow."""
    names = dict.fromkeys([*available(data), *(mapping or {})])
    for name, parts in DERIVED.items():
        if names.keys() >= set(parts):
            names[name] = None
    return list(names)


def take(data, wanted, mapping=None):
    """Return the wanted columns as floats of one length, deriving what is absent.

    N, D or C follows from C = 6 N D, and U from D / epochs. `mapping` says which column of `data`
    has a name, where they differ. Returns the columns and notes on what was derived.
    """
    mapping, names = dict(mapping or {}), available(data)
    for name, source in mapping.items():
        if source not in names:
            raise ValueError(
                f"There is no column {source} (meant as {name}) among {', '.join(names)}"
            )
    has = {*names, *mapping}
    columns, notes = {}, []

    def column(name):
        if name in columns:
            return columns[name]
        values = data[mapping.get(name, name)]
        return numbers(values.tolist() if hasattr(values, "tolist") else values, name)

    for name in wanted:
        parts = DERIVED.get(name, ())
        if name in has:
            columns[name] = column(name)
        elif parts and {*has, *columns}.issuperset(parts):
            given = {part: column(part) for part in parts}
            _check_lengths(given)
            with np.errstate(all="ignore"):
                columns[name] = _derive(name, *given.values())
            notes.append(f"{name} derived from {'D / epochs' if name == 'U' else 'C = 6 N D'}")
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise ValueError(
            f"Missing column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"the data have {', '.join(names)}"
        )
    _check_lengths(columns)
    return columns, notes


def _derive(name, first, second):
    if name == "C":
        return FLOP_PER_PARAMETER_TOKEN * first * second
    return first / second if name == "U" else first / (FLOP_PER_PARAMETER_TOKEN * second)


def _check_lengths(columns):
    lengths = {name: values.size for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "The columns have different lengths: "
            + ", ".join(f"{name} {length}" for name, length in lengths.items())
        )


def invalid_rows(columns, positive):
    """Return {row: reason} of the rows that no law can use, counted from 0.

    `positive` names the columns in which zero and negative values are invalid too.
    """
    reasons = {}
    for name, values in columns.items():
        faults = [(np.isnan(values), "missing (NaN)"), (np.isinf(values), "infinite")]
        if name in positive:
            faults.append((values <= 0, "not positive"))
        for where, fault in faults:
            for row in np.flatnonzero(where):
                reasons.setdefault(int(row), f"{name} is {fault}")
    return dict(sorted(reasons.items()))


def prepare(law, data, mapping=None, drop_invalid=False, target=True):
    """Return checked columns for a law: inputs, target (None without `target`) and notes.

    Rows with missing, infinite or non-positive values are an error unless `drop_invalid`, which
    drops and counts them: nothing is ever dropped in silence.
    """
    columns, notes = take(data, [*law.columns, *([law.target] if target else [])], mapping)
    positive = {*(law.columns if law.positive else ()), *([law.target] * (law.link == "log"))}
    bad = invalid_rows(columns, positive)
    if bad and not drop_invalid:
        reason = next(iter(bad.values()))
        alike = [row for row, why in bad.items() if why == reason]
        others = f" ({len(bad)} such rows in all)" if len(bad) > len(alike) else ""
        raise ValueError(
            f"Column {reason} in {rows_text(alike)}{others}: correct the data, or have such rows "
            "dropped (drop_invalid=True, --drop-invalid)"
        )
    if bad:
        columns = {name: np.delete(values, list(bad)) for name, values in columns.items()}
        notes.append(f"dropped {len(bad)} invalid row{'s' * (len(bad) > 1)}")
    observed = columns.pop(law.target, None)
    law.check(columns, observed)
    return columns, observed, notes


def check_count(law, target):
    """Raise ValueError for too few runs: at least one more than free parameters is needed."""
    n, p = target.size, len(law.free)
    if n <= p:
        raise ValueError(
            f"{n} run{'s' * (n != 1)} cannot determine the {p} parameters of the {law.title}: "
            f"at least {p + 1} are needed"
        )


def check_variation(problem, columns):
    """Raise ValueError for a column, input or target, that does not vary where it has to.

    An input may be constant where the parameters that are held leave the others determined.
    """
    law = problem.law
    for name, values in columns.items():
        if name in law.may_be_constant or np.ptp(values) > CONSTANT * np.abs(values).max():
            continue
        if name == law.target or not (law.fixed or law.tied) or not problem.determined():
            raise ValueError(
                f"Column {name} is constant ({values[0]:g} in every row): the {law.title} needs "
                "runs in which it varies"
            )
