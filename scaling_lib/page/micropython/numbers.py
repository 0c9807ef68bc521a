"""The laws and the words that the figures share.

The constants are those of `scaling_lib.laws`, written out as numbers; a test holds the two
together.
"""

import math

# Fits of L(N, D) = E + A / N^alpha + B / D^beta, losses in nats per token: Approach 3 of
# [@hoffmann2022training], the refit of the same runs [@besiroglu2024chinchilla], and
# [@muennighoff2023scaling].
HOFFMANN = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
BESIROGLU = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}
MUENNIGHOFF = {"E": 1.87, "A": 521.0, "B": 1488.0, "alpha": 0.35, "beta": 0.35}
# Exponents a of N_opt ~ C^a.
KAPLAN_EXPONENT = 0.73  # [@kaplan2020scaling]
EQUAL_EXPONENT = 0.50  # Approach 1 of [@hoffmann2022training]
FLOP_PER_PARAMETER_TOKEN = 6.0  # C = 6 N D


def loss(N, D, E, A, B, alpha, beta):
    """Return E + A / N^alpha + B / D^beta in nats per token."""
    return E + A * N**-alpha + B * D**-beta


def optimum(C, E, A, B, alpha, beta):
    """Return the parameters and tokens that minimize the loss under C = 6 N D."""
    g = (alpha * A / (beta * B)) ** (1.0 / (alpha + beta))
    N = g * (C / FLOP_PER_PARAMETER_TOKEN) ** (beta / (alpha + beta))
    return N, C / FLOP_PER_PARAMETER_TOKEN / N


def logistic(x):
    """Return 1 / (1 + exp(-x)) without overflow."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-min(x, 700.0)))
    z = math.exp(max(x, -700.0))
    return z / (1.0 + z)


def grid(low, high, n):
    """Return n evenly spaced values from low to high."""
    return [low + (high - low) * k / (n - 1) for k in range(n)]


def log_grid(low, high, n):
    """Return n values from low to high, evenly spaced on a logarithmic axis."""
    return [10.0**v for v in grid(math.log10(low), math.log10(high), n)]


def clamp(value, low, high):
    """Return the value, moved into [low, high]."""
    return max(low, min(high, value))


def crossing(f, low, high):
    """Return where f changes sign on a logarithmic axis, None if it does not between the ends."""
    a, b = math.log10(low), math.log10(high)
    fa = f(low)
    if fa == 0:
        return low
    if fa * f(high) > 0:
        return None
    for _ in range(60):
        middle = (a + b) / 2
        if fa * f(10.0**middle) > 0:
            a = middle
        else:
            b = middle
    return 10.0 ** ((a + b) / 2)


def line_fit(x, y):
    """Return a least-squares line's slope, intercept and error of the slope, 0 for two points."""
    n = len(x)
    mx, my = sum(x) / n, sum(y) / n
    sxx = sum((v - mx) ** 2 for v in x)
    slope = sum((v - mx) * (w - my) for v, w in zip(x, y)) / sxx
    intercept = my - slope * mx
    rest = sum((w - intercept - slope * v) ** 2 for v, w in zip(x, y))
    return slope, intercept, math.sqrt(rest / (n - 2) / sxx) if n > 2 else 0.0


def check_columns(runs, names):
    """Raise a ValueError unless a table of runs has these columns."""
    missing = [name for name in names if name not in runs]
    if missing:
        raise ValueError(f"the table of runs has no column {', '.join(missing)}")


def rounded(column, digits):
    """Return a column of a table as numbers of so many significant digits; None for NaN."""
    return [None if v != v else float(f"{v:.{digits}g}") for v in column]


def decimal_years(dates):
    """Return dates as years with two decimals."""
    return [round(d.year + (d.timetuple().tm_yday - 1) / 365.25, 2) for d in dates]


# Words. MicroPython rounds exact ties up and CPython to even, so a hair is added before rounding.


def fixed(value, digits=0):
    """Return the value with a fixed number of decimals and a true minus sign."""
    text = ("%." + str(digits) + "f") % (abs(value) * (1 + 1e-12))
    return "−" + text if value < 0 and text.strip("0.") else text


def digits3(value):
    """Return the value with three significant digits in plain decimals."""
    size = abs(value)
    if size == 0:
        return "0"
    return fixed(value, max(0, 2 - math.floor(math.log10(size * (1 + 1e-12)) + 1e-12)))


def si(value):
    """Return a count with three significant digits and k, M, B (10^9) or T (10^12)."""
    k = 0
    while abs(value) >= 999.5 and k < 4:
        value /= 1000.0
        k += 1
    text = digits3(value)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + ("", "k", "M", "B", "T")[k]


def power(value, digits=1):
    """Return the value as `3.2 × 10^21`."""
    if value <= 0:
        return "0"
    exponent = math.floor(math.log10(value) + 1e-9)
    text = fixed(value / 10.0**exponent, digits)
    if float(text) >= 10:
        exponent += 1
        text = fixed(1.0, digits)
    if float(text) == 1:
        return f"10^{exponent}"
    return f"{text} × 10^{exponent}"


def percent(share, digits=None):
    """Return a share in per cent; without `digits`, two significant ones below ten per cent."""
    value = 100.0 * share
    if digits is not None:
        return fixed(value, digits) + " %"
    size = abs(value)
    if size < 1e-9 or size >= 9.95:
        return fixed(value) + " %"
    text = fixed(value, 1 - math.floor(math.log10(size) + 1e-9))
    return text.rstrip("0").rstrip(".") + " %"


def times(ratio):
    """Return a ratio as `×5.4`, in words that stay readable up to very large ones."""
    return "×" + (digits3(ratio) if ratio < 1e4 else power(ratio))
