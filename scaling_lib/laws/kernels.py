r"""Derivatives: the terms that scaling laws are made of, and the Huber objective of their sum.

Every law of the book is, in the space in which its residuals are measured, a log-sum-exp
of at most three terms with separate parameters,

    f(theta) = log sum_k exp(u_k(theta_k)),

(a law of one term is that term itself: so fit what is no logarithm, such as a coverage).
With p_k = exp(u_k - f), J_k the derivatives of u_k and K_k its second derivatives,

    df = sum_k p_k J_k,     d2f = sum_k p_k (J_k J_k' + K_k) - df df',

so that gradient and exact Hessian of F = sum_i w_i rho(f_i - y_i) need only the terms' own.
Everything works on a batch: S parameter vectors (starts, or bootstrap replicates) at once,
on n runs. Exponents act on *centred* logarithms, which brings the condition number of the Hessian
from 10^13 to 10^4.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

LARGE = 700.0  # exp(-LARGE) is as good as zero, and exp(LARGE) still finite


class Linear:
    """u = X theta: a power-law term, with X = [1, -log x] (centred)."""

    def __init__(self, X):
        self.X = np.ascontiguousarray(X, float)
        self.size = self.X.shape[1]

    def __call__(self, theta):
        """Return u (S, n), its derivatives (n, q), and None: there are no second derivatives."""
        return theta @ self.X.T, self.X, None


class Constant:
    """u = theta: a term that is the same for all n runs."""

    size = 1

    def __init__(self, n):
        self.X = np.ones((n, 1))

    def __call__(self, theta):
        """Return u as (S, 1), its derivative (n, 1), and None."""
        return theta, self.X, None


class Broken:
    """The power-law term of a BNSL: u = b - c0 x - sum_i c_i f_i softplus((x - d_i) / f_i).

    The parameters are (b, c0, then c_i, d_i, log f_i for each break), x and d_i centred logs.
    """

    def __init__(self, x, breaks):
        self.x, self.size = np.asarray(x, float), 2 + 3 * breaks

    def __call__(self, theta):
        """Return u (S, n), J (S, n, q) and the contraction v -> sum_n v_n K_n (S, q, q)."""
        x, S = self.x, len(theta)
        J = np.empty((S, x.size, self.size))
        J[:, :, 0] = 1.0
        J[:, :, 1] = -x
        u = theta[:, :1] - theta[:, 1:2] * x
        pieces = []
        for i in range(2, self.size, 3):
            c, d, f = theta[:, i : i + 1], theta[:, i + 1 : i + 2], np.exp(theta[:, i + 2 : i + 3])
            z = (x - d) / f
            tail = np.exp(-np.abs(z))
            soft = np.maximum(z, 0.0) + np.log1p(tail)
            sigma = np.where(z >= 0, 1.0, tail) / (1.0 + tail)
            bend = f * (soft - sigma * z)
            curve = sigma * (1.0 - sigma)
            u -= c * f * soft
            J[:, :, i] = -f * soft
            J[:, :, i + 1] = c * sigma
            J[:, :, i + 2] = -c * bend
            second = {
                (i, i + 1): sigma,
                (i, i + 2): -bend,
                (i + 1, i + 1): -c / f * curve,
                (i + 1, i + 2): -c * curve * z,
                (i + 2, i + 2): -c * (bend + f * curve * z * z),
            }
            pieces.append(second)

        def contract(v):
            K = np.zeros((S, self.size, self.size))
            for second in pieces:
                for (a, b), values in second.items():
                    K[:, a, b] = K[:, b, a] = np.einsum("sn,sn->s", v, values)
            return K

        return u, J, contract


class Repeated:
    """b - beta log x' where x' = x (1 + R* (1 - exp(-R/R*))), for R repetitions of x.

    The parameters are (b, beta, log R*); x is a centred log. Serves repeated tokens and surplus
    parameters.
    """

    size = 3

    def __init__(self, x, repetitions):
        self.x, self.R = np.asarray(x, float), np.asarray(repetitions, float)

    def log_gain(self, log_r):
        """Return log(x'/x) and its first two derivatives with respect to log R*, each (S, n)."""
        r = np.exp(log_r)[:, None]
        ratio = np.minimum(self.R / r, LARGE)
        tail, lost = np.exp(-ratio), -np.expm1(-ratio)
        gain = r * lost
        first = r * (lost - ratio * tail)
        second = first - r * ratio**2 * tail
        slope = first / (1.0 + gain)
        return np.log1p(gain), slope, second / (1.0 + gain) - slope**2

    def __call__(self, theta):
        """Return u (S, n), J (S, n, 3) and the contraction v -> sum_n v_n K_n (S, 3, 3)."""
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


class SoftMaximum:
    """u = log(exp(s u_A) + exp(s u_B)) / s, with u_A = a - alpha x and u_B = b - beta z.

    The parameters are (a, alpha, b, beta, log s).
    """

    size = 5

    def __init__(self, x, z):
        self.x, self.z = np.asarray(x, float), np.asarray(z, float)

    def __call__(self, theta):
        """Return u (S, n), J (S, n, 5) and the contraction v -> sum_n v_n K_n (S, 5, 5)."""
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


class KaplanJoint:
    """u = alpha_D log(exp(u_A / alpha_D) + exp(d - z)), with u_A = a - alpha_N x.

    The parameters are (a, alpha_N, d, log alpha_D); d is log D_c.
    """

    size = 4

    def __init__(self, x, z):
        self.x, self.z = np.asarray(x, float), np.asarray(z, float)

    def __call__(self, theta):
        """Return u (S, n), J (S, n, 4) and the contraction v -> sum_n v_n K_n (S, 4, 4)."""
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


class Curve:
    """u = phi(X theta) for a scalar function phi: the laws whose residuals are not logarithms."""

    def __init__(self, X, phi):
        self.X, self.phi = np.ascontiguousarray(X, float), phi
        self.size = self.X.shape[1]

    def __call__(self, theta):
        """Return u (S, n), J (S, n, q) and the contraction v -> sum_n v_n K_n (S, q, q)."""
        value, slope, bend = self.phi(theta @ self.X.T)
        return value, slope[..., None] * self.X, lambda v: gram(self.X, self.X, v * bend)


def gram(J, K, v):
    """Return sum_n v_n J_n K_n', (S, q, r), for J and K of (n, .) or (S, n, .), and v (S, n)."""
    if J.ndim == 2:
        return (J.T * v[:, None, :]) @ K
    return (J * v[..., None]).transpose(0, 2, 1) @ K


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

    def _parts(self, theta):
        return [term(theta[:, block]) for term, block in zip(self.terms, self.blocks, strict=True)]

    def value(self, theta):
        """Return f (S, n)."""
        parts = [u for u, _, _ in self._parts(theta)]
        if len(parts) == 1:
            return parts[0]
        top = reduce(np.maximum, parts)
        return top + np.log(sum(np.exp(part - top) for part in parts))

    def jacobian(self, theta):
        """Return the derivatives of f, shape (S, n, p)."""
        f, columns = self.value(theta), []
        for u, J, _ in self._parts(theta):
            share = np.exp(u - f) if len(self.terms) > 1 else np.ones_like(f)
            columns.append(share[..., None] * J)
        return np.concatenate(columns, axis=-1)

    def losses(self, theta, y, delta):
        """Return the Huber loss of every run at every parameter vector, shape (S, n)."""
        residual = self.value(theta) - y
        pull = np.clip(residual, -delta, delta)
        return pull * (residual - 0.5 * pull)

    def objective(self, theta, y, delta, weights=None, exact=True):
        """Return the Huber objective F (S,), its gradient (S, p) and Hessian (S, p, p).

        F = sum_i w_i rho(f_i - y_i); rho(r) is r^2/2 within `delta`, delta (|r| - delta/2) beyond.

        Parameters
        ----------
        theta : ndarray, shape (S, p)
            Parameter vectors.
        y : ndarray, shape (n,)
            Observations, in the space of f.
        delta : float or ndarray, shape (S, 1)
            Where Huber's loss turns from a square into a line; infinite for least squares.
        weights : ndarray, shape (S, n), optional
            Weight of every run in every row; bootstrap counts, for example.
        exact : bool
            Whether the Hessian is exact. If not, it is that of the weighted least-squares problem
            which touches F from above (Gauss-Newton, iteratively reweighted). That one is never
            indefinite: the better guide far from a minimum, and the slower one close to it.
        """
        parts = self._parts(theta)
        alone = len(parts) == 1
        if alone:
            residual = parts[0][0] - y
        else:
            # Overflow means a hopeless trial step: F becomes infinite and the step is refused.
            z = [np.exp(u) for u, _, _ in parts]
            total = reduce(np.add, z)
            residual = np.log(total)
            residual -= y
        pull = np.maximum(residual, -delta)
        np.minimum(pull, delta, out=pull)  # rho'
        if not exact:
            curvature = 1.0 / np.maximum(np.abs(residual) / delta, 1.0)  # rho'(r) / r
        elif alone:
            curvature = (pull == residual).astype(float)  # rho''
        else:
            curvature = np.subtract(pull == residual, pull)  # rho'' - rho', see above
        weighted = pull
        if weights is not None:
            weighted = pull * weights
            curvature *= weights
        F = np.einsum("sn,sn->s", weighted, residual)
        F -= 0.5 * np.einsum("sn,sn->s", weighted, pull)
        if not alone:  # from here on z_k stands for p_k = z_k / total
            np.divide(1.0, total, out=total)
            weighted = weighted * total
            total *= total
            curvature *= total

        g = np.empty((len(theta), self.size))
        H = np.empty((len(theta), self.size, self.size))
        first = 0
        if not alone and isinstance(self.terms[0], Constant):
            first = 1  # its z does not depend on the run, so its sums need no products of arrays
            offset = z[0][:, 0]
            g[:, 0] = offset * weighted.sum(1)
            H[:, 0, 0] = offset**2 * curvature.sum(1) + (g[:, 0] if exact else 0.0)
        for k in range(first, len(parts)):
            _, J, contract = parts[k]
            rows = self.blocks[k]
            pulled = weighted if alone else weighted * z[k]
            curved = curvature if alone else curvature * z[k]
            g[:, rows] = _sum(pulled, J)
            if first:
                H[:, rows, 0] = H[:, 0, rows] = offset[:, None] * _sum(curved, J)
            for m in range(k, len(parts)):
                columns = self.blocks[m]
                v = curved if alone else curved * z[m]
                if m == k and exact and not alone:
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
        return F, g, H


def _sum(v, J):
    """Return sum_n v_n J_n, shape (S, q)."""
    return v @ J if J.ndim == 2 else (v[:, None, :] @ J)[:, 0]
