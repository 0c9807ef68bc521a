"""Choosing runs: left out, the best of each group, held out, and which belong together."""

import operator
import re
from typing import NamedTuple

import numpy as np

from scaling_lib.fitting.runs import (
    CONSTANT,
    MISSING,
    TEXT,
    WEIGHTS,
    available,
    count_rows,
    did_you_mean,
    faults_text,
    names_text,
    number_of,
    numbers,
    offered,
    raw,
    row_numbers,
    take,
    valid,
)
from scaling_lib.laws.declared import rows_text

CLUSTER = "given as cluster"  # the column of clusters in a message
EXACT = 2.0**53  # below it whole numbers differ, as those of runs do, in any digit
SAME_BUDGET = 0.05  # runs belong to one budget when neighbours in log C differ by less
RISING = {"score", "coverage", "reward"}  # targets of which the highest is the best
FALLING = {"loss", "error"}  # the lowest; of any other, a learning rate, that of the lowest loss
TRUE, FALSE = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no", ""}
COMPARISONS = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
CONDITION = re.compile(r"\s*(.+?)\s*(<=|>=|==|!=|<|>|=)\s*(.+?)\s*")
AND = re.compile(r"((?<!\w)'[^']*'|(?<!\w)\"[^\"]*\")|\s+and\s+", re.IGNORECASE)  # not in quotes
UNNAMED = {"nan", "None", "<NA>"}  # how Python writes a cell that holds nothing


class Chosen(NamedTuple):
    """Runs chosen for a fit."""

    inputs: dict  # of ndarray (n,), weights and clusters among them
    observed: np.ndarray  # target (n,)
    rows: np.ndarray  # their positions in the data (n,)
    held: dict | None  # columns, target among them, of the runs held out
    held_rows: np.ndarray  # their positions in the data
    notes: list


def beside(data, weights=None, cluster=None, mapping=None, faults=None):
    """Return {WEIGHTS: (n,), CLUSTER: (n,)}, what of both is given, as floats.

    Each is the name of a column of `data`, or a value for each row. Clusters are numbered in the
    order of their labels; a row without a label has NaN. For `faults` see `take`.
    """
    found = {}
    check_index(data, weights, "weights")
    check_index(data, cluster, "clusters")
    if isinstance(weights, str):
        found[WEIGHTS] = take(data, [weights], mapping, faults=faults)[0][weights]
    elif weights is not None:
        values = weights.tolist() if hasattr(weights, "tolist") else list(weights)
        found[WEIGHTS] = numbers(values, WEIGHTS, faults)
    if cluster is not None:
        if not isinstance(cluster, str):
            data, mapping, cluster = {"labels": list(cluster)}, None, "labels"
        found[CLUSTER] = groups(data, cluster, mapping).astype(float)
        for name in set(available(data)) & {cluster}:
            missing = [str(cell).strip().casefold() in MISSING for cell in raw(data, name)[0]]
            found[CLUSTER][missing] = np.nan
    return found


def check_index(data, values, name):
    """Raise ValueError for a Series whose index is not that of the DataFrame, row for row.

    It would be taken by position, which pandas never does.
    """
    index, own = (getattr(table, "index", None) for table in (data, values))
    if hasattr(index, "equals") and hasattr(own, "equals") and not index.equals(own):
        raise ValueError(
            f"The index of {name} must be that of the data, row for row: give them as a column "
            "of the data, or without an index (to_numpy()) where the order is the same"
        )


def choose(
    law,
    data,
    mapping=None,
    more=None,
    *,
    drop_invalid=False,
    leave_out=None,
    best_of=None,
    hold_out=None,
    faults=None,
):
    """Return the `Chosen` runs; see `fitting.fit` for the options, and `beside` for the others."""
    more, faults, by = dict(more or {}), {} if faults is None else faults, law.target
    if best_of is not None and by not in RISING | FALLING:
        by = "loss"
        if by not in law.columns:
            more[by] = _loss(data, mapping, law.target, faults)
    inputs, observed, notes, rows = valid(
        law, data, mapping, drop_invalid, more=more, faults=faults
    )
    height = -observed if by in RISING else observed
    if by != law.target:
        height = inputs[by] if by in law.columns else inputs.pop(by)
    best = "best" if by == law.target else "lowest loss"
    kept, said = keep(data, rows, height, mapping, leave_out, best_of, best)
    inputs = {name: values[kept] for name, values in inputs.items()}
    observed, rows, notes = observed[kept], rows[kept], notes + said
    out = np.zeros(len(rows), bool)
    if hold_out is not None:
        check_sides(data, hold_out, mapping, rows)
        out = where(data, hold_out, mapping, rows)[rows]
        text = f": {hold_out}" if isinstance(hold_out, str) else ""
        notes.append(f"held out {out.sum()} of {len(rows)} runs{text}")
    law.check({name: inputs[name] for name in law.columns}, observed)
    held = {name: values[out] for name, values in {**inputs, law.target: observed}.items()}
    inputs = {name: values[~out] for name, values in inputs.items()}
    if CLUSTER in inputs and (shared := np.isin(held[CLUSTER], inputs[CLUSTER])).any():
        notes.append(
            f"{shared.sum()} of {out.sum()} held-out rows belong to clusters that are fitted too: "
            "they are no new runs (hold out whole clusters)"
        )
    held = held if out.any() else None
    return Chosen(inputs, observed[~out], rows[~out], held, rows[out], notes)


def _loss(data, mapping, target, faults):
    """Return the loss of each row, (n,), by which runs are compared whose `target` does not."""
    if "loss" not in offered(data, mapping):
        raise ValueError(
            f"best_of keeps the run of the lowest loss, whatever its {target}, and there is no "
            "column loss: name it (--column loss=HEADER), or leave best_of out where each row is "
            f"the best of its trials{did_you_mean(['loss'], available(data), given=mapping)}"
        )
    return take(data, ["loss"], mapping, faults=faults)[0]["loss"]


def keep(data, rows, height, mapping=None, leave_out=None, best_of=None, best="best"):
    """Return which of the valid `rows` (n,) are kept, as positions in them, and notes on this.

    Of each group that `best_of` names, only the row of the lowest `height` (n,) is kept, the `best`
    in the words of the notes.
    """
    kept, notes = np.arange(len(rows)), []
    if out := conditions(leave_out):
        for condition in out:
            check_sides(data, condition, mapping, name="leave_out")
        kept = np.flatnonzero(~left_out(data, out, mapping, rows)[rows])
        text = "; ".join(out)
        if not kept.size:
            raise ValueError(f"leave_out must leave runs to fit: {text} holds in every valid row")
        notes.append(f"left out {len(rows) - len(kept)} of {len(rows)} runs: {text}")
    if best_of is not None:
        codes = groups(data, best_of, mapping)[rows[kept]]
        order = np.lexsort([height[kept], codes])  # the best of each group is its first
        first = np.sort(order[np.unique(codes[order], return_index=True)[1]])
        names = f"({', '.join(names_of(best_of))})"
        notes.append(f"kept the {best} of each {names}: {len(first)} of {len(kept)} runs")
        kept = kept[first]
    return kept, notes


def conditions(given):
    """Return conditions as a list: one, several, or none."""
    found = [given] if isinstance(given, str) else [] if given is None else list(given)
    if not all(isinstance(condition, str) for condition in found):
        raise ValueError(
            "leave_out must be conditions in text, such as 'loss > 5', not booleans: leave such "
            "rows out of the data"
        )
    return found


def left_out(data, given, mapping=None, rows=()):
    """Return in which rows (n,) at least one of the conditions holds; see `where`."""
    out = np.zeros(count_rows(data), bool)
    for condition in conditions(given):
        out |= where(data, condition, mapping, rows)
    return out


def names_of(names):
    """Return names given as a sequence, or as text with commas between them, as a list."""
    if isinstance(names, str):
        return [name.strip() for name in names.split(",")]
    if not np.iterable(names):
        raise ValueError(f"Names of columns must be text, not {names!r}")
    return list(names)


def groups(data, names, mapping=None, labels=False):
    """Return the group of each row, (n,) from 0: rows of one group agree in all named columns.

    A column of numbers, some of them missing, is compared as numbers: 7 and 007 agree. In any other
    a cell is what is written in it. Numbers agree up to rounding, budgets C as `budgets` says. With
    `labels`, the value of the column in each group is returned too, of several a tuple.
    """
    known = [*available(data), *(mapping or {})]
    names = [names] if isinstance(names, str) and names in known else names_of(names)
    codes, values = np.zeros(count_rows(data), np.int64), []
    if not codes.size:
        return (codes, values) if labels else codes
    for name in names:
        try:
            column = take(data, [name], mapping)[0][name]
            own = budgets(column) if name == "C" and (column > 0).all() else _same(column)
        except ValueError:
            if name not in known:
                raise
            column = _written(data, name, mapping)
            column[np.isin(column, list(UNNAMED))] = ""
            own = np.unique(column, return_inverse=True)[1]
        codes = np.unique(codes * (own.max() + 1) + own, return_inverse=True)[1]
        values.append(column)
    if not labels:
        return codes
    first = np.unique(codes, return_index=True)[1]
    found = [tuple(column[row] for column in values) for row in first]
    return codes, found if len(values) > 1 else [value for (value,) in found]


def _written(data, name, mapping=None):
    """Return what is written in the cells of a column (n,)."""
    return np.array([str(cell).strip() for cell in raw(data, name, mapping)[0]])


def _same(column):
    with np.errstate(all="ignore"):
        digits = 9 - np.floor(np.log10(np.abs(column)))
        digits = np.where(np.abs(column) < EXACT, np.maximum(digits, 0), digits)
        scale = 10.0 ** np.where(np.isfinite(digits), digits, 0.0)
    return np.unique(np.round(column * scale) / scale, return_inverse=True)[1]


def budgets(C):
    """Return the budget of each run, (n,) from 0: neighbours in log C within `SAME_BUDGET`."""
    order = np.argsort(C, kind="stable")
    codes = np.empty(len(C), np.int64)
    codes[order] = np.concatenate([[0], np.cumsum(np.diff(np.log(C[order])) > SAME_BUDGET)])
    return codes


def check_sides(data, condition, mapping=None, rows=None, name="hold_out"):
    """Raise ValueError unless a condition holds in some of the `rows` (m,) and not in others.

    `name` is the option by which it was given. The message says what the columns hold.
    """
    out = where(data, condition, mapping, () if rows is None else rows)
    used = out if rows is None else out[rows]
    if used.any() and not used.all():
        return
    where_it_holds = "every row" if used.any() else "no row"
    if rows is not None and len(rows) < len(out):
        where_it_holds += " that is kept"
    if not used.any() and out.any():
        where_it_holds += f", only in {rows_text(row_numbers(data)[out])}"
    condition = condition if isinstance(condition, str) else "what is given"
    held = [_held_by(data, *part, mapping, rows) for part in _parts(condition, data, mapping)]
    held = f", where {' and '.join(dict.fromkeys(held))}" if held else ""
    raise ValueError(
        f"{name} must leave runs on both sides: {condition} holds in {where_it_holds}{held}"
    )


def _parts(condition, data, mapping):
    """Return (name, value) of each comparison, none where the condition is a column."""
    if condition in [*available(data), *(mapping or {})]:
        return []
    parts = [CONDITION.fullmatch(part) for part in _split(condition)]
    return [(m[1].strip("\"' "), m[3].strip("\"' ")) for m in parts if m]


def _split(condition):
    """Return the comparisons that ``and`` joins; what is in quotes stays whole."""
    return AND.sub(lambda match: match[1] or "\0", condition).split("\0")


def _number(text):
    """Return the number that a condition compares with, None for text and a missing value."""
    value = number_of(text, "")
    return None if value is None or np.isnan(value) else value


def _held_by(data, name, value, mapping, rows):
    """Return what a column holds, as text: its range beside a number, else its values."""
    rows = slice(None) if rows is None else rows
    if _number(value) is not None:
        column = take(data, [name], mapping, faults={})[0][name][rows]
        if np.isnan(column).all():
            return f"{name} is missing"
        return f"{name} goes from {np.nanmin(column):.5g} to {np.nanmax(column):.5g}"
    return f"{name} is {names_text(list(np.unique(_written(data, name, mapping)[rows])))}"


def where(data, condition, mapping=None, rows=None):
    """Return which rows (n,) meet a condition.

    Parameters
    ----------
    condition : str or sequence of bool
        A comparison such as ``"N > 1e9"`` or ``"split == test"``, several joined by ``and`` that
        must all hold, the name of a column of yes and no, or the answer for each row. A cell equals
        the text that is written in it, ``"quant == none"``, and in a column of numbers each number
        that is the same.
    rows : sequence of int, optional
        Positions of the rows that matter (all): there a number is not compared with text.
    """
    known = [*available(data), *(mapping or {})]
    if not isinstance(condition, str):
        check_index(data, condition, "booleans")
        mask, rows = np.asarray(condition), count_rows(data)
        if mask.dtype != bool or mask.shape != (rows,):
            raise ValueError(f"A condition must be text or {rows} booleans, one for each row")
        return mask
    if condition in known:
        cells = [str(cell).strip().casefold() for cell in raw(data, condition, mapping)[0]]
        if odd := set(cells) - TRUE - FALSE:
            raise ValueError(
                f"Column {condition} must hold yes and no, not {min(odd)[:40]!r}: or write a "
                f"condition such as '{condition} == {min(odd)[:40]}'"
            )
        return np.array([cell in TRUE for cell in cells])
    out = np.ones(count_rows(data), bool)
    for part in _split(condition):
        if not (match := CONDITION.fullmatch(part)):
            raise _no_condition(condition, known)
        name, sign, text = (piece.strip("\"' ") for piece in match.groups())
        used = {*re.findall(r"[^\W\d]\w*", name)} - {"log", "np", "sqrt"}
        if name not in known and used and used <= {*known} and re.search(r"[*/+(-]", name):
            raise ValueError(
                f"A condition compares one column, not {name}: add a column of it (C = 6 N D is "
                f"one where the data have N and D, as in 'C {sign} 6e19')"
            )
        value, equality = _number(text), sign in ("=", "==", "!=")
        words = {}
        if value is not None:
            faults = {}
            column = take(data, [name], mapping, faults=faults)[0][name]
            words = {row: why for row, why in sorted(faults.items()) if TEXT in why}
        if words and equality and name in known and text in _written(data, name, mapping):
            value = None  # a name among names, such as 007
        if value is not None:
            if len(words) < len(column):  # text equals no number, but is not smaller or larger
                needed = words if rows is None else rows
                words = {} if equality else {row: words[row] for row in words.keys() & set(needed)}
            if words:
                raise ValueError(f"Column {faults_text(data, words)}, and {part!r} needs numbers")
            if equality:  # up to rounding of the decimals
                near = CONSTANT * abs(value)
                near = min(near, 0.5) if abs(value) < EXACT else near
                out &= np.isclose(column, value, rtol=0.0, atol=near) == (sign != "!=")
            else:
                out &= COMPARISONS[sign](column, value)
            continue
        two = re.search("[<>=]", text)  # comparisons, unless it is the text of a cell
        if not equality and not two:
            raise ValueError(f"A condition with {sign} must compare with a number, not {text!r}")
        cells = _written(data, name, mapping) if equality else []
        if two and text not in cells:
            raise _no_condition(condition, known)
        out &= COMPARISONS[sign](cells, text)
    return out


def _no_condition(text, known):
    either = re.search(r"\bor\b|[,|]", text)
    hint = ", and there is no or: leave out by several conditions (--leave-out, repeated)"
    return ValueError(
        "A condition must be a column of yes and no, or read such as 'N > 1e9' or 'N > 1e9 and "
        f"D > 1e10', where both must hold, not {text!r}{hint * bool(either)}"
        f"{did_you_mean([text], known)}"
    )
