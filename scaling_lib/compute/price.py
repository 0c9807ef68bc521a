"""What a training run of a given compute takes in chips, days, money and energy; legal thresholds.

Rates, power and, where a publication assumes one, prices come from ``load("chips")``; published
utilisations, 0.2 to 0.6 of the peak rate, are in ``load("utilisation")``.

>>> run = budget(3.8e25, chip("H100"), utilisation=0.4, chips=16000)
>>> round(run.days), round(run.energy / 3.6e12, 1)  # days, GWh of the chips alone
(69, 18.7)
"""

import datetime
import math
from dataclasses import dataclass

from scaling_lib.data import load
from scaling_lib.data.checks import one_of, positive

PRECISIONS = ("fp32", "bf16", "fp8")


@dataclass(frozen=True)
class Chip:
    """An accelerator; NaN where no publication gives a number."""

    name: str
    fp32: float  # peak FLOP/s without sparsity
    bf16: float
    fp8: float
    power: float  # thermal design power, W
    price_hour: float  # USD for an hour's rent


@dataclass(frozen=True)
class Budget:
    """Chips, time, money and energy of a run; NaN where it was not asked for or has no price."""

    C: float  # FLOP
    chip_hours: float
    chips: float
    days: float
    cost: float  # USD
    energy: float  # J
    power: float  # W while the run lasts


@dataclass(frozen=True)
class Threshold:
    """A level of training compute that a law attaches duties to."""

    name: str
    flop: float  # it applies above
    applies: str  # first day on which the duty binds, ISO 8601
    ended: str  # day of revocation, empty while in force
    source: str  # key of the bibliography


EU_AI_ACT = Threshold("EU AI Act, Article 51", 1e25, "2025-08-02", "", "eu2024regulation")
US_EO_14110 = Threshold(
    "US Executive Order 14110, section 4.2", 1e26, "2024-01-28", "2025-01-20", "biden2023safe"
)
CALIFORNIA_SB_53 = Threshold(
    "California Senate Bill 53", 1e26, "2026-01-01", "", "california2025senate"
)
NEW_YORK_RAISE = Threshold("New York RAISE Act", 1e26, "2027-01-01", "", "newyork2025responsible")
THRESHOLDS = (EU_AI_ACT, US_EO_14110, CALIFORNIA_SB_53, NEW_YORK_RAISE)


def chip(name):
    """Return the `Chip` of that name in ``load("chips")``."""
    table = load("chips").set_index("chip")
    row = table.loc[one_of(name, "chip", list(table.index))]
    numbers = {column: float(row[column]) for column in (*PRECISIONS, "power", "price_hour")}
    return Chip(name, **numbers)


def budget(
    C, chip, *, utilisation, chips=None, days=None, precision="bf16", price_hour=None, overhead=1.0
):
    """Chips, time, money and energy to spend `C` FLOP, as a `Budget`.

    A chip delivers `utilisation` times its peak rate, so a run needs ``C / (utilisation * rate)``
    chip-seconds; energy is that times the chip's design power times `overhead`, cost is chip-hours
    times the price.

    Parameters
    ----------
    utilisation : float
        Share of the peak rate that the run achieves, above 0 and at most 1.
    chips, days : float, optional
        Number of chips, or duration; one of them gives the other.
    precision : {"fp32", "bf16", "fp8"}
        Which peak rate.
    price_hour : float, optional
        USD for an hour of one chip; the chip's published price if left out.
    overhead : float
        Power of everything (hosts, network, cooling) relative to that of the chips, at least 1.
        The default counts the chips alone.

    Raises
    ------
    ValueError
        If an argument is out of range, the chip has no rate at this precision or no known power,
        or both `chips` and `days` are given.
    """
    C = positive(C, "C")
    if positive(utilisation, "utilisation") > 1:
        raise ValueError(f"utilisation must be at most 1, a share, not {utilisation}")
    if positive(overhead, "overhead") < 1:
        raise ValueError(f"overhead must be at least 1, all power over the chips', not {overhead}")
    if chips is not None and days is not None:
        raise ValueError("give chips or days, not both: one follows from the other")
    rate = getattr(chip, one_of(precision, "precision", PRECISIONS))
    if not rate > 0:
        raise ValueError(f"{chip.name} has no published {precision} rate; try another precision")
    if not chip.power > 0:
        raise ValueError(f"{chip.name} has no published power; replace it with its power filled in")
    price = chip.price_hour if price_hour is None else positive(price_hour, "price_hour")
    hours = C / (utilisation * rate) / 3600.0
    if chips is not None:
        chips = positive(chips, "chips")
        days = hours / 24.0 / chips
    elif days is not None:
        days = positive(days, "days")
        chips = hours / 24.0 / days
    else:
        chips = days = math.nan
    watts = chip.power * overhead
    return Budget(
        C=C,
        chip_hours=hours,
        chips=chips,
        days=days,
        cost=hours * price,
        energy=hours * 3600.0 * watts,
        power=chips * watts,
    )


def thresholds_passed(C, on=None):
    """List the legal thresholds that `C` FLOP exceed.

    With a day `on` (ISO 8601), those that bind on it; without, ended ones are included.

    >>> [t.name for t in thresholds_passed(3.8e25)]
    ['EU AI Act, Article 51']
    """
    C = positive(C, "C")
    passed = [t for t in THRESHOLDS if t.flop < C]
    if on is None:
        return passed
    try:
        day = datetime.date.fromisoformat(on).isoformat()
    except (TypeError, ValueError):
        raise ValueError(f"on must be a date such as '2026-01-01', not {on!r}") from None
    return [t for t in passed if t.applies <= day and (not t.ended or day < t.ended)]
