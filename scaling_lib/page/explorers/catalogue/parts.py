"""Axes and sliders in the forms that the book's explorers use most."""

from scaling_lib.page.explorers.controls import slider

COMPUTE = "Training compute (FLOP)"
LOSS = "Loss (nats per token)"


def axis(title, low, high, ticks="plain", *, log=False):
    """Describe an axis."""
    return {"title": title, "domain": [low, high], "log": log, "ticks": ticks}


def log_axis(title, low, high, ticks="power"):
    """Describe a logarithmic axis."""
    return axis(title, low, high, ticks, log=True)


def log_slider(name, label, low, high, value, show="power", unit="", step=0.02):
    """Describe a slider that moves by powers of ten."""
    return slider(name, label, low, high, value, log=True, show=show, unit=unit, step=step)


def decimal_years(dates):
    """Return dates as years with two decimals."""
    return [round(d.year + (d.timetuple().tm_yday - 1) / 365.25, 2) for d in dates]
