"""Fit a scaling law to runs: one call for every law, one result object.

>>> import numpy as np
>>> from scaling_lib.laws import BESIROGLU_2024
>>> N, D = np.meshgrid(np.geomspace(1e8, 1e10, 6), np.geomspace(1e9, 1e12, 6))
>>> runs = {"N": N.ravel(), "D": D.ravel()}
>>> runs["loss"] = BESIROGLU_2024.loss(runs["N"], runs["D"])
>>> result = fit("chinchilla", runs)
>>> {name: round(value, 4) for name, value in result.params.items()}
{'E': 1.8172, 'A': 482.01, 'B': 2085.43, 'alpha': 0.3478, 'beta': 0.3658}

A law of your own is a function of columns and parameters:

>>> def equal_exponents(N, D, E, A, B, alpha):
...     return E + A / N**alpha + B / D**alpha
>>> start = {"E": 1.5, "A": 300, "B": 1000, "alpha": 0.3}
>>> bounds = {"A": (0, np.inf), "B": (0, np.inf), "alpha": (0, 2)}
>>> own = fit(equal_exponents, runs, start=start, bounds=bounds, fixed={"E": 1.8172})
>>> own.params["E"], 0.34 < own.params["alpha"] < 0.37
(1.8172, True)

The same by a constraint on a law of the book:

>>> tied = fit("chinchilla", runs, fixed={"E": 1.8172}, tied={"beta": "alpha"})
>>> bool(np.isclose(tied.params["alpha"], own.params["alpha"]))
True

How it is done: `reading` reads a file, `runs` checks the columns, `choosing` chooses rows. A
`problem` is a law and its runs; its `objective` (`points` where runs share their inputs) is
minimized by `newton`, with `tangent` for long steps, and `minima` looks for the lowest.
`result` is what comes out, `uncertainty` its intervals, `notes` what is odd about the runs;
`isoflop` finds allocations without a surface, `command` is all of it on the command line.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from scaling_lib.data import checks
from scaling_lib.fitting.choosing import (
    CLUSTER,
    WEIGHTS,
    beside,
    check_index,
    check_sides,
    choose,
    conditions,
    groups,
    left_out,
    where,
)
from scaling_lib.fitting.isoflop import envelope, isoflop
from scaling_lib.fitting.minima import find_minima, own_starts
from scaling_lib.fitting.problem import Problem, default_delta
from scaling_lib.fitting.reading import read_runs
from scaling_lib.fitting.result import LEVEL, FitResult, Interval, Prediction, Score, Source, number
from scaling_lib.fitting.runs import (
    check_count,
    check_rows,
    check_variation,
    offered,
    subset,
    unit_of_loss,
)
from scaling_lib.laws import Law, plain
from scaling_lib.laws import law as find_law

__all__ = [
    "Comparison",
    "FitResult",
    "Interval",
    "Prediction",
    "Score",
    "compare",
    "envelope",
    "fit",
    "fit_by",
    "groups",
    "isoflop",
    "read_runs",
    "where",
]

TOLD_APART = 4  # difference in AICc: see `compare` for how often the truth was above it


def fit(
    law,
    data,
    *,
    columns=None,
    delta=None,
    weights=None,
    overestimate_penalty=1.0,
    cluster=None,
    start=None,
    bounds=None,
    fixed=None,
    tied=None,
    target="loss",
    bootstrap=0,
    seed=0,
    threads=1,
    drop_invalid=False,
    leave_out=None,
    best_of=None,
    hold_out=None,
    unit=None,
):
    """Fit a law to runs by the global minimum of a Huber objective.

    The objective is the sum over runs of Huber's loss of the residual r, predicted minus observed:
    of log loss for the laws of loss, of the score itself for other targets. With all options,
    F = sum_i w_i (penalty if r_i > 0 else 1) rho(r_i), where rho(r) is r^2 / 2 up to delta and
    delta (|r| - delta / 2) beyond.

    Parameters
    ----------
    law : str, Law or callable
        Name of a law (see `laws.LAWS`), a law, such as ``laws.logistic(0.25)`` of a test in which
        guessing gets a quarter, or a function of columns and parameters by name that
        returns the target. A function's derivatives are numeric: a fit takes some three times
        as long, a bootstrap thirty times.
    data : mapping, DataFrame or structured array
        Columns by name: those of the law and its target (``loss``, ``score`` or ``coverage``).
        N, D or C is derived from C = 6 N D when it is absent, U from D and ``epochs``, D from U
        and ``epochs``.
    columns : mapping, optional
        Name in `data` for a name of the law, where they differ, and a factor where the unit does:
        ``{"N": "params", "C": "FLOPs (1E21)*1e21"}``.
    delta : float
        Residual at which Huber's loss turns from a square into a line; ``inf`` for least squares.
        The default, 1e-3, is that of Hoffmann et al. [@hoffmann2022training]; for the laws of the
        learning rate and the batch size it is 1, see `problem.DELTAS`.
    weights : str or sequence of float, optional
        Column of `data`, or positive values, one for each run: how much the run counts. Only their
        ratios matter: they are scaled to a mean of 1.
    overestimate_penalty : float
        Factor of a run's loss where the law overestimates it. With 10 or so the law follows the
        lower edge of runs of which many are badly tuned.
    cluster : str or sequence, optional
        Column of `data`, or several with commas between them, or labels, one for each run: runs of
        one label are not independent, such as checkpoints of one training. Budgets C are one label
        within 5 %. The bootstrap then draws whole clusters, and the variance behind the other
        intervals is that of leaving out one after the other; AICc and BIC count it as one run. In
        simulations of 5 and 8 clusters, each a whole grid with an error in common, 90 % intervals
        held the truth in 77 to 87 %, in 85 to 97 % with ``delta=0.01``; the bootstrap in 85 to 98
        and 73 to 85 %.
    start : dict, optional
        Where the search for each parameter begins; needed for every free parameter of a function.
        The search tries 200 points around it and follows the best. An argument with a default and
        without a start keeps the default, and a note says so. A law of the book that is held, tied
        or bounded begins at the best of its own starting points.
    bounds : dict, optional
        Pairs that a parameter stays between, such as ``{"alpha": (0, 2)}``. A positive parameter of
        unknown size, ``(0, np.inf)``, is searched for on a logarithmic scale. A fixed value must
        lie within its bounds, and of tied parameters the one that others are equal to has them.
    fixed, tied : dict, optional
        Values of parameters that are not fitted, and names of those that others are equal to:
        ``fixed={"E": 1.6}, tied={"beta": "alpha"}``. The runs need to determine only the others.
    target : str
        Column that a function predicts; residuals are those of its logarithm if it is ``"loss"``.
    bootstrap : int
        Number of bootstrap replicates (0 for none; it can be added later).
    seed, threads : int
        Of the bootstrap. The result does not depend on the number of threads.
    drop_invalid : bool
        Drop rows with text, missing, infinite or non-positive values where numbers are needed, and
        note how many, instead of refusing them.
    leave_out : str or sequence of str, optional
        Runs not to use at all, see `where`: ``"loss > 5"``, a column of yes and no, or several such
        conditions of which one is enough.
    best_of : str or sequence, optional
        Columns such as ``"N,D"``: of the runs that agree in them only that with the lowest loss or
        error, or the highest score, coverage or reward, is used. For a law of anything else, such
        as a learning rate, it is that with the lowest loss, a column that the data then need.
    hold_out : str or sequence of bool, optional
        Runs not to fit but to score on, see `where`. They are chosen last, after invalid rows are
        dropped, others left out, and the best kept: a run of which ``best_of="run"`` keeps one
        checkpoint is then either fitted or held out.
    unit : str, optional
        Of the loss, for reports; else what the header of its column says (``val_bpb``), or nats.

    Returns
    -------
    FitResult
        Parameters, uncertainty, identifiability, prediction, score, tables.

    Raises
    ------
    ValueError
        When a column is missing or invalid, does not vary, or the runs are too few; when parameters
        are unknown, have no start, or one out of bounds; when a function returns no numbers.
    """
    if delta not in (None, np.inf):
        checks.positive(delta, "delta")
    checks.positive(overestimate_penalty, "overestimate_penalty")
    checks.whole(bootstrap, "bootstrap", least=0)
    options = {"start": start, "bounds": bounds, "fixed": fixed, "tied": tied, "columns": columns}
    for name, given in options.items():
        if not isinstance(given, Mapping | None):
            raise ValueError(f"{name} must be a mapping by name, not {given!r}")
    declared, kept = None, []
    if callable(law) and not isinstance(law, Law):
        names = [name for name in offered(data, columns) if name != target]
        function, law = law, plain.from_function(law, names, start, bounds, fixed, tied, target)
        kept = plain.kept_defaults(function, law)
    else:
        law = find_law(law)
        if start or bounds or fixed or tied:
            declared, law = law, plain.constrained(law, bounds, fixed, tied)
    delta = default_delta(law) if delta is None else delta
    faults = {}
    more = beside(data, weights, cluster, columns, faults)
    chosen = choose(
        law,
        data,
        columns,
        more,
        drop_invalid=drop_invalid,
        leave_out=leave_out,
        best_of=best_of,
        hold_out=hold_out,
        faults=faults,
    )
    inputs, observed = chosen.inputs, chosen.observed
    check_count(law, observed, [note for note in chosen.notes if "derived" not in note])
    more = {name: inputs.pop(name) for name in more}
    if declared is not None:
        begin = [start or {}]
        if any(parameter.name not in begin[0] for parameter in law.free):
            own = own_starts(Problem(declared, inputs, observed, delta), law, inputs)
            begin = [point | begin[0] for point in own]
        law = plain.with_starts(law, begin)
    # A canonical order of the runs, so that the result is the same bit for bit in any order.
    order = np.lexsort([*more.values(), observed, *reversed(inputs.values())])
    inputs = {name: values[order] for name, values in inputs.items()}
    observed = observed[order]
    weights, cluster = (more[name][order] if name in more else None for name in (WEIGHTS, CLUSTER))
    if weights is not None:
        weights = weights / weights.mean()
    if cluster is not None:
        labels, cluster = np.unique(cluster, return_inverse=True)
        if len(labels) < 2:
            raise ValueError("cluster must name at least two groups of runs, not 1")
    problem = Problem(law, inputs, observed, delta, weights, overestimate_penalty, cluster)
    check_variation(problem, {**inputs, law.target: observed})
    result = FitResult(
        problem,
        {**inputs, law.target: observed},
        find_minima(problem),
        order,
        kept + chosen.notes,
        held=chosen.held,
        unit=unit or unit_of_loss(str((columns or {}).get("loss", "loss"))),
        source=Source(data, columns, chosen.rows, chosen.held_rows, best_of),
    )
    return result.bootstrap(bootstrap, seed, threads) if bootstrap else result


def fit_by(law, data, by, *, level=LEVEL, **options):
    """Fit a law to each group of runs.

    Parameters
    ----------
    law, data
        As for `fit`.
    by : str or sequence of str
        Column whose values name the groups, or several, with commas between them.
    level : float
        Of the intervals of the parameters, and of those that held-out runs are counted in.
    **options
        Passed to `fit`; the conditions `leave_out` and `hold_out` where they hold in a group.
        Weights, clusters and booleans have a value for each row of `data`.

    Returns
    -------
    Comparison
        Fits and a table of their parameters by group, each with its interval; `skipped` says which
        groups have no fit, and why. Whether two groups differ in an exponent is better asked of one
        fit with the difference as a parameter: what the groups share is then found from all runs.
        With 25 runs a group, and B, beta and E shared, its 90 % interval held the true difference
        in alpha in 90 % of 60 simulations; that of bootstraps of two fits in 97 %, four times as
        wide.
    """
    import pandas as pd

    fits, skipped, table = {}, {}, {}
    codes, labels = groups(data, by, options.get("columns"), labels=True)
    check_rows(data)
    mapping, hold, leave = (options.get(name) for name in ("columns", "hold_out", "leave_out"))
    for condition in conditions(leave):
        check_sides(data, condition, mapping, name="leave_out")
    if hold is not None:
        check_sides(data, hold, mapping)
    each = {}  # what has a value for each row
    for name in ("hold_out", "weights", "cluster"):
        if not isinstance(options.get(name), str | None):
            check_index(data, options[name], name)
            each[name] = np.asarray(options[name])
            if each[name].shape != codes.shape:
                raise ValueError(
                    f"{name} must have a value for each of the {len(codes)} rows, not the shape "
                    f"{each[name].shape}"
                )
    used = ~left_out(data, leave, mapping)
    by = by if isinstance(by, str) else ", ".join(by)
    if labels and isinstance(labels[0], tuple):
        each_column = [_labels(values) for values in zip(*labels, strict=True)]
        labels = [", ".join(parts) for parts in zip(*each_column, strict=True)]
    for code, label in enumerate(_labels(labels)):
        rows = codes == code
        runs, own = subset(data, rows), options | {name: v[rows] for name, v in each.items()}
        own["leave_out"] = [c for c in conditions(leave) if where(runs, c, mapping, ()).any()]
        if hold is not None and not where(runs, own["hold_out"], mapping, ())[used[rows]].any():
            del own["hold_out"]
        try:
            result = fits[label] = fit(law, runs, **own)
        except ValueError as error:
            skipped[label] = str(error)
            continue
        table[label] = {"runs": result.n}
        ends, held = result.intervals(level), {*result.law.fixed, *result.law.tied}
        for name, value in result.params.items():
            table[label][name] = value
            if name not in held:
                table[label] |= dict(zip(_ends_of(name), ends[name], strict=True))
        table[label]["objective"] = result.objective
        if result.held is not None:
            score = result.score(result.held, level=level)
            table[label] |= {"held-out mean error": score.mean_error, "inside": score.inside}
    if not fits:
        reasons = "; ".join(f"{label}: {reason}" for label, reason in [*skipped.items()][:3])
        raise ValueError(f"No group of {by} could be fitted ({reasons})")
    return Comparison(fits, pd.DataFrame.from_dict(table, orient="index").rename_axis(by), skipped)


def _labels(values):
    """Return values of groups as text, of numbers as few digits as keep them apart.

    >>> _labels([1.0, 0.1 + 0.2]), _labels([20240101.0, 20240102.0, np.nan])
    (['1', '0.3'], ['20240101', '20240102', '(missing)'])
    """
    for digits in range(6, 18):
        texts = [str(v) if isinstance(v, str) else f"{v:.{digits}g}" for v in values]
        if len({*texts}) == len({*map(str, values)}):
            break
    return ["(missing)" if text in ("", "nan") else text for text in texts]


def _ends_of(name):
    return f"{name} low", f"{name} high"


@dataclass(frozen=True)
class Comparison:
    """Several laws fitted to the same runs, or one law to several groups of runs.

    The table, a DataFrame, has one row a fit. Of laws: how many parameters, objective, AICc and BIC
    less the lowest, errors on the fitted and on the held-out runs; of groups: the parameters, with
    the ends of their intervals (``alpha low``, ``alpha high``).
    """

    fits: dict[str, FitResult]
    table: object
    skipped: dict[str, str] = field(default_factory=dict)  # reason by group that has no fit
    notes: list[str] = field(default_factory=list)  # on the comparison itself

    def _text(self):
        """Return the table with text in its cells, intervals below their estimates."""
        import pandas as pd

        rows, labels = [], []
        for label, row in self.table.iterrows():
            ends = {}
            for name in [name for name in row.index if {*_ends_of(name)} <= {*row.index}]:
                low, high = row[[*_ends_of(name)]]
                floor = low == 0.0 or math.isinf(low)
                ends[name] = f"{'unbounded' if floor else number(low, 4)} to {number(high, 4)}"
            hidden = {end for name in ends for end in _ends_of(name)}
            values = {k: "" if v != v else number(v, 4) for k, v in row.items() if k not in hidden}
            rows += [values, {name: ends.get(name, "") for name in values}][: 1 + bool(ends)]
            labels += [label, ""][: 1 + bool(ends)]
        return pd.DataFrame(rows, labels).rename_axis(self.table.index.name)

    def table_text(self):
        """Return the table as text, and which groups have no fit."""
        lines = [line.rstrip() for line in self._text().to_string().splitlines()]
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines + [f"note: no fit of {k}: {why}" for k, why in self.skipped.items()])

    def summary(self):
        """Return the table as text, and what a reader must know of the fits: what all say, once."""
        said = {name: result.warnings for name, result in self.fits.items()}
        all_say = [w for w in next(iter(said.values())) if all(w in own for own in said.values())]
        lines = [self.table_text(), *(f"note: {warning}" for warning in all_say)]
        for name, own in said.items():
            lines += [f"note: {name}: {warning}" for warning in own if warning not in all_say]
        return "\n".join(lines)

    def _repr_html_(self):
        return self._text().to_html()


def compare(laws, data, *, held_out=None, **options):
    """Fit several laws to the same runs and compare them, best on the held-out runs first.

    AICc estimates which law would describe more runs of the same kind best, not whether any of them
    is right, and needs three runs more than the law has parameters. In simulations (60 tables of
    runs with normal noise of 0.4 % each) it preferred the generalised law to a true Chinchilla law
    in 3 % of tables of 12 runs, 17 % of 36 and 13 % of 100, and `bnsl1` to a true `bnsl0` in 8 % of
    20 runs and 33 % of 100; with ``delta=inf`` it was 3, 10, 12, 5 and 17 %. By more than 4 it did
    so in at most 8 %. BIC erred more with few runs (32 % of 12), less with many (2 % of 100).

    Parameters
    ----------
    laws : sequence
        Each as for `fit`; a pair with options of its own where it needs them:
        ``(my_law, {"start": {...}})``.
    data : mapping, DataFrame or structured array
        Runs, as for `fit`.
    held_out : str, sequence of bool or data, optional
        Which rows of `data` to hold out, as `hold_out` of `fit` does, or other runs to score on.
    **options
        Passed to `fit`.

    Returns
    -------
    Comparison
        Fits and table.
    """
    import pandas as pd

    if isinstance(laws, str) or not len(laws):
        raise ValueError(f"laws must be a sequence of laws, not {laws!r}")
    split = isinstance(held_out, str) or np.asarray(held_out).dtype == bool
    if split:
        if options.get("hold_out") is not None:
            raise ValueError("hold_out must not be given beside held_out, which holds runs out")
        check_sides(data, held_out, options.get("columns"), name="held_out")
        options["hold_out"] = held_out
    fits = {}
    for entry in laws:
        entry, own = entry if isinstance(entry, tuple) else (entry, {})
        result = fit(entry, data, **(options | own))
        held = {**result.law.tied, **result.law.fixed}
        name = ", ".join([result.law.name, *(f"{k} = {v}" for k, v in held.items())])
        if name in fits:
            raise ValueError(f"laws must differ in name or in what is held, not repeat {name}")
        fits[name] = result
    if len({result.law.target for result in fits.values()}) > 1:
        raise ValueError("Laws of different targets cannot be compared")
    table = {}
    for name, result in fits.items():
        table[name] = {
            "parameters": result.problem.p,
            "objective": result.objective,
            "delta AICc": result.aicc,
            "delta BIC": result.bic,
            "rms residual": result.rms,
        }
        if held_out is not None:
            score = result.held_out if split else result.score(held_out, options.get("columns"))
            table[name] |= {
                "held-out mean error": score.mean_error,
                "held-out worst error": score.worst_error,
                f"held-out inside {100 * LEVEL:g} %": score.inside,
            }
    table = pd.DataFrame.from_dict(table, orient="index")
    for criterion in ("delta AICc", "delta BIC"):
        table[criterion] -= table[criterion].min()
    table = table.sort_values("delta AICc" if held_out is None else "held-out mean error")
    return Comparison(fits, table.rename_axis("law"), notes=_on_aicc(fits, table["delta AICc"]))


def _on_aicc(fits, delta):
    """Return what AICc cannot tell of these fits, as sentences."""
    notes, first = [], next(iter(fits.values()))
    few = [name for name, result in fits.items() if math.isnan(result.aicc)]
    close = [name for name, above in delta.sort_values().items() if above < TOLD_APART]
    if few:
        most = max(fits[name].problem.p for name in few)
        count, what = (first.clusters, "clusters") if first.clusters else (first.n, "runs")
        notes.append(
            f"{count} {what} are too few for the AICc of {', '.join(few)}: with {most} parameters "
            f"it takes {most + 3}"
        )
    if len(close) > 1:
        notes.append(
            f"AICc does not tell {' and '.join(close)} apart (less than {TOLD_APART} between them)"
        )
    return notes
