"""What the notes measure of residuals, and how they read the names of columns."""

import numpy as np

# Rows of a group are alike where independent rows would be so once in a thousand times, and
# where this makes standard errors too small by a factor of more than 1.5, the root of the second.
CHANCE, INFLATED = 1e-3, 2.25


def clip_residuals(result):
    """Return the residuals (n,) within four robust standard deviations: no run decides alone."""
    scatter = 1.4826 * np.median(np.abs(result.residuals)) + 1e-300
    return np.clip(result.residuals, -4 * scatter, 4 * scatter)


def shown(result, value, sign="+"):
    """Return a residual as text: in per cent where the law is fitted to logarithms."""
    if result.law.link == "log":
        return f"{100 * value:{sign}.2g} %"
    return f"{value:{sign}.3g}"


def without(values, x):
    """Return values (n,) less what the columns of x (n, m) explain, and the rank of those."""
    fitted, _, rank, _ = np.linalg.lstsq(x, values, rcond=1e-9)
    return values - x @ fitted, rank


def letters(name):
    """Return a column's name without what is written in many ways: case, spaces, signs."""
    return "".join(filter(str.isalnum, name.casefold()))
