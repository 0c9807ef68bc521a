r"""When a growing demand for data meets a stock that hardly grows: a date with its uncertainty.

With stock :math:`S` and largest training set :math:`D` at a time :math:`t_0`, growing by the
factors :math:`g_S` and :math:`g_D` a year, the two meet at
:math:`t^* = t_0 + \ln (S / D) / (\ln g_D - \ln g_S)`. Each input is a range, read as the 90 %
interval of a log-normal. `dates` draws the inputs and returns the dates, `tornado` says
which of the inputs the date depends on (claim D1; [@villalobos2024run] does the same with more
detail).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scaling_lib.data.checks import positive

Z90 = 1.6448536269514722  # half width of a normal's 90 % interval, standard deviations
INPUTS = ("stock", "largest", "growth", "stock_growth")
DRAWS = 20_000


@dataclass(frozen=True)
class Range:
    """An estimate known within a factor, by its 90 % interval."""

    low: float
    high: float

    def __post_init__(self):
        if positive(self.low, "low") > positive(self.high, "high"):
            raise ValueError(f"low must be at most high={self.high}, not {self.low}")

    @property
    def median(self) -> float:
        """Geometric middle."""
        return float(np.sqrt(self.low * self.high))

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draw `n` values, log-normal with this 90 % interval."""
        spread = np.log(self.high / self.low) / (2 * Z90)
        return self.median * np.exp(spread * rng.standard_normal(n))


def meeting(now, stock, largest, growth, stock_growth):
    """Return the year in which the demand meets the stock; arguments may be arrays.

    In the year `now` the usable tokens are `stock` and those of the largest training set `largest`;
    they grow by the factors `stock_growth` and `growth` a year. Where the demand does not outgrow
    the stock it is infinite, and `now` if the stock has been reached already.

    >>> round(float(meeting(2025.0, stock=3e14, largest=3e13, growth=3.0, stock_growth=1.07)), 1)
    2027.2
    """
    lead = np.log(np.asarray(stock, float) / largest)
    pace = np.log(np.asarray(growth, float) / stock_growth)
    with np.errstate(divide="ignore", invalid="ignore"):
        wait = lead / pace
    # Where the stock grows faster lead / pace is the wait until the stock is ahead again.
    return now + np.where(pace > 0, wait, np.where(lead > 0, np.inf, 0.0))


def _check(inputs):
    if set(inputs) != set(INPUTS):
        raise ValueError(f"inputs must be named {', '.join(INPUTS)}, not {', '.join(inputs)}")


def dates(now: float, inputs: Mapping[str, Range], seed: int = 0) -> np.ndarray:
    """Draw the `INPUTS` of `meeting` independently and return the years of meeting, (DRAWS,)."""
    _check(inputs)
    rng = np.random.default_rng(seed)
    return meeting(now, **{name: inputs[name].draw(rng, DRAWS) for name in INPUTS})


def tornado(now: float, inputs: Mapping[str, Range], seed: int = 0) -> pd.DataFrame:
    """Say how much of the date's uncertainty each input carries; arguments as for `dates`.

    Columns, the widest input first: ``input``; ``at_low`` and ``at_high``, the date with this input
    at an end of its interval and the others at their medians; ``share``, the part of the variance
    of the date that remains when only this input varies, over the sum of these parts. Draws in
    which the two never meet are left out of the shares.
    """
    _check(inputs)
    middle = {name: inputs[name].median for name in INPUTS}
    rows = []
    for name in INPUTS:
        values = inputs[name].draw(np.random.default_rng(seed), DRAWS)
        alone = meeting(now, **middle | {name: values})
        ends = (meeting(now, **middle | {name: x}) for x in (inputs[name].low, inputs[name].high))
        rows.append((name, *map(float, ends), np.var(alone[np.isfinite(alone)])))
    table = pd.DataFrame(rows, columns=["input", "at_low", "at_high", "share"])
    table["share"] /= table["share"].sum()
    return table.sort_values("share", ascending=False, ignore_index=True)
