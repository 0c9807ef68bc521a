"""Notes on rows that repeat a point: copies, trials, checkpoints."""

import numpy as np

from scaling_lib.fitting.choosing import groups, names_of
from scaling_lib.fitting.notes.residuals import clip_residuals, letters, shown
from scaling_lib.fitting.runs import available, raw, row_numbers, take
from scaling_lib.laws.declared import rows_text

TRIALS = 6  # rows a point, on average: more than anybody repeats a run with other seeds
CHECKPOINTS = 20  # numbers of tokens a size, on average: more than anybody trains runs to an end
# Names of columns of settings that a group tries several values of.
SETTINGS = {"lr", "maxlr", "peaklr", "learningrate", "batch", "batchsize", "wd", "weightdecay"}
# Share of the points whose best trial is at an end of what was tried, to be told: in simulations
# alpha and the law of the best rate went wrong from some six in ten on, and held up to four.
AT_ENDS = 0.5
# Times the scatter of the runs that the best of trials can miss the lowest loss by, to be told: in
# simulations alpha held in 60 to 75 % at twice the scatter, in 85 to 95 % at 1.3 times.
HALF_STEP = 1.5


def count_rows(columns):
    """Return how often each point occurs, (k,), and the point of each row, (n,)."""
    codes = 0
    for values in columns.values():
        own = np.unique(values, return_inverse=True)[1]
        codes = codes * (own.max() + 1) + own
        codes = np.unique(codes, return_inverse=True)[1]
    return np.bincount(codes), codes


def copied(data, columns, rows):
    """Return which of the `rows` (n,) repeat an earlier one in all columns, as positions in them.

    A nameless index of the file is not compared; `columns` are those of the fit.
    """
    counts, codes = count_rows(columns)
    twins = np.flatnonzero(counts[codes] > 1)
    names = [n for n in available(data) if not n.startswith(("column ", "Unnamed"))]
    cells = [[str(raw(data, name)[0][i]) for name in names] for i in rows[twins]]
    seen, again = set(), []
    for row, cell in zip(twins, map(tuple, cells), strict=True):
        if cell in seen:
            again.append(row)
        seen.add(cell)
    return np.array(again, int)


def copies(again, columns, numbers):
    """Name rows that are copies, by what `copied` found."""
    if again.size:
        yield (
            f"{rows_text(numbers[again])} repeat{'s' * (len(again) == 1)} an earlier row in every "
            "column: a copy is no run of its own, and makes intervals too narrow (--best-of "
            f"{','.join(list(columns)[:-1])}, with a column that names the run, keeps one of each)"
        )


def copies_held_out(result, numbers):
    """Name runs held out that agree with one that was fitted, or with one another."""
    if not result.held:
        return
    codes = count_rows({n: np.append(result.data[n], result.held[n]) for n in result.data})[1]
    first = np.unique(codes, return_index=True)[1]
    again = np.setdiff1d(np.arange(result.n, len(codes)), first) - result.n
    if again.size:
        yield (
            f"{rows_text(numbers[result.source.held_rows[again]])}, held out, "
            f"agree{'s' * (len(again) == 1)} with another run in {', '.join(result.data)}: a copy "
            "is no test of the law (--leave-out, or remove it from the file)"
        )


def _settings(result, codes):
    """Return the names of settings that differ among the rows of most points with several."""
    data, mapping, rows = result.source[:3]
    used, several = {*result.data, *(mapping or {}).values()}, np.bincount(codes) > 1
    found = []
    for name in available(data):
        if name in used or letters(name) not in SETTINGS:
            continue
        own = np.unique([str(raw(data, name)[0][row]).strip() for row in rows], return_inverse=True)
        differ = [len(np.unique(own[1][codes == code])) > 1 for code in np.flatnonzero(several)]
        if differ and np.mean(differ) > 0.5:
            found.append(name)
    return found


def rows_of_points(result, inputs, places, numbers):
    """Count the rows of each point, and the points of each size."""
    names, n = list(inputs), len(numbers)
    counts, codes = places
    if letters(result.law.target) in SETTINGS and 2 * len(counts) < n:
        most = np.flatnonzero(codes == counts.argmax())
        name = result.law.target
        yield (
            f"{n} rows are {len(counts)} points ({', '.join(names)}) with several {name} each "
            f"({rows_text(numbers[most], 3)}): this law is one of the best {name} of a point, not "
            f"of all that were tried (--best-of {','.join(names)}, with a column loss)"
        )
    elif n > TRIALS * len(counts) and not _drawn_together(result, codes):
        most = np.flatnonzero(codes == counts.argmax())
        yield (
            f"{n} rows are {len(counts)} points ({', '.join(names)}), up to {counts.max()} rows "
            f"each ({rows_text(numbers[most], 3)}): where they are trials of other settings keep "
            f"the best (--best-of {','.join(names)}), else draw each point whole (--cluster "
            f"{','.join(names)})"
        )
    elif settings := _settings(result, codes):
        yield (
            f"rows of one point ({', '.join(names)}) differ in {' and '.join(settings)}: where "
            f"they are trials, the law is one of the best of them (--best-of {','.join(names)})"
        )
    elif "N" in inputs and "D" in inputs:
        points = len(counts)
        counts, codes = count_rows({"N": inputs["N"]})
        if points > CHECKPOINTS * len(counts) and not _drawn_together(result, codes):
            most = np.flatnonzero(codes == counts.argmax())
            yield (
                f"{n} rows are {len(counts)} sizes N, up to {counts.max()} rows each "
                f"({rows_text(numbers[most], 3)}): checkpoints of one run are not independent, so "
                "draw each run whole (--cluster N, or a column that names the run)"
            )


def _drawn_together(result, codes):
    """Return whether clusters join rows that the `codes` (n,) call alike, most with another one."""
    if not result.clusters:
        return False
    pairs = np.unique(np.stack([codes[result.order], result.problem.cluster]), axis=1).shape[1]
    return 2 * pairs <= len(codes)


def best_of_trials(result):
    """Say where the best of few trials is likely not the best: at an end of them, or far apart.

    Where the best lies half a step from the next trial, a parabola through the best kept and its
    neighbours is above its lowest point by an eighth of their second difference.
    """
    data, mapping, rows, _, best_of = result.source
    if best_of is None:
        return
    group, by = groups(data, best_of, mapping), names_of(best_of)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1])
    mapped = {header: name for name, header in (mapping or {}).items()}
    target = result.law.target
    by_target, height = target in {"loss", "error"}, np.zeros(len(group))
    if by_target:
        height = np.log(np.maximum(take(data, [target], mapping, faults={})[0][target], 1e-300))
    for name in available(data):
        if name in by or letters(mapped.get(name, name)) not in SETTINGS:
            continue
        # Rows that were left out or are invalid count too: those values were tried.
        column = take(data, [name], {}, faults={})[0][name]
        several, out, rises = 0, [], []
        for row in rows[np.isfinite(column[rows])]:
            low, of = {}, members[group[row]]  # the lowest of each value: seeds of one are one
            for value, y in zip(column[of], height[of], strict=True):
                low[value] = min(y, low.get(value, np.inf))
            values = sorted(value for value in low if np.isfinite(value))
            if len(values) < 3:  # of two values each is an end, which says nothing
                continue
            several += 1
            i = values.index(column[row])
            if i in (0, len(values) - 1):
                out.append(row)
            elif by_target:
                rises.append(low[values[i - 1]] + low[values[i + 1]] - 2 * low[values[i]])
        rises = [rise for rise in rises if np.isfinite(rise)]
        if len(out) > AT_ENDS * several:
            yield (
                f"the best {name} is the smallest or the largest that was tried at {len(out)} of "
                f"{several} points (such as {rows_text(row_numbers(data)[out], 3)}): where it lies "
                f"beyond, the {result.law.target} kept is not the best (it takes more values of "
                f"{name}, or --leave-out of such points)"
            )
        elif rises and result.law.link == "log":
            off, scatter = np.median(rises) / 8, np.sqrt(np.mean(clip_residuals(result) ** 2))
            if off > HALF_STEP * scatter:
                yield (
                    f"the values of {name} that were tried are so far apart that the best of them "
                    f"can lie {shown(result, off, '')} above the lowest {result.law.target}, more "
                    f"than the runs scatter about the law ({shown(result, scatter, '')}): the "
                    f"exponents follow the steps too (it takes values of {name} between)"
                )
