r"""The terms that scaling laws are made of: values, derivatives, coordinates and starting points.

Every law of the book is, in the space in which its residuals are measured, a log-sum-exp of at most
three terms with separate parameters, f(theta) = log sum_k exp(u_k(theta_k)). A law of one term is
that term itself: so fit what is no logarithm, such as a coverage.

A term is declared with the names of its parameters and input columns; `bind` returns it with runs
inside. Exponents act on *centred* logarithms of the inputs, which brings the condition number of
the Hessian from 10^13 to 10^4. `Term` says what a term has to offer.
"""

# ruff: noqa: D102 (what the methods of a term do is said once, in Term)
import copy
import itertools
from typing import NamedTuple

import numpy as np

EXPONENTS = np.geomspace(0.05, 2.0, 8)  # grid from which exponents start: they have no unit
COARSE = np.geomspace(0.08, 1.6, 5)  # the same where other parameters are on the grid as well
LARGE = 700.0  # exp(-LARGE) is as good as zero, and exp(LARGE) still finite
LN10 = np.log(10.0)


class Coordinate(NamedTuple):
    """A parameter of the equation (its logarithm if it is positive) as a function of theta.

    theta[index] + sum factor theta[other] + added, or, with `under`, the quotient
    (theta[index] + shift) / theta[under] + added. Indices count within the term.
    """

    index: int  # of the internal parameter that stands for it
    added: float = 0.0
    others: dict = {}  # noqa: RUF012 (never changed)
    under: int | None = None
    shift: float = 0.0


class Term:
    """A term with `size` internal parameters that takes the columns `logs` as centred logs.

    S parameter vectors and n runs are worked on at once; q is the `size` of the term, p the number
    of internal parameters of its law, whose terms follow each other in theta.
    """

    size = 0
    logs: tuple = ()
    own = False  # whether its formula is the user's
    removable = False  # whether the first parameter is the log of a coefficient that may be zero

    def bind(self, x):
        """Return the term on runs; `x` is what `load` takes."""
        bound = copy.copy(self)
        bound.load(x)
        return bound

    def load(self, x):
        """Store what the term needs of the runs.

        `x` maps the names in `logs` to logarithms less their mean over the runs of the fit, and
        the law's other inputs to their values, each (n,).
        """
        raise NotImplementedError

    def coordinates(self, means):
        """Return {name: Coordinate} of the parameters of the equation that the term holds.

        `means` has what was subtracted: the mean log of each column in `logs` and, under "y", that
        of the target.
        """
        raise NotImplementedError

    def __call__(self, theta):
        """Return u, its first derivatives J and its second as a function, at theta (S, q).

        u is (S, n), or (S, 1) if it is the same for all runs; whoever calls may write over it. J is
        (S, n, q), or (n, q) if it does not depend on theta; the function takes v (S, n) and returns
        sum_n v_n K_n, (S, q, q), for the second derivatives K_n of run n. It is None where they are
        zero.
        """
        raise NotImplementedError

    def value(self, theta):
        """Return u alone, as a call does."""
        return self(theta)[0]

    def add(self, theta, step):
        """Return the parameters (S, q) after a small step: a solver may take a larger one so."""
        return theta + step

    def shapes(self):
        """Return a grid (G, q - 1) of all but the first parameter, and u less the first (G, n).

        Only for terms whose first parameter is the logarithm of a coefficient.
        """
        raise NotImplementedError

    def starts(self, terms, y):
        """Return starting points (S, p) of the law with these bound `terms`, of which this is last.

        `y` (n,) is the centred target. The coefficients of all terms follow from one regression
        once the shapes are given, so that no term can start alone. The last term of a law is the
        one that bends most, and decides: here for terms that all have `shapes`; a term that has
        none makes its own grid.
        """
        return linear_starts([term.shapes() for term in terms], y)


class Linear(Term):
    """u = X theta, with X of shape (n, q)."""

    def __call__(self, theta, out=None):
        return np.matmul(theta, self.X.T, out=out), self.X, None


class Offset(Term):
    """E: u = theta, the same for all runs."""

    size, removable = 1, True

    def __init__(self, E):
        self.E = E

    def load(self, x):
        self.X = np.ones((len(next(iter(x.values()))), 1))

    def __call__(self, theta):
        return theta.copy(), self.X, None

    def coordinates(self, means):
        return {self.E: Coordinate(0, means["y"])}

    def add(self, theta, step):
        """Take the step in E itself."""
        return theta + log1p_extended(step)

    def shapes(self):
        return np.empty((1, 0)), np.zeros((1, len(self.X)))


class Power(Linear):
    """A / x^alpha: u = a - alpha log x."""

    size, removable = 2, True

    def __init__(self, A, alpha, column, exponents=EXPONENTS):
        self.A, self.alpha, self.column, self.exponents = A, alpha, column, exponents
        self.logs = (column,)

    def load(self, x):
        x = x[self.column]
        self.X = np.stack([np.ones_like(x), -x], axis=-1)

    def coordinates(self, means):
        return {
            self.A: Coordinate(0, means["y"], {1: means[self.column]}),
            self.alpha: Coordinate(1),
        }

    def add(self, theta, step):
        """Take the step in A and in alpha A, height and slope of the term where log x is 0.

        Runs at few x determine the sums of heights and of slopes of all terms long before their
        shares. In E, A and alpha A the valley between these is straight; in logarithms and alpha
        it bends, and steps would be short.
        """
        grown = log1p_extended(step[:, 0])
        slope = theta[:, 1] * (1.0 + step[:, 0]) + step[:, 1]
        out = theta.copy()
        out[:, 0] += grown
        out[:, 1] = slope * np.exp(-grown)
        return out

    def shapes(self):
        return power_shapes(-self.X[:, 1], self.exponents)


class PurePower(Linear):
    """(x_c / x)^alpha, alone in its law: u = a - alpha log x with a = alpha log x_c."""

    size = 2

    def __init__(self, x_c, alpha, column):
        self.x_c, self.alpha, self.column, self.logs = x_c, alpha, column, (column,)

    load = Power.load

    def coordinates(self, means):
        return {
            self.x_c: Coordinate(0, means[self.column], under=1, shift=means["y"]),
            self.alpha: Coordinate(1),
        }

    def starts(self, terms, y):
        """Return the least-squares line."""
        intercept, slope = line(-self.X[:, 1], y)
        return np.array([[intercept, -slope]])


class PowerProduct(Linear):
    """c x_1^a_1 x_2^a_2 ..., alone in its law: u = log c + sum_j a_j log x_j."""

    def __init__(self, c, **exponents):
        self.c, self.exponents = c, exponents  # exponents: {column: name}
        self.logs, self.size = tuple(exponents), 1 + len(exponents)

    def load(self, x):
        first = np.ones_like(x[self.logs[0]])
        self.X = np.stack([first, *(x[column] for column in self.logs)], axis=-1)

    def coordinates(self, means):
        middle = {j: -means[column] for j, column in enumerate(self.logs, 1)}
        found = {self.c: Coordinate(0, means["y"], middle)}
        names = enumerate(self.exponents.values(), 1)
        return found | {name: Coordinate(j) for j, name in names}

    def starts(self, terms, y):
        """Return the least-squares plane."""
        return np.linalg.lstsq(self.X, y, rcond=None)[0][None]


class Broken(Term):
    """The falling part of a BNSL: u = b - c0 x - sum_i c_i f_i softplus((x - d_i) / f_i).

    The parameters are (b, c0, then c_i, d_i, log f_i for each break), x and d_i centred logs.
    """

    def __init__(self, column, breaks):
        self.column, self.breaks = column, breaks
        self.logs, self.size = (column,), 2 + 3 * breaks

    def load(self, x):
        self.x = x[self.column]

    def coordinates(self, means):
        middle = means[self.column]
        out = {"b": Coordinate(0, means["y"], {1: middle}), "c0": Coordinate(1)}
        for i in range(1, self.breaks + 1):
            out[f"c{i}"] = Coordinate(3 * i - 1)
            out[f"d{i}"] = Coordinate(3 * i, middle)
            out[f"f{i}"] = Coordinate(3 * i + 1)
        return out

    def __call__(self, theta):
        x, S = self.x, len(theta)
        J = np.empty((S, x.size, self.size))
        J[:, :, 0] = 1.0
        J[:, :, 1] = -x
        u = theta[:, :1] - theta[:, 1:2] * x
        bends = {}
        for i in range(2, self.size, 3):
            c, d, f = theta[:, i : i + 1], theta[:, i + 1 : i + 2], np.exp(theta[:, i + 2 : i + 3])
            z = (x - d) / f
            soft, sigma = softplus(z)
            soft *= f
            bend = soft - (x - d) * sigma
            u -= c * soft
            J[:, :, i] = -soft
            J[:, :, i + 1] = c * sigma
            J[:, :, i + 2] = -c * bend
            bends[i] = c, f, z, sigma, bend

        def contract(v):
            K = np.zeros((S, self.size, self.size))
            for i, (c, f, z, sigma, bend) in bends.items():
                c, f = c[:, 0], f[:, 0]
                curved = v * sigma * (1.0 - sigma)
                curved_z = curved * z
                bent = np.vecdot(v, bend)
                K[:, i, i + 1] = K[:, i + 1, i] = np.vecdot(v, sigma)
                K[:, i, i + 2] = K[:, i + 2, i] = -bent
                K[:, i + 1, i + 1] = -c / f * curved.sum(1)
                K[:, i + 1, i + 2] = K[:, i + 2, i + 1] = -c * curved_z.sum(1)
                K[:, i + 2, i + 2] = -c * (bent + f * np.vecdot(curved_z, z))
            return K

        return u, J, contract

    def starts(self, terms, y):
        """Return starts for an `Offset` and this term, on a grid of log a, places and widths.

        Given those, log(L - a) is linear in everything else: one weighted least-squares fit each.
        """
        x, breaks = self.x, self.breaks
        log_a = np.log(np.array([0.02, 0.6, 0.9, 0.99])) + y.min()
        places = np.unique(np.quantile(x, np.linspace(0.04, 0.96, 10 if breaks < 3 else 8)))
        widths = np.array([0.03, 0.2, 0.7]) * min(np.ptp(x), 6.0) / 2.0
        widths = widths[: {0: 1, 1: 3}.get(breaks, 2)]  # one width for all breaks
        where = list(itertools.product(itertools.combinations(places, breaks), widths))
        d = np.array([places for places, _ in where])  # (G, breaks)
        f = np.array([[width] for _, width in where])
        knees = -f[..., None] * np.logaddexp(0.0, (x - d[..., None]) / f[..., None])
        columns = np.empty((len(where), x.size, 2 + breaks))
        columns[:, :, 0], columns[:, :, 1] = 1.0, -x
        columns[:, :, 2:] = knees.transpose(0, 2, 1)
        starts = []
        for floor in log_a:
            rest = -np.expm1(floor - y)  # (L - a) / L, the weight of an error in log(L - a)
            weighted = columns * rest[:, None]
            M = weighted.transpose(0, 2, 1) @ weighted
            M += 1e-9 * np.einsum("gkk->g", M)[:, None, None] * np.eye(2 + breaks)
            v = np.einsum("gnk,n->gk", weighted, rest * (y + np.log(rest)))
            linear = np.linalg.solve(M, v[..., None])[..., 0]
            theta = np.empty((len(where), 3 + 3 * breaks))
            theta[:, 0], theta[:, 1:3] = floor, linear[:, :2]
            theta[:, 3::3], theta[:, 4::3], theta[:, 5::3] = linear[:, 2:], d, np.log(f)
            starts.append(theta)
        return np.concatenate(starts)


class Repeated(Term):
    """B / x'^beta where x' = x (1 + R (1 - exp(-r / R))), for r repetitions of x.

    The parameters are (b, beta, log R); x is a centred log. Serves repeated tokens and surplus
    parameters.
    """

    size, removable = 3, True
    scales = np.log([0.7, 3.0, 12.0, 50.0])  # grid of log R

    def __init__(self, B, beta, R, column, repetitions):
        self.names, self.column, self.repetitions = (B, beta, R), column, repetitions
        self.logs = (column,)

    def load(self, x):
        self.x, self.r = x[self.column], x[self.repetitions]

    def coordinates(self, means):
        B, beta, R = self.names
        middle = {1: means[self.column]}
        return {B: Coordinate(0, means["y"], middle), beta: Coordinate(1), R: Coordinate(2)}

    def log_gain(self, log_R):
        """Return log(x'/x) and its first two derivatives with respect to log R, each (S, n)."""
        R = np.exp(np.clip(log_R, -LARGE, LARGE))[:, None]
        ratio = np.minimum(self.r / R, LARGE)
        tail, lost = np.exp(-ratio), -np.expm1(-ratio)
        gain = R * lost
        first = R * (lost - ratio * tail)
        second = first - R * ratio**2 * tail
        slope = first / (1.0 + gain)
        return np.log1p(gain), slope, second / (1.0 + gain) - slope**2

    def __call__(self, theta):
        beta = theta[:, 1:2]
        gain, slope, bend = self.log_gain(theta[:, 2])
        log_x = self.x + gain
        J = np.stack([np.ones_like(log_x), -log_x, -beta * slope], axis=-1)

        def contract(v):
            K = np.zeros((len(theta), 3, 3))
            K[:, 1, 2] = K[:, 2, 1] = -np.einsum("sn,sn->s", v, slope)
            K[:, 2, 2] = -beta[:, 0] * np.einsum("sn,sn->s", v, bend)
            return K

        return theta[:, :1] - beta * log_x, J, contract

    def shapes(self):
        shapes = grid(COARSE, self.scales)
        return shapes, -shapes[:, :1] * (self.x + self.log_gain(shapes[:, 1])[0])


class Precision(Repeated):
    """A / (N (1 - exp(-P / gamma)))^alpha, with parameters (a, alpha, log gamma)."""

    scales = np.log([0.5, 1.5, 4.0, 12.0])  # bits

    def log_gain(self, log_R):
        ratio = np.minimum(self.r / np.exp(np.clip(log_R, -LARGE, LARGE))[:, None], LARGE)
        tail, kept = np.exp(-ratio), -np.expm1(-ratio)
        slope = -ratio * tail / kept
        return np.log(kept), slope, slope * (ratio - kept) / kept


class SoftMaximum(Term):
    """[(A / N^alpha)^s + (B / D^beta)^s]^(1/s): u = log(exp(s u_A) + exp(s u_B)) / s.

    The parameters are (a, alpha, b, beta, log s), u_A = a - alpha x and u_B = b - beta z.
    """

    size, logs = 5, ("N", "D")

    def load(self, x):
        self.x, self.z = x["N"], x["D"]

    def coordinates(self, means):
        return {
            "A": Coordinate(0, means["y"], {1: means["N"]}),
            "B": Coordinate(2, means["y"], {3: means["D"]}),
            "alpha": Coordinate(1),
            "beta": Coordinate(3),
            "s": Coordinate(4),
        }

    def __call__(self, theta):
        a, alpha, b, beta, log_s = (theta[:, [j]] for j in range(5))
        s = np.exp(log_s)
        u_A, u_B = a - alpha * self.x, b - beta * self.z
        gap = u_A - u_B
        tail = np.exp(-s * np.abs(gap))
        u = np.maximum(u_A, u_B) + np.log1p(tail) / s
        share_A = np.where(gap >= 0, 1.0, tail) / (1.0 + tail)
        share_B = 1.0 - share_A
        slack = share_A * u_A + share_B * u_B - u
        ones = np.ones_like(u)
        J = np.stack([share_A, -share_A * self.x, share_B, -share_B * self.z, slack], axis=-1)
        W = np.stack([ones, -self.x * ones, -ones, self.z * ones, gap], axis=-1)

        def contract(v):
            K = gram(W, W, v * s * share_A * share_B)
            K[:, 4, 4] -= np.einsum("sn,sn->s", v, slack)
            return K

        return u, J, contract

    def starts(self, terms, y):
        """Return starts of the additive law with several s."""
        exponents = np.geomspace(0.05, 2.0, 6)
        parts = [power_shapes(self.x, exponents), power_shapes(self.z, exponents)]
        base = linear_starts([terms[0].shapes(), *parts], y)
        s = np.log([0.5, 1.0, 2.0, 5.0])
        return np.concatenate([np.repeat(base, s.size, axis=0), np.tile(s, len(base))[:, None]], 1)


class KaplanSum(Term):
    """[(N_c / N)^(alpha_N / alpha_D) + D_c / D]^alpha_D, alone in its law.

    u = alpha_D log(exp(u_A / alpha_D) + exp(d - z)) with u_A = a - alpha_N x; the parameters are
    (a, alpha_N, d, log alpha_D), d is log D_c.
    """

    size, logs = 4, ("N", "D")
    load = SoftMaximum.load

    def coordinates(self, means):
        return {
            "N_c": Coordinate(0, means["N"], under=1, shift=means["y"]),
            "D_c": Coordinate(2, means["D"]),
            "alpha_N": Coordinate(1),
            "alpha_D": Coordinate(3),
        }

    def __call__(self, theta):
        a, alpha_N, d = (theta[:, [j]] for j in range(3))
        alpha_D = np.exp(theta[:, 3:])
        u_A = a - alpha_N * self.x
        log_sum = np.logaddexp(u_A / alpha_D, d - self.z)
        u = alpha_D * log_sum
        share_A = np.exp(u_A / alpha_D - log_sum)
        share_D = np.exp(d - self.z - log_sum)
        rest = u - share_A * u_A
        ones = np.ones_like(u)
        J = np.stack([share_A, -share_A * self.x, alpha_D * share_D, rest], axis=-1)
        W = np.stack([ones, -self.x * ones, -alpha_D * ones, -u_A], axis=-1)

        def contract(v):
            K = gram(W, W, v * share_A * share_D / alpha_D)
            cross = np.einsum("sn,sn->s", v, alpha_D * share_D)
            K[:, 2, 3] += cross
            K[:, 3, 2] += cross
            K[:, 3, 3] += np.einsum("sn,sn->s", v, rest)
            return K

        return u, J, contract

    def starts(self, terms, y):
        """Return starts on a grid: with alpha_D given, L^(1 / alpha_D) is a sum of two powers."""
        out = []
        for n, d in grid(np.geomspace(0.02, 1.5, 10), np.geomspace(0.02, 1.5, 10)):
            a, b = log_coefficients([(-n / d * self.x)[None], -self.z[None]], y / d)[0]
            out.append([a * d, n, b, np.log(d)])
        return np.array(out)


class Granular(Term):
    """(A + g / G^gamma) / N^alpha: u = a - alpha x + softplus(h - gamma z).

    The parameters are (a, alpha, h, gamma), x and z the centred logs of N and G, h is log(g / A).
    """

    size, removable, logs = 4, True, ("N", "G")

    def load(self, x):
        self.x, self.z = x["N"], x["G"]

    def coordinates(self, means):
        return {
            "A": Coordinate(0, means["y"], {1: means["N"]}),
            "g": Coordinate(2, means["y"], {0: 1.0, 1: means["N"], 3: means["G"]}),
            "alpha": Coordinate(1),
            "gamma": Coordinate(3),
        }

    def __call__(self, theta):
        a, alpha, h, gamma = (theta[:, [j]] for j in range(4))
        soft, share = softplus(h - gamma * self.z)
        ones = np.ones_like(soft)
        J = np.stack([ones, -self.x * ones, share, -self.z * share], axis=-1)
        W = np.stack([np.ones_like(self.z), -self.z], axis=-1)

        def contract(v):
            K = np.zeros((len(theta), 4, 4))
            K[:, 2:, 2:] = gram(W, W, v * share * (1.0 - share))
            return K

        return a - alpha * self.x + soft, J, contract

    def shapes(self):
        shapes = grid(COARSE, np.log([0.1, 1.0, 10.0]), np.array([0.2, 0.6, 1.5]))
        alpha, h, gamma = (shapes[:, [j]] for j in range(3))
        return shapes, -alpha * self.x + softplus(h - gamma * self.z)[0]


def softplus(z):
    """Return log(1 + exp(z)) and its derivative."""
    tail = np.exp(-np.abs(z))
    return np.maximum(z, 0.0) + np.log1p(tail), np.where(z >= 0, 1.0, tail) / (1.0 + tail)


def log1p_extended(step):
    """Return log(1 + step), and its tangent below -1/2: no step takes a coefficient to zero."""
    above = np.maximum(step, -0.5)
    return np.log1p(above) + 2.0 * (step - above)


def second_derivatives(second, q):
    """Return the function of `Term` that sums second derivatives, given as {(i, j): (S, n)}."""

    def contract(v):
        K = np.zeros((len(v), q, q))
        for (i, j), values in second.items():
            K[:, i, j] = K[:, j, i] = np.einsum("sn,sn->s", v, values)
        return K

    return contract


def gram(J, K, v):
    """Return sum_n v_n J_n K_n', (S, q, r), for J and K of (n, .) or (S, n, .), and v (S, n)."""
    if J.ndim == 2:
        return (J.T * v[:, None, :]) @ K
    return (J * v[..., None]).transpose(0, 2, 1) @ K


# Starting points: grids over what is nonlinear in a law, least squares for what is linear.


def grid(*axes):
    """Return all combinations of the values of `axes`, shape (combinations, number of axes)."""
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=-1)


def power_shapes(x, exponents):
    """Return what `Term.shapes` does for a power of x, a centred log."""
    return exponents[:, None], -exponents[:, None] * x


def linear_starts(shapes, y):
    """Return starts (S, p) for all combinations of the terms' shapes, coefficients by regression.

    `shapes` has one pair a term, as `Term.shapes` returns it.
    """
    chosen = grid(*(np.arange(len(values)) for values, _ in shapes)).T
    basis = [log_basis[rows] for (_, log_basis), rows in zip(shapes, chosen, strict=True)]
    coefficients = log_coefficients(basis, y).T
    parts = zip(coefficients, shapes, chosen, strict=True)
    return np.concatenate(
        [np.column_stack([first, values[rows]]) for first, (values, _), rows in parts], axis=1
    )


@np.errstate(all="ignore")  # powers of losses that differ widely overflow: never the best
def log_coefficients(log_basis, y):
    """Fit exp(y) by non-negative combinations of basis functions, with relative errors.

    The best combination over all subsets of the K <= 3 functions whose coefficients are all
    positive; a function left out gets a thousandth of the level, so that Newton may grow it.
    `log_basis` holds the logarithms of the K functions at G grid points, each (G, n); the logs of
    the coefficients are returned, (G, K).
    """
    Phi = np.exp(np.stack(np.broadcast_arrays(*log_basis)) - y)  # (K, G, n)
    K, G, n = Phi.shape
    M, v = np.empty((G, K, K)), Phi.sum(2).T
    for k, m in itertools.combinations_with_replacement(range(K), 2):
        M[:, k, m] = M[:, m, k] = np.vecdot(Phi[k], Phi[m])
    size = np.sqrt(np.einsum("gkk->gk", M))
    M, v = M / (size[:, :, None] * size[:, None, :]), v / size
    best, gain_best, todo = np.zeros((G, K)), np.zeros(G), np.ones(G, bool)
    for length in range(K, 0, -1):
        if length == K - 1:
            todo = gain_best == 0
        if length == 1:
            todo = (best > 0).sum(1) < 2
        for subset in map(list, itertools.combinations(range(K), length) if todo.any() else ()):
            ridged = M[:, subset][:, :, subset] + 1e-12 * np.eye(length)
            part = np.linalg.solve(ridged, v[:, subset, None])[..., 0]
            gain = np.einsum("gk,gk->g", part, v[:, subset])  # fall of the squared error
            rows = np.flatnonzero(todo & (part > 0).all(1) & (gain > gain_best))
            best[rows] = 0.0
            best[rows[:, None], subset] = part[rows]
            gain_best[rows] = gain[rows]
    smallest = 1e-3 * np.sqrt(n)  # a function of this coefficient has that share of the level
    return np.log(np.maximum(best, smallest) / size)


def line(x, y):
    """Return intercept and slope of the least-squares line of y on x."""
    w = np.ones_like(x) / x.size
    mx, my = w @ x, w @ y
    slope = (w @ ((x - mx) * (y - my))) / (w @ (x - mx) ** 2)
    return my - slope * mx, slope
