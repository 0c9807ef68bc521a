"""Notes on runs, columns and ends of a curve that the law does not fit."""

import numpy as np

from scaling_lib.fitting.choosing import budgets
from scaling_lib.fitting.notes.families import OWN_WAY
from scaling_lib.fitting.notes.repeats import count_rows
from scaling_lib.fitting.notes.residuals import CHANCE, INFLATED, clip_residuals, shown, without
from scaling_lib.fitting.notes.units import LEAST
from scaling_lib.fitting.runs import available, offered, take
from scaling_lib.laws.declared import rows_text

SAME_ORDER = 0.8  # of the correlation of ranks, from which on a target rises
NARROW = 1.1  # range of a column over which A / N^alpha changes by less than alpha times 10 %
OUTLYING = np.log(1.2)  # 20 % from the law: a tuned run is within a few
SCATTERS = 8.0  # robust standard deviations; heavy tails reach six
# Where the law misses many runs it is the law that is odd: those named are few, and miss by so many
# times as much as the worst of the others.
FEW, APART = 0.05, 2.0
MOST = 0.25  # share of the runs that are named as well where the next one misses by so much less
ASTRAY = np.log(2.0)  # half of the runs farther from a function of the user's: its search got lost
MORE = 1.5  # times as many rows may meet the condition that is offered to leave those out
# Parameters that are ends of a curve, of laws whose target may be a share.
ENDS = {"task_score": ("lower", "upper"), "task_error": ("epsilon",), "reward": ("A",)}
ABOVE_END = 0.05  # of the range of a logistic law
BEYOND_SHARE = 1e-5  # of 1: no printed digit shows less


def narrow_columns(result):
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


def rising_targets(result):
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


def ends_beyond_shares(result, columns, numbers):
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


def scores_beyond_end(result, columns, numbers):
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


def chance_level(result):
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
    rest, rank = without(residuals, own)
    less, more = without(residuals, np.column_stack([own, slope]))
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


def far_runs(result, columns, numbers):
    """Name runs far from the law, such as one that diverged."""
    if result.law.link != "log":
        return
    residuals, size = result.residuals, np.abs(result.residuals)
    scatter = 1.4826 * np.median(np.abs(residuals - np.median(residuals)))
    sizes, few = np.sort(size)[::-1], max(int(FEW * len(size)), 1)
    counts = range(few, max(int(MOST * len(size)), few) + 1)
    others = next((sizes[k] for k in counts if sizes[k - 1] > APART * sizes[k]), sizes[few])
    far = np.flatnonzero(size > max(OUTLYING, SCATTERS * scatter, APART * others))
    yield from far_from("the law", far, residuals, columns, result.law.target, numbers)


def far_searches(result):
    """Say that the search for a law of the user's own ended far from the runs."""
    half = float(np.median(np.abs(result.residuals)))
    if result.law.link == "log" and result.law.terms[-1].own and half > ASTRAY:
        yield (
            f"half of the runs lie off by a factor of {np.exp(half):.2g} or more: did the search "
            "begin too far away (another start, or bounds such as bounds={'A': (0, inf)})?"
        )


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


def _printed_step(values):
    """Return the step of the last digit that values (n,) are written with, 0 beyond the sixth."""
    for digits in range(7):
        if np.allclose(values, np.round(values, digits), rtol=0.0, atol=1e-9):
            return 10.0**-digits
    return 0.0


def lack_of_fit(result, inputs, observed, again, numbers):
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
    counts, codes = count_rows({name: column[own] for name, column in inputs.items()})
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
    values, w = clip_residuals(result)[rows], weights[rows]
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
        f"off by {shown(result, miss, '')} (rms; most in {rows_text(worst, 3)}), where a scatter "
        f"of {shown(result, scatter, '')} within points would leave {shown(result, left, '')}. The "
        "form is wrong, or rows of a point share more than it, and the intervals do not hold (try "
        "another --law, in Python compare, and --hold-out the largest runs)"
    )


def unused_columns(result, inputs):
    """Name N, D or C that the data hold, the law does not use, and the residuals follow."""
    data, mapping, rows = result.source[:3]
    if len({"N", "D", "C"} & inputs.keys()) > 1:
        return  # the third follows
    from scipy.special import fdtrc

    given = {(mapping or {}).get(name, name).rpartition("*")[0] for name in inputs}
    given |= {(mapping or {}).get(name, name) for name in inputs} | {*inputs}
    values, found = clip_residuals(result), []
    own = [np.log(column) if (column > 0).all() else column for column in inputs.values()]
    own = np.stack([np.ones(result.n), *own], axis=-1)
    if own.shape[1] == 2:  # a curve in the only column is the form of the law
        x = own[:, 1] - own[:, 1].mean()
        own = np.stack([x**0, x, x**2, x**3], axis=-1)
        own /= np.abs(own).max(0) + 1e-300
    rest, rank = without(values, own)
    for name in [name for name in ("N", "D", "C") if name in offered(data, mapping)]:
        if name in given:
            continue
        column = take(data, [name], mapping, faults={})[0][name][rows]
        if not (np.isfinite(column).all() and (column > 0).all()):
            continue
        z = np.log(column) - np.log(column).mean()
        less, more = without(values, np.column_stack([own, z, z**2]))
        if more > rank and result.n > more:
            share = 1.0 - (less @ less) / (rest @ rest + 1e-300)
            F = (rest @ rest - less @ less) / (more - rank) / (less @ less / (result.n - more))
            chance = fdtrc(more - rank, result.n - more, F)
            # What is derived says the same as what is there, and comes second.
            found.append((round(share, 3), name in available(data), chance, name, z))
    share, _, chance, name, z = max(found, default=(0.0, 0, 1.0, "", 0), key=lambda f: f[:2])
    if share > OWN_WAY and chance < CHANCE:
        rms = shown(result, np.sqrt(np.mean(result.residuals**2)), "")
        law = ", such as --law chinchilla" if result.law.target == "loss" else ""
        yield (
            f"the data hold {name}, which this law does not use, and its residuals (rms {rms}) "
            f"follow it: a curve in {name} explains {100 * share:.0f} % of their squares (a law "
            f"with {name}{law}, or the runs of one {name} alone)"
        )
