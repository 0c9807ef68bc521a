"""One shot: explore with 2 % of the compute, commit once, be measured against the hero run."""

from scaling_lib.capstone import baseline
from scaling_lib.capstone.game import (
    EXPLORE_FLOP,
    HERO_FLOP,
    WIDTHS,
    OneShot,
    make_commitment,
    parameters,
    read_submission,
    tokens_for,
)
from scaling_lib.capstone.practice import curve_errors, seed_noise
from scaling_lib.capstone.scoring import made_up, practice_curve, practise, score

__all__ = [
    "EXPLORE_FLOP",
    "HERO_FLOP",
    "WIDTHS",
    "OneShot",
    "baseline",
    "curve_errors",
    "made_up",
    "make_commitment",
    "parameters",
    "practice_curve",
    "practise",
    "read_submission",
    "score",
    "seed_noise",
    "tokens_for",
]
