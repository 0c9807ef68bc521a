import numpy as np
import pandas as pd
import pytest

from scaling_lib import load
from scaling_lib.experiments.scaling_laws import scaling_sweep as lab
from scaling_lib.experiments.scaling_laws import schedules, text_sweep
from scaling_lib.models import Counts
from scaling_lib.tasks.text import python_docs
from scaling_lib.training import (
    MACHINE_TOLERANCE,
    TrainConfig,
    learning_rate_rule,
    read_grid,
    train,
)


def exact_surface():
    """A law without noise whose allocation exponent is known: b / (a + b) with a = b = 0.5."""
    H, D = np.meshgrid(2.0 ** np.arange(2, 10), 2.0 ** np.arange(12, 23))
    N = 64 * H
    runs = pd.DataFrame({"H": H.ravel(), "N": N.ravel(), "D": D.ravel()})
    return runs.assign(C=6 * runs.N * runs.D, loss=2 + 3 * runs.N**-0.5 + 30 * runs.D**-0.5)


def test_minima_and_exponent_of_a_known_surface():
    minima = lab.isoflop_minima(exact_surface())
    slope, error = lab.allocation_exponent(minima)
    assert slope == pytest.approx(0.5, abs=0.01)
    assert 0 <= error < 0.01
    # The optimum of 3·N^−½ + 30·(C/6N)^−½ is N = √(C/6)/10: the parabola is close to it.
    np.testing.assert_allclose(minima.N_opt, np.sqrt(minima.C / 6) / 10, rtol=0.1)


def test_minima_outside_the_sweep_are_left_out():
    runs = exact_surface()
    falling = runs[runs.N <= 512]
    assert (lab.isoflop_minima(falling).N_opt < 512).all()
    with pytest.raises(ValueError, match="three minima"):
        lab.allocation_exponent(lab.isoflop_minima(runs[runs.C == runs.C.median()]))


@pytest.mark.parametrize("pick", [dict(H=4, D=65536, seed=1), dict(H=512, D=8192, seed=2)])
def test_shipped_language_runs_again_by_the_rules_of_today(pick):
    runs = lab.shipped()
    row = runs[(runs[list(pick)] == pd.Series(pick)).all(axis=1)].iloc[0]
    run = train(TrainConfig(**pick))
    assert run.loss == pytest.approx(row.loss, rel=MACHINE_TOLERANCE)
    assert (run.config.batch, run.config.lr) == (row.batch, row.lr)
    assert (run.N, run.C, run.C_6ND) == (row.N, row.C, row.C_6ND)


@pytest.mark.parametrize(("k", "seed"), [(8, 0), (8, 2), (2, 1)])
def test_shipped_text_runs_again(k, seed):
    runs = text_sweep.shipped(k)
    row = runs.query(f"H == 32 and D == 8192 and seed == {seed}").iloc[0]
    run = train(text_sweep.again(row, k, seed))
    assert run.loss == pytest.approx(row.loss, rel=MACHINE_TOLERANCE)
    assert (run.N, run.C, run.config.d) == (row.N, row.C, row.d)


def test_shipped_text_has_every_size_length_context_and_seed():
    for k in (2, 8):
        assert text_sweep.shipped(k).groupby("seed").size().tolist() == [72, 72, 72]
    with pytest.raises(ValueError, match="k must be 2 or 8, not 16"):
        text_sweep.shipped(16)


def test_a_table_of_counts_bounds_the_floor_of_two_characters():
    one, two = text_sweep.counted_loss(1), text_sweep.counted_loss(2)
    assert two < one < np.log(96)
    runs = text_sweep.shipped(2)
    assert two < runs["loss"].min() < one
    text = python_docs()
    raw = Counts(text.V, added=[1e-9] * 3)
    raw.add(text.windows(len(text.train) - text.k, 0)[:, -3:])
    assert text.test_loss(raw) > two  # what never occurred is not impossible


def test_shipped_language_covers_the_range_that_the_book_speaks_of():
    runs = lab.shipped()
    assert len(runs) == 264 and runs.notna().all(axis=None)
    assert np.log10(runs.N.max() / runs.N.min()) > 1.5
    assert np.log10(runs.D.max() / runs.D.min()) > 2
    assert (runs.excess > 0).all()
    assert runs.entropy.nunique() == 1
    assert len(read_grid(lab.ROOT / "sweeps" / "language.toml")) == 264


def test_holding_out_and_averaging():
    runs = lab.shipped()
    fitted, held_out = lab.hold_out(runs, 8)
    assert len(fitted) + len(held_out) == len(runs)
    assert fitted.C.max() * 8 <= runs.C.max() < held_out.C.min() * 8
    mean = lab.mean_over_seeds(runs)
    assert len(mean) == 88 and (mean.sd > 0).all()
    one = runs.query("H == 64 and D == 65536").loss
    row = mean.query("H == 64 and D == 65536").iloc[0]
    assert (row.loss, row.sd) == (pytest.approx(one.mean()), pytest.approx(one.std()))
    with pytest.raises(ValueError, match="factor"):
        lab.hold_out(runs, 1)


def test_schedules_are_unfolded_into_losses():
    runs = pd.DataFrame(
        {
            "schedule": ["cosine", "cosine", "constant"],
            "D": [100, 200, 200],
            "checkpoints": [np.nan, "100:3.0 200:2.0", "100:2.5 200:2.25"],
            "C": [1000, 2000, 2000],
            "C_6ND": [3000, 6000, 6000],
            "loss": [2.75, 2.0, 2.25],
            **dict.fromkeys(["seed", "H", "lr", "N", "entropy", "version"], 1),
        }
    )
    table = schedules.unfold(runs).set_index(["method", "D"])
    assert table.loss.to_dict() == {
        ("constant", 100): 2.5,
        ("constant", 200): 2.25,
        ("long cosine", 100): 3.0,
        ("long cosine", 200): 2.0,
        ("matched", 100): 2.75,
        ("matched", 200): 2.0,
    }
    assert table.C.to_dict()["long cosine", 100] == 1000


def test_shipped_schedules():
    losses = load("scaling_schedules")
    long = dict.fromkeys(("constant", "long cosine", "matched"), 3 * 7 * 9)
    short = dict.fromkeys(schedules.SPOILED, 3 * 7 * 7)
    assert losses.groupby("method").size().to_dict() == long | short
    at_end = losses[losses.D == 2**20].pivot(index=["seed", "H"], columns="method", values="loss")
    assert (at_end["matched"] == at_end["long cosine"]).all()
    early = losses[losses.D == 2**16].pivot(index=["seed", "H"], columns="method", values="loss")
    assert (early["matched"] < early["long cosine"]).all()
    found = schedules.exponents(losses)
    assert len(found) == 15 and (found.standard_error < 0.1).all()
    exponents = found.pivot(index="seed", columns="method", values="a")
    faulty = exponents.drop(columns="matched")
    assert faulty.gt(exponents["matched"], axis=0).all(axis=None)
    assert (exponents["long cosine"] > exponents[["constant", "long warm-up"]].max(axis=1)).all()
    for budgets, seeds in ((slice(4), 2), (slice(1, 5), 3), (slice(1, 4), 0)):
        found = schedules.exponents(losses, budgets)
        some = found.pivot(index="seed", columns="method", values="a")
        unmatched = some[["constant", "long cosine"]]
        assert unmatched.gt(some["matched"], axis=0).all(axis=None)
        assert (some["long warm-up"] > some["matched"]).sum() == seeds


@pytest.mark.parametrize("method", schedules.SPOILED)
def test_a_spoiled_run_is_made_again(method):
    row = load("scaling_schedules").query("method == @method and H == 16 and D == 8192").iloc[0]
    matched = [
        TrainConfig(H=16, D=8192, batch=64, lr=float(f"{f * learning_rate_rule(16, 8192):.3g}"))
        for f in (0.4, 1.0)
    ]
    losses = [train(schedules.spoiled(config, method)).loss for config in matched]
    assert min(losses) == pytest.approx(row.loss, rel=MACHINE_TOLERANCE)


def test_a_long_warm_up_ends_where_the_longest_run_has_it():
    long, short = (
        schedules.spoiled(TrainConfig(H=8, D=D, lr=0.01), "long warm-up") for D in (2**18, 2**15)
    )
    assert long.warmup * 2**18 == pytest.approx(0.05 * 2**20) and long.lr == 0.01
    # A run that ends on its way up reaches the rate that a longer run has by then.
    assert short.lr == pytest.approx(0.01 * 2**15 / (0.05 * 2**20), rel=0.01)


def test_best_learning_rate_is_chosen_for_each_run():
    runs = pd.DataFrame(
        {
            "seed": 0,
            "D": [10, 10, 10, 20, 20, 20],
            "H": 4,
            "lr": [0.1, 0.2, 0.4, 0.1, 0.2, 0.4],
            "loss": [3.0, 2.0, np.nan, 1.5, 1.75, 1.6],
            **dict.fromkeys(["k", "d", "batch", "N", "C", "C_6ND", "version"], 1),
        }
    )
    best = text_sweep.best_learning_rate(runs)
    assert best.loss.tolist() == [2.0, 1.5]
    assert best.lr_rank.tolist() == [1, 0]


def test_the_better_of_two_rates_counts_for_each_run():
    runs = pd.DataFrame(
        {
            "schedule": "cosine",
            "seed": 0,
            "H": 4,
            "D": [10, 10, 10, 10],
            "checkpoints": [np.nan, np.nan, "5:3.0 10:2.0", "5:2.5 10:2.25"],
            "lr": [0.1, 0.2, 0.1, 0.2],
            "loss": [2.0, 1.75, 2.0, 2.25],
        }
    )
    assert schedules.better_rate(runs).index.tolist() == [1, 2]
