import json

import pytest

from scaling_lib.capstone import oracle as oracle_module
from scaling_lib.capstone.oracle import BudgetExceeded, LedgerDamaged, TrainingOracle, read_ledger

PRICE = 6 * 1608 * 4096  # of a run with H=8, D=4096


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.jsonl"


def test_a_run_is_trained_charged_and_written_down(path):
    oracle = TrainingOracle(1e9, seed=0, ledger=path)
    assert oracle.cost(H=8, D=4096) == PRICE
    seen = oracle.run(H=8, D=4096)
    assert (seen.N, seen.D, seen.C) == (1608, 4096, PRICE)
    assert 2.1 < seen.loss < 3.2
    assert (oracle.spent, oracle.remaining) == (PRICE, 1e9 - PRICE)
    assert [e["kind"] for e in read_ledger(path)] == ["terms", "charge", "result"]


def test_overspending_is_refused_before_anything_is_spent(path, monkeypatch):
    monkeypatch.setattr(oracle_module, "train", lambda config: pytest.fail("it trained"))
    oracle = TrainingOracle(PRICE - 1, seed=0, ledger=path)
    before = path.read_bytes()
    with pytest.raises(BudgetExceeded, match="costs"):
        oracle.run(H=8, D=4096)
    assert oracle.spent == 0 and path.read_bytes() == before


def test_the_last_flop_can_be_spent(path):
    oracle = TrainingOracle(PRICE, seed=0, ledger=path)
    oracle.run(H=8, D=4096)
    assert oracle.remaining == 0


def test_a_restart_keeps_the_account_and_a_bought_run_is_free(path, monkeypatch):
    first = TrainingOracle(1.5 * PRICE, seed=0, ledger=path).run(H=8, D=4096)
    monkeypatch.setattr(oracle_module, "train", lambda config: pytest.fail("it trained again"))
    again = TrainingOracle(1.5 * PRICE, seed=0, ledger=path)
    assert again.spent == PRICE and again.cost(H=8, D=4096) == 0
    assert again.run(H=8, D=4096) == first
    assert again.run(H=8, D=4096, batch=16).loss == first.loss  # the default, written out
    with pytest.raises(BudgetExceeded):
        again.run(H=8, D=4096, lr=0.01)


def test_a_run_cut_short_is_paid_but_completed_free(path, monkeypatch):
    oracle = TrainingOracle(PRICE, seed=0, ledger=path)

    def killed(config):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(oracle_module, "train", killed)
        oracle.run(H=8, D=4096)
    again = TrainingOracle(PRICE, seed=0, ledger=path)
    assert again.remaining == 0
    assert again.run(H=8, D=4096).loss > 2


def test_an_edit_shows_and_the_line_is_named(path):
    oracle = TrainingOracle(1e9, seed=0, ledger=path)
    oracle.run(H=8, D=4096)
    lines = path.read_text().splitlines(keepends=True)
    cheaper = json.loads(lines[1]) | {"C": 1}
    for damaged, line in (
        ([lines[0], json.dumps(cheaper) + "\n", lines[2]], 2),
        ([lines[0], lines[2]], 2),
        ([lines[1], lines[0]], 1),
        ([*lines, "{}\n"], 4),
        (["not json\n"], 1),
    ):
        path.write_text("".join(damaged))
        with pytest.raises(LedgerDamaged, match=f"line {line},"):
            TrainingOracle(1e9, seed=0, ledger=path)


def test_a_line_torn_by_a_kill_is_cut_off(path):
    oracle = TrainingOracle(1e9, seed=0, ledger=path)
    oracle.run(H=8, D=4096)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "char')
    assert TrainingOracle(1e9, seed=0, ledger=path).spent == PRICE
    assert path.read_bytes() == whole


def test_another_budget_needs_another_ledger(path):
    TrainingOracle(1e9, seed=0, ledger=path)
    for budget, seed in ((2e9, 0), (1e9, 1)):
        with pytest.raises(ValueError, match="other terms"):
            TrainingOracle(budget, seed=seed, ledger=path)


def test_bad_requests(path):
    with pytest.raises(ValueError, match="positive"):
        TrainingOracle(0, seed=0, ledger=path)
    oracle = TrainingOracle(1e9, seed=0, ledger=path)
    for settings in ({"seed": 3}, {"checkpoints": (5,)}):
        with pytest.raises(ValueError, match="fixes"):
            oracle.run(H=8, D=4096, **settings)
    with pytest.raises(ValueError, match="unknown setting"):
        oracle.run(H=8, D=4096, dropout=0.1)
