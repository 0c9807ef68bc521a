"""Forecasts that can be marked: quantiles, proper scores, calibration, back-tests, questions."""

from scaling_lib.forecasting import questions
from scaling_lib.forecasting.backtests import backtest
from scaling_lib.forecasting.scores import (
    BrierParts,
    brier,
    brier_parts,
    calibration,
    crps_quantiles,
    interval_score,
    pinball,
)

__all__ = [
    "BrierParts",
    "backtest",
    "brier",
    "brier_parts",
    "calibration",
    "crps_quantiles",
    "interval_score",
    "pinball",
    "questions",
]
