"""What is minimized: a law, the runs, and the map from internal to natural parameters."""

import copy

import numpy as np

from scaling_lib.fitting.newton import TINY, newton
from scaling_lib.fitting.objective import ARRAYS, CHUNK, LogSum, tilt
from scaling_lib.fitting.points import Points
from scaling_lib.laws.terms import Offset

# Huber's delta where none is given. A best rate or batch is mostly one of a grid, in steps of a
# factor two or three, 0.7 to 1.1 in logarithms. A delta far below the step makes the fit a median,
# which sits on the value that most points share; at 1 it is least squares but for wild values.
DELTA, DELTAS = 1e-3, {"lr": 1.0, "batch": 1.0}
RUNS_A_POINT = 10  # on average, from which on sums over them are faster than the runs
# With few runs and a small delta the objective has many minima, each nearly through p of the runs.
# From about this many on, few are left: measured on the random problems of the benchmark.
MANY_RUNS = 80
WARM_UP = 20.0  # times delta: smooths the dents of a small delta, and is still robust
LOWER = 1.0 - 1e-9  # a relative fall of the objective beyond rounding
DEPENDENT = 1e-6  # ratio of singular values up to which derivatives, numeric ones, are dependent
TOLERANCE_HELD = 1e-8  # of a minimum with a parameter held: a profile needs the height alone
TOLERANCE_ROUGH = 1e-3  # of a start that exact steps will follow
# A term, in logarithms of the level of the runs: as good as zero, well away from it, and so far
# below it that no step leads back.
VANISHED, PRESENT, GONE = -5.0, -3.0, -30.0
NONE_LEFT = -20.0  # of a term's share, in logarithms: below the digits that are printed
# Constant terms, as shares of the lowest target, at which the others are fitted to map the valley.
LEVELS = np.array([0.02, 0.1, 0.3, 0.5, 0.65, 0.75, 0.83, 0.9, 0.95, 0.98])


def default_delta(law):
    """Return Huber's delta for a law, by the target whose logarithm it is fitted to."""
    return DELTAS.get(law.target, DELTA) if law.link == "log" else DELTA


class Problem:
    """A law, the runs it is fitted to, and the map between internal and natural parameters.

    Internal parameters `theta` are those of the law's terms on centred logarithms: there the
    Hessian is well conditioned. Natural coordinates `eta` are the law's own free parameters in the
    coordinate of each (`laws.Parameter`), mostly logarithms. Each is a linear form of theta, or a
    quotient of two of its entries.

    A run counts `weights` (n,) times in the objective, and times `penalty` where the law
    overestimates it. `cluster` (n,) numbers the groups of runs that are drawn together when runs
    are resampled. Both may be None.
    """

    def __init__(self, law, columns, target, delta, weights=None, penalty=1.0, cluster=None):
        self.law, self.delta, self.parameters = law, float(delta), law.free
        self.weights, self.penalty, self.cluster = weights, float(penalty), cluster
        inputs = law.inputs(columns)
        logs = dict.fromkeys(name for term in law.terms for name in term.logs)
        # Subtracted from the logarithms of the inputs and, if it is one, of the target.
        self.log_means = {name: float(np.log(inputs[name]).mean()) for name in logs}
        observed = np.log(target) if law.link == "log" else np.asarray(target, float)
        self.y_mean = float(observed.mean()) if law.link == "log" and law.centred else 0.0
        self.y = observed - self.y_mean
        self.f = self.at(columns)
        self.n, self.p = self.y.size, self.f.size
        self.points, self.columns = self._find_points(columns), columns
        self._set_coordinates()

    def at(self, columns):
        """Return the law's `LogSum` for other input columns, centred as these are."""
        x = {
            name: np.log(values) - self.log_means[name] if name in self.log_means else values
            for name, values in self.law.inputs(columns).items()
        }
        return LogSum([term.bind(x) for term in self.law.terms])

    def _find_points(self, columns):
        """Return the `Points` of runs that share all inputs, or None where few do."""
        inputs = [*self.law.inputs(columns).values()]
        if self.n < RUNS_A_POINT * max(len(np.unique(values)) for values in inputs):
            return None
        rows = np.stack(inputs, axis=-1)
        _, first, point = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        if self.n < RUNS_A_POINT * len(first) or self.penalty != 1.0 or self.delta == np.inf:
            return None
        some = self.at({name: np.asarray(values)[first] for name, values in columns.items()})
        return Points(some, self.y, point, self.delta)

    def _set_coordinates(self):
        """Set what `eta` is made of: eta_j = factors_j . theta + added_j, or a quotient.

        Where j is in `quotients`, as (under, shift), eta_j = (theta_i + shift) / theta_under +
        added_j; i = index_j is the internal parameter that stands for the natural one.
        """
        names, means = [p.name for p in self.parameters], {**self.log_means, "y": self.y_mean}
        self.index, self.added = np.zeros(self.p, int), np.zeros(self.p)
        self.factors, self.quotients = np.zeros((self.p, self.p)), {}
        for term, block in zip(self.law.terms, self.f.blocks, strict=True):
            for name, coordinate in term.coordinates(means).items():
                j, first = names.index(name), block.start
                self.index[j], self.added[j] = first + coordinate.index, coordinate.added
                self.factors[j, first + coordinate.index] = 1.0
                for other, factor in coordinate.others.items():
                    self.factors[j, first + other] = factor
                if coordinate.under is not None:
                    self.quotients[j] = (first + coordinate.under, coordinate.shift)

    def eta(self, theta):
        """Return the natural coordinates (S, p) of internal parameters (S, p)."""
        eta = theta @ self.factors.T + self.added
        for j, (under, shift) in self.quotients.items():
            with np.errstate(all="ignore"):
                eta[:, j] = (theta[:, self.index[j]] + shift) / theta[:, under] + self.added[j]
        return eta

    def eta_jacobian(self, theta):
        """Return the derivatives (p, p) of eta with respect to theta, at one vector."""
        J = self.factors.copy()
        for j, (under, shift) in self.quotients.items():
            over = self.index[j]
            J[j, over] = 1.0 / theta[under]
            J[j, under] = -(theta[over] + shift) / theta[under] ** 2
        return J

    def plane(self, j, t):
        """Return c (p,) and d: eta_j = t is the plane c . theta = d, with 1 for its own theta."""
        if j not in self.quotients:
            return self.factors[j], t - self.added[j]
        under, shift = self.quotients[j]
        c = self.factors[j].copy()
        c[under] = -(t - self.added[j])
        return c, -shift

    def natural(self, eta):
        """Return parameters in the law's units for natural coordinates (..., p)."""
        values = [p.value(eta[..., j]) for j, p in enumerate(self.parameters)]
        return np.stack(values, axis=-1)

    def params(self, theta):
        """Return one parameter vector as a mapping in the law's units, of the free parameters."""
        values = self.values(theta[None])[0]
        names = [parameter.name for parameter in self.parameters]
        return dict(zip(names, map(float, values), strict=True))

    def _removable(self):
        pairs = zip(self.f.terms, self.f.blocks, strict=True)
        return [pair for pair in pairs if pair[0].removable and len(self.f.terms) > 1]

    def coefficients(self):
        """Return the indices in theta of coefficients that may be zero, as logarithms."""
        return [block.start for _, block in self._removable()]

    def shares(self, theta):
        """Return (S, k) the largest share in f of each term that may be gone, as logarithms."""
        f = self.f.value(theta)
        parts = [(term.value(theta[:, block]) - f).max(1) for term, block in self._removable()]
        return np.stack(parts, axis=-1) if parts else np.empty((len(theta), 0))

    def gone(self, theta):
        """Return (S, p): which natural parameters are coefficients of terms that are gone."""
        out = np.zeros((len(theta), self.p), bool)
        coefficients = self.coefficients()
        # A coefficient is the level of its term where the logarithms of the inputs are zero.
        rows = np.flatnonzero((theta[:, coefficients] < VANISHED).any(1))
        if rows.size:
            for j, share in zip(coefficients, self.shares(theta[rows]).T, strict=True):
                out[np.ix_(rows, self.index == j)] = (share <= NONE_LEFT)[:, None]
        return out

    def absent(self, theta):
        """Return the indices in theta (p,) of the coefficients of terms that are gone."""
        shares = self.shares(theta[None])[0]
        return [j for j, x in zip(self.coefficients(), shares, strict=True) if x <= NONE_LEFT]

    def values(self, theta):
        """Return the free parameters (S, p) in the law's units; a coefficient that is gone is 0."""
        return np.where(self.gone(theta), 0.0, self.natural(self.eta(theta)))

    def to_target(self, f):
        """Return values of the target for values of f."""
        with np.errstate(over="ignore"):
            return np.exp(f + self.y_mean) if self.law.link == "log" else f

    def residuals(self, theta):
        """Return f - y at one parameter vector, shape (n,)."""
        return self.f.value(theta[None])[0] - self.y

    def factors_of(self, residuals):
        """Return what multiplies the Huber loss of each run, (n,)."""
        weights = np.ones(self.n) if self.weights is None else self.weights
        return weights * tilt(residuals, self.penalty)

    @property
    def dof(self):
        """Degrees of freedom of Student's distribution: of clusters, those that vary."""
        runs = self.n - self.p
        return runs if self.cluster is None else min(runs, int(self.cluster.max()))

    @property
    def offset_index(self):
        """Index of the internal parameter of an `Offset`, or None where the law has none."""
        return 0 if isinstance(self.f.terms[0], Offset) else None

    def absent_offset(self, theta):
        """Return the index of the constant term where it is as good as gone, in a list."""
        index = self.offset_index
        return [] if index is None or theta[index] >= VANISHED else [index]

    @property
    def rounding(self):
        """Decrease of F that is below rounding error."""
        r = 4.0 * np.finfo(float).eps * (1.0 + np.abs(self.y).max() + abs(self.y_mean))
        return 0.5 * self.n * r**2

    def losses(self, theta, delta=None):
        """Return what each run adds to the objective but for its weight, (S, n)."""
        with np.errstate(all="ignore"):
            delta = self.delta if delta is None else delta
            return self.f.losses(theta, self.y, delta, self.penalty)

    def objectives(self, theta, delta=None):
        """Return the objective (S,) at `theta`, infinite where it is not a number."""
        losses = self.losses(theta, delta)
        F = losses.sum(1) if self.weights is None else losses @ self.weights
        return np.where(np.isfinite(F), F, np.inf)

    def evaluator(self, weights=None, delta=None, exact=True):
        """Return the function (theta, rows) -> F, gradient, Hessian that `newton` minimizes.

        `weights` (S, n), instead of the problem's own, and `delta` (S, 1) belong to the rows.
        """
        if self.points and delta is None and exact:
            own = np.ones(self.n) if self.weights is None else self.weights
            sums = self.points.sums(own[None] if weights is None else weights)
            return lambda theta, rows: self.points.objective(
                theta, sums, np.zeros_like(rows) if weights is None else rows
            )
        size = max(8, CHUNK // self.n)
        scratch = []

        def evaluate(theta, rows):
            if not scratch:  # the first evaluation is of all rows, and so the largest
                scratch.append(np.empty((ARRAYS, min(size, len(rows)), self.n)))
            parts = []
            for first in range(0, max(len(rows), 1), size):
                part = slice(first, first + size)
                w = self.weights if weights is None else weights[rows[part]]
                d = self.delta if delta is None else delta[rows[part]]
                parts.append(
                    self.f.objective(theta[part], self.y, d, w, exact, self.penalty, *scratch)
                )
            if len(parts) == 1:
                return parts[0]
            return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

        return evaluate

    def minimize(self, theta, weights=None, delta=None, exact=True, **options):
        """Run Newton's method from each row of `theta` (S, p), see `evaluator`."""
        options["floor"] = self.rounding
        # With few runs there are dents, over which straight steps leap and bent ones do not.
        if self.n >= MANY_RUNS:
            options["add"] = self.f.add
        return newton(self.evaluator(weights, delta, exact), theta, **options)

    def minimize_held(self, which, t, start):
        """Minimize with natural coordinate `which` (S,) held at `t` (S,), row by row.

        Where the constant term is gone, also with it put back: what is best without it at the
        minimum of the fit need not be best without it elsewhere, and no step leads back.
        Returns theta (S, p) and F (S,).
        """
        theta, F = self._minimize_held(which, t, start)
        if (j := self.offset_index) is None:
            return theta, F
        rows = np.flatnonzero((theta[:, j] < VANISHED) & (self.index[which] != j))
        for level in (PRESENT, np.log(0.5) + self.y.min()) if rows.size else ():
            back = theta[rows]
            back[:, j] = level
            tried, F_tried = self._minimize_held(which[rows], t[rows], back)
            lower = F_tried < F[rows] * LOWER
            theta[rows[lower]], F[rows[lower]] = tried[lower], F_tried[lower]
        return theta, F

    def _minimize_held(self, which, t, start):
        """Minimize from `start` alone.

        Each row moves in its plane: theta = base + basis phi with p - 1 free entries phi of theta.
        """
        p, S = self.p, len(t)
        index, rows = self.index[which], np.arange(S)[:, None]
        free = np.array([[i for i in range(p) if i != held] for held in index], int)
        base, basis = np.zeros((S, p)), np.zeros((S, p, p - 1))
        for row, (j, value) in enumerate(zip(which, t, strict=True)):
            c, d = self.plane(int(j), value)
            base[row, index[row]] = d
            basis[row, index[row]] = -c[free[row]]
        basis[rows, free, np.arange(p - 1)] = 1.0
        if p == 1:
            return base, self.objectives(base)

        def evaluate(phi, active, delta=self.delta, exact=True):
            M = basis[active % S]
            theta = base[active % S] + (M @ phi[..., None])[..., 0]
            F, g, H = self.f.objective(theta, self.y, delta, self.weights, exact, self.penalty)
            return F, (g[:, None, :] @ M)[:, 0], M.transpose(0, 2, 1) @ H @ M

        def rough(phi, active):
            return evaluate(phi, active, WARM_UP * self.delta, exact=False)

        # Both from the start as it is, and from one brought back into the valley: with a small
        # delta the valley's walls have many kinks at which Newton's method may stay.
        start = start[rows, free]
        near = newton(rough, start, tolerance=TOLERANCE_ROUGH, iterations=20).theta
        both = np.concatenate([start, near])
        options = {"floor": self.rounding, "tolerance": TOLERANCE_HELD}
        found = newton(evaluate, both, iterations=60, **options)
        best = np.where(found.F[:S] <= found.F[S:], 0, S) + np.arange(S)
        return base + (basis @ found.theta[best][..., None])[..., 0], found.F[best]

    def without_offset(self):
        """Return the problem without its constant term: the other p - 1 parameters follow."""
        other = copy.copy(self)
        other.f, other.p = LogSum(self.f.terms[1:]), self.p - 1
        if self.points:
            other.points = copy.copy(self.points)
            other.points.f = LogSum(self.points.f.terms[1:])
        return other

    def offset_pull(self, theta, weights):
        """Return (S,) the derivative of F by the constant term, in units of the level.

        Where the term is gone and the others are at their minimum, a negative one says that F is
        lower with the term (the condition of Karush, Kuhn and Tucker).
        """
        by_logarithm = self.evaluator(weights)(theta, np.arange(len(theta)))[1][:, 0]
        return by_logarithm / np.exp(theta[:, 0])

    def along_offset(self, theta):
        """Return the lowest points (k, p) with the constant term held at `LEVELS`, and gone.

        With few runs this valley is nearly level and full of dents, in which steps stay: whoever
        wants the lowest point of a reweighted problem begins from the best of these.
        """
        held = np.flatnonzero(self.index == self.offset_index)[:1]
        levels = np.concatenate([[GONE], np.log(LEVELS) + self.y.min()])
        nearest = int(np.abs(levels - theta[self.offset_index]).argmin())
        points = []
        for way in (levels[nearest:], levels[:nearest][::-1]):
            point = theta
            for level in way:
                found, F = self.minimize_held(held, self.added[held] + level, point[None])
                if np.isfinite(F[0]):
                    point = found[0]
                    points.append(point)
        return np.array(points).reshape(-1, self.p)

    def starts(self):
        """Return starting points (S, p) of the search; the last term makes them (see `Term`)."""
        return self.f.terms[-1].starts(self.f.terms, self.y)

    def determined(self):
        """Return whether the runs tell all parameters apart where the search starts."""
        J = self.f.jacobian(self.starts()[:1])[0]
        singular = np.linalg.svd(J / (np.linalg.norm(J, axis=0) + TINY), compute_uv=False)
        return bool(singular[-1] > DEPENDENT * singular[0])
