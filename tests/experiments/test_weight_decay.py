import pytest

from scaling_lib import load
from scaling_lib.experiments.data_limits import weight_decay
from scaling_lib.experiments.data_limits.weight_decay import DECAYS, RATES


def test_one_epoch_is_fresh_text():
    run = weight_decay.run(H=8, U=1024, epochs=1, weight_decay=0.3)
    assert run["again"] == run["fresh"] > 0


def test_shipped_runs_come_again():
    shipped = load("weight_decay")
    row = shipped[(shipped.H == 32) & (shipped.epochs == 4) & (shipped.seed == 0)].iloc[-1]
    again = weight_decay.run(32, 2**12, 4, row.weight_decay)
    assert again["again"] == pytest.approx(row.again, rel=0.01)
    assert again["fresh"] == pytest.approx(row.fresh, rel=0.01)


def test_the_best_is_at_no_end_of_the_grids():
    shipped = load("weight_decay")
    assert sorted(shipped.weight_decay.unique()) == DECAYS
    for side in ("again", "fresh"):
        rates = shipped[f"rate_{side}"]
        assert rates.max() < max(RATES) and rates.min() > min(RATES)
        best = shipped.loc[shipped.groupby(["H", "epochs", "seed"])[side].idxmin()]
        assert best.weight_decay.between(0, max(DECAYS), inclusive="neither").all()


def test_decay_lowers_the_price_of_repeating_and_helps_fresh_text_too():
    runs, shipped = ["H", "epochs", "seed"], load("weight_decay")
    none = shipped[shipped.weight_decay == 0].set_index(runs)
    best = shipped.groupby(runs)[["again", "fresh"]].min()
    fall = 1 - (best.again / best.fresh - 1) / (none.again / none.fresh - 1)
    assert fall.between(0.1, 0.45).all()
    assert (best < none[["again", "fresh"]]).all(axis=None)
