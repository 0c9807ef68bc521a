r"""The engine: the Huber objective of a log-sum-exp, Newton's method in batches, the search.

With p_k = exp(u_k - f), J_k the derivatives of a term u_k and K_k its second derivatives,

    f = log sum_k exp(u_k),   df = sum_k p_k J_k,   d2f = sum_k p_k (J_k J_k' + K_k) - df df',

so that gradient and exact Hessian of F = sum_i w_i rho(f_i - y_i) need only the terms' own. S
parameter vectors (starts, or bootstrap replicates) of p unknowns are worked on at once: p is at
most a dozen, S up to thousands, and each step is a few numpy calls on the whole batch.
"""

import copy
from functools import partial, reduce
from typing import NamedTuple

import numpy as np

from scaling_lib.fitting.points import Points
from scaling_lib.fitting.tangent import CHUNK, Tangent, tilt
from scaling_lib.laws.plain import moved_inside
from scaling_lib.laws.terms import Linear, Offset, gram

ARRAYS = 12  # that an evaluation writes into at most, with three terms
SEARCHED = 500  # runs that the search looks at where there are twice as many and more
RUNS_A_POINT = 10  # on average, from which on sums over them are faster than the runs
LAPACK_FROM = 40  # up to so many matrices LAPACK's loop is faster than ours over the unknowns
FOLLOWED = {True: 6, False: 64}  # starts followed for many runs, and for few
# With few runs and a small delta the objective has many minima, each nearly through p of the runs.
# From about this many on, few are left: measured on the random problems of the benchmark.
MANY_RUNS = 80
WARM_UP = 20.0  # times delta: smooths the dents of a small delta, and is still robust
# Ends of the rough descent this far above the lowest, relatively, never became the lowest in the
# benchmark; those within the second are followed to their end.
HOPEFUL, CLOSE = 2.5, 1.2
SAME_OBJECTIVE, SAME_PLACE = 1e-7, 1e-4  # when two minima count as one
LOWER = 1.0 - 1e-9  # a relative fall of the objective beyond rounding
DEPENDENT = 1e-6  # ratio of singular values up to which derivatives, numeric ones, are dependent
# Newton's method. Tolerances are relative: of the decrease that a step promises, in units of F.
TOLERANCE = 1e-11  # of a minimum: well below SAME_OBJECTIVE, well above rounding
TOLERANCE_HELD = 1e-8  # with a parameter held: a profile needs the height alone
TOLERANCE_ROUGH = 1e-3  # of a start that exact steps will follow
PIVOT = 1e-14  # relative pivot up to which a matrix counts as singular in double precision
# Levenberg's damping, in units of the Hessian's diagonal.
FIRST_DAMPING = 1e-4  # after the first step refused
MORE, LESS = 8.0, 0.1  # factors after a step refused and a step accepted
NO_DAMPING = 1e-6  # from here down it is dropped, so that the last steps converge quadratically
LIGHT_DAMPING = 1e-3  # up to here a step is as good as Newton's own, and a small one means the end
HEAVY_DAMPING = 1e6  # beyond, even a step this short gains nothing: the end too
MOST_DAMPING = 1e12  # beyond, a step is rounding, whatever it promises
LEAST_DIAGONAL = 1e-10  # of the greatest: an open direction is damped as well
SHORT = 1e-2  # a step over which the quadratic model is exact enough to be trusted unseen
TINY = 1e-300  # keeps a divisor from being zero
# A term, in logarithms of the level of the runs: as good as zero, well away from it, and so far
# below it that no step leads back.
VANISHED, PRESENT, GONE = -5.0, -3.0, -30.0
NONE_LEFT = -20.0  # of a term's share, in logarithms: below the digits that are printed
# Constant terms, as shares of the lowest target, at which the others are fitted to map the valley.
LEVELS = np.array([0.02, 0.1, 0.3, 0.5, 0.65, 0.75, 0.83, 0.9, 0.95, 0.98])
# Where so large a share of the starts meet with the larger delta, relatively this close after so
# many steps, there is one valley: on 936 random problems of eleven laws no end was 1e-7 above the
# one of the whole search.
MOST, MEET, ROUGH_IN_VALLEY = 0.6, 1.0001, 8
TANGENT_STEPS = 10  # from the minimum of a larger delta towards that of delta itself
REWEIGHTED = 40  # searches from randomly reweighted runs, for laws or data with many minima


class LogSum:
    """f = log sum_k exp(u_k) of terms whose parameters follow each other in theta.

    One term alone is f itself.
    """

    def __init__(self, terms):
        self.terms = terms
        ends = np.cumsum([term.size for term in terms])
        self.blocks = [slice(end - term.size, end) for term, end in zip(terms, ends, strict=True)]
        self.size = int(ends[-1])
        # Where two terms are linear, the products of their derivatives never change.
        self._products = {
            (k, m): (a.X[:, :, None] * b.X[:, None, :]).reshape(len(a.X), -1)
            for k, a in enumerate(terms)
            for m, b in enumerate(terms)
            if k <= m and isinstance(a, Linear) and isinstance(b, Linear)
        }

    def parts(self, theta, new=None):
        """Return what each term gives at `theta`, see `Term`; `new` gives arrays to write into."""
        parts = []
        for term, block in zip(self.terms, self.blocks, strict=True):
            own = {"out": new()} if new and isinstance(term, Linear) else {}
            parts.append(term(theta[:, block], **own))
        return parts

    def add(self, theta, step):
        """Return `theta` after a step (S, p), which each term takes in its own way."""
        out = np.empty_like(theta)
        for term, block in zip(self.terms, self.blocks, strict=True):
            out[:, block] = term.add(theta[:, block], step[:, block])
        return out

    def mix(self, parts, new):
        """Return z_k = exp(u_k) of the terms, in place of u_k, their sum and f, its logarithm.

        Of one term only f.
        """
        if len(parts) == 1:
            return None, None, parts[0][0]
        # Overflow means a hopeless trial step: F becomes infinite and the step is refused.
        z = [np.exp(u, out=u) for u, _, _ in parts]
        total = np.add(z[0], z[1], out=new())
        for more in z[2:]:
            total += more
        return z, total, np.log(total, out=new())

    @np.errstate(all="ignore")  # a width that vanished, of a start far off
    def value(self, theta):
        """Return f (S, n)."""
        parts = [
            term.value(theta[:, block]) for term, block in zip(self.terms, self.blocks, strict=True)
        ]
        if len(parts) == 1:
            return parts[0]
        top = reduce(np.maximum, parts)
        return top + np.log(sum(np.exp(part - top) for part in parts))

    def jacobian(self, theta):
        """Return the derivatives of f, shape (S, n, p)."""
        f, columns = self.value(theta), []
        for u, J, _ in self.parts(theta):
            share = np.exp(u - f) if len(self.terms) > 1 else np.ones_like(f)
            columns.append(share[..., None] * J)
        return np.concatenate(columns, axis=-1)

    def losses(self, theta, y, delta, penalty=1.0):
        """Return the Huber loss of every run at every parameter vector, shape (S, n)."""
        residual = self.value(theta) - y
        pull = np.clip(residual, -delta, delta)
        losses = pull * (residual - 0.5 * pull)
        return losses if penalty == 1.0 else losses * tilt(residual, penalty)

    def objective(self, theta, y, delta, weights=None, exact=True, penalty=1.0, scratch=None):
        """Return the Huber objective F (S,), its gradient (S, p) and Hessian (S, p, p).

        F = sum_i w_i rho(f_i - y_i); rho(r) is r^2/2 within `delta`, delta (|r| - delta/2) beyond,
        and `penalty` times that where the law overestimates a run.

        `theta` is (S, p), `y` (n,), and `weights`, such as bootstrap counts, (S, n) or (n,);
        `delta` is (S, 1) or a number, infinite for least squares. Unless `exact`, the Hessian is
        that of the weighted least-squares problem which touches F from above (Gauss-Newton,
        iteratively reweighted): never indefinite, the better guide far from a minimum and the
        slower one close to it.

        `scratch` (ARRAYS, S or more, n) is overwritten: in arrays asked for anew each time, an
        evaluation takes half as long again.
        """
        new = lend(scratch, (len(theta), len(y)))
        parts = self.parts(theta, new)
        z, total, f = self.mix(parts, new)
        residual = np.subtract(f, y, out=f)
        pull = np.maximum(residual, -delta, out=new())
        np.minimum(pull, delta, out=pull)  # rho'
        if not exact:
            curvature = 1.0 / np.maximum(np.abs(residual) / delta, 1.0)  # rho'(r) / r
        elif z is None:
            curvature = (pull == residual).astype(float)  # rho''
        else:
            curvature = np.subtract(pull == residual, pull, out=new())  # rho'' - rho'
        if penalty != 1.0:
            weights = tilt(residual, penalty) * (1.0 if weights is None else weights)
        weighted = pull
        if weights is not None:
            weighted = np.multiply(pull, weights, out=new())
            curvature *= weights
        F = np.einsum("sn,sn->s", weighted, residual)
        F -= 0.5 * np.einsum("sn,sn->s", weighted, pull)
        return F, *self.derivatives(parts, z, total, weighted, curvature, exact, new)

    def derivatives(self, parts, z, total, weighted, curvature, exact, new):
        """Return gradient and Hessian of F from w rho' and its curvature, (S, n), written over."""
        alone, S = z is None, len(weighted)
        pulled, curved, v = weighted, curvature, curvature
        if not alone:  # from here on z_k stands for p_k = z_k / total
            np.divide(1.0, total, out=total)
            weighted *= total
            total *= total
            curvature *= total
            pulled, curved, v = new(), new(), new()

        g = np.empty((S, self.size))
        H = np.empty((S, self.size, self.size))
        first = 0
        if not alone and isinstance(self.terms[0], Offset):
            first = 1  # its z does not depend on the run, so its sums need no products of arrays
            z_offset = z[0][:, 0]
            g[:, 0] = z_offset * weighted.sum(1)
            H[:, 0, 0] = z_offset**2 * curvature.sum(1) + (g[:, 0] if exact else 0.0)
        for k in range(first, len(parts)):
            _, J, contract = parts[k]
            rows = self.blocks[k]
            if not alone:
                np.multiply(weighted, z[k], out=pulled)
                np.multiply(curvature, z[k], out=curved)
            g[:, rows] = _sum(pulled, J)
            if first:
                H[:, rows, 0] = H[:, 0, rows] = z_offset[:, None] * _sum(curved, J)
            for m in range(k, len(parts)):
                columns = self.blocks[m]
                if not alone:
                    np.multiply(curved, z[m], out=v)
                    if m == k and exact:
                        v += pulled
                if (k, m) in self._products:
                    block = (v @ self._products[k, m]).reshape(H[:, rows, columns].shape)
                else:
                    block = gram(J, parts[m][1], v)
                if m == k and exact and contract is not None:
                    block += contract(pulled)
                H[:, rows, columns] = block
                if m > k:
                    H[:, columns, rows] = block.transpose(0, 2, 1)
        return g, H


def lend(scratch, shape):
    """Return a function that gives one array of `shape` (S, n) after the other, from `scratch`."""
    if scratch is None:
        return partial(np.empty, shape)
    return iter(scratch[:, : shape[0]]).__next__


def _sum(v, J):
    """Return sum_n v_n J_n, shape (S, q)."""
    return v @ J if J.ndim == 2 else (v[:, None, :] @ J)[:, 0]


class Minima(NamedTuple):
    """Where each row of the batch ended.

    `converged` is False where neither the predicted decrease fell below the tolerance nor the steps
    became too small to matter before the iterations ran out.
    """

    theta: np.ndarray  # (S, p)
    F: np.ndarray  # (S,)
    converged: np.ndarray  # (S,)
    iterations: int


def solve_positive(H, g):
    """Solve H x = g for a batch of symmetric H (S, p, p) and g (S, p) by L D L' factorization.

    Returns x (S, p) and whether each matrix is positive definite in double precision; where it is
    not, x is meaningless.
    """
    S, p = g.shape
    if S <= LAPACK_FROM:  # it refuses all matrices if one is indefinite
        try:
            np.linalg.cholesky(H)
            return np.linalg.solve(H, g[..., None])[..., 0], np.ones(S, bool)
        except np.linalg.LinAlgError:
            pass
    A = np.array(H.transpose(1, 2, 0), order="C")  # the batch last: every operation is contiguous
    b = np.array(g.T, order="C")
    floor = PIVOT * np.abs(np.einsum("jjs->js", A))
    positive = np.isfinite(b).all(0) & np.isfinite(floor).all(0)
    A[:, :, ~positive] = 0.0
    for j in range(p):
        pivot = A[j, j]
        good = pivot > floor[j]
        positive &= good
        pivot[~good] = 1.0
        if j + 1 < p:
            factor = A[j + 1 :, j] / pivot
            A[j + 1 :, j + 1 :] -= factor[:, None] * A[j, j + 1 :]
            b[j + 1 :] -= factor * b[j]
    for j in range(p - 1, -1, -1):
        if j + 1 < p:
            b[j] -= np.einsum("ks,ks->s", A[j, j + 1 :], b[j + 1 :])
        b[j] /= A[j, j]
    return b.T, positive


@np.errstate(all="ignore")  # a step that overflows is refused
def newton(evaluate, theta, *, add=np.add, tolerance=TOLERANCE, floor=0.0, iterations=200):
    """Minimize a batch of functions by exact Newton steps with Levenberg's damping.

    The stop is *relative*: a row is done when its predicted decrease g' H^-1 g is below
    ``tolerance * F``. An absolute tolerance would depend on whether F is a sum or a mean, and stops
    too early on a mean. A decrease below `floor` is rounding: data without noise have F = 0.

    ``evaluate(theta, rows)`` returns F (k,), gradient (k, p) and Hessian (k, p, p) at the k
    parameter vectors `theta`, which belong to the rows `rows` of the batch of starts (S, p).
    ``add(theta, step)`` takes a step where there is a better way than the straight one; both agree
    for small steps, so that the last ones still converge quadratically.
    """
    theta = np.array(theta, float)
    S, p = theta.shape
    floor = np.broadcast_to(np.asarray(floor, float), (S,))
    F, g, H = evaluate(theta, np.arange(S))
    F = np.where(np.isfinite(F), F, np.inf)
    result, F_result = theta.copy(), F.copy()
    done = np.zeros(S, bool)
    rows = np.flatnonzero(np.isfinite(F))  # the active set: it shrinks as rows converge
    theta, F, g, H = theta[rows], F[rows], g[rows], H[rows]
    damping = np.zeros(len(rows))
    diagonal = np.arange(p)
    steps = 0
    while len(rows) and steps < iterations:
        steps += 1
        damped = H
        if damping.any():
            scale = np.abs(H[:, diagonal, diagonal])
            scale = np.maximum(scale, LEAST_DIAGONAL * scale.max(1, keepdims=True) + TINY)
            damped = H.copy()
            damped[:, diagonal, diagonal] += damping[:, None] * scale
        move, positive = solve_positive(damped, g)
        decrease = np.einsum("sp,sp->s", g, move)
        small = positive & (decrease <= np.maximum(tolerance * F, floor[rows]))
        # With heavy damping a small step proves nothing, unless even a tiny one gains nothing.
        stop = small & ((damping <= LIGHT_DAMPING) | (damping > HEAVY_DAMPING))
        stop |= damping > MOST_DAMPING
        if stop.any():
            # The last step is taken on trust, if it is short: evaluating it would cost as much as
            # any other. (Along a direction that the runs leave open it can be long, and is not.)
            ended = rows[stop]
            last = (small & (damping <= LIGHT_DAMPING) & (np.abs(move).max(1) < SHORT))[stop]
            result[ended] = theta[stop] - np.where(last[:, None], move[stop], 0.0)
            F_result[ended] = F[stop] - np.where(last, 0.5 * decrease[stop], 0.0)
            done[ended] = True
            keep = ~stop
            rows, theta, F, g, H, damping, move, positive = (
                array[keep] for array in (rows, theta, F, g, H, damping, move, positive)
            )
            if not len(rows):
                break
        trial = add(theta, np.where(positive[:, None], -move, 0.0))
        F_new, g_new, H_new = evaluate(trial, rows)
        better = positive & (F_new < F)
        if better.all():
            theta, F, g, H = trial, F_new, g_new, H_new
        else:
            theta[better], F[better] = trial[better], F_new[better]
            g[better], H[better] = g_new[better], H_new[better]
        less = np.where(damping > NO_DAMPING, damping * LESS, 0.0)
        damping = np.where(better, less, np.maximum(damping * MORE, FIRST_DAMPING))
    result[rows], F_result[rows] = theta, F
    return Minima(result, F_result, done, steps)


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
        self.points, self._columns = self._find_points(columns), columns
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

    def _coefficients(self):
        """Return the indices in theta of coefficients that may be zero, as logarithms."""
        return [block.start for _, block in self._removable()]

    def _shares(self, theta):
        """Return (S, k) the largest share in f of each term that may be gone, as logarithms."""
        f = self.f.value(theta)
        parts = [(term.value(theta[:, block]) - f).max(1) for term, block in self._removable()]
        return np.stack(parts, axis=-1) if parts else np.empty((len(theta), 0))

    def gone(self, theta):
        """Return (S, p): which natural parameters are coefficients of terms that are gone."""
        out = np.zeros((len(theta), self.p), bool)
        coefficients = self._coefficients()
        # A coefficient is the level of its term where the logarithms of the inputs are zero.
        rows = np.flatnonzero((theta[:, coefficients] < VANISHED).any(1))
        if rows.size:
            for j, share in zip(coefficients, self._shares(theta[rows]).T, strict=True):
                out[np.ix_(rows, self.index == j)] = (share <= NONE_LEFT)[:, None]
        return out

    def absent(self, theta):
        """Return the indices in theta (p,) of the coefficients of terms that are gone."""
        shares = self._shares(theta[None])[0]
        return [j for j, x in zip(self._coefficients(), shares, strict=True) if x <= NONE_LEFT]

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
        free = np.array([[i for i in range(p) if i != held] for held in index])
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

    def search(self, short=True):
        """Look for the lowest minimum of the objective from many starts.

        A grid of starts is ranked by its objective. The best are brought close by Gauss-Newton
        steps, at `delta` and at a larger one that smooths the many small dents of a small delta;
        what is then distinct is followed by exact Newton steps. With many runs a `short` search
        leaves all that out where most starts meet at once.

        Returns
        -------
        Minima
            Rows in order of their objective, the lowest first. Rows far above it may be unfinished:
            `other_minima` follows them to their end.
        """
        if self.n >= 2 * SEARCHED:
            return self._search_few(short)
        grid, follow = self.starts(), self.law.follow or FOLLOWED[self.n >= MANY_RUNS]
        many_minima = self.n < MANY_RUNS or self.law.follow
        if short and not many_minima and (found := self._search_valley(grid)):
            return found
        picked, deltas = [], []
        for delta in dict.fromkeys([self.delta, WARM_UP * self.delta]):
            rank = self.objectives(grid, delta)
            picked.append(grid[np.argsort(rank, kind="stable")[:follow]])
            deltas.append(np.full((len(picked[-1]), 1), delta))
        near = self.minimize(
            np.concatenate(picked),
            delta=np.concatenate(deltas),
            exact=False,
            tolerance=TOLERANCE_ROUGH,
            iterations=12,
        )
        theta = _distinct(near.theta[np.isfinite(near.F)])
        found = Minima(theta, self.objectives(theta), np.zeros(len(theta), bool), 0)
        if not np.isfinite(found.F).any():
            raise ValueError(
                f"The {self.law.title} could not be evaluated on these runs from any start"
            )
        found = self._continue(found, np.flatnonzero(found.F <= HOPEFUL * found.F.min()), 12)
        found = self._continue(found, np.flatnonzero(found.F < CLOSE * found.F.min()), 40)
        if many_minima:
            found = self._try_reweighted(found)
        found = self._continue(_in_order(found), np.arange(1), 1000)
        return self._try_boundary(found)

    def _search_valley(self, grid):
        """Return what `search` does where most starts meet: in one valley, without dents to search.

        None where they do not, and where the valley leads to a term that is as good as gone.
        """
        delta = WARM_UP * self.delta
        start = grid[np.argsort(self.objectives(grid, delta), kind="stable")[: FOLLOWED[True]]]
        rough = {"exact": False, "tolerance": TOLERANCE_ROUGH, "iterations": ROUGH_IN_VALLEY}
        near = self.minimize(start, delta=np.full((len(start), 1), delta), **rough)
        met = near.F <= MEET * near.F.min()
        theta = near.theta[met]
        if not np.isfinite(near.F).any() or met.sum() < MOST * len(met):
            return None
        if (self._shares(theta) < PRESENT).any():
            return None
        found = Minima(theta, self.objectives(theta), np.zeros(len(theta), bool), 0)
        self._move_on_tangent(found, found.F.argmin())
        found = self._continue(found, np.arange(len(theta)), 6)
        found = self._continue(found, np.flatnonzero(found.F < CLOSE * found.F.min()), 40)
        found = self._continue(_in_order(found), np.arange(1), 1000)
        small = self._shares(found.theta[:1]) < PRESENT
        return None if small.any() or not found.converged[0] else found

    def _search_few(self, short):
        """Search with some of the runs, then go on from the lowest minima with all of them."""
        # Every k-th row of a file that counts through a grid can have one size alone.
        some = np.random.default_rng(0).choice(self.n, SEARCHED, replace=False)
        few = copy.copy(self)
        few.f = self.at({name: np.asarray(values)[some] for name, values in self._columns.items()})
        few.y, few.points, few.n = self.y[some], None, SEARCHED
        few.weights = None if self.weights is None else self.weights[some]
        found = few.search(short)
        theta = found.theta[found.F <= CLOSE * found.F.min()]
        for j in self._coefficients():  # what is gone from few runs may be there in all
            gone = theta[theta[:, j] < VANISHED]
            for level in (PRESENT, 2.0 * VANISHED):
                back = gone.copy()
                back[:, j] = level
                theta = np.concatenate([theta, back])
        theta = _distinct(theta)
        found = Minima(theta, self.objectives(theta), np.zeros(len(theta), bool), 0)
        found = _in_order(self._continue(found, np.arange(len(theta)), 40))
        return self._try_boundary(self._continue(found, np.arange(1), 1000))

    def _try_boundary(self, found):
        """Look for a lower minimum where a term is gone: no step from inside arrives there.

        Only for terms that are small where the search ended, or where it did not end.
        """
        theta = found.theta[:1]
        small = self._shares(theta)[0] < PRESENT
        first = [j for j, share in zip(self._coefficients(), small, strict=True) if share]
        if not found.converged[0]:
            first = self._coefficients()
        if not first:
            return found
        gone = np.repeat(theta, len(first), axis=0)
        gone[np.arange(len(first)), first] = GONE
        more = _in_order(self.minimize(gone, iterations=200))
        # A term that is as good as gone is gone: its logarithm has no end to converge to.
        if not more.F[0] <= found.F[0] / LOWER:
            return found
        return self._continue(_joined(more, found), np.arange(1), 1000)

    def other_minima(self, found):
        """Return the minima of a search distinct from its first, (k, p) and their objectives."""
        if self.n >= MANY_RUNS and not self.law.follow:  # the search may have been a short one
            found = _joined(found, self.search(short=False))
        found = self._continue(found, np.arange(1, len(found.F)), 200)
        kept = [0]
        for row in 1 + np.argsort(found.F[1:], kind="stable"):
            same = any(
                abs(found.F[row] - found.F[k]) <= SAME_OBJECTIVE * found.F[row] + self.rounding
                or np.abs(found.theta[row] - found.theta[k]).max() < SAME_PLACE
                for k in kept
            )
            if found.converged[row] and np.isfinite(found.F[row]) and not same:
                kept.append(row)
        return found.theta[kept[1:]], found.F[kept[1:]]

    def _continue(self, found, rows, iterations):
        """Follow those of `rows` that have not converged."""
        rows = rows[~found.converged[rows]]
        if not rows.size:
            return found
        more = self.minimize(found.theta[rows], iterations=iterations)
        theta, F, converged = found.theta.copy(), found.F.copy(), found.converged.copy()
        theta[rows], F[rows], converged[rows] = more.theta, more.F, more.converged
        return Minima(theta, F, converged, found.iterations + more.iterations)

    def _move_on_tangent(self, found, row):
        """Move a row of `found` to about its minimum."""
        tangent = Tangent(self, found.theta[row], self.absent_offset(found.theta[row]))
        own = np.ones(self.n) if self.weights is None else self.weights
        theta = tangent.minima(own[None], TANGENT_STEPS)
        if (F := self.objectives(theta)[0]) < found.F[row]:
            found.theta[row], found.F[row] = theta[0], F

    def _try_reweighted(self, found):
        """Look for lower minima nearby: follow reweighted problems, then return to this one."""
        order = np.argsort(found.F)[:2]
        weights = np.random.default_rng(0).exponential(size=(REWEIGHTED, self.n))
        weights *= 1.0 if self.weights is None else self.weights
        starts = found.theta[np.resize(order, REWEIGHTED)]
        options = {"tolerance": TOLERANCE_ROUGH, "iterations": 20}
        moved = self.minimize(starts, weights=weights, **options).theta
        more = self.minimize(_distinct(moved), iterations=25)
        return _joined(found, more)


def own_starts(problem, law, columns):
    """Return where to look for the free parameters of `law`, by name: no fit is needed.

    The starting points of `problem`, in which all parameters of the law are free, with the held
    values put in and the others moved between their bounds, the best of them first.
    """
    names, found = [parameter.name for parameter in problem.parameters], {}
    with np.errstate(all="ignore"):
        target = problem.to_target(problem.y)
        for row in problem.natural(problem.eta(problem.starts())):
            values = dict(zip(names, map(float, row), strict=True))
            free = {p.name: moved_inside(p, values[p.name]) for p in law.free}
            f = law.predict(law.complete(free), columns)
            size = np.abs(np.log(f / target) if law.link == "log" else f - target)
            F = np.minimum(size, problem.delta) @ (size - 0.5 * np.minimum(size, problem.delta))
            if np.isfinite([F, *free.values()]).all():
                found.setdefault(tuple(free.values()), (F, free))
    if not found:
        raise ValueError(
            f"The {law.title} has no starting point of its own here: give start={{...}} for "
            f"{', '.join(parameter.name for parameter in law.free)}"
        )
    return [free for _, free in sorted(found.values(), key=lambda pair: pair[0])]


def _joined(found, more):
    parts = (np.concatenate(pair) for pair in zip(found[:3], more[:3], strict=True))
    return Minima(*parts, found.iterations + more.iterations)


def _in_order(found):
    order = np.argsort(found.F, kind="stable")
    return Minima(found.theta[order], found.F[order], found.converged[order], found.iterations)


def _distinct(theta):
    """Return the rows of `theta` without those that repeat another to three digits."""
    _, first = np.unique(np.round(theta, 3), axis=0, return_index=True)
    return theta[np.sort(first)]
