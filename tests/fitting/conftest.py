"""The 25 lines of SciPy that every fit must agree with."""

import numpy as np
import pytest
from scipy.optimize import least_squares


@pytest.fixture(scope="session")
def scipy_fit():
    """The Chinchilla law fitted with SciPy alone: the readable truth."""
    return fit_by_scipy


def fit_by_scipy(N, D, loss, delta, starts=20):
    """Fit the Chinchilla law with SciPy alone: the readable truth; return objective and params."""
    x, z, y = np.log(N), np.log(D), np.log(loss)

    def residuals(p):
        e, a, b, alpha, beta = p
        return np.logaddexp(np.logaddexp(e, a - alpha * x), b - beta * z) - y

    rng, ends = np.random.default_rng(0), []
    for _ in range(starts):
        alpha, beta = rng.uniform(0.1, 0.8, 2)
        level = y.mean() + rng.normal(-1, 0.5, 3)
        p = [level[0], level[1] + alpha * x.mean(), level[2] + beta * z.mean(), alpha, beta]
        for scale in (30 * delta, delta):  # first with the dents of a small delta smoothed
            options = {"loss": "huber", "f_scale": scale, "x_scale": "jac", "max_nfev": 2000}
            end = least_squares(residuals, p, **options, xtol=1e-15, ftol=1e-15, gtol=1e-15)
            p = end.x
        ends.append(end)
    best = min(ends, key=lambda end: end.cost)
    e, a, b, alpha, beta = best.x
    return best.cost, dict(E=np.exp(e), A=np.exp(a), B=np.exp(b), alpha=alpha, beta=beta)
