"""What scaling laws say: formulas, published constants with their source, and laws to fit.

`LAWS` holds every law by name and `law(name)` looks one up; `PUBLISHED` holds every set of
published constants. The modules: `formulas` the values, `published` the constants, `declared` the
laws, `terms` what they are fitted by (`curves` where scores are), `plain` laws made of a function.
"""

from scaling_lib.laws.declared import (
    ALIASES,
    LAWS,
    Law,
    Parameter,
    bnsl,
    data_constrained,
    law,
    logistic,
)
from scaling_lib.laws.formulas import chinchilla, repeated_data
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
)

__all__ = [
    "ALIASES",
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
    "Law",
    "Parameter",
    "bnsl",
    "chinchilla",
    "data_constrained",
    "law",
    "logistic",
    "repeated_data",
]
