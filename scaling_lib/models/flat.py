"""One flat vector for all parameters of a model, and named views into it."""

import math

import numpy as np


def flat_views(shapes, dtype=np.float32):
    """Lay named arrays one after the other in a single vector.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        Name and shape of each array, in the order in which they are laid out.
    dtype : numpy dtype
        Type of the numbers.

    Returns
    -------
    vector : numpy.ndarray, shape (N,)
        Zeros; N is the sum of the sizes.
    views : dict of str to numpy.ndarray
        The arrays. Writing to one of them writes to ``vector``.

    Examples
    --------
    >>> theta, p = flat_views({"W": (2, 2), "b": (2,)})
    >>> p["b"][:] = 1
    >>> theta.tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    """
    vector = np.zeros(sum(math.prod(shape) for shape in shapes.values()), dtype)
    views, start = {}, 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        views[name] = vector[start:stop].reshape(shape)
        start = stop
    return vector, views
