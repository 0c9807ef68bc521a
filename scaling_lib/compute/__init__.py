"""Compute: the FLOP of a model, what a run costs, and the thresholds of the law."""

from scaling_lib.compute.flop import FlopCount, ParameterCount, Transformer
from scaling_lib.compute.price import (
    CALIFORNIA_SB_53,
    EU_AI_ACT,
    PRECISIONS,
    THRESHOLDS,
    US_EO_14110,
    US_EO_14110_BIOLOGY,
    Budget,
    Chip,
    Threshold,
    budget,
    chip,
    thresholds_passed,
)

__all__ = [
    "CALIFORNIA_SB_53",
    "EU_AI_ACT",
    "PRECISIONS",
    "THRESHOLDS",
    "US_EO_14110",
    "US_EO_14110_BIOLOGY",
    "Budget",
    "Chip",
    "FlopCount",
    "ParameterCount",
    "Threshold",
    "Transformer",
    "budget",
    "chip",
    "thresholds_passed",
]
