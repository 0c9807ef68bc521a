"""Runs of which many share all inputs: the objective from sums over each such point."""

import itertools
from functools import partial

import numpy as np


class Points:
    """The objective of runs of which many share all inputs, from sums over each such point.

    There f is one number, so that Huber's loss of the runs at a point needs only how many of them,
    in the order of their targets, lie below f - delta and below f + delta, and sums of w, w y and
    w y^2 up to there. An evaluation then takes as long as with one run a point.

    Parameters
    ----------
    f : LogSum
        On one run of each point, (m,).
    y : ndarray
        Targets of all runs, (n,).
    point : ndarray of int
        Which point each run belongs to, (n,).
    """

    def __init__(self, f, y, point, delta):
        self.f, self.delta = f, delta
        self.order = np.lexsort([y, point])
        point, y = point[self.order], y[self.order]
        self.middle = np.bincount(point, y) / np.bincount(point)  # squares of small numbers: exact
        self.y = y - self.middle[point]
        self.ends = np.searchsorted(point, np.arange(len(self.middle) + 1))
        # One ascending list for all points, in which each has a range of its own.
        self.apart = 2.0 * (np.ptp(self.y) + delta) * np.arange(len(self.middle))
        self.ranked = self.y + self.apart[point]

    def sums(self, weights):
        """Return the running sums of w, w y and w y^2 over the runs in order, (S, 3, n + 1)."""
        w = weights[:, self.order]
        out = np.zeros((len(w), 3, len(self.y) + 1))
        for k, values in enumerate((w, w * self.y, w * self.y**2)):
            np.cumsum(values, axis=1, out=out[:, k, 1:])
        return out

    def objective(self, theta, sums, rows):
        """Return F (S,), its gradient (S, p) and Hessian (S, p, p) for the `rows` of `sums`."""
        new = partial(np.empty, (len(theta), len(self.middle)))
        parts, delta = self.f.parts(theta), self.delta
        z, total, f = self.f.mix(parts, new)
        f = f - self.middle
        first, last = self.ends[:-1], self.ends[1:]
        rows = rows[:, None]

        def up_to(limit):
            limit = np.nan_to_num(limit, nan=np.inf)
            return np.clip(np.searchsorted(self.ranked, limit + self.apart), first, last)

        cuts = [first, up_to(f - delta), up_to(f + delta), last]
        at = [sums[rows, :, cut] for cut in cuts]  # each (S, m, 3)
        below, within, above = (np.moveaxis(b - a, -1, 0) for a, b in itertools.pairwise(at))
        pull = delta * (below[0] - above[0]) + f * within[0] - within[1]
        F = delta * ((f - delta / 2) * below[0] - below[1] - (f + delta / 2) * above[0] + above[1])
        F += 0.5 * (f * (f * within[0] - 2 * within[1]) + within[2])
        curvature = within[0] if z is None else within[0] - pull
        return F.sum(1), *self.f.derivatives(parts, z, total, pull, curvature, True, new)
