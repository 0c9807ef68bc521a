import numpy as np
import pandas as pd
import pytest

from scaling_lib import load
from scaling_lib.experiments.scaling_laws import scaling_sweep as lab
from scaling_lib.experiments.scaling_laws import schedules, text_sweep
from scaling_lib.models import Counts
from scaling_lib.tasks.text import python_docs
from scaling_lib.training import TrainConfig, learning_rate_rule, read_grid, train
from scaling_lib.training.run import MACHINE_TOLERANCE


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
    assert len(mean) == 88
    one = runs.query("H == 64 and D == 65536").loss
    row = mean.query("H == 64 and D == 65536").iloc[0]
    assert row.loss == pytest.approx(one.mean())
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
    bent = found.method == "long warm-up"  # its best sizes lie on no straight line
    assert len(found) == 15 and (found.standard_error[~bent] < 0.04).all()
    assert (found.standard_error[bent] > 0.04).all()
    for budgets, warm_ups, batches in (
        (slice(5), 0, 3),
        (slice(4), 0, 2),
        (slice(1, 5), 2, 3),
        (slice(1, 4), 0, 3),
    ):
        found = schedules.exponents(losses, budgets)
        a = found.pivot(index="seed", columns="method", values="a")
        higher = a.gt(a["matched"], axis=0).sum()
        assert (a["long cosine"] > a["matched"] + 0.1).all()
        assert (higher["long warm-up"], higher["large batch"]) == (warm_ups, batches)


def test_how_the_constant_rate_is_chosen_decides_its_exponent():
    early, losses = load("scaling_read_early"), load("scaling_schedules")
    constant = early[early["method"] == "constant"]
    kept = losses[losses["method"] == "constant"]
    merged = schedules.best_end(constant).merge(kept, on=["seed", "H", "D", "lr", "loss"])
    assert len(merged) == len(kept) == 3 * 7 * 9
    coarse = constant[constant["factor"].isin((0.064, 0.16, 0.4))]
    ways = {"coarse": schedules.best_end(coarse)} | dict(list(constant.groupby("factor")))
    rows = [rows.assign(method=str(way)) for way, rows in ways.items()]
    higher = 0
    for budgets in (slice(5), slice(4), slice(1, 5), slice(1, 4)):
        found = schedules.exponents(pd.concat([losses, *rows]), budgets)
        a = found.pivot(index="seed", columns="method", values="a")
        higher += a.gt(a["matched"], axis=0).sum()
    assert higher[["0.064", "0.1", "0.16", "0.25"]].sum() == 47
    assert (higher["0.4"], higher["constant"], higher["coarse"]) == (8, 10, 7)


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
    assert long.warmup * 2**18 == pytest.approx(0.05 * 2**20)
    assert short.warmup == 0.999  # a run that is shorter than the warm-up ends on its way up
    assert long.lr == short.lr == 0.01


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


def test_the_best_of_the_rates_counts_for_each_run():
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
    assert schedules.best_rate(runs).index.tolist() == [1, 2]


def test_a_constant_rate_is_chosen_at_the_end_for_each_size():
    losses = pd.DataFrame(
        {
            "factor": [0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.2, 0.2],
            "seed": 0,
            "H": [4] * 4 + [8] * 4,
            "D": [5, 10] * 4,
            "loss": [3.0, 2.0, 2.5, 2.25, 3.0, 2.0, 3.5, 1.75],
        }
    )
    assert schedules.best_end(losses).loss.tolist() == [3.0, 2.0, 3.5, 1.75]


def test_no_kept_rate_is_the_lowest_or_the_highest_that_was_tried():
    kept = load("scaling_schedules")
    grid = [c for c in read_grid(lab.ROOT / "sweeps" / "schedules.toml") if c.seed == 0]
    tried, short = {}, []
    for config in grid:
        if config.schedule == "constant":
            tried.setdefault(("constant", config.H), []).append(config.lr)
            continue
        if config.warmup == schedules.SHORT_WARMUP:
            short.append((config.H, config.lr))
            continue
        tried.setdefault(("matched", config.H, config.D), []).append(config.lr)
        if config.D == 2**20:
            tried.setdefault(("long cosine", config.H), []).append(config.lr)
        if config.D <= schedules.LONGEST_SPOILED:
            for method in schedules.SPOILED:
                rate = schedules.spoiled(config, method).lr
                tried.setdefault((method, config.H, config.D), []).append(rate)
    ends = []
    for method, H, D, lr in kept[["method", "H", "D", "lr"]].itertuples(index=False):
        on_the_way = method in ("constant", "long cosine")
        rates = tried[(method, H) if on_the_way else (method, H, D)]
        assert lr in rates
        if lr in (min(rates), max(rates)):
            ends.append((method, H, D, lr))
    assert ends == []
    early = load("scaling_read_early").query("method == 'long cosine'")
    assert set(schedules.best_end(early)["factor"]) == {0.16, 0.4}
    assert set(early["factor"]) == {0.064, 0.16, 0.4, 1.0} and set(short) == set(
        zip(early.H, early.lr, strict=True)
    )


def test_the_long_warm_up_of_the_long_cosine_raises_its_exponent():
    early, losses = load("scaling_read_early"), load("scaling_schedules")
    cosine = schedules.best_end(early[early["method"] == "long cosine"])
    both, higher = pd.concat([losses, cosine.assign(method="short")]), 0
    for budgets in (slice(5), slice(4), slice(1, 5), slice(1, 4)):
        found = schedules.exponents(both, budgets)
        a = found.pivot(index="seed", columns="method", values="a")
        higher += (a["short"] > a["matched"]).sum()
        assert (a["long cosine"] - a["short"] > 0.1).all()
    assert higher == 4
