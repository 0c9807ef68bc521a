"""Terms of laws whose residuals are plain differences, of a score or an error, not logarithms."""

# ruff: noqa: D102 (what the methods of a term do is said once, in Term)
import numpy as np

from scaling_lib.laws.terms import LN10, Coordinate, Term, gram, grid, line, second_derivatives


class Curve(Term):
    """u = phi(X theta) for a scalar function phi: laws whose residuals are not logarithms."""

    size = 2

    def __call__(self, theta):
        value, slope, bend = self.phi(theta @ self.X.T)
        return value, slope[..., None] * self.X, lambda v: gram(self.X, self.X, v * bend)


class CoverageCurve(Curve):
    """exp(-a k^b), with parameters (log a, b)."""

    logs = ("k",)

    def load(self, x):
        self.X = np.stack([np.ones_like(x["k"]), x["k"]], axis=-1)

    def coordinates(self, means):
        return {"a": Coordinate(0, 0.0, {1: -means["k"]}), "b": Coordinate(1)}

    def phi(self, u):
        q = np.exp(u)
        c = np.exp(-q)
        return c, -q * c, (q - 1.0) * q * c

    def starts(self, terms, y):
        """Return lines through log(-log coverage), with several slopes."""
        inner = np.clip(y, 1e-3, 1.0 - 1e-3)
        intercept, slope = line(self.X[:, 1], np.log(-np.log(inner)))
        return grid([intercept], slope * np.array([0.3, 0.7, 1.0, 1.5, 3.0]))


class LogisticCurve(Curve):
    """lower + (upper - lower) / (1 + exp(-slope (log10 C - midpoint))).

    The parameters are (slope times the centred midpoint, slope).
    """

    logs = ("C",)

    def __init__(self, lower, upper):
        self.lower, self.upper = lower, upper

    def load(self, x):
        x = x["C"] / LN10
        self.X = np.stack([-np.ones_like(x), x], axis=-1)

    def coordinates(self, means):
        return {"midpoint": Coordinate(0, means["C"] / LN10, under=1), "slope": Coordinate(1)}

    def phi(self, u):
        half = np.tanh(0.5 * u)
        slope, height = 0.25 * (1.0 - half**2), self.upper - self.lower
        value = self.lower + height * 0.5 * (1.0 + half)
        return value, height * slope, -height * slope * half

    def starts(self, terms, y):
        """Return a grid of midpoints and slopes."""
        x = self.X[:, 1]
        places = np.linspace(x.min() - 1.0, x.max() + 1.0, 9)
        midpoint, slope = grid(places, np.array([-2.0, -0.5, 0.3, 1.0, 3.0, 8.0])).T
        return np.stack([midpoint * slope, slope], axis=-1)


class SigmoidCurve(Term):
    """lower + (upper - lower) / (1 + exp(-v)) with v = sign slope (x - midpoint), ends fitted.

    The parameters are (lower, upper, midpoint, log slope); x is a column, or its centred log. The
    sign is held: with the other one and the ends exchanged it would be the same curve.
    """

    size = 4

    def __init__(self, names, column, sign, log):
        self.names, self.column, self.sign = names, column, sign
        self.logs = (column,) if log else ()

    def load(self, x):
        self.x = x[self.column]

    def coordinates(self, means):
        added = (0.0, 0.0, means[self.column] if self.logs else 0.0, 0.0)
        return {name: Coordinate(j, added[j]) for j, name in enumerate(self.names)}

    def __call__(self, theta):
        lower, upper, midpoint = (theta[:, [j]] for j in range(3))
        rate = self.sign * np.exp(theta[:, [3]])
        v = rate * (self.x - midpoint)
        half = np.tanh(0.5 * v)
        share, first = 0.5 * (1.0 + half), 0.25 * (1.0 - half**2)
        slope, bend = (upper - lower) * first, -(upper - lower) * first * half
        J = np.stack([1.0 - share, share, -slope * rate, slope * v], axis=-1)
        second = {
            (0, 2): first * rate,
            (0, 3): -first * v,
            (1, 2): -first * rate,
            (1, 3): first * v,
            (2, 2): bend * rate**2,
            (2, 3): -rate * (bend * v + slope),
            (3, 3): v * (bend * v + slope),
        }
        return lower + (upper - lower) * share, J, second_derivatives(second, self.size)

    def starts(self, terms, y):
        """Return a grid of midpoints and slopes, the ends by regression."""
        places = np.linspace(self.x.min(), self.x.max(), 9)
        rates = np.log(np.array([1.0, 3.0, 10.0, 30.0, 100.0]) / np.ptp(self.x))
        shapes = grid(places, rates)
        at = np.column_stack([np.zeros(len(shapes)), np.ones(len(shapes)), shapes])
        return np.column_stack([_two_by_regression(self(at)[0], y), shapes])


class DecayCurve(Term):
    """epsilon - k exp(-gamma x), with parameters (epsilon, log k, gamma)."""

    size = 3

    def __init__(self, column):
        self.column = column

    def load(self, x):
        self.x = x[self.column]

    def coordinates(self, means):
        return {name: Coordinate(j) for j, name in enumerate(("epsilon", "k", "gamma"))}

    def __call__(self, theta):
        part, x = np.exp(theta[:, [1]] - theta[:, [2]] * self.x), self.x
        J = np.stack([np.ones_like(part), -part, part * x], axis=-1)
        second = {(1, 1): -part, (1, 2): part * x, (2, 2): -part * x**2}
        return theta[:, :1] - part, J, second_derivatives(second, self.size)

    def starts(self, terms, y):
        """Return a grid of gamma, the rest by regression."""
        gamma = np.array([0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0]) / np.ptp(self.x)
        ends = _two_by_regression(1.0 - np.exp(-gamma[:, None] * (self.x - self.x.min())), y)
        least = 1e-3 * np.ptp(y)
        k = np.log(np.maximum(ends[:, 1] - ends[:, 0], least)) + gamma * self.x.min()
        return np.column_stack([ends[:, 1], k, gamma])


def _two_by_regression(shares, y):
    """Return the ends (G, 2): y is about lower + (upper - lower) share, for each row of shares."""
    ends = [np.linalg.lstsq(np.stack([1.0 - s, s], axis=-1), y, rcond=None)[0] for s in shares]
    return np.array(ends)
