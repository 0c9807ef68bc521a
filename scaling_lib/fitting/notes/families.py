"""Notes on rows that miss the law alike: of one run, one budget, one data set, one setting."""

import numpy as np

from scaling_lib.fitting.choosing import budgets, groups
from scaling_lib.fitting.notes.repeats import SETTINGS
from scaling_lib.fitting.notes.residuals import (
    CHANCE,
    INFLATED,
    clip_residuals,
    letters,
    shown,
    without,
)
from scaling_lib.fitting.runs import available, number_of, raw, take

OWN_WAY = 0.5  # share of the squared residuals that a line for each group explains, to be told
PROFILE = 3  # runs a budget, on average, that are a profile of it
FAMILIES = 12  # groups up to which a fit of each is advised, rather than resampling them
FEW_VALUES = 12  # of a column of numbers up to which it may name a setting, as experts or seeds do
# Share of the squared residuals that a column of numbers explains, to be told. Seeds that share
# their data explain a tenth, which moves no exponent where every point has all seeds.
TELLING = 0.25
FOLLOWS = 0.9  # correlation of ranks from which on a column stands for another
RUN_NAMES = {"run", "runid", "runname", "id", "name", "experiment", "model", "family", "dataset"}


def alike(values, codes):
    """Return how much alike the values of a group are, for values (n,) in groups (n,) from 0.

    Returns
    -------
    inflation : float
        Of the variance of a mean, 1 + (m - 1) times the intraclass correlation, m rows a group.
    chance : float
        Of an F as large from independent values.
    """
    from scipy.special import fdtrc

    n, counts = len(values), np.bincount(codes)
    k = len(counts)
    means = np.bincount(codes, values) / counts
    between = counts @ (means - values.mean()) ** 2 / (k - 1)
    within = ((values - means[codes]) ** 2).sum() / (n - k)
    size = (n - (counts**2).sum() / n) / (k - 1)
    correlation = (between - within) / (between + (size - 1) * within + 1e-300)
    inflation = 1.0 + ((counts**2).sum() / n - 1.0) * correlation
    return inflation, float(fdtrc(k - 1, n - k, between / (within + 1e-300)))


def _surface(columns):
    """Return 1, the columns (n,) and their squares and products, as (n, m), of unit length."""
    x = [column / (np.abs(column).max() + 1e-300) for column in columns]
    parts = [np.ones(len(x[0])), *x, *(a * b for i, a in enumerate(x) for b in x[i:])]
    return np.stack(parts, axis=-1)


def _explained(values, codes):
    """Return the share of the squares of values (n,) that the means of groups (n,) explain."""
    return float(np.bincount(codes, values) ** 2 @ (1.0 / np.bincount(codes)) / (values @ values))


def own_lines(values, codes, x):
    """Return how much of the values (n,) a line in x (n, m) for each group (n,) from 0 explains.

    Returns
    -------
    share : float
        Of the squared values.
    chance : float
        Of an F as large from independent values.
    """
    from scipy.special import fdtrc

    columns, n = np.column_stack([np.ones(len(values)), x]), len(values)
    rest = rank = 0
    for code in range(codes.max() + 1):
        own = columns[codes == code]
        own = own / (np.linalg.norm(own, axis=0) + 1e-300)
        less, one = without(values[codes == code], own)
        rest, rank = rest + less @ less, rank + one
    total = (values**2).sum()
    F = (total - rest) / rank / (rest / (n - rank) + 1e-300)
    return 1.0 - float(rest / (total + 1e-300)), float(fdtrc(rank, n - rank, F))


def rows_alike(result, inputs, places):
    """Name rows whose residuals are alike, or fall on a line: of a run, a budget, a data set."""
    n = result.n
    if result.clusters:
        return
    clipped = clip_residuals(result)
    x = [np.log(column) if (column > 0).all() else column for column in inputs.values()]
    x = np.stack([column - column.mean() for column in x], axis=-1)
    found, lines = _found_alike(_candidates(result, inputs), clipped, x)
    way = "a fit of each, --by {0}, or --cluster {0}", "--cluster {0}"
    surface = _surface(x.T)
    if places and not found and n > 2 * surface.shape[1]:
        # A column of numbers is to say more than a bent surface does, since it may go with sizes.
        beyond, _ = without(clipped, surface)
        found, more = _found_alike(_few_values(result, inputs, places), beyond, x, TELLING)
        if len(found) > 1:  # one of two columns of numbers often stands for the other
            del found[found[True][0] < found[False][0]]
        lines += more
        way = tuple(f"a law that has {{0}}, {'or ' * (i > 0)}{text}" for i, text in enumerate(way))
    for families, (inflation, name, codes, several) in found.items():
        k, counts = codes.max() + 1, np.bincount(codes)
        means = np.bincount(codes, result.residuals[several]) / counts
        yield (
            f"rows of one {name} miss the law alike, by {shown(result, -means.max())} to "
            f"{shown(result, -means.min())} on average: {len(codes)} rows say about as much as "
            f"{max(round(len(codes) / inflation), 1)} ({k} values of {name}; "
            f"{way[not families].format(name)})"
        )
    share, chance, name, k = max(lines, default=(0.0, 1.0, "", 0))
    if True not in found and share > OWN_WAY and chance < CHANCE:
        yield (
            f"each {name} leaves the law in its own way: lines for each explain {100 * share:.0f} "
            f"% of the squared residuals ({k} values of {name}; a fit of each, --by {name})"
        )


def _found_alike(candidates, values, x, least=0.0):
    """Return what candidates (name, codes) explain of values (n,), x (n, m) the inputs.

    Means of groups that explain less than a share `least` are not looked at.

    Returns
    -------
    found : dict
        (inflation, name, codes, rows) of the candidate of most inflation, by whether each of its
        groups can have a fit.
    lines : list
        (share, chance, name, groups) of candidates whose groups have lines of their own.
    """
    n, found, lines = len(values), {}, []
    for name, codes in candidates:
        several = np.bincount(codes)[codes] > 1  # a row alone is like no other
        codes = np.unique(codes[several], return_inverse=True)[1]
        k = codes.max(initial=-1) + 1
        if not 2 <= k <= len(codes) / 3 or len(codes) < n / 2:
            continue
        inflation, chance = alike(values[several], codes)
        families = bool(k <= FAMILIES and name != "C" and _vary_inside(x[several], codes))
        if inflation > INFLATED and chance < CHANCE:
            if least and _explained(values[several], codes) < least:
                continue
            entry = (inflation, name, codes, several)
            found[families] = max(found.get(families, entry), entry, key=lambda e: e[0])
        elif families and 2 * k * (1 + x.shape[1]) < n:
            lines.append((*own_lines(values[several], codes, x[several]), name, k))
    return found, lines


def _vary_inside(x, codes):
    """Return whether all columns of x (n, m) vary in most groups, so that each can have a fit."""
    vary = [np.all(np.ptp(x[codes == code], axis=0) > 0) for code in range(codes.max() + 1)]
    return np.mean(vary) > 0.5


def _candidates(result, inputs):
    """Columns of names, and budgets."""
    data, mapping, rows = result.source[:3]
    used = {*inputs, result.law.target, *(mapping or {}).values()}
    for name in available(data):
        if name in used or not _names_something(data, name, rows):
            continue
        cells = raw(data, name)[0]
        if isinstance(cells[rows[0]], str) and number_of(cells[rows[0]].strip(), "") is None:
            known = {}  # text: each cell is what is written in it
            codes = np.array(
                [known.setdefault(str(cells[row]).strip(), len(known)) for row in rows]
            )
        else:
            codes = groups(data, name)[rows]
        yield name, np.unique(codes, return_inverse=True)[1]
    if "N" in inputs and "D" in inputs:
        codes = budgets(inputs["N"] * inputs["D"])
        # In a grid of sizes and tokens, C repeats as well, but so do the tokens.
        if PROFILE * (codes.max() + 1) <= len(np.unique(inputs["D"])):
            yield "C", codes


def _few_values(result, inputs, places):
    """Columns of few numbers that the law does not use, and that stand for nothing it uses."""
    data, mapping, rows = result.source[:3]
    headers = {(header, header.rpartition("*")[0].strip()) for header in (mapping or {}).values()}
    used = {*inputs, result.law.target, "N", "D", "C", *(name for pair in headers for name in pair)}
    counts, point = places
    target = np.empty(result.n)
    target[result.order] = result.data[result.law.target]
    known = [point, target, *inputs.values()]
    if len(inputs) == 2 and all((column > 0).all() for column in inputs.values()):
        first, second = map(np.log, inputs.values())
        known += [np.round(first + second, 6), np.round(second - first, 6)]
    along = None
    for name in available(data):
        if name in used or _names_something(data, name, rows):
            continue
        if len(counts) < result.n and letters(name) in SETTINGS:
            continue  # of trials, which are named already
        try:
            column = take(data, [name], {})[0][name][rows]
        except ValueError:
            continue
        values, codes = np.unique(column, return_inverse=True)
        if not 2 <= len(values) <= FEW_VALUES or not np.isfinite(values).all():
            continue
        along = along or [np.unique(x, return_inverse=True)[1] for x in known]
        if not any(_follows(codes, place) for place in along):
            yield name, codes


def _follows(codes, place):
    """Return whether groups (n,) are a function of a column, steps in it, or rise with it.

    `place` (n,) is that of each row among the distinct values of the column.
    """
    n, k, distinct = len(codes), codes.max() + 1, place.max() + 1
    pairs = place * k + codes
    if distinct <= n / 2 and np.count_nonzero(np.bincount(pairs)) == distinct:
        return True
    along = np.sort(pairs) % k
    if np.count_nonzero(np.diff(along)) <= k + 1:  # it changes where the column crosses a limit
        return True
    return abs(np.corrcoef(codes, place)[0, 1]) > FOLLOWS


def _names_something(data, name, rows):
    """Return whether a column holds names rather than measurements."""
    if letters(name) in RUN_NAMES:
        return True
    first = raw(data, name)[0][rows[0]]
    return isinstance(first, str) and number_of(first.strip(), "") is None
