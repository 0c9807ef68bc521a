"""One fitting problem: a law on centred data, and the search for its global minimum."""

from __future__ import annotations

import numpy as np

from scaling_lib.fitting.newton import Minima, newton
from scaling_lib.laws import kernels

CHUNK = 16384  # numbers in one array of an evaluation: all its arrays stay in the cache


class Problem:
    """A law, the runs it is fitted to, and the map between internal and natural parameters.

    Internal parameters `theta` are those of the law's terms on centred logarithms: there the
    Hessian is well conditioned. Natural coordinates `eta` are the law's own parameters, logarithms
    of the positive ones. Each is a linear form of theta, or a quotient of two of its entries.

    Parameters
    ----------
    law : Law
        The law.
    columns : mapping
        Its input columns, checked, each of shape (n,).
    target : ndarray, shape (n,)
        The observed target.
    delta : float
        Huber's delta.
    """

    def __init__(self, law, columns, target, delta):
        self.law, self.delta = law, float(delta)
        logs = law.transform(columns)
        self.centre = {
            name: float(values.mean()) if _is_log(name) else 0.0 for name, values in logs.items()
        }
        observed = np.log(target) if law.link == "log" else np.asarray(target, float)
        centred = law.link == "log" and law.centred_target
        self.centre["y"] = float(observed.mean()) if centred else 0.0
        self.y = observed - self.centre["y"]
        self.x = {name: values - self.centre[name] for name, values in logs.items()}
        self.f = kernels.LogSum(law.terms(self.x))
        self.n, self.p = self.y.size, len(law.parameters)
        self._set_coordinates()

    def _set_coordinates(self):
        forms, self.ratios = self.law.forms(self.centre), {}
        self.own = np.zeros(self.p, int)
        self.T, self.offset = np.zeros((self.p, self.p)), np.zeros(self.p)
        for j, name in enumerate(self.law.names):
            factors, self.offset[j] = forms[name]
            for index, factor in factors.items():
                self.T[j, index] = factor
            # The internal parameter that stands for this one: its factor is 1.
            self.own[j] = next(iter(factors))
        for name, ratio in self.law.ratios(self.centre).items():
            self.ratios[self.law.names.index(name)] = ratio

    def at(self, columns):
        """Return the law's `LogSum` for other input columns, centred as these are."""
        logs = self.law.transform(columns)
        return kernels.LogSum(
            self.law.terms({name: values - self.centre[name] for name, values in logs.items()})
        )

    def to_target(self, f):
        """Return values of the target for values of f."""
        with np.errstate(over="ignore"):
            return np.exp(f + self.centre["y"]) if self.law.link == "log" else f

    def eta(self, theta):
        """Return the natural coordinates (S, p) of internal parameters (S, p)."""
        eta = theta @ self.T.T + self.offset
        for j, (over, under, shift, offset) in self.ratios.items():
            with np.errstate(all="ignore"):
                eta[:, j] = (theta[:, over] + shift) / theta[:, under] + offset
        return eta

    def natural(self, eta):
        """Return parameters in the law's units for natural coordinates."""
        positive = np.array([parameter.positive for parameter in self.law.parameters])
        positive = positive & np.ones(np.shape(eta), bool)
        with np.errstate(over="ignore"):
            return np.where(positive, np.exp(np.where(positive, eta, 0.0)), eta)

    def params(self, theta):
        """Return one parameter vector as a mapping in the law's units."""
        values = self.natural(self.eta(theta[None]))[0]
        return dict(zip(self.law.names, map(float, values), strict=True))

    def constraint(self, j, t):
        """Return c (S, p) and d (S,): eta_j = t is the plane c . theta = d."""
        t = np.atleast_1d(t)
        if j in self.ratios:
            over, under, shift, offset = self.ratios[j]
            c = np.zeros((t.size, self.p))
            c[:, over], c[:, under] = 1.0, -(t - offset)
            return c, np.full(t.size, -shift)
        return np.tile(self.T[j], (t.size, 1)), t - self.offset[j]

    def eta_jacobian(self, theta):
        """Return the derivatives (p, p) of eta with respect to theta, at one vector."""
        J = self.T.copy()
        for j, (over, under, shift, _) in self.ratios.items():
            J[j] = 0.0
            J[j, over] = 1.0 / theta[under]
            J[j, under] = -(theta[over] + shift) / theta[under] ** 2
        return J

    @property
    def constant(self):
        """Index of the internal parameter that is a constant term, or None."""
        return 0 if isinstance(self.f.terms[0], kernels.Constant) else None

    @property
    def rounding(self):
        """Decrease of F that is below rounding error."""
        r = 4.0 * np.finfo(float).eps * (1.0 + np.abs(self.y).max() + np.abs(self.centre["y"]))
        return 0.5 * self.n * r**2

    def minimise(self, theta, weights=None, delta=None, exact=True, **options):
        """Run Newton's method from each row of `theta` (S, p).

        `weights` (S, n) and `delta` (S, 1), where given, belong to the rows.
        """
        deltas = None if delta is None else np.broadcast_to(delta, (len(theta), 1))

        size = max(8, CHUNK // self.n)

        def evaluate(trial, rows):
            parts = []
            for first in range(0, max(len(rows), 1), size):
                chunk = rows[first : first + size]
                parts.append(
                    self.f.objective(
                        trial[first : first + size],
                        self.y,
                        self.delta if deltas is None else deltas[chunk],
                        None if weights is None else weights[chunk],
                        exact,
                    )
                )
            if len(parts) == 1:
                return parts[0]
            return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

        return newton(evaluate, theta, floor=self.rounding, **options)

    def search(self):
        """Look for the lowest minimum of the objective from many starts.

        A grid of starts is ranked by its objective. The best are brought close by Gauss-Newton
        steps, at `delta` and at a larger one that smooths the many small dents of a small delta;
        what is then distinct is followed by exact Newton steps.

        Returns
        -------
        Minima
            Rows in order of their objective, the lowest first. Rows far above it may be unfinished:
            `other_minima` follows them to their end.
        """
        grid, follow = self.law.starts(self.x, self.y), self.law.follow(self.n)
        picked, deltas = [], []
        for delta in dict.fromkeys([self.delta, 20.0 * self.delta]):
            with np.errstate(all="ignore"):
                rank = self.f.losses(grid, self.y, delta).sum(1)
            rank = np.where(np.isfinite(rank), rank, np.inf)
            picked.append(grid[np.argsort(rank, kind="stable")[:follow]])
            deltas.append(np.full((len(picked[-1]), 1), delta))
        near = self.minimise(
            np.concatenate(picked),
            delta=np.concatenate(deltas),
            exact=False,
            tolerance=1e-3,
            iterations=12,
        )
        theta = _unlike(near.theta[np.isfinite(near.F)])
        with np.errstate(all="ignore"):
            F = self.f.losses(theta, self.y, self.delta).sum(1)
        found = Minima(theta, np.where(np.isfinite(F), F, np.inf), np.zeros(len(F), bool), 0)
        if not np.isfinite(found.F).any():
            raise ValueError(
                f"The {self.law.title} could not be evaluated on these runs from any start."
            )
        found = self._finish(found, np.flatnonzero(found.F <= 2.5 * found.F.min()), 12)
        found = self._finish(found, np.flatnonzero(found.F < 1.2 * found.F.min()), 40)
        if self.n < 80 or self.law.rugged:
            found = self._shake(found)
        return self._finish(_sorted(found), np.arange(1), 1000)

    def other_minima(self, found):
        """Return the distinct minima above the lowest of a search, (k, p) and their objectives."""
        found = _sorted(self._finish(found, np.arange(1, len(found.F)), 200))
        kept = [0]
        for row in range(1, len(found.F)):
            same = any(
                found.F[row] - found.F[k] <= 1e-7 * found.F[row] + self.rounding
                or np.abs(found.theta[row] - found.theta[k]).max() < 1e-4
                for k in kept
            )
            if found.converged[row] and np.isfinite(found.F[row]) and not same:
                kept.append(row)
        return found.theta[kept[1:]], found.F[kept[1:]]

    def _finish(self, found, rows, iterations):
        """Follow those of `rows` that have not converged."""
        rows = rows[~found.converged[rows]]
        if not rows.size:
            return found
        more = self.minimise(found.theta[rows], iterations=iterations)
        theta, F, converged = found.theta.copy(), found.F.copy(), found.converged.copy()
        theta[rows], F[rows], converged[rows] = more.theta, more.F, more.converged
        return Minima(theta, F, converged, found.iterations + more.iterations)

    def _shake(self, found, shakes=40):
        """Look for lower minima nearby: follow reweighted problems, then return to this one.

        With few runs and a small delta there are many minima, each nearly through p of the runs.
        """
        order = np.argsort(found.F)[:2]
        weights = np.random.default_rng(0).exponential(size=(shakes, self.n))
        starts = found.theta[np.resize(order, shakes)]
        shaken = self.minimise(starts, weights=weights, tolerance=1e-3, iterations=20).theta
        more = self.minimise(_unlike(shaken), iterations=25)
        return Minima(
            np.concatenate([found.theta, more.theta]),
            np.concatenate([found.F, more.F]),
            np.concatenate([found.converged, more.converged]),
            found.iterations + more.iterations,
        )


def _sorted(found):
    order = np.argsort(found.F, kind="stable")
    return Minima(found.theta[order], found.F[order], found.converged[order], found.iterations)


def _is_log(name):
    return name not in ("repetitions", "surplus")


def _unlike(theta):
    """Return the rows of `theta` without those that repeat another to three digits."""
    _, first = np.unique(np.round(theta, 3), axis=0, return_index=True)
    return theta[np.sort(first)]
