import pytest

from scaling_lib import load
from scaling_lib.experiments.data_limits import weight_decay


def test_one_epoch_is_fresh_text():
    run = weight_decay.run(H=8, U=1024, epochs=1, weight_decay=0.3)
    assert run["again"] == run["fresh"] > 0


def test_shipped_runs_come_again():
    shipped = load("weight_decay")
    row = shipped[(shipped.H == 32) & (shipped.epochs == 4) & (shipped.seed == 0)].iloc[-1]
    again = weight_decay.run(32, 2**12, 4, row.weight_decay)
    assert again["again"] == pytest.approx(row.again, rel=0.01)
    assert again["fresh"] == pytest.approx(row.fresh, rel=0.01)
