"""Two estimators of the compute-optimal allocation that need no surface [hoffmann2022training].

Approach 1 reads the lower envelope of training curves, Approach 2 a parabola in log N at each
compute budget. Both give N* and D* by budget, then exponents by a straight line in logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_lib.fitting.result import Interval
from scaling_lib.fitting.runs import invalid_rows, take
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN


@dataclass(frozen=True)
class AllocationFit:
    """Optimal allocation by budget, and the exponents of N* and D* in compute.

    Attributes
    ----------
    C, N, D, loss : ndarray, shape (k,)
        Budgets in FLOP, optimal parameters and tokens, and the loss there (nats per token).
    a, b : float
        Exponents: N* grows as C^a, D* as C^b.
    a_interval, b_interval : Interval
        Bootstrap intervals of the exponents.
    level : float
        Their level.
    curvature : ndarray or None
        Second derivative of loss in log N at each minimum (Approach 2 only).
    skipped : dict
        Reason by budget for those that gave no minimum.
    """

    C: np.ndarray
    N: np.ndarray
    D: np.ndarray
    loss: np.ndarray
    a: float
    b: float
    a_interval: Interval
    b_interval: Interval
    level: float
    curvature: np.ndarray | None = None
    skipped: dict | None = None

    def optimum(self, C):
        """Return N* and D* on the fitted lines at `C` FLOP."""
        out = []
        for values, exponent in ((self.N, self.a), (self.D, self.b)):
            level = np.mean(np.log(values) - exponent * np.log(self.C))
            out.append(np.exp(level + exponent * np.log(C)))
        return tuple(out)

    def summary(self):
        """Return the allocation as a plain-text table."""
        lines = [f"{'C (FLOP)':>12}{'N*':>12}{'D*':>12}{'D*/N*':>10}{'loss':>9}"]
        for C, N, D, loss in zip(self.C, self.N, self.D, self.loss, strict=True):
            lines.append(f"{C:12.3e}{N:12.3e}{D:12.3e}{D / N:10.2f}{loss:9.4f}")
        percent = f"{100 * self.level:g} %"
        for name, value, (low, high) in (
            ("N* ~ C^a, a", self.a, self.a_interval),
            ("D* ~ C^b, b", self.b, self.b_interval),
        ):
            lines.append(f"{name} = {value:.4f} ({percent} from {low:.4f} to {high:.4f})")
        for C, reason in (self.skipped or {}).items():
            lines.append(f"note: {C:.3e} FLOP gave no minimum: {reason}")
        return "\n".join(lines)


def isoflop(data, *, columns=None, tolerance=0.05, level=0.9, bootstrap=1000, seed=0):
    """Approach 2: a parabola of loss in log N through the runs of each compute budget.

    The method is exact only for a symmetric valley. Where alpha and beta differ, or the sizes tried
    are not centred on the optimum, N* is biased even without noise, and more so the wider the
    range. The exponent is biased when the centring drifts from budget to budget.

    Parameters
    ----------
    data : mapping or DataFrame
        Columns N, D and loss, or C with one of N and D.
    columns : mapping, optional
        Name in `data` for a name here, where they differ.
    tolerance : float
        Runs belong to one budget when neighbours in sorted log C differ by less than this.
    level, bootstrap, seed : float, int, int
        Of the intervals; runs are resampled within each budget.

    Returns
    -------
    AllocationFit

    Raises
    ------
    ValueError
        When fewer than two budgets have a minimum.
    """
    C, N, loss = _columns(data, columns, ["C", "N", "loss"])
    order = np.argsort(C, kind="stable")
    breaks = np.flatnonzero(np.diff(np.log(C[order])) > tolerance) + 1
    groups = np.split(order, breaks)
    found, skipped = [], {}
    for group in groups:
        budget = float(np.exp(np.log(C[group]).mean()))
        x, y = np.log(N[group]), loss[group]
        place, height, curvature = _parabolas(x[None], y[None])[:, 0]
        if np.unique(np.round(x, 6)).size < 3:
            skipped[budget] = "fewer than three sizes"
        elif not curvature > 0:
            skipped[budget] = "the parabola opens downwards"
        elif not x.min() <= place <= x.max():
            skipped[budget] = "the minimum lies outside the sizes tried"
        else:
            found.append((budget, x, y, (place, height, curvature)))
    if len(found) < 2:
        reasons = "; ".join(f"{C:.3g} FLOP: {why}" for C, why in skipped.items())
        raise ValueError(f"Fewer than two budgets have a minimum ({reasons}).")
    rng = np.random.default_rng(seed)
    draws = []
    for _, x, y, _ in found:
        chosen = rng.integers(x.size, size=(bootstrap, x.size))
        place, _, curvature = _parabolas(x[chosen], y[chosen])
        inside = (curvature > 0) & (x.min() <= place) & (place <= x.max())
        draws.append(np.where(inside, place, np.nan))  # a resample without a minimum is left out
    budgets = np.array([budget for budget, *_ in found])
    minima = np.array([minimum for *_, minimum in found])
    return _lines(budgets, minima, np.stack(draws, axis=-1), level, minima[:, 2], skipped)


def _parabolas(x, y):
    """Fit parabolas through the rows of (x, y), each (B, n).

    Returns place, height and curvature of the extremum, shape (3, B); NaN where fewer than three
    different x leave it open.
    """
    middle, width = x.mean(1, keepdims=True), np.ptp(x, axis=1)[:, None] + 1e-300
    z = (x - middle) / width
    V = np.stack([np.ones_like(z), z, z**2], axis=-1)
    M, v = V.transpose(0, 2, 1) @ V, (V.transpose(0, 2, 1) @ y[..., None])[..., 0]
    known = np.linalg.cond(M) < 1e12
    c = np.full((len(x), 3), np.nan)
    c[known] = np.linalg.solve(M[known], v[known][..., None])[..., 0]
    c0, c1, c2 = c.T
    with np.errstate(all="ignore"):
        place = -c1 / (2.0 * c2)
        height = c0 - c1**2 / (4.0 * c2)
    return np.stack([middle[:, 0] + width[:, 0] * place, height, 2.0 * c2 / width[:, 0] ** 2])


def envelope(data, *, columns=None, budgets=30, level=0.9, bootstrap=1000, seed=0):
    """Approach 1: the run with the lowest loss at each compute, over all training curves.

    Parameters
    ----------
    data : mapping or DataFrame
        Columns ``run`` (which curve a row belongs to), N, C (compute spent so far, or D) and loss.
    columns : mapping, optional
        Name in `data` for a name here, where they differ.
    budgets : int
        Number of budgets, evenly spaced in log C over the range in which at least two curves run.
    level, bootstrap, seed : float, int, int
        Of the intervals; whole curves are resampled.

    Returns
    -------
    AllocationFit

    Notes
    -----
    Budgets at which the smallest or the largest model is best are left out: the true optimum may
    lie beyond them.

    The losses on the way of a run whose learning rate still falls are higher than those of a run
    that ends there; the envelope then favours the wrong sizes.
    """
    run, C, N, loss = _columns(data, columns, ["run", "C", "N", "loss"])
    curves = []
    for name in np.unique(run):
        rows = np.flatnonzero(run == name)
        rows = rows[np.argsort(C[rows], kind="stable")]
        if np.ptp(N[rows]) > 0:
            raise ValueError(f"Run {name:g} has more than one N: a curve is one model.")
        curves.append((np.log(C[rows]), loss[rows], np.log(N[rows[0]])))
    if len(curves) < 3:
        raise ValueError(f"{len(curves)} curves have no envelope: at least 3 are needed.")
    low = np.sort([c[0] for c, _, _ in curves])[1]
    high = np.sort([c[-1] for c, _, _ in curves])[-2]
    if not low < high:
        raise ValueError("The curves do not overlap in compute.")
    grid = np.linspace(low, high, budgets)
    losses = np.array([np.interp(grid, c, y, left=np.inf, right=np.inf) for c, y, _ in curves])
    sizes = np.array([size for _, _, size in curves])

    def lowest(chosen):
        part = losses[chosen]
        best = part.argmin(0)
        height, size = part[best, np.arange(budgets)], sizes[chosen][best]
        edge = (size == sizes.min()) | (size == sizes.max())
        return np.where(np.isfinite(height) & ~edge, size, np.nan), height

    log_N, height = lowest(np.arange(len(curves)))
    kept = np.isfinite(log_N)
    minima = np.stack([log_N[kept], height[kept]], axis=-1)
    if not kept.any() or np.ptp(minima[:, 0]) == 0:
        raise ValueError(
            "Fewer than two models between the smallest and the largest are ever best."
        )
    rng = np.random.default_rng(seed)
    draws = np.array(
        [lowest(rng.integers(len(curves), size=len(curves)))[0][kept] for _ in range(bootstrap)]
    )
    return _lines(np.exp(grid[kept]), minima, draws, level)


def _columns(data, mapping, names):
    columns, _ = take(data, names, mapping)
    bad = invalid_rows(columns, {"C", "N", "loss"})
    if bad:
        row, reason = next(iter(bad.items()))
        raise ValueError(f"Column {reason} in row {row + 1} ({len(bad)} such rows).")
    return [columns[name] for name in names]


def _lines(budgets, minima, draws, level, curvature=None, skipped=None):
    """Fit log N* against log C, with percentiles of the slope over the draws."""
    x = np.log(budgets)
    slope = np.polyfit(x, minima[:, 0], 1)[0]
    known = np.isfinite(draws)
    count = np.maximum(known.sum(1), 1)
    dx = np.where(known, x - (known @ x / count)[:, None], 0.0)
    spread = (dx**2).sum(1)
    usable = (known.sum(1) >= 2) & (spread > 0)
    slopes = (dx * np.where(known, draws, 0.0)).sum(1)[usable] / spread[usable]
    ends = (
        np.quantile(slopes, [(1 - level) / 2, (1 + level) / 2])
        if len(slopes) >= 20
        else np.array([-np.inf, np.inf])
    )
    N = np.exp(minima[:, 0])
    return AllocationFit(
        C=budgets,
        N=N,
        D=budgets / (FLOP_PER_PARAMETER_TOKEN * N),
        loss=minima[:, 1],
        a=float(slope),
        b=float(1.0 - slope),
        a_interval=Interval(float(ends[0]), float(ends[1])),
        b_interval=Interval(float(1.0 - ends[1]), float(1.0 - ends[0])),
        level=level,
        curvature=curvature,
        skipped=skipped or {},
    )
