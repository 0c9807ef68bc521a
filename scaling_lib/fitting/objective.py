r"""The objective of a fit: Huber's loss of a law that is a log-sum-exp of terms.

With p_k = exp(u_k - f), J_k the derivatives of a term u_k and K_k its second derivatives,

    f = log sum_k exp(u_k),   df = sum_k p_k J_k,   d2f = sum_k p_k (J_k J_k' + K_k) - df df',

so that gradient and exact Hessian of F = sum_i w_i rho(f_i - y_i) need only the terms' own. S
parameter vectors (starts, or bootstrap replicates) of p unknowns are worked on at once: p is at
most a dozen, S up to thousands, and each step is a few numpy calls on the whole batch.
"""

from functools import partial, reduce

import numpy as np

from scaling_lib.laws.terms import Linear, Offset, gram

CHUNK = 16384  # numbers in one array of an evaluation: all its arrays stay in the cache
ARRAYS = 12  # that an evaluation writes into at most, with three terms


def tilt(residual, penalty):
    """Return the factor of each run's Huber loss: `penalty` where the law overestimates the run."""
    return np.where(residual > 0.0, penalty, 1.0)


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
        F = np.vecdot(weighted, residual) - 0.5 * np.vecdot(weighted, pull)
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
