"""Compute-optimal allocation without a surface, in two ways [@hoffmann2022training].

`envelope` (Approach 1) reads the lowest of the training curves at each compute, `isoflop` (Approach
2) a parabola in log N at each budget. Both give N* and D* by budget; a straight line in logarithms
through them gives the exponents.
"""

from dataclasses import dataclass, field

import numpy as np

from scaling_lib.data import checks
from scaling_lib.fitting.choosing import budgets as budgets_of
from scaling_lib.fitting.choosing import groups, keep
from scaling_lib.fitting.notes import OUTLYING, SCATTERS, copied, copies, far_from, units
from scaling_lib.fitting.result import LEVEL, Interval, number
from scaling_lib.fitting.runs import row_numbers, take, without_invalid
from scaling_lib.laws.declared import rows_text
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN
from scaling_lib.laws.published import Allocation
from scaling_lib.laws.terms import line

ROUNDING = 1e-12  # relative range up to which values are one value
FEWEST_SLOPES = 20  # percentiles of fewer resampled slopes say nothing
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
    a_interval: Interval  # of the bootstrap, at `level`
    b_interval: Interval
    level: float
    skipped: dict = field(default_factory=dict)  # reason by budget for those without a minimum
    notes: list = field(default_factory=list)  # on units, and rows that are odd or not used

    def exponents(self):
        """Return (a, b)."""
        return self.a, self.b

    def optimum(self, C):
        """Return the `Allocation` on the fitted lines at `C` FLOP."""
        C = np.asarray(C, float)
        N = np.exp(np.mean(np.log(self.N / self.C**self.a)) + self.a * np.log(C))
        return Allocation(C, N, C / (FLOP_PER_PARAMETER_TOKEN * N))

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
            low, high = (f"{x:.4f}" if np.isfinite(x) else number(x) for x in (low, high))
            lines.append(f"{name} = {value:.4f} ({percent} from {low} to {high})")
        for C, reason in self.skipped.items():
            lines.append(f"note: {C:.3e} FLOP gave no minimum: {reason}")
        return "\n".join(lines + [f"note: {note}" for note in self.notes])


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

    Parameters
    ----------
    data : mapping or DataFrame
        Columns N, D and loss, or C with one of N and D.
    columns : mapping, optional
        Name in `data` for a name here, where they differ.
    level, bootstrap, seed : float, int, int
        Of the intervals; runs are resampled within each budget.
    drop_invalid, leave_out, best_of : bool, str, str
        Which runs to use, as for `fit`.

    Raises
    ------
    ValueError
        When fewer than two budgets have a minimum.
    """
    _check_options(level, bootstrap, seed)
    C, N, loss, used, notes = _columns(data, columns, drop_invalid, leave_out, best_of)
    codes, numbers = budgets_of(C), row_numbers(data)[used]
    rng, found, draws, skipped = np.random.default_rng(seed), [], [], {}
    by_budget, bent = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)], []
    miss, errors, scatters = np.zeros(C.size), np.zeros(C.size), []
    for group in by_budget:
        miss[group], errors[group], scatter = outside(np.log(N[group]), np.log(loss[group]))
        scatters += [scatter] * (group.size > 3)
    far = np.isfinite(errors) & (np.abs(miss) > SCATTERS * errors * np.median(scatters or 0.0))
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
            found.append((budget, place, height))
            chosen = rng.integers(x.size, size=(bootstrap, x.size))
            place, _, curvature = parabola(x[chosen], y[chosen])
            inside = (curvature > 0) & (x.min() <= place) & (place <= x.max())
            draws.append(np.where(inside, place, np.nan))  # resamples without a minimum
    names = {"C": C, "N": N, "loss": loss}
    odd = [*far_from("the parabola", np.flatnonzero(far), miss, names, "loss", numbers), *bent]
    if len(found) < 2:
        reasons = [*(f"{C:.3g} FLOP: {why}" for C, why in skipped.items()), *odd]
        raise ValueError(f"Fewer than two budgets have a minimum ({'; '.join(reasons)})")
    notes += _units(data, columns, C, N)
    notes += odd + _repeats(data, names, codes, used, numbers)
    return _lines(*np.array(found).T, np.stack(draws, axis=-1), level, skipped, notes)


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

    Parameters
    ----------
    data : mapping or DataFrame
        Columns ``run`` (number or name of the curve a row belongs to), N, C (compute spent so far,
        or D) and loss.
    columns : mapping, optional
        Name in `data` for a name here, where they differ.
    budgets : int
        Number of budgets, evenly spaced in log C over the range in which at least two curves run.
    level, bootstrap, seed : float, int, int
        Of the intervals; whole curves are resampled.
    drop_invalid, leave_out, best_of : bool, str, str
        Which rows to use, as for `fit`.

    Raises
    ------
    ValueError
        When there are fewer than three curves, or fewer than two models are ever best.
    """
    checks.whole(budgets, "budgets")
    _check_options(level, bootstrap, seed)
    C, N, loss, used, notes = _columns(data, columns, drop_invalid, leave_out, best_of)
    run, labels = groups(data, "run", columns, labels=True)
    curves = []
    for code in np.unique(run[used]):
        rows = np.flatnonzero(run[used] == code)
        rows = rows[np.argsort(C[rows], kind="stable")]
        if np.ptp(N[rows]) > 0:
            raise ValueError(f"Run {labels[code]} has more than one N: a curve is one model")
        curves.append((np.log(C[rows]), loss[rows], np.log(N[rows[0]])))
    if sum(len(c) > 1 for c, _, _ in curves) < 3 <= len(curves):
        raise ValueError(
            "An envelope needs curves: several rows a run, with the C or D spent so far; here "
            f"{sum(len(c) == 1 for c, _, _ in curves)} of {len(curves)} runs have one row "
            "(isoflop needs one row a run)"
        )
    if len(curves) < 3:
        raise ValueError(f"{len(curves)} curves have no envelope: at least 3 are needed")
    low = np.sort([c[0] for c, _, _ in curves])[1]
    high = np.sort([c[-1] for c, _, _ in curves])[-2]
    if not low < high:
        raise ValueError("The curves do not overlap in compute")
    grid = np.linspace(low, high, budgets)
    losses = np.array([np.interp(grid, c, y, left=np.inf, right=np.inf) for c, y, _ in curves])
    sizes = np.array([size for _, _, size in curves])

    log_N, height = _lowest(losses, sizes)
    kept = np.isfinite(log_N)
    if not kept.any() or np.ptp(log_N[kept]) == 0:
        raise ValueError("Fewer than two models between the smallest and the largest are ever best")
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(curves), size=(bootstrap, len(curves)))
    draws = np.array([_lowest(losses[some], sizes[some])[0][kept] for some in chosen])
    notes += _units(data, columns, C, N)
    return _lines(np.exp(grid[kept]), log_N[kept], height[kept], draws, level, {}, notes)


def _lowest(losses, sizes):
    """Return the log N of the lowest of the curves (n, budgets), NaN at an edge, and its loss."""
    best = losses.argmin(0)
    height, size = losses[best, np.arange(losses.shape[1])], sizes[best]
    inner = (sizes.min() < size) & (size < sizes.max())
    return np.where(np.isfinite(height) & inner, size, np.nan), height


def _check_options(level, bootstrap, seed):
    checks.level(level)
    checks.whole(bootstrap, "bootstrap", least=0)
    checks.whole(seed, "seed", least=0)


def _columns(data, mapping, drop_invalid, leave_out, best_of):
    """Return C, N and the loss of the rows to use, their positions, and notes on the others."""
    faults = {}
    columns, _ = take(data, ["C", "N", "loss"], mapping, faults=faults)
    columns, notes, rows = without_invalid(data, columns, {*columns}, drop_invalid, faults)
    kept, said = keep(data, rows, columns["loss"], mapping, leave_out, best_of)
    return *(values[kept] for values in columns.values()), rows[kept], notes + said


def _units(data, mapping, C, N):
    return units(data, mapping, {"C": C, "N": N, "D": C / (FLOP_PER_PARAMETER_TOKEN * N)})


def _lines(C, log_N, loss, draws, level, skipped, notes):
    """Fit log N* against log C, with percentiles of the slope over the draws (B, budgets)."""
    x, slopes = np.log(C), []
    for draw in draws:
        known = np.isfinite(draw)
        if known.sum() > 1:
            slopes.append(line(x[known], draw[known])[1])
    low, high = -np.inf, np.inf
    if len(slopes) >= FEWEST_SLOPES:
        low, high = map(float, np.quantile(slopes, [(1 - level) / 2, (1 + level) / 2]))
    a, N = float(line(x, log_N)[1]), np.exp(log_N)
    D = C / (FLOP_PER_PARAMETER_TOKEN * N)
    ends = Interval(low, high), Interval(1.0 - high, 1.0 - low)
    return AllocationFit(C, N, D, loss, a, 1.0 - a, *ends, level, skipped, notes)
