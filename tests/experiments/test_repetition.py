import numpy as np
import pandas as pd
import pytest

from scaling_lib.data import DATA
from scaling_lib.experiments.data_limits import repetition


def test_repeating_costs_and_shipped_runs_come_again():
    table = repetition.runs(sizes=(32,), unique=(2**12,), epochs=(1, 4), most=2**14)
    cost = repetition.cost_of_repeating(table).set_index("epochs")
    assert 1.02 < cost.ratio[4] < 2 and (cost.ratio[1] == 1).all()
    shipped = pd.read_csv(DATA / "repetition.csv")
    both = table.merge(shipped, on=["seed", "H", "D", "epochs"])
    assert len(both) == len(table)
    np.testing.assert_allclose(both.loss_x, both.loss_y, rtol=2e-3)


def test_many_epochs_overfit():
    shipped = pd.read_csv(DATA / "repetition.csv")
    part = shipped[(shipped.H == 128) & (shipped.U == 2**12)].groupby("epochs").excess.mean()
    assert part[64] > part[4] and part.idxmin() <= 8
    assert (shipped.D == shipped.U * shipped.epochs).all()


def test_saturation_finds_the_constant_that_made_the_runs():
    def run(D, epochs, R):
        U = D // epochs
        worth = U * (1 + (R * -np.expm1(-(epochs - 1) / R) if epochs > 1 else 0))
        return {
            "seed": 0,
            "H": 8,
            "N": 1000,
            "D": D,
            "U": U,
            "epochs": epochs,
            "excess": worth**-0.4,
        }

    for R in (0.5, 3.0, 12.0):
        rows = [run(2**i, 1, R) for i in range(12, 21)]
        rows += [run(2**12 * e, e, R) for e in (2, 4, 8, 16)]
        # After the best number of epochs the runs get worse; the law must not be asked to follow.
        rows.append({**run(2**12 * 32, 32, R), "excess": 0.9 * 4096**-0.4})
        (found,) = repetition.saturation(pd.DataFrame(rows)).itertuples()
        assert found.R == pytest.approx(R, rel=0.01)
        assert found.ratio == pytest.approx(4.096) and found.best == 16


def test_more_text_per_parameter_stands_more_repetition():
    table = repetition.saturation(pd.read_csv(DATA / "repetition.csv")).sort_values("ratio")
    assert table.ratio.iloc[0] < 0.2 and table.ratio.iloc[-1] > 40
    assert table.R.iloc[0] < 0.6 and table.R.iloc[-1] > 5
    assert np.corrcoef(np.log(table.ratio), np.log(table.R))[0, 1] > 0.95
