import numpy as np

from scaling_lib import load
from scaling_lib.experiments.scaling_laws import first_forecast


def test_the_shipped_forecast_comes_again():
    shipped, again = load("first_forecast"), first_forecast.run()
    np.testing.assert_allclose(again, shipped, atol=2e-4, equal_nan=True)


def test_the_law_has_not_seen_the_run_that_it_forecasts():
    table = first_forecast.run(seed=1)
    made = table.dropna()
    assert len(made) == 7 and made["D"].iloc[-1] == 8 * made["D"].iloc[-2]
    assert made["middle"].iloc[-1] != made["loss"].iloc[-1]
    assert (table["low"] < table["middle"]).all() and (table["middle"] < table["high"]).all()
