"""Gradient descent on one flat parameter vector: Adam, SGD, and learning-rate schedules.

Every model of the laboratory keeps its parameters in one flat vector ``theta`` and its gradient in
another one of the same shape, so an optimiser is a handful of vector operations and nothing else.

For `g` the gradient at step `t`, Adam [kingma2015]_ keeps two running means and divides one by the
root of the other::

    m ← β₁·m + (1 − β₁)·g               v ← β₂·v + (1 − β₂)·g²
    m̂ = m / (1 − β₁ᵗ)                   v̂ = v / (1 − β₂ᵗ)
    θ ← θ − lr · m̂ / (√v̂ + ε)

The code below stores the running *sums* ``m/(1 − β₁)`` and ``v/(1 − β₂)``: the constant factors are
then applied once to two numbers, not at every step to every parameter. The result is the same.

.. [kingma2015] D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
"""

import math

import numpy as np

# 16384 float32 numbers are 64 KB: five such arrays stay in the second-level cache of any laptop, so
# that the eleven passes below read from main memory once instead of eleven times.
BLOCK = 16384

# A parameter whose gradient is exactly zero for long has a first moment that decays into subnormal
# numbers, on which many processors are a hundred times slower. This floor keeps the moment, and its
# square, among the normal numbers. It moves a parameter by less than 1e-9·lr a step.
FLOOR = 1e-18


class Adam:
    """Adam with decoupled weight decay (AdamW when ``weight_decay`` is not zero).

    Parameters
    ----------
    theta : numpy.ndarray, shape (N,)
        The parameters, float32 or float64. They are updated in place.
    betas : (float, float)
        Decay rates β₁ and β₂ of the two running means, each in [0, 1).
    eps : float
        The ε in the denominator, larger than zero.
    weight_decay : float
        Each step also multiplies ``theta`` by ``1 − lr · weight_decay``.

    Raises
    ------
    ValueError
        If ``theta`` is not a flat floating-point vector or a setting is out of its range.

    Examples
    --------
    >>> theta = np.array([1.0, -1.0])
    >>> optimizer = Adam(theta)
    >>> optimizer.step(np.array([0.5, 0.0]), lr=0.1)
    >>> theta.round(6).tolist()
    [0.9, -1.0]
    """

    def __init__(self, theta, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.0):
        _check_vector("theta", theta)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas must both lie in [0, 1), not {betas}")
        if not eps > 0:
            raise ValueError(f"eps must be larger than zero, not {eps}")
        _check_weight_decay(weight_decay)
        self.theta = theta
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.t = 0
        self._m = np.zeros_like(theta)
        self._v = np.zeros_like(theta)
        self._buffer = np.empty(min(BLOCK, len(theta)), theta.dtype)

    def step(self, grad, lr):
        """Update ``theta`` in place.

        Parameters
        ----------
        grad : numpy.ndarray, shape (N,)
            Gradient of the loss; it is not changed.
        lr : float
            Learning rate of this step.
        """
        self.t += 1
        beta1, beta2 = self.betas
        # m̂ = scale1 · m and v̂ = scale2 · v for the sums m and v that are kept here.
        scale1 = (1 - beta1) / (1 - beta1**self.t)
        scale2 = (1 - beta2) / (1 - beta2**self.t)
        rate = lr * scale1 / math.sqrt(scale2)
        eps = self.eps / math.sqrt(scale2)
        shrink = 1 - lr * self.weight_decay
        for start in range(0, len(self.theta), BLOCK):
            block = slice(start, start + BLOCK)
            theta, m, v, g = self.theta[block], self._m[block], self._v[block], grad[block]
            buffer = self._buffer[: len(theta)]

            np.add(g, FLOOR, out=buffer)
            m *= beta1
            m += buffer
            buffer *= buffer
            v *= beta2
            v += buffer

            np.sqrt(v, out=buffer)
            buffer += eps
            np.divide(m, buffer, out=buffer)
            buffer *= rate
            if shrink != 1:
                theta *= shrink
            theta -= buffer


class SGD:
    """Stochastic gradient descent, with momentum and decoupled weight decay if asked for.

    ``u ← momentum · u + g`` and ``θ ← (1 − lr · weight_decay) · θ − lr · u``.

    Parameters
    ----------
    theta : numpy.ndarray, shape (N,)
        The parameters, float32 or float64. They are updated in place.
    momentum : float
        Decay rate of the running sum of gradients, in [0, 1); 0 is plain gradient descent.
    weight_decay : float
        Each step also multiplies ``theta`` by ``1 − lr · weight_decay``.

    Raises
    ------
    ValueError
        If ``theta`` is not a flat floating-point vector or a setting is out of its range.

    Examples
    --------
    >>> theta = np.array([1.0, -1.0])
    >>> SGD(theta).step(np.array([0.5, 0.0]), lr=0.1)
    >>> theta.tolist()
    [0.95, -1.0]
    """

    def __init__(self, theta, momentum=0.0, weight_decay=0.0):
        _check_vector("theta", theta)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must lie in [0, 1), not {momentum}")
        _check_weight_decay(weight_decay)
        self.theta = theta
        self.momentum, self.weight_decay = momentum, weight_decay
        self._velocity = np.zeros_like(theta)
        self._buffer = np.empty_like(theta)

    def step(self, grad, lr):
        """Update ``theta`` in place.

        Parameters
        ----------
        grad : numpy.ndarray, shape (N,)
            Gradient of the loss; it is not changed.
        lr : float
            Learning rate of this step.
        """
        if self.momentum:
            self._velocity *= self.momentum
            self._velocity += grad
            grad = self._velocity
        if self.weight_decay:
            self.theta *= 1 - lr * self.weight_decay
        np.multiply(grad, lr, out=self._buffer)
        self.theta -= self._buffer


def cosine_schedule(step, total, peak, warmup=0.05):
    """Learning rate that rises linearly to ``peak`` and then falls to zero on half a cosine.

    Parameters
    ----------
    step : int
        Steps already taken, 0 to ``total`` − 1.
    total : int
        Steps of the whole run. A run that is read before its end has not had its learning rate
        brought down, which is one reason why reading checkpoints misleads.
    peak : float
        Highest learning rate.
    warmup : float
        Share of the run, in [0, 1), over which the rate rises; at least one step.

    Returns
    -------
    float
        The learning rate of this step.

    Examples
    --------
    >>> [round(cosine_schedule(t, 40, 1.0), 3) for t in (0, 1, 2, 21, 39)]
    [0.5, 1.0, 1.0, 0.5, 0.002]
    """
    rise = max(1, int(warmup * total))
    if step < rise:
        return peak * (step + 1) / rise
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))


def constant_schedule(step, total, peak, warmup=0.05):
    """Learning rate that rises linearly to ``peak`` and stays there; see `cosine_schedule`.

    Examples
    --------
    >>> [constant_schedule(t, 40, 1.0) for t in (0, 1, 39)]
    [0.5, 1.0, 1.0]
    """
    rise = max(1, int(warmup * total))
    return peak * min(1.0, (step + 1) / rise)


def _check_vector(name, vector):
    if not isinstance(vector, np.ndarray) or vector.ndim != 1 or vector.dtype.kind != "f":
        raise ValueError(f"{name} must be a flat numpy vector of floats; models keep it so")


def _check_weight_decay(weight_decay):
    if weight_decay < 0:
        raise ValueError(f"weight_decay must be zero or positive, not {weight_decay}")
