"""Compute: the FLOP of a model, what a run costs, and the thresholds of the law."""

from scaling_lib.compute.flop import Transformer
from scaling_lib.compute.price import (
    CALIFORNIA_SB_53,
    EU_AI_ACT,
    NEW_YORK_RAISE,
    THRESHOLDS,
    US_EO_14110,
    budget,
    chip,
    thresholds_passed,
)

__all__ = [
    "CALIFORNIA_SB_53",
    "EU_AI_ACT",
    "NEW_YORK_RAISE",
    "THRESHOLDS",
    "US_EO_14110",
    "Transformer",
    "budget",
    "chip",
    "thresholds_passed",
]
