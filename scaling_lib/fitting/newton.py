"""Newton's method on a batch of functions, with Levenberg's damping."""

from typing import NamedTuple

import numpy as np

LAPACK_UP_TO = 12  # matrices: its loop over them is faster than ours over the unknowns
TOLERANCE = 1e-11  # of a minimum: well below what tells two minima apart, above rounding
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


class Minima(NamedTuple):
    """Where each row of the batch ended.

    `converged` is False where neither the predicted decrease fell below the tolerance nor the steps
    became too small to matter before the iterations ran out.
    """

    theta: np.ndarray  # (S, p)
    F: np.ndarray  # (S,)
    converged: np.ndarray  # (S,)
    iterations: int


@np.errstate(all="ignore")  # of a matrix that is not positive, the rest means nothing
def solve_positive(H, g):
    """Solve H x = g for a batch of symmetric H (S, p, p) and g (S, p) by L D L' factorization.

    Returns x (S, p) and whether each matrix is positive definite in double precision; where it is
    not, x is meaningless.
    """
    S, p = g.shape
    if S <= LAPACK_UP_TO:  # it refuses all matrices if one is indefinite
        try:
            np.linalg.cholesky(H)
            return np.linalg.solve(H, g[..., None])[..., 0], np.ones(S, bool)
        except np.linalg.LinAlgError:
            pass
    A = np.empty((p, p + 1, S))  # the batch last: every operation is contiguous
    A[:, :p], A[:, p] = H.transpose(1, 2, 0), g.T
    pivots, x = np.einsum("jjs->js", A[:, :p]), A[:, p]  # views
    floor = PIVOT * np.abs(pivots)
    for j in range(p - 1):
        A[j + 1 :, j + 1 :] -= (A[j + 1 :, j] / pivots[j])[:, None] * A[j, j + 1 :]
    positive = (pivots > floor).all(0)
    for j in range(p - 1, -1, -1):
        x[j] /= pivots[j]
        x[:j] -= A[:j, j] * x[j]
    return x.T, positive & np.isfinite(x).all(0)


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
    S = len(theta)
    floor = np.broadcast_to(np.asarray(floor, float), (S,))
    F, g, H = evaluate(theta, np.arange(S))
    F = np.where(np.isfinite(F), F, np.inf)
    result, F_result = theta.copy(), F.copy()
    done = np.zeros(S, bool)
    rows = np.flatnonzero(np.isfinite(F))  # the active set: it shrinks as rows converge
    theta, F, g, H = theta[rows], F[rows], g[rows], H[rows]
    damping = np.zeros(len(rows))
    steps = 0
    while len(rows) and steps < iterations:
        steps += 1
        damped = H
        if damping.any():
            damped = H.copy()
            diagonal = np.einsum("sjj->sj", damped)  # a view
            scale = np.abs(diagonal)
            scale = np.maximum(scale, LEAST_DIAGONAL * scale.max(1, keepdims=True) + TINY)
            diagonal += damping[:, None] * scale
        move, positive = solve_positive(damped, g)
        decrease = np.vecdot(g, move)
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
        np.copyto(theta, trial, where=better[:, None])
        np.copyto(F, F_new, where=better)
        np.copyto(g, g_new, where=better[:, None])
        np.copyto(H, H_new, where=better[:, None, None])
        less = np.where(damping > NO_DAMPING, damping * LESS, 0.0)
        damping = np.where(better, less, np.maximum(damping * MORE, FIRST_DAMPING))
    result[rows], F_result[rows] = theta, F
    return Minima(result, F_result, done, steps)
