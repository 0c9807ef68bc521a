"""Starting points: grids over what is nonlinear in a law, least squares for what is linear."""

from __future__ import annotations

import itertools

import numpy as np

EXPONENTS = np.geomspace(0.05, 2.0, 8)
"""Grid of exponents that starts from. Exponents have no unit, so it needs no scaling."""


def grid(*axes):
    """Return all combinations of the values of `axes`, shape (combinations, number of axes)."""
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=-1)


def log_coefficients(log_basis, y, least=1e-3):
    """Fit exp(y) by non-negative combinations of basis functions, with relative errors.

    The best combination over all subsets of the K <= 3 functions whose coefficients are all
    positive; a function left out gets the share `least` of the level, so that Newton may grow it.

    Parameters
    ----------
    log_basis : sequence of K arrays, each (G, n) or broadcastable to it
        Logarithms of the basis functions at G grid points.
    y : ndarray, shape (n,)
        Logarithms of the observations.

    Returns
    -------
    ndarray, shape (G, K)
        Logarithms of the coefficients.
    """
    Phi = np.exp(np.stack(np.broadcast_arrays(*log_basis), axis=-1) - y[:, None])  # (G, n, K)
    G, n, K = Phi.shape
    M, v = Phi.transpose(0, 2, 1) @ Phi, Phi.sum(1)
    size = np.sqrt(np.einsum("gkk->gk", M))
    M, v = M / (size[:, :, None] * size[:, None, :]), v / size
    best, gain_best = np.zeros((G, K)), np.zeros(G)
    for length in range(K, 0, -1):
        todo = np.flatnonzero(gain_best == 0) if length == K - 1 else np.arange(G)
        if length == 1:
            todo = np.flatnonzero((best > 0).sum(1) < 2)
        for subset in itertools.combinations(range(K), length):
            if not len(todo):
                break
            index = np.ix_(todo, subset, subset)
            ridged = M[index] + 1e-12 * np.eye(length)
            part = np.linalg.solve(ridged, v[np.ix_(todo, subset)][..., None])[..., 0]
            gain = np.einsum("gk,gk->g", part, v[np.ix_(todo, subset)])  # fall of the squared error
            better = (part > 0).all(1) & (gain > gain_best[todo])
            rows = todo[better]
            best[rows] = 0.0
            best[np.ix_(rows, subset)] = part[better]
            gain_best[rows] = gain[better]
    smallest = least * np.sqrt(n)  # a function of this coefficient has that share of the level
    return np.log(np.maximum(best, smallest) / size)


def line(x, y, weights=None):
    """Return intercept and slope of the weighted least-squares line of y on x."""
    w = np.ones_like(x) if weights is None else weights
    w = w / w.sum()
    mx, my = w @ x, w @ y
    slope = (w @ ((x - mx) * (y - my))) / (w @ (x - mx) ** 2)
    return my - slope * mx, slope


def broken(x, y, breaks, positions=10):
    """Return starts (S, 3 + 3 breaks) of a broken law on centred logs x, y.

    Given offset, break points and sharpness, log(L - a) is linear in everything else: one weighted
    least-squares fit for each combination on a grid.
    """
    offsets = np.log(np.array([0.02, 0.6, 0.9, 0.99])) + y.min()
    if breaks == 0:
        combinations = [((), ())]
    else:
        places = np.quantile(x, np.linspace(0.04, 0.96, positions if breaks < 3 else 8))
        places = np.unique(places)
        sharpness = np.array([0.03, 0.2, 0.7]) * min(np.ptp(x), 6.0) / 2.0
        if breaks == 1:
            widths = [(f,) for f in sharpness]
        else:
            widths = [(f,) * breaks for f in sharpness[:2]]
        combinations = list(itertools.product(itertools.combinations(places, breaks), widths))
    columns = np.empty((len(combinations), x.size, 2 + breaks))
    columns[:, :, 0], columns[:, :, 1] = 1.0, -x
    for g, (where, width) in enumerate(combinations):
        for i, (d, f) in enumerate(zip(where, width, strict=True)):
            columns[g, :, 2 + i] = -f * np.logaddexp(0.0, (x - d) / f)
    starts = []
    for offset in offsets:
        rest = -np.expm1(offset - y)  # (L - a) / L, the weight of an error in log(L - a)
        target = y + np.log(rest)
        weighted = columns * rest[:, None]
        M = weighted.transpose(0, 2, 1) @ weighted
        M += 1e-9 * np.einsum("gkk->g", M)[:, None, None] * np.eye(2 + breaks)
        v = np.einsum("gnk,n->gk", weighted, rest * target)
        linear = np.linalg.solve(M, v[..., None])[..., 0]
        theta = np.empty((len(combinations), 3 + 3 * breaks))
        theta[:, 0] = offset
        theta[:, 1:3] = linear[:, :2]
        for i in range(breaks):
            theta[:, 3 + 3 * i] = linear[:, 2 + i]
            theta[:, 4 + 3 * i] = [where[i] for where, _ in combinations]
            theta[:, 5 + 3 * i] = [np.log(width[i]) for _, width in combinations]
        starts.append(theta)
    return np.concatenate(starts)
