import numpy as np
import pandas as pd
import pytest

from scaling_lib.data import DATA
from scaling_lib.experiments.data_limits import repetition
from scaling_lib.training import learning_rate_rule


def test_repeating_costs_and_shipped_runs_come_again():
    table = repetition.runs(sizes=(32,), unique=(2**12,), epochs=(1, 4), most=2**14)
    cost = repetition.cost_of_repeating(table).set_index("epochs")
    assert 1.02 < cost.ratio[4] < 2 and (cost.ratio[1] == 1).all()
    shipped = pd.read_csv(DATA / "repetition.csv")
    both = table.merge(shipped, on=["seed", "H", "D", "epochs"])
    assert len(both) == len(table)
    np.testing.assert_allclose(both.loss_x, both.loss_y, rtol=2e-3)
    np.testing.assert_allclose(both.at_rule_x, both.at_rule_y, rtol=3e-2)


def test_best_rates_are_at_neither_end():
    shipped = pd.read_csv(DATA / "repetition.csv")
    rule = [learning_rate_rule(H, D) for H, D in zip(shipped.H, shipped.D, strict=True)]
    share = shipped.lr / rule
    assert share.max() < 0.75 * max(repetition.RATES)
    assert share.min() > 1.5 * min(repetition.RATES)
    assert (shipped.D == shipped.U * shipped.epochs).all()


def test_many_epochs_overfit_at_the_rate_of_fresh_text_only():
    shipped = pd.read_csv(DATA / "repetition.csv")
    groups = shipped.groupby(["H", "U", "epochs"])[["excess", "at_rule"]].mean()
    few = groups.excess.loc[128, 2**12]
    assert few[4] < 0.9 * few[1]
    rises = {}
    for place, part in groups[groups.index.get_level_values("epochs") > 1].groupby(["H", "U"]):
        rises[place] = part.iloc[-1] / part.min()
    rises = pd.DataFrame(rises).T
    assert len(rises) == 9 and (rises.excess < 1.05).all()
    scarce = rises.loc[[(8, 2**12), (32, 2**12), (32, 2**14), (128, 2**12), (128, 2**14)]]
    assert (scarce.at_rule > 1.5).all()


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
        (found,) = repetition.saturation(pd.DataFrame(rows)).itertuples()
        assert found.R == pytest.approx(R, rel=0.01)
        assert found.ratio == pytest.approx(4.096)


def test_more_text_per_parameter_stands_more_repetition():
    table = repetition.saturation(pd.read_csv(DATA / "repetition.csv")).sort_values("ratio")
    assert table.ratio.iloc[0] < 0.2 and table.ratio.iloc[-1] > 40
    assert table.R.iloc[0] < 0.6 and table.R.iloc[-1] > 5
    assert np.corrcoef(np.log(table.ratio), np.log(table.R))[0, 1] > 0.95
