"""The scaling laws of the book as objects: name, equation, parameters, columns, how to fit them.

`LAWS` holds every law by name and `law(name)` looks one up. The values come from `formulas`, the
derivatives from `kernels`; the published constants (`HOFFMANN_2022`, ...) are re-exported here.
"""

from __future__ import annotations

from scaling_lib.laws.additive import (
    Chinchilla,
    GeneralisedChinchilla,
    KaplanJoint,
    PowerLaw,
    PurePowerLaw,
)
from scaling_lib.laws.base import Law, Parameter
from scaling_lib.laws.curves import BrokenLaw, Coverage, Logistic
from scaling_lib.laws.formulas import (
    chinchilla,
    repeated_data,
)
from scaling_lib.laws.published import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_APPROACH_1,
    HOFFMANN_2022_APPROACH_2,
    HOFFMANN_2022_APPROACH_3,
    HOFFMANN_2022_UNROUNDED,
    KAPLAN_2020_ALLOCATION,
    KAPLAN_2020_C,
    KAPLAN_2020_D,
    KAPLAN_2020_JOINT,
    KAPLAN_2020_N,
    MUENNIGHOFF_2023,
    PF_DAY,
    PUBLISHED,
    Allocation,
    ChinchillaOptimum,
)
from scaling_lib.laws.repeated import DataConstrained, RepeatedData

__all__ = [
    "BESIROGLU_2024",
    "HOFFMANN_2022",
    "HOFFMANN_2022_APPROACH_1",
    "HOFFMANN_2022_APPROACH_2",
    "HOFFMANN_2022_APPROACH_3",
    "HOFFMANN_2022_UNROUNDED",
    "KAPLAN_2020_ALLOCATION",
    "KAPLAN_2020_C",
    "KAPLAN_2020_D",
    "KAPLAN_2020_JOINT",
    "KAPLAN_2020_N",
    "LAWS",
    "MUENNIGHOFF_2023",
    "PF_DAY",
    "PUBLISHED",
    "Allocation",
    "BrokenLaw",
    "Chinchilla",
    "ChinchillaOptimum",
    "Coverage",
    "DataConstrained",
    "GeneralisedChinchilla",
    "KaplanJoint",
    "Law",
    "Logistic",
    "Parameter",
    "PowerLaw",
    "PurePowerLaw",
    "RepeatedData",
    "bnsl",
    "chinchilla",
    "law",
    "repeated_data",
]


def bnsl(breaks=1):
    """Return the broken law of 0 to 3 breaks."""
    return BrokenLaw(breaks)


LAWS = {
    law.name: law
    for law in (
        PowerLaw(),
        PurePowerLaw("N", "parameters", "parameters"),
        PurePowerLaw("D", "tokens", "tokens"),
        PurePowerLaw("C", "FLOP", "compute"),
        KaplanJoint(),
        Chinchilla(),
        GeneralisedChinchilla(),
        RepeatedData(),
        DataConstrained(),
        BrokenLaw(0),
        BrokenLaw(1),
        BrokenLaw(2),
        BrokenLaw(3),
        Coverage(),
        Logistic(),
    )
}
"""Every law by name."""

ALIASES = {"bnsl": "bnsl1", "generalized": "generalised", "muennighoff": "data_constrained"}


def law(name):
    """Return the law of a name (or the law itself).

    Raises
    ------
    ValueError
        For a name that no law has; the message lists the names.
    """
    if isinstance(name, Law):
        return name
    try:
        return LAWS[ALIASES.get(name, name)]
    except (KeyError, TypeError):
        raise ValueError(f"There is no law {name!r}. The laws are: {', '.join(LAWS)}.") from None
