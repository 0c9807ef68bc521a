"""The law's tangent at a parameter vector: the spread of residuals, and steps along it."""

from typing import NamedTuple

import numpy as np

from scaling_lib.fitting.objective import CHUNK, tilt

SHORTENED = 0.5  # length of the steps on a tangent


class Spread(NamedTuple):
    """How the residuals of a Huber fit spread.

    `bend` is the mean of rho'' (the share of residuals within delta), smoothed over a window,
    because with a small delta only a few residuals lie within it; `pull` is the mean of rho'^2,
    corrected for the fitted parameters. Weights and penalty are factors of rho.
    """

    bend: float
    pull: float


def spread(problem, residuals):
    """Return the `Spread` of the residuals of a fit."""
    n, p, delta = problem.n, problem.p, problem.delta
    correction = n / (n - p)
    order = np.argsort(np.abs(residuals))
    size, factors = np.abs(residuals)[order], problem.factors_of(residuals)[order]
    pull = correction * np.mean((factors * np.minimum(size, delta)) ** 2)
    # A Huber fit with a small delta goes through about p runs; they say nothing about the density.
    first = min(p, n - 2) if delta < size[-1] else 0
    free = size[first:]
    scale = 1.4826 * np.median(free)  # of a normal distribution, from its median
    window = max(delta, 1.06 * scale * n**-0.2)  # Silverman's rule
    if not window < np.inf or window <= delta:
        return Spread(float(np.mean(factors * (size <= delta))), float(pull))
    inside = np.mean(factors[first:] * (free <= window))
    return Spread(float(max(inside, 1.0 / n) * delta / window), float(pull))


def inverse_hessian(problem, J, bend):
    """Return the inverse of J'J times the mean `bend` of rho'', (p, p), with the runs' weights.

    Directions that the runs leave open get a huge variance.
    """
    information = J.T @ J if problem.weights is None else (J.T * problem.weights) @ J
    scale = np.maximum(np.sqrt(np.diag(information)), 1e-100)  # its square must not vanish
    values, vectors = np.linalg.eigh(information / (scale[:, None] * scale))
    inverse = (vectors / np.maximum(values, 1e-15)) @ vectors.T
    return inverse / (scale[:, None] * scale) / bend


class Tangent:
    """The law near `theta` (p,), where residuals are nearly linear in the parameters.

    The parameters `held`, by their indices, stay where they are.
    """

    def __init__(self, problem, theta, held=()):
        self.problem, self.theta = problem, theta
        self.residuals = problem.residuals(theta)
        self.J = problem.f.jacobian(theta[None])[0]
        self.J[:, list(held)] = 0.0
        # How far a unit of rho' of each run moves the minimum, (n, p).
        self.moves = self.J @ inverse_hessian(problem, self.J, spread(problem, self.residuals).bend)

    def pull(self, residuals):
        """Return rho' of each residual, with the penalty."""
        pull = np.clip(residuals, -self.problem.delta, self.problem.delta)
        penalty = self.problem.penalty
        return pull if penalty == 1.0 else pull * tilt(residuals, penalty)

    @property
    def influence(self):
        """How far one more copy of each run moves the minimum, (n, p), in one step."""
        return -self.pull(self.residuals)[:, None] * self.moves

    def minima(self, weights, steps):
        """Return about where the minima with `weights` (S, n) are, (S, p), after so many steps.

        With a small delta few runs lie within it, and the Hessian changes with each that a step
        takes in or leaves out. Short steps with the mean Hessian pass over that, and on the tangent
        each costs a tenth of an evaluation.
        """
        out = np.empty((len(weights), len(self.theta)))
        size = max(8, CHUNK // len(self.residuals))
        for first in range(0, len(weights), size):
            part = weights[first : first + size]
            step = np.zeros((len(part), len(self.theta)))
            for _ in range(steps):
                pull = self.pull(self.residuals + step @ self.J.T)
                step -= SHORTENED * (part * pull) @ self.moves
            out[first : first + size] = self.theta + step
        return out
