"""Compute-optimal allocation without a surface, in two ways [@hoffmann2022training].

`envelope` (Approach 1) reads the lowest of the training curves at each compute, `isoflop` (Approach
2) a parabola in log N at each budget. Both give N* and D* by budget; straight lines in logarithms
through them give the exponents. D* follows from the tokens of the runs, where the data have them,
for a FLOP count need not be 6 N D.
"""

from dataclasses import dataclass, field

import numpy as np

from scaling_lib.data import checks
from scaling_lib.fitting.choosing import budgets as budgets_of
from scaling_lib.fitting.choosing import groups, keep
from scaling_lib.fitting.notes.misfits import OUTLYING, SCATTERS, far_from
from scaling_lib.fitting.notes.repeats import copied, copies
from scaling_lib.fitting.notes.units import units
from scaling_lib.fitting.result import FEWEST_REPLICATES, LEVEL, Interval, beyond
from scaling_lib.fitting.runs import row_numbers, take, without_invalid
from scaling_lib.laws.declared import rows_text
from scaling_lib.laws.published import Allocation
from scaling_lib.laws.terms import line

ROUNDING = 1e-12  # relative range up to which values are one value
FEWEST_POINTS = 3  # a line goes through any two
SHOWN = 3  # budgets of one reason, and reasons, in a message
TRIPLES = 1000  # drawn from the runs of a budget: half of these may be far from the others
# Of its lowest loss: the minimum of a parabola through tuned runs is not lower than that by more.
BENT = 0.05


@dataclass(frozen=True)
class AllocationFit:
    """Optimal allocation by budget, and the exponents of N* and D* in compute."""

    C: np.ndarray  # budgets in FLOP, shape (k,)
    N: np.ndarray  # optimal parameters
    D: np.ndarray  # optimal tokens
    loss: np.ndarray  # there, in nats per token
    a: float  # N* grows as C^a
    b: float  # D* grows as C^b
    a_interval: Interval  # of the bootstrap, at `level`; infinite ends where there is none
    b_interval: Interval
    level: float
    skipped: dict = field(default_factory=dict)  # reason by budget for those without a minimum
    notes: list = field(default_factory=list)  # on units, and rows that are odd or not used
    # Intercepts and slopes of log N* and log D* in log C, (B, 2, 2); empty without intervals.
    draws: np.ndarray = field(default_factory=lambda: np.empty((0, 2, 2)), repr=False)

    def exponents(self):
        """Return (a, b)."""
        return self.a, self.b

    def optimum(self, C):
        """Return the `Allocation` on the fitted lines at `C` FLOP."""
        C = np.asarray(C, float)
        lines = ((self.N, self.a), (self.D, self.b))
        return Allocation(C, *(np.exp(np.mean(np.log(y / self.C**k))) * C**k for y, k in lines))

    def optimum_table(self, C):
        """Return `optimum` at budgets `C` as a DataFrame, with the interval of N if there is one.

        Its ``attrs["notes"]`` say where it goes far beyond the runs.
        """
        import pandas as pd

        C = np.atleast_1d(np.asarray(C, float))
        if not (C.size and np.isfinite(C).all() and (C > 0).all()):
            raise ValueError(f"C must be positive and finite, not {C.tolist()}")
        best = self.optimum(C)
        table = pd.DataFrame({"C": best.C, "N": best.N, "D": best.D, "D/N": best.D / best.N})
        if len(self.draws):
            N = np.exp(self.draws[:, 0] @ [np.ones(best.C.size), np.log(best.C)])
            ends = (1 - self.level) / 2, (1 + self.level) / 2
            table["N low"], table["N high"] = np.quantile(N, ends, axis=0)
        far = float(best.C.max() / self.C.max())
        table.attrs["notes"] = beyond(far, "C", "the lines stay straight")
        return table

    def to_dict(self):
        """Return what `python -m scaling_lib isoflop --json` prints; None for an open end."""
        columns = {name: getattr(self, name).tolist() for name in ("C", "N", "D", "loss")}
        ends = {"a_interval": self.a_interval, "b_interval": self.b_interval}
        ends = {k: [x if np.isfinite(x) else None for x in v] for k, v in ends.items()}
        skipped = [{"C": C, "reason": reason} for C, reason in self.skipped.items()]
        rest = {"a": self.a, "b": self.b, **ends, "level": self.level, "skipped": skipped}
        return columns | rest | {"notes": self.notes}

    def summary(self):
        """Return the allocation as a plain-text table."""
        import pandas as pd

        table = pd.DataFrame({"C (FLOP)": self.C, "N*": self.N, "D*": self.D})
        table = table.map("{:.3e}".format)
        table["D*/N*"], table["loss"] = np.round(self.D / self.N, 2), np.round(self.loss, 4)
        lines, percent = [table.to_string(index=False)], f"{100 * self.level:g} %"
        for name, value, (low, high) in (
            ("N* ~ C^a, a", self.a, self.a_interval),
            ("D* ~ C^b, b", self.b, self.b_interval),
        ):
            ends = f" ({percent} from {low:.4f} to {high:.4f})" if np.isfinite(low) else ""
            lines.append(f"{name} = {value:.4f}{ends}")
        lines += [f"note: no minimum at {reason}" for reason in _reasons(self.skipped)]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])


def _reasons(skipped):
    """Return the reasons why budgets have no minimum, each with the first of its budgets."""
    by_reason = {}
    for C, reason in skipped.items():
        by_reason.setdefault(reason, []).append(f"{C:.3e}")
    return [
        f"{', '.join(budgets[:SHOWN])} FLOP"
        + (f" and {len(budgets) - SHOWN} more" if len(budgets) > SHOWN else "")
        + f": {reason}"
        for reason, budgets in by_reason.items()
    ]


def parabola(x, y):
    """Fit parabolas through points (..., n); return place, value and curvature of the extremum.

    NaN where fewer than three different x leave it open.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    middle, width = x.mean(-1), np.ptp(x, axis=-1)
    width = np.where(width > ROUNDING * np.abs(middle), width, 1.0)  # one x, up to rounding
    z = (x - middle[..., None]) / width[..., None]
    V = np.stack([np.ones_like(z), z, z**2], axis=-1)
    Q, R = np.linalg.qr(V)
    known = np.abs(np.diagonal(R, axis1=-2, axis2=-1)).min(-1) > 1e-6 * np.sqrt(x.shape[-1])
    R = np.where(known[..., None, None], R, np.eye(3))
    c = np.linalg.solve(R, np.einsum("...nk,...n->...k", Q, y)[..., None])[..., 0]
    c0, c1, c2 = np.moveaxis(np.where(known[..., None], c, np.nan), -1, 0)
    with np.errstate(all="ignore"):
        place = middle - width * c1 / (2.0 * c2)
        return place, c0 - c1**2 / (4.0 * c2), 2.0 * c2 / width**2


def outside(x, y):
    """Return what the parabola of most of the points (n,) misses, and which of them it is not of.

    Three of the points give the parabola that is close to most of the others. The nearest of the
    rest is taken in and the parabola fitted anew, until that is as far as no tuned run can be.

    Returns
    -------
    misses : ndarray
        Predicted minus observed, (n,).
    errors : ndarray
        Their standard errors, as multiples of the scatter of a point; inf for points that are in.
    scatter : float
        Of the points that are in.
    """
    V = ((x - x.mean()) / max(np.ptp(x), ROUNDING))[:, None] ** np.arange(3)
    draws = np.random.default_rng(0).random((TRIPLES, x.size)).argsort(axis=1)[:, :3]
    misses = np.abs(V @ np.linalg.pinv(V[draws]) @ y[draws][..., None] - y[:, None])[..., 0]
    most = min(x.size // 2 + 2, x.size)
    best = misses[np.sort(misses, axis=1)[:, most - 1].argmin()]
    near = np.isin(np.arange(x.size), best.argsort()[:most])
    while True:
        H = V @ np.linalg.pinv(V[near])
        misses, errors = H @ y[near] - y, np.where(near, np.inf, np.sqrt(1.0 + (H**2).sum(1)))
        next_one = np.where(near, np.inf, np.abs(misses)).argmin()
        if near.all() or np.abs(misses[next_one]) > OUTLYING:
            return misses, errors, np.sqrt((misses[near] ** 2).sum() / max(near.sum() - 3, 1))
        near[next_one] = True


def isoflop(
    data,
    *,
    columns=None,
    level=LEVEL,
    bootstrap=1000,
    seed=0,
    drop_invalid=False,
    leave_out=None,
    best_of=None,
):
    """Fit a parabola of loss in log N through the runs of each compute budget.

    The method is exact only for a symmetric valley. Where alpha and beta differ, or the sizes tried
    are not centred on the optimum, N* is biased even without noise, and more so the wider the
    range. The exponent is biased when the centring drifts from budget to budget.

    D* = C / (k N*), where k = C / (N D), the FLOP for a parameter and a token, is interpolated in
    log N between the runs of the budget. It is 6 where the data lack one of C, N and D.

    Parameters
    ----------
    data : mapping or DataFrame
        Columns C, N, D and loss; one of C, N and D may follow from C = 6 N D.
    columns : mapping, optional
        Name in `data` for a name here, where they differ.
    level, bootstrap, seed : float, int, int
        Of the intervals; runs are resampled within each budget. There is none with 0 replicates,
        or fewer than three N*.
    drop_invalid, leave_out, best_of : bool, str, str
        Which runs to use, as for `fit`.

    Raises
    ------
    ValueError
        When fewer than two budgets have a minimum.
    """
    _check_options(level, bootstrap, seed)
    C, N, D, loss, used, notes = _columns(data, columns, drop_invalid, leave_out, best_of)
    codes, numbers = budgets_of(C), row_numbers(data)[used]
    rng, found, draws, skipped = np.random.default_rng(seed), [], [], {}
    by_budget, bent = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)], []
    miss, errors, scatters = np.zeros(C.size), np.zeros(C.size), []
    for group in by_budget:
        miss[group], errors[group], scatter = outside(np.log(N[group]), np.log(loss[group]))
        scatters += [scatter] * (group.size > 3)
    far = np.isfinite(errors)  # of budgets with more than three runs
    far[far] = np.abs(miss[far]) > SCATTERS * errors[far] * np.median(scatters or 0.0)
    for group in by_budget:
        budget = float(np.exp(np.log(C[group]).mean()))
        x, y = np.log(N[group]), loss[group]
        if np.unique(np.round(x, 6)).size < 3:
            skipped[budget] = "fewer than three sizes"
            continue
        place, height, curvature = parabola(x, y)
        odd = group[far[group]]
        why = f", with {rows_text(numbers[odd])} far off" if odd.size else ""
        if not curvature > 0:
            skipped[budget] = f"the parabola opens downwards{why}"
        elif not x.min() <= place <= x.max():
            skipped[budget] = f"the minimum lies outside the sizes tried{why}"
        else:
            if height < (1.0 - BENT) * y.min() and not odd.size:
                lowest = rows_text(numbers[group[[y.argmin()]]])
                bent.append(
                    f"the parabola of {budget:.3e} FLOP has its minimum, {height:.4g}, far below "
                    f"the lowest loss, {y.min():g} in {lowest}: did one of "
                    f"{rows_text(numbers[group])} diverge (--leave-out CONDITION), or are the "
                    "sizes too far apart?"
                )
            runs = x, np.log(C / (N * D))[group]
            found.append((budget, place, _log_tokens(budget, place, *runs), height))
            chosen = rng.integers(x.size, size=(bootstrap, x.size))
            place, _, curvature = parabola(x[chosen], y[chosen])
            inside = (curvature > 0) & (x.min() <= place) & (place <= x.max())
            place = np.where(inside, place, np.nan)  # resamples without a minimum
            draws.append((place, _log_tokens(budget, place, *runs)))
    names = {"C": C, "N": N, "loss": loss}
    odd = [*far_from("the parabola", np.flatnonzero(far), miss, names, "loss", numbers), *bent]
    if len(found) < 2:
        reasons = _reasons(skipped)
        more = [f"{len(reasons) - SHOWN} more reasons"] if len(reasons) > SHOWN else []
        reasons = "; ".join([*reasons[:SHOWN], *more, *odd])
        raise ValueError(
            f"Fewer than two budgets have a minimum ({reasons}). It takes runs of three sizes or "
            "more at each; envelope takes curves of runs, and fit runs at any C"
        )
    notes += units(data, columns, {"C": C, "N": N, "D": D})
    notes += odd + _repeats(data, names, codes, used, numbers)
    return _lines(*np.array(found).T, np.array(draws).T, level, skipped, notes)


def _log_tokens(C, log_N, x, k):
    """Return log D* at C and log N*, from the logarithms of N and of C / (N D) of runs, (n,)."""
    sizes, which = np.unique(x, return_inverse=True)
    return np.log(C) - log_N - np.interp(log_N, sizes, np.bincount(which, k) / np.bincount(which))


def _repeats(data, columns, codes, used, numbers):
    """Name copies, and other rows that share their size with an earlier one of their budget."""
    again = copied(data, columns, used)
    points = np.stack([codes, np.round(np.log(columns["N"]), 6)], axis=1)
    first = np.unique(points, axis=0, return_index=True)[1]
    shared = np.setdiff1d(np.arange(codes.size), [*first, *again])
    notes = list(copies(again, columns, numbers))
    if shared.size:
        notes.append(
            f"{rows_text(numbers[shared])} {'has' if shared.size == 1 else 'have'} the size of an "
            "earlier row of the same budget: each counts, as it should of other seeds; where they "
            "are checkpoints or trials keep the best (--best-of C,N)"
        )
    return notes


def envelope(
    data,
    *,
    columns=None,
    budgets=30,
    level=LEVEL,
    bootstrap=1000,
    seed=0,
    drop_invalid=False,
    leave_out=None,
    best_of=None,
):
    """Find the model with the lowest loss at each compute, over all training curves.

    Budgets at which the smallest or the largest model is best are left out: the optimum may lie
    beyond them. Losses on the way of a run whose learning rate still falls are higher than those of
    a run that ends there; the envelope then favours the wrong sizes.

    D* is that of the best curve at C, interpolated in logarithms between its rows.

    Parameters
    ----------
    data : mapping or DataFrame
        Columns ``run`` (number or name of the curve a row belongs to), N, C (compute spent so far)
        and D, one of which may follow from the other by C = 6 N D, and loss.
    columns : mapping, optional
        Name in `data` for a name here, where they differ.
    budgets : int
        Number of budgets, evenly spaced in log C over the range in which at least two curves run.
    level, bootstrap, seed : float, int, int
        Of the intervals; whole curves are resampled. There is none with 0 replicates, or fewer
        than three N*.
    drop_invalid, leave_out, best_of : bool, str, str
        Which rows to use, as for `fit`.

    Raises
    ------
    ValueError
        When there are fewer than three curves, or fewer than two models are ever best.
    """
    checks.whole(budgets, "budgets")
    _check_options(level, bootstrap, seed)
    C, N, D, loss, used, notes = _columns(data, columns, drop_invalid, leave_out, best_of)
    run, labels = groups(data, "run", columns, labels=True)
    curves = []
    for code in np.unique(run[used]):
        rows = np.flatnonzero(run[used] == code)
        rows = rows[np.argsort(C[rows], kind="stable")]
        if np.ptp(N[rows]) > 0:
            raise ValueError(f"Run {labels[code]} has more than one N: a curve is one model")
        curves.append((np.log(C[rows]), loss[rows], np.log(D[rows]), np.log(N[rows[0]])))
    points = sum(np.ptp(c) == 0 for c, *_ in curves)
    if len(curves) - points < 3 <= len(curves):
        raise ValueError(
            "An envelope needs curves: several rows a run, with the C or D spent so far; here "
            f"{points} of {len(curves)} runs have one row, or rows of one C (isoflop needs one row "
            "a run)"
        )
    if len(curves) < 3:
        raise ValueError(f"{len(curves)} curves have no envelope: at least 3 are needed")
    low = np.sort([c[0] for c, *_ in curves])[1]
    high = np.sort([c[-1] for c, *_ in curves])[-2]
    if not low < high:
        raise ValueError("The curves do not overlap in compute")
    grid = np.linspace(low, high, budgets)
    ends = {"left": np.inf, "right": np.inf}
    losses = np.array([np.interp(grid, c, y, **ends) for c, y, *_ in curves])
    tokens = np.array([np.interp(grid, c, d) for c, _, d, _ in curves])
    sizes = np.array([size for *_, size in curves])

    best, height = _lowest(losses, sizes, tokens)
    kept = np.isfinite(best[0])
    if not kept.any() or np.ptp(best[0, kept]) == 0:
        raise ValueError("Fewer than two models between the smallest and the largest are ever best")
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(curves), size=(bootstrap, len(curves)))
    draws = [_lowest(losses[some], sizes[some], tokens[some])[0][:, kept] for some in chosen]
    notes += units(data, columns, {"C": C, "N": N, "D": D})
    names = {"C": C, "N": N, "loss": loss}
    notes += copies(copied(data, names, used), names, row_numbers(data)[used])
    return _lines(np.exp(grid[kept]), *best[:, kept], height[kept], draws, level, {}, notes)


def _lowest(losses, sizes, tokens):
    """Return log N and log D of the lowest of the curves (n, budgets), and its loss (budgets,).

    NaN where a curve of the smallest or the largest size is the lowest.
    """
    best, at = losses.argmin(0), np.arange(losses.shape[1])
    height, size = losses[best, at], sizes[best]
    inner = np.isfinite(height) & (sizes.min() < size) & (size < sizes.max())
    return np.where(inner, [size, tokens[best, at]], np.nan), height


def _check_options(level, bootstrap, seed):
    checks.level(level)
    checks.whole(bootstrap, "bootstrap", least=FEWEST_REPLICATES if bootstrap else 0)
    checks.whole(seed, "seed", least=0)


def _columns(data, mapping, drop_invalid, leave_out, best_of):
    """Return C, N, D and loss of the rows to use, their positions, and notes on the others."""
    faults = {}
    columns, derived = take(data, ["C", "N", "loss"], mapping, faults=faults)
    more, last = take(data, ["D"], mapping, faults=faults)
    columns = {"C": columns["C"], "N": columns["N"], **more, "loss": columns["loss"]}
    columns, notes, rows = without_invalid(data, columns, {*columns}, drop_invalid, faults)
    kept, said = keep(data, rows, columns["loss"], mapping, leave_out, best_of)
    return *(values[kept] for values in columns.values()), rows[kept], derived + last + notes + said


def _lines(C, log_N, log_D, loss, draws, level, skipped, notes):
    """Fit log N* and log D* against log C.

    The intervals are percentiles of the slopes over the draws of both, (B, 2, budgets).
    """
    x, drawn, ends = np.log(C), [], [Interval(-np.inf, np.inf)] * 2
    for draw in draws:
        known = np.isfinite(draw[0])
        if known.sum() > 1:
            drawn.append([line(x[known], y[known]) for y in draw])
    points = np.unique(log_N).size
    why = f"it takes three different N*, and here are {points}" * (points < FEWEST_POINTS)
    if not why and len(drawn) < FEWEST_REPLICATES:
        why = f"{len(drawn)} of {len(draws)} resamples have two minima"
    drawn = np.reshape([] if why else drawn, (-1, 2, 2))
    if not why:
        shares = [(1 - level) / 2, (1 + level) / 2]
        slopes = np.quantile(drawn[..., 1], shares, axis=0).T
        ends = [Interval(*map(float, pair)) for pair in slopes]
    elif len(draws):
        notes = [*notes, f"no interval of a and b: {why}"]
    a, b = (float(line(x, y)[1]) for y in (log_N, log_D))
    found = C, np.exp(log_N), np.exp(log_D), loss, a, b, *ends
    return AllocationFit(*found, level, skipped, notes, drawn)
