"""The likelihood behind a Huber objective, for AIC and BIC."""

from __future__ import annotations

import math


def log_likelihood(F, n, delta):
    """Return the log-likelihood of n residuals with Huber objective F, their scale fitted.

    The density is exp(-tau rho(r)), normalised, with tau at its maximum: the one whose
    maximum-likelihood estimate is the Huber fit, normal within `delta` and exponential beyond. So
    AIC and BIC compare laws that were fitted to the same runs with the same delta.

    Examples
    --------
    >>> normal = -0.5 * 10 * (math.log(2 * math.pi * 0.04 / 10) + 1)
    >>> abs(log_likelihood(0.02, 10, math.inf) - normal) < 1e-9
    True
    """

    def value(log_tau):
        tau = math.exp(log_tau)
        width = math.sqrt(2.0 * math.pi / tau)
        if math.isfinite(delta):
            tail = math.exp(-0.5 * tau * delta**2) if tau * delta**2 < 1400.0 else 0.0
            width = width * math.erf(delta * math.sqrt(tau / 2.0)) + 2.0 * tail / (tau * delta)
        return -tau * F - n * math.log(width)

    return _maximum(value, math.log(n / F) - 12.0, math.log(n / F) + 12.0)


def _maximum(value, low, high):
    """Return the maximum of a function of one variable by golden-section search."""
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    f_a, f_b = value(a), value(b)
    for _ in range(80):
        if f_a > f_b:
            high, b, f_b = b, a, f_a
            a = high - ratio * (high - low)
            f_a = value(a)
        else:
            low, a, f_a = a, b, f_b
            b = low + ratio * (high - low)
            f_b = value(b)
    return max(f_a, f_b)
