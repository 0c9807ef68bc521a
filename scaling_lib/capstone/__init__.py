"""One shot: explore with 2 % of the compute, commit once, be measured against the hero run."""

from scaling_lib.capstone import baseline
from scaling_lib.capstone.game import (
    EXPLORE_FLOP,
    HERO_FLOP,
    WIDTHS,
    OneShot,
    parameters,
    tokens_for,
)
from scaling_lib.capstone.practice import curve_errors, made_up, practise, seed_noise

__all__ = [
    "EXPLORE_FLOP",
    "HERO_FLOP",
    "WIDTHS",
    "OneShot",
    "baseline",
    "curve_errors",
    "made_up",
    "parameters",
    "practise",
    "seed_noise",
    "tokens_for",
]
