"""What is odd about the runs of a fit, and would make its parameters or its intervals wrong.

Each note names its rows and the option that deals with it. The thresholds are set so that runs of
the law itself give no note, whatever the tails of their noise: of 1200 simulated sweeps four had
one about their form. Clean sweeps may still tell that the law has another form than they.
"""

import shlex

import numpy as np

from scaling_lib.fitting.choosing import budgets, groups, names_of
from scaling_lib.fitting.runs import (
    DERIVED,
    POWERS,
    available,
    number_of,
    offered,
    raw,
    row_numbers,
    take,
    unit_of,
    with_unit,
)
from scaling_lib.laws.declared import rows_text

TRIALS = 6  # rows a point, on average: more than anybody repeats a run with other seeds
CHECKPOINTS = 20  # numbers of tokens a size, on average: more than anybody trains runs to an end
SAME_ORDER = 0.8  # of the correlation of ranks, from which on a target rises
NARROW = 1.1  # range of a column over which A / N^alpha changes by less than alpha times 10 %
OUTLYING = np.log(1.2)  # 20 % from the law: a tuned run is within a few
SCATTERS = 8.0  # robust standard deviations; heavy tails reach six
# Where the law misses many runs it is the law that is odd: those named are few, and miss by so many
# times as much as the worst of the others.
FEW, APART = 0.05, 2.0
MORE = 1.5  # times as many rows may meet the condition that is offered to leave those out
# Rows of a group are alike where independent rows would be so once in a thousand times, and
# where this makes standard errors too small by a factor of more than 1.5, the root of the second.
CHANCE, INFLATED = 1e-3, 2.25
OWN_WAY = 0.5  # share of the squared residuals that a line for each group explains, to be told
PROFILE = 3  # runs a budget, on average, that are a profile of it
FAMILIES = 12  # groups up to which a fit of each is advised, rather than resampling them
FEW_VALUES = 12  # of a column of numbers up to which it may name a setting, as experts or seeds do
# Share of the squared residuals that a column of numbers explains, to be told. Seeds that share
# their data explain a tenth, which moves no exponent where every point has all seeds.
TELLING = 0.25
FOLLOWS = 0.9  # correlation of ranks from which on a column stands for another
# Largest value of a column below which its unit cannot be one: the smallest models of this book
# have several hundred parameters, and are trained on some 10^7 FLOP.
LEAST = {"N": 200.0, "D": 200.0, "C": 1e6}
# D / N that sweeps have, with all the room that odd ones need: outside, a unit is missing.
TOKENS_A_PARAMETER, USUAL = (0.1, 1e7), 20.0
# No column reaches this, so that a unit in its header is not one to multiply it by once more.
MOST = {"N": 1e16, "D": 1e17, "C": 1e28}
# Parameters that are ends of a curve, of laws whose target may be a share.
ENDS = {"task_score": ("lower", "upper"), "task_error": ("epsilon",), "reward": ("A",)}
ABOVE_END = 0.05  # of the range of a logistic law
BEYOND_SHARE = 1e-5  # of 1: no printed digit shows less
# Names of columns of settings that a group tries several values of.
SETTINGS = {"lr", "maxlr", "peaklr", "learningrate", "batch", "batchsize", "wd", "weightdecay"}
# Share of the points whose best trial is at an end of what was tried, to be told: in simulations
# alpha and the law of the best rate went wrong from some six in ten on, and held up to four.
AT_ENDS = 0.5
# Times the scatter of the runs that the best of trials can miss the lowest loss by, to be told: in
# simulations alpha held in 60 to 75 % at twice the scatter, in 85 to 95 % at 1.3 times.
HALF_STEP = 1.5
RUN_NAMES = {"run", "runid", "runname", "id", "name", "experiment", "model", "family", "dataset"}


def about(result):
    """Return notes on the runs of a `FitResult`, as sentences."""
    data, mapping, rows = result.source[:3]
    unsorted = {}
    for name, values in result.data.items():
        unsorted[name] = np.empty(result.n)
        unsorted[name][result.order] = values
    inputs = {name: unsorted[name] for name in result.law.columns}
    numbers = row_numbers(data)[rows]
    # Parameters of the law that have the unit of a column are right in any unit.
    free = {p.unit.removeprefix("unit of ") for p in result.law.parameters if "unit of " in p.unit}
    again = copied(data, unsorted, rows)
    unused = [*_unused(result, inputs)]
    places = _repeated(inputs)
    points = [] if unused else [*_points(result, inputs, places, numbers)]
    belonging = [*_together(result, inputs, None if unused else places)]
    if not unused + points + belonging:  # else those say what differs between rows
        belonging = [*_misfit(result, inputs, unsorted[result.law.target], again, numbers)]
    return [
        *units(data, mapping, inputs, free),
        *copies(again, unsorted, numbers),
        *_held_copies(result, row_numbers(data)),
        *points,
        *_trials(result),
        *_narrow(result),
        *_rising(result),
        *_beyond_shares(result, unsorted, numbers),
        *_beyond_end(result, unsorted, numbers),
        *_floor(result),
        *_far(result, unsorted, numbers),
        *belonging,
        *unused,
    ]


def units(data, mapping, inputs, free=()):
    """Name sizes, tokens or compute that are not counted in ones, apart from those in `free`.

    `inputs` are the columns as the fit took them, read from `data` or derived.
    """
    names, mapping = available(data), mapping or {}
    unused = {}
    for name in MOST.keys() & mapping.keys() - set(free):
        header = mapping[name]  # with its factor, where it is given one
        if header in names and (unit := unit_of(header)) != 1.0:
            if np.nanmax(take(data, [name], mapping, faults={})[0][name]) * unit < MOST[name]:
                unused[name] = header
    if unused:
        pairs = [f"{name}={with_unit(header)}" for name, header in sorted(unused.items())]
        yield (
            f"the unit named by {' and '.join(sorted(unused.values()))} is not applied "
            f"({' '.join(f'--column {shlex.quote(pair)}' for pair in pairs)})"
        )
    for name in sorted(MOST.keys() & mapping.keys() - set(free)):
        header, _, factor = (part.strip() for part in mapping[name].rpartition("*"))
        said = unit_of(header) if header in names and mapping[name] not in names else 1.0
        if said != 1.0 and float(factor) in {*POWERS.values()} - {said}:
            pair = shlex.quote(f"{name}={with_unit(header)}")
            yield (
                f"{header} names another unit than the {factor} that it is multiplied by (--column "
                f"{pair})"
            )
    # The column of the file that a value comes from, the first of two for one that is derived.
    given = {
        n: n if n in {*names, *mapping} else DERIVED[n][0] for n in MOST.keys() & inputs.keys()
    }
    small = [name for name, values in inputs.items() if values.max() < LEAST.get(name, 0.0)]
    small = [name for name in small if name not in {*free, *unused}]
    told = set()
    for name in small:
        if given[name] in told:
            continue
        told.add(given[name])
        what = name
        if given[name] != name:
            what = f"{name}, which follows from {' and '.join(DERIVED[name])},"
        factor = "1e21" if given[name] == "C" else "1e9"
        pair = f"{given[name]}={mapping.get(given[name], given[name])}*{factor}"
        yield (
            f"the largest {what} is {inputs[name].max():g}, too small to be counted in ones: give "
            f"the unit, such as --column {shlex.quote(pair)}"
        )
    if not small and {"N", "D"} <= inputs.keys() - {*free, *unused}:
        yield from _tokens_a_parameter(inputs, given, mapping)


def _tokens_a_parameter(inputs, given, mapping):
    """Name a unit that shows in D / N alone; `given` is the column that N and D come from."""
    ratio = float(np.median(inputs["D"] / inputs["N"]))
    least, most = TOKENS_A_PARAMETER
    if least <= ratio <= most:
        return
    name = given["D" if ratio < least else "N"]
    # Tokens that follow from C / N miss what N misses once more.
    squared = name == "N" and given["D"] != "D"
    thousands = max(1, round(abs(np.log10(ratio / USUAL)) / (6 if squared else 3)))
    pair = shlex.quote(f"{name}={mapping.get(name, name)}*1e{3 * thousands}")
    yield (
        f"half of the runs have {'at most' if ratio < least else 'at least'} {ratio:.2g} tokens a "
        f"parameter (D / N), as hardly any sweep has: is {name} counted in another unit? Give it, "
        f"such as --column {pair}"
    )


def _repeated(columns):
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
    counts, codes = _repeated(columns)
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


def _held_copies(result, numbers):
    """Name runs held out that agree with one that was fitted, or with one another."""
    if not result.held:
        return
    codes = _repeated({n: np.append(result.data[n], result.held[n]) for n in result.data})[1]
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
        if name in used or _letters(name) not in SETTINGS:
            continue
        own = np.unique([str(raw(data, name)[0][row]).strip() for row in rows], return_inverse=True)
        differ = [len(np.unique(own[1][codes == code])) > 1 for code in np.flatnonzero(several)]
        if differ and np.mean(differ) > 0.5:
            found.append(name)
    return found


def _points(result, inputs, places, numbers):
    """Count the rows of each point, and the points of each size."""
    names, n = list(inputs), len(numbers)
    counts, codes = places
    if _letters(result.law.target) in SETTINGS and 2 * len(counts) < n:
        most = np.flatnonzero(codes == counts.argmax())
        name = result.law.target
        yield (
            f"{n} rows are {len(counts)} points ({', '.join(names)}) with several {name} each "
            f"({rows_text(numbers[most], 3)}): this law is one of the best {name} of a point, not "
            f"of all that were tried (--best-of {','.join(names)}, with a column loss)"
        )
    elif n > TRIALS * len(counts):
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
        counts, codes = _repeated({"N": inputs["N"]})
        if points > CHECKPOINTS * len(counts):
            most = np.flatnonzero(codes == counts.argmax())
            yield (
                f"{n} rows are {len(counts)} sizes N, up to {counts.max()} rows each "
                f"({rows_text(numbers[most], 3)}): checkpoints of one run are not independent, so "
                "draw each run whole (--cluster N, or a column that names the run)"
            )


def _trials(result):
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
        if name in by or _letters(mapped.get(name, name)) not in SETTINGS:
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
            off, scatter = np.median(rises) / 8, np.sqrt(np.mean(_clipped(result) ** 2))
            if off > HALF_STEP * scatter:
                yield (
                    f"the values of {name} that were tried are so far apart that the best of them "
                    f"can lie {_size(result, off, '')} above the lowest {result.law.target}, more "
                    f"than the runs scatter about the law ({_size(result, scatter, '')}): the "
                    f"exponents follow the steps too (it takes values of {name} between)"
                )


def _narrow(result):
    """Say which column or ratio hardly varies, unless the parameters themselves do."""
    undetermined = result._undetermined(result.unidentified())
    said = result._columns_of(undetermined) if undetermined else []
    if not said and {"N", "D"} <= {*result.law.columns}:
        ratio = result.data["D"] / result.data["N"]
        if not budgets(ratio).any():
            yield (
                f"D / N is {ratio[0]:.3g} in all runs: what belongs to N and what to D cannot be "
                "told apart (it takes runs at other ratios)"
            )
    for name in result.law.columns:
        low, high = result.data[name].min(), result.data[name].max()
        if name not in LEAST or name in said or name in result.law.may_be_constant:
            continue
        exponent = "beta" if name == "D" and len(result.law.columns) > 1 else "alpha"
        if high > NARROW * low or exponent in result.law.fixed:
            continue
        yield (
            f"{name} varies by {100 * (high / low - 1):.2g} % only, from {low:.5g} to {high:.5g}: "
            f"its exponent rests on differences that small (fix it, --fix {exponent}=0.34, or "
            f"choose a law without {name})"
        )


def _rises(result, sign=1.0):
    """Return whether the target rises (or falls) with the law's only column, by their ranks."""
    if len(result.law.columns) > 1:
        return False
    pair = (result.data[name] for name in (*result.law.columns, result.law.target))
    ranks = [values.argsort().argsort() for values in pair]
    return sign * np.corrcoef(ranks)[0, 1] > SAME_ORDER


def _rising(result):
    """Name what falls where its law rises, and exponents below zero, with which a law rises."""
    if result.law.name == "task_error" and _rises(result, -1.0):
        yield (
            "the error falls where the loss rises: is it an accuracy? (--law task_score --column "
            "score=..., or give the column of errors)"
        )
    falling = [p.name for p in result.law.free if p.name.startswith(("alpha", "beta"))]
    falling = [name for name in falling if result.params[name] < 0]
    open_names = result._undetermined(result.unidentified()) if falling else []
    for name in falling:
        if name not in open_names or _rises(result):  # else their sign says nothing
            yield (
                f"{name} is negative: the {result.law.target} rises without end where this law "
                f"says that it falls. Is the column a {result.law.target}? (--column, or --law "
                f"reward for what rises and saturates, or --bounds {name}=0:2)"
            )


def _beyond_shares(result, columns, numbers):
    """Name an end of a curve outside [0, 1] where all runs lie inside, as shares do."""
    name, values = result.law.target, columns[result.law.target]
    if values.min() < 0 or values.max() > 1:
        return
    free = {parameter.name for parameter in result.law.free}
    for end in ENDS.get(result.law.name, ()):
        value, most = result.params[end], values.argmax()
        if end in free and not -BEYOND_SHARE <= value <= 1 + BEYOND_SHARE:
            row = most if value > 1 else values.argmin()
            yield (
                f"{end} is {value:.5g}, {'above 1' if value > 1 else 'below 0'}, though every "
                f"{name} lies between 0 and 1 ({values[row]:.5g} in {rows_text(numbers[[row]])} "
                f"comes closest): where the {name} is a share, forecasts beyond these runs can be "
                f"ones that no run can have (--bounds {end}=0:1)"
            )


def _beyond_end(result, columns, numbers):
    """Name scores above the end of a logistic law, which noise does not explain."""
    if result.law.name != "logistic":
        return
    values, ends = columns["score"], result.law.formula.keywords
    lower, upper = ends["lower"], ends["upper"]
    above = np.flatnonzero(values > upper + ABOVE_END * (upper - lower))
    if above.size:
        header = (result.source.columns or {}).get("score", "score")
        percent = values.max() > 1 >= upper
        way = f"in per cent, --column 'score={header}*0.01'" if percent else "--upper"
        yield (
            f"{above.size} of {len(values)} scores lie above {upper:g}, where this law ends, up to "
            f"{values.max():g} ({rows_text(numbers[above], 3)}): give the law another end ({way})"
        )


def _floor(result):
    """Say where the lowest scores level off, if the lower end of a logistic law lies below them.

    By what a lower end that is free would explain of the residuals, to first order.
    """
    if result.law.name != "logistic":
        return
    from scipy.special import fdtrc

    problem, ends = result.problem, result.law.formula.keywords
    residuals = problem.residuals(result.theta)
    observed = result.data["score"]
    slope = (ends["upper"] - observed - residuals) / (ends["upper"] - ends["lower"])
    own = problem.f.jacobian(result.theta[None])[0]
    rest, rank = _without(residuals, own)
    less, more = _without(residuals, np.column_stack([own, slope]))
    if more == rank or result.n <= more:
        return
    gain = rest @ rest - less @ less
    F = gain / (less @ less / (result.n - more) + 1e-300)
    lowest = np.argsort(result.data["C"], kind="stable")[: max(result.n // 4, 2)]
    level = observed[lowest].mean()
    if (residuals - less) @ slope < 0 and fdtrc(1, result.n - more, F) < CHANCE:
        yield (
            f"the scores of least compute lie near {level:.2g} ({len(lowest)} runs), and this law "
            f"goes on to {ends['lower']:g}: where they level off, at chance, give it that end "
            f"(--lower {level:.2g}, in Python the law logistic({level:.2g}) of scaling_lib.laws)"
        )


def _far(result, columns, numbers):
    """Name runs far from the law, such as one that diverged."""
    if result.law.link != "log":
        return
    residuals, size = result.residuals, np.abs(result.residuals)
    scatter = 1.4826 * np.median(np.abs(residuals - np.median(residuals)))
    others = np.sort(size)[-1 - max(int(FEW * len(size)), 1)]
    far = np.flatnonzero(size > max(OUTLYING, SCATTERS * scatter, APART * others))
    yield from far_from("the law", far, residuals, columns, result.law.target, numbers)


def far_from(what, far, residuals, columns, target, numbers):
    """Name the runs at positions `far` (k,), which are far from a law or a parabola."""
    if far.size:
        worst = far[np.abs(residuals[far]).argmax()]
        value, above = columns[target][worst], residuals[worst] < 0  # observed above predicted
        condition = _condition_of(far, columns, target)
        yield (
            f"{rows_text(numbers[far])} {'lies' if far.size == 1 else 'lie'} far from {what} "
            f"({target} {value:g}, predicted {value * np.exp(residuals[worst]):.4g}): "
            f"{'a run that diverged' if above else f'does {what} hold there'}?"
            + f" (fit without: --leave-out '{condition}')"
            * bool(condition)
        )


def _condition_of(rows, columns, first):
    """Return the condition on one column that holds in those rows and in the fewest others."""
    found = []
    for name in [first, *(name for name in columns if name != first)]:
        values = columns[name]
        low, high = values[rows].min(), values[rows].max()
        for sign, edge, holds in ((">=", low, values >= low), ("<=", high, values <= high)):
            found.append((holds.sum(), f"{name} {sign} {float(edge)!r}"))
    count, condition = min(found, key=lambda pair: pair[0])
    return condition if count <= MORE * len(rows) else None


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


def _clipped(result):
    """Return the residuals (n,) within four robust standard deviations: no run decides alone."""
    scatter = 1.4826 * np.median(np.abs(result.residuals)) + 1e-300
    return np.clip(result.residuals, -4 * scatter, 4 * scatter)


def _printed_step(values):
    """Return the step of the last digit that values (n,) are written with, 0 beyond the sixth."""
    for digits in range(7):
        if np.allclose(values, np.round(values, digits), rtol=0.0, atol=1e-9):
            return 10.0**-digits
    return 0.0


def _misfit(result, inputs, observed, again, numbers):
    """Say that points miss the law by more than their own rows scatter: the test of lack of fit.

    The mean residuals of points with several rows are projected off what the parameters can still
    move, so that a right law leaves k - p squares of noise, whatever Huber's delta. Rounding is
    shared by the rows of a point and no misfit; copies are no rows of their own.
    """
    n, problem, order = result.n, result.problem, result.order
    if result.clusters or problem.penalty != 1.0:
        return
    own = np.ones(n, bool)
    own[again] = False
    counts, codes = _repeated({name: column[own] for name, column in inputs.items()})
    rows = np.flatnonzero(own)[counts[codes] > 1]
    _, first, codes = np.unique(codes[counts[codes] > 1], return_index=True, return_inverse=True)
    k = len(first)
    if k <= problem.p:
        return
    from scipy.special import fdtrc

    jacobian, weights = np.empty((n, problem.p)), np.ones(n)
    jacobian[order] = problem.f.jacobian(result.theta[None])[0]
    if problem.weights is not None:
        weights[order] = problem.weights
    values, w = _clipped(result)[rows], weights[rows]
    total = np.bincount(codes, w)
    means = np.bincount(codes, w * values) / total
    root = np.sqrt(total)
    moved = jacobian[rows[first]] * root[:, None]
    coefficients, _, rank, _ = np.linalg.lstsq(moved, means * root, rcond=1e-9)
    if k <= rank:
        return
    between = ((means * root - moved @ coefficients) ** 2).sum() / (k - rank)
    within = (w * (values - means[codes]) ** 2).sum() / (len(rows) - k)
    freedom = k - rank, len(rows) - k

    def chance(noise):
        F = between / (noise + 1e-300)
        return fdtrc(*freedom, F) if F > INFLATED else 1.0

    if chance(within) > CHANCE:
        return
    step = _printed_step(observed)
    step = step / observed[rows] if result.law.link == "log" else np.full(len(rows), step)
    rounding = np.bincount(codes, w * step**2).mean() / 12.0
    if chance(within + rounding) > CHANCE:
        return
    means = np.bincount(codes, w * result.residuals[rows]) / total
    worst = numbers[rows[codes == np.abs(means).argmax()]]
    miss, scatter = np.sqrt(np.mean(means**2)), np.sqrt(within / w.mean())
    left = scatter * np.sqrt(np.mean(1.0 / np.bincount(codes)))
    yield (
        f"rows of one point ({', '.join(inputs)}) miss the law alike: the means of {k} points are "
        f"off by {_size(result, miss, '')} (rms; most in {rows_text(worst, 3)}), where a scatter "
        f"of {_size(result, scatter, '')} within points would leave {_size(result, left, '')}. The "
        "form is wrong, or rows of a point share more than it, and the intervals do not hold (try "
        "another --law, in Python compare, and --hold-out the largest runs)"
    )


def _surface(columns):
    """Return 1, the columns (n,) and their squares and products, as (n, m), of unit length."""
    x = [column / (np.abs(column).max() + 1e-300) for column in columns]
    parts = [np.ones(len(x[0])), *x, *(a * b for i, a in enumerate(x) for b in x[i:])]
    return np.stack(parts, axis=-1)


def _without(values, x):
    """Return values (n,) less what the columns of x (n, m) explain, and the rank of those."""
    fitted, _, rank, _ = np.linalg.lstsq(x, values, rcond=1e-9)
    return values - x @ fitted, rank


def _unused(result, inputs):
    """Name N, D or C that the data hold, the law does not use, and the residuals follow."""
    data, mapping, rows = result.source[:3]
    if len({"N", "D", "C"} & inputs.keys()) > 1:
        return  # the third follows
    from scipy.special import fdtrc

    given = {(mapping or {}).get(name, name).rpartition("*")[0] for name in inputs}
    given |= {(mapping or {}).get(name, name) for name in inputs} | {*inputs}
    values, found = _clipped(result), []
    own = [np.log(column) if (column > 0).all() else column for column in inputs.values()]
    own = np.stack([np.ones(result.n), *own], axis=-1)
    if own.shape[1] == 2:  # a curve in the only column is the form of the law
        x = own[:, 1] - own[:, 1].mean()
        own = np.stack([x**0, x, x**2, x**3], axis=-1)
        own /= np.abs(own).max(0) + 1e-300
    rest, rank = _without(values, own)
    for name in [name for name in ("N", "D", "C") if name in offered(data, mapping)]:
        if name in given:
            continue
        column = take(data, [name], mapping, faults={})[0][name][rows]
        if not (np.isfinite(column).all() and (column > 0).all()):
            continue
        z = np.log(column) - np.log(column).mean()
        less, more = _without(values, np.column_stack([own, z, z**2]))
        if more > rank and result.n > more:
            share = 1.0 - (less @ less) / (rest @ rest + 1e-300)
            F = (rest @ rest - less @ less) / (more - rank) / (less @ less / (result.n - more))
            chance = fdtrc(more - rank, result.n - more, F)
            # What is derived says the same as what is there, and comes second.
            found.append((round(share, 3), name in available(data), chance, name, z))
    share, _, chance, name, z = max(found, default=(0.0, 0, 1.0, "", 0), key=lambda f: f[:2])
    if share > OWN_WAY and chance < CHANCE:
        rms = _size(result, np.sqrt(np.mean(result.residuals**2)), "")
        law = ", such as --law chinchilla" if result.law.target == "loss" else ""
        yield (
            f"the data hold {name}, which this law does not use, and its residuals (rms {rms}) "
            f"follow it: a curve in {name} explains {100 * share:.0f} % of their squares (a law "
            f"with {name}{law}, or the runs of one {name} alone)"
        )


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
        less, one = _without(values[codes == code], own)
        rest, rank = rest + less @ less, rank + one
    total = (values**2).sum()
    F = (total - rest) / rank / (rest / (n - rank) + 1e-300)
    return 1.0 - float(rest / (total + 1e-300)), float(fdtrc(rank, n - rank, F))


def _together(result, inputs, places):
    """Name rows whose residuals are alike, or fall on a line: of a run, a budget, a data set."""
    n = result.n
    if result.clusters:
        return
    clipped = _clipped(result)
    x = [np.log(column) if (column > 0).all() else column for column in inputs.values()]
    x = np.stack([column - column.mean() for column in x], axis=-1)
    found, lines = _found_alike(_candidates(result, inputs), clipped, x)
    way = "a fit of each, --by {0}, or --cluster {0}", "--cluster {0}"
    surface = _surface(x.T)
    if places and not found and n > 2 * surface.shape[1]:
        # A column of numbers is to say more than a bent surface does, since it may go with sizes.
        beyond, _ = _without(clipped, surface)
        found, more = _found_alike(_few_values(result, inputs, places), beyond, x, TELLING)
        if len(found) > 1:  # one of two columns of numbers often stands for the other
            del found[found[True][0] < found[False][0]]
        lines += more
        way = tuple(f"a law that has {{0}}, {'or ' * (i > 0)}{text}" for i, text in enumerate(way))
    for families, (inflation, name, codes, several) in found.items():
        k, counts = codes.max() + 1, np.bincount(codes)
        means = np.bincount(codes, result.residuals[several]) / counts
        yield (
            f"rows of one {name} miss the law alike, by {_size(result, -means.max())} to "
            f"{_size(result, -means.min())} on average: {len(codes)} rows say about as much as "
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


def _size(result, value, sign="+"):
    if result.law.link == "log":
        return f"{100 * value:{sign}.2g} %"
    return f"{value:{sign}.3g}"


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
        if len(counts) < result.n and _letters(name) in SETTINGS:
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


def _letters(name):
    return "".join(filter(str.isalnum, name.casefold()))


def _names_something(data, name, rows):
    """Return whether a column holds names rather than measurements."""
    if _letters(name) in RUN_NAMES:
        return True
    first = raw(data, name)[0][rows[0]]
    return isinstance(first, str) and number_of(first.strip(), "") is None
