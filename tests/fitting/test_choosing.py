"""Choosing runs: conditions, the best of each group, runs held out, clusters drawn whole."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from scaling_lib.fitting import compare, envelope, fit, fit_by, groups, isoflop, where
from scaling_lib.laws import BESIROGLU_2024

RUNS = pd.DataFrame(
    {
        "N": ["1B", "2B", "7B"],
        "split": ["train", "test", "test"],
        "old": ["yes", "no", "0"],
        "lr": ["lr=1", "b", "lr=1e-3"],
        "id": ["1_10", "7", "007"],
        "code": ["007", "7.0", ""],
        "stamp": [20240101123000, 20240101123001, 20240101123002],
        "kind": ["none", "-", "sgd and momentum"],
        "runner": ["Ann", "Bob's", "Bob"],
    }
)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("N > 1e9", [1, 2]),
        ("N >= 2B and N < 7B", [1]),
        ("N == 2e9", [1]),
        ("N != 2e9", [0, 2]),
        ("split == test", [1, 2]),
        ("split != 'test'", [0]),
        ("split = test and N > 5e9", [2]),
        ("old", [0]),
        ("lr == 'lr=1e-3'", [2]),
        ("N >= 2B AND lr != lr=1e-3", [1]),
        ([True, False, True], [0, 2]),
        ("size<=1e9", [0]),
        ("id == 1_10", [0]),
        ("id == 110", []),
        ("id == 7", [1]),
        ("id != 7", [0, 2]),
        ("code == 7", [0, 1]),
        ("stamp == 20240101123001", [1]),
        ("kind == none", [0]),
        ("kind != none and kind != -", [2]),
        ("kind == 'sgd and momentum'", [2]),
        ('kind == "sgd and momentum" AND N > 1', [2]),
        ("runner == Bob's and N > 1 and runner == Bob's", [1]),
    ],
)
def test_conditions(condition, rows):
    assert np.flatnonzero(where(RUNS, condition, {"size": "N"})).tolist() == rows


def test_a_condition_may_name_what_follows():
    data = {"N": [1e9, 1e9], "D": [1e9, 1e12]}
    assert where(data, "C > 1e21").tolist() == [False, True]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("__import__('os')", "must be a column of yes and no, or read such as"),
        ("split", "must hold yes and no, not 'test': or write a condition"),
        ("split > test", "must compare with a number, not 'test'"),
        ("split > 1", "not a number .'train', 'test'. in rows 1, 2, 3, and 'split > 1' needs"),
        ("N > 1e9 or N < 1", "N > 1e9 and D > 1e10', where both must hold, not .* there is no or"),
        ("split == test or N > 1", "there is no or: leave out by several"),
        ("N > 1e9, N < 1e10", "there is no or: leave out by several"),
        ("1 < N < 2", "where both must hold, not '1 < N < 2'$"),
        ([True, False], "must be text or 3 booleans"),
        ("loss > 1", "Missing column loss"),
        ("runs == a", "no column runs"),
    ],
)
def test_other_conditions_are_refused(condition, message):
    with pytest.raises(ValueError, match=message):
        where(RUNS, condition)


def test_groups_agree_in_all_columns_and_budgets_up_to_rounding():
    data = {"a": ["x", "x", "y"], "b": [0.1 + 0.2, 0.3, 0.3], "C": [1e20, 1.01e20, 9e20]}
    assert groups(data, "a,b").tolist() == [0, 0, 1]
    assert groups(data, ["b"]).tolist() == [0, 0, 0]
    assert groups(data, "C").tolist() == [0, 0, 1]
    assert groups({"a,b": [2, 1]}, "a,b").tolist() == [1, 0]
    assert groups(RUNS, "id").max() == groups(RUNS, "stamp").max() == 2
    assert groups(RUNS, "code").tolist() == [0, 0, 1]  # numbers, of which one is missing
    assert groups({"a": [None, "", "none", "x"]}, "a").tolist() == [0, 0, 1, 2]
    with pytest.raises(ValueError, match="Missing column c"):
        groups(data, "c")


@pytest.fixture(scope="module")
def grid():
    """Runs at 6 sizes and 5 numbers of tokens, each at four learning rates of which one is best."""
    rng = np.random.default_rng(0)
    N, D = np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1e9, 1e11, 5))
    N, D = np.repeat(N.ravel(), 4), np.repeat(D.ravel(), 4)
    lr = np.tile([1, 2, 4, 8], 30)
    worse = np.abs(np.log2(lr / 2)) * 0.02
    loss = BESIROGLU_2024.loss(N, D) * np.exp(worse + 0.002 * rng.normal(size=120))
    return pd.DataFrame({"N": N, "D": D, "lr": lr, "loss": loss})


def test_the_best_of_each_is_what_pandas_finds(grid):
    own = grid.loc[grid.groupby(["N", "D"]).loss.idxmin()]
    result = fit("chinchilla", grid, best_of="N,D")
    assert result.params == fit("chinchilla", own).params
    assert "kept the best of each (N, D): 30 of 120 runs" in result.notes
    again = fit("chinchilla", grid.iloc[::-1].to_dict("list"), best_of=["N", "D"])
    assert again.params == result.params


def test_the_best_score_is_the_highest():
    scores = {"C": np.repeat(np.geomspace(1e20, 1e24, 5), 2), "score": np.linspace(0.2, 0.65, 10)}
    assert (
        fit("logistic", scores, best_of="C").data["score"].tolist()
        == scores["score"][1::2].tolist()
    )


@pytest.fixture(scope="module")
def rates():
    """Trials of learning rates at 18 points, of which that of the lowest loss is not the lowest."""
    N, D = (v.ravel() for v in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1e9, 1e11, 3)))
    N, D, step = np.repeat(N, 6), np.repeat(D, 6), np.tile(np.arange(-2, 4), 18)
    lr = 1e-3 * (N / 1e7) ** -0.2 * 2.0**step
    loss = BESIROGLU_2024.loss(N, D) + 0.03 * np.log(lr / (3.6 * N**-0.42 * D**0.07)) ** 2
    return pd.DataFrame({"N": N, "D": D, "lr": lr, "batch": lr, "loss": loss})


def test_the_best_learning_rate_is_that_of_the_lowest_loss(rates):
    best = rates.loc[rates.groupby(["N", "D"]).loss.idxmin()]
    result = fit("learning_rate", rates, best_of="N,D")
    assert result.params == fit("learning_rate", best).params
    assert result.notes == ["kept the lowest loss of each (N, D): 18 of 108 runs"]
    assert set(result.data) == {"N", "D", "lr"}
    batch = fit("batch_size", rates, best_of="N,D").params
    assert batch == fit("batch_size", best).params
    own = rates.rename(columns={"loss": "l"})
    renamed = fit("learning_rate", own, best_of="N,D", columns={"loss": "l"})
    assert renamed.params == result.params
    gap = rates.assign(loss=rates.loss.mask(rates.index == 3))
    with pytest.raises(ValueError, match=r"loss is missing \(NaN\) in row 4"):
        fit("learning_rate", gap, best_of="N,D")
    dropped = fit("learning_rate", gap, best_of="N,D", drop_invalid=True).params
    assert dropped == fit("learning_rate", gap.dropna(), best_of="N,D").params


def test_the_best_of_another_target_needs_the_loss(rates):
    own = rates.rename(columns={"loss": "val_loss"})
    message = "no column loss: name it .*, or leave best_of out .* --column loss=val_loss "
    with pytest.raises(ValueError, match=message):
        fit("learning_rate", own, best_of="N,D")
    assert fit("learning_rate", own).n == 108  # without a choice it needs none

    def accuracy(loss, top, slope):
        return top - slope * loss

    scores = rates.assign(mmlu=0.9 - 0.1 * rates.loss)
    own = {"target": "mmlu", "start": {"top": 1.0, "slope": 0.1}}
    kept = fit(accuracy, scores, best_of="N,D", **own)
    assert sorted(kept.data["loss"]) == sorted(scores.groupby(["N", "D"]).loss.min())


def test_runs_held_out_are_scored_and_not_fitted(grid):
    far = grid.N > 5e8
    result = fit("chinchilla", grid, best_of="N,D", hold_out="N > 5e8")
    inside = fit("chinchilla", grid[~far], best_of="N,D")
    assert result.params == inside.params
    held = grid[far].loc[grid[far].groupby(["N", "D"]).loss.idxmin()]
    assert result.held_out == inside.score(held)
    assert result.held_out.n == 5 and "held-out runs: 5, mean error" in result.summary()
    assert result.to_dict()["held_out"]["n"] == 5
    table = compare(["chinchilla"], grid, held_out="N > 5e8", best_of="N,D").table
    assert table.loc["chinchilla", "held-out mean error"] == pytest.approx(
        result.held_out.mean_error
    )
    with pytest.raises(ValueError, match="hold_out must not be given beside held_out"):
        compare(["chinchilla"], grid, held_out="N > 5e8", hold_out="N > 5e8")


@pytest.fixture(scope="module")
def checkpoints(grid):
    """Eight rows of each of 30 runs, of which one diverged; one row is invalid."""
    best = grid.loc[grid.groupby(["N", "D"]).loss.idxmin()]
    share = np.linspace(0.125, 1, 8)
    runs = best.loc[best.index.repeat(8)].assign(run=np.repeat([f"r{i}" for i in range(30)], 8))
    runs["D"] *= np.tile(share, 30)
    runs["loss"] += np.tile(1 - share, 30)
    runs.loc[runs.run == "r7", "loss"] = 11.0
    return runs.reset_index(drop=True).assign(loss=lambda t: t.loss.mask(t.index == 3))


def test_a_run_is_fitted_or_held_out_after_others_are_left_out(checkpoints):
    order = {"leave_out": ["loss > 8", "run == r0 and N < 1e8"], "best_of": "run"}
    result = fit("chinchilla", checkpoints, drop_invalid=True, hold_out="D > 4e10", **order)
    ends = checkpoints.loc[checkpoints.dropna().groupby("run").loss.idxmin()]
    ends = ends[~ends.run.isin(["r7", "r0"])]
    alone = fit("chinchilla", ends[ends.D <= 4e10])
    assert result.params == alone.params  # no early row of a run that is held out
    assert result.held_out == pytest.approx(alone.score(ends[ends.D > 4e10]))
    assert result.notes == [
        "dropped 1 invalid row",
        "left out 15 of 239 runs: loss > 8; run == r0 and N < 1e8",
        "kept the best of each (run): 28 of 224 runs",
        "held out 6 of 28 runs: D > 4e10",
    ]
    same = compare(["chinchilla"], checkpoints, held_out="D > 4e10", drop_invalid=True, **order)
    assert same.fits["chinchilla"].params == alone.params
    assert same.table["held-out mean error"].item() == result.held_out.mean_error


def test_what_is_left_out_need_not_be_in_each_group(checkpoints):
    named = checkpoints.assign(half=np.where(checkpoints.N < 1e8, "small", "large"))
    options = {"best_of": "run", "drop_invalid": True, "hold_out": "run == r7"}
    leave = ["loss > 5", "half == large and D < 1e9"]
    several = fit_by("kaplan_D", named, "half", leave_out=leave, **options)
    for half, result in several.fits.items():
        inside = named[named.half == half]
        rest = inside[(inside.loss < 5) & ~((inside.half == "large") & (inside.D < 1e9))]
        assert result.params == fit("kaplan_D", rest, best_of="run").params
        assert result.held is None  # the run to hold out is one of those left out
    with pytest.raises(ValueError, match="leave_out must leave runs on both sides: N > 1 holds in"):
        fit_by("kaplan_D", named, "half", leave_out="N > 1")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("loss > 50", "loss > 50 holds in no row, where loss goes from"),
        ("N > 1", "N > 1 holds in every row, where N"),
        (
            ["loss < 5", "loss > 5"],
            "leave runs to fit: loss < 5; loss > 5 holds in every valid row",
        ),
    ],
)
def test_what_is_left_out_must_be_some_of_the_runs(checkpoints, condition, message):
    with pytest.raises(ValueError, match=message):
        fit("chinchilla", checkpoints, drop_invalid=True, leave_out=condition)


@pytest.mark.parametrize("way", [isoflop, envelope])
def test_allocations_leave_out_and_keep_the_best_too(way):
    C, N = np.meshgrid(np.geomspace(1e18, 1e22, 30), np.geomspace(1e7, 1e11, 14))
    loss = BESIROGLU_2024.loss(N, C / (6 * N))
    runs = pd.DataFrame({"C": C.ravel(), "N": N.ravel(), "loss": loss.ravel()})
    runs["run"] = "m" + runs.N.astype(int).astype(str)
    spoiled = pd.concat([runs, runs.assign(loss=runs.loss + 1), runs[:2].assign(loss=99.0)])
    result = way(spoiled, leave_out="loss > 50", best_of="N,C", bootstrap=50)
    clean = way(runs, bootstrap=50)
    assert result.notes[:3] == [
        "D derived from C = 6 N D",
        "left out 2 of 842 runs: loss > 50",
        "kept the best of each (N, C): 420 of 840 runs",
    ]
    assert {**result.to_dict(), "notes": []} == {**clean.to_dict(), "notes": []}


@pytest.mark.parametrize("condition", ["N > 1e20", "N > 1"])
def test_both_sides_need_runs(grid, condition):
    with pytest.raises(ValueError, match="must leave runs on both sides"):
        fit("chinchilla", grid, hold_out=condition)


def test_a_product_of_columns_is_told_to_be_compute(grid):
    for name in ("N*D", "D / N", "6 * N * D", "log(N)"):
        said = rf"one column, not {re.escape(name)}: add a column of it .C = 6 N D .* 'C > 6e19'"
        with pytest.raises(ValueError, match=said):
            fit("chinchilla", grid, hold_out=f"{name} > 1e19")
    with pytest.raises(ValueError, match=r"Missing column tokens \(B\)"):
        fit("chinchilla", grid, hold_out="tokens (B) > 1")
    result = fit("chinchilla", grid, hold_out="C > 6e19")
    assert (6 * result.held["N"] * result.held["D"] > 6e19).all()


def test_a_fit_for_each_group(grid):
    comparison = fit_by("chinchilla", grid, "lr", delta=0.01)
    assert comparison.table.index.tolist() == ["1", "2", "4", "8"]
    one = fit("chinchilla", grid[grid.lr == 4], delta=0.01)
    assert comparison.table.loc["4", "alpha"] == one.params["alpha"]
    few = grid.drop(index=grid.index[(grid.lr == 8) & (grid.N > 1e8)])
    few = few.drop(index=few.index[few.lr == 8][3:])
    assert "3 runs cannot determine" in fit_by("chinchilla", few, "lr").skipped["8"]
    several = fit_by("chinchilla", few, "lr")
    several.table.loc["1", "B"] = np.inf
    assert "note: no fit of 8: 3 runs" in several.summary()
    assert "unbounded" in several.summary() and "inf" not in several.summary()
    with pytest.raises(ValueError, match="No group of N could be fitted"):
        fit_by("chinchilla", grid, "N")
    seeds = grid.assign(seed=20240100 + grid.lr)
    ids = [f"2024010{lr}" for lr in (1, 2, 4, 8)]
    assert [*fit_by("chinchilla", seeds, "seed").fits] == ids
    with pytest.raises(ValueError, match="must have at least one row"):
        fit_by("chinchilla", {}, "lr")


def test_what_has_a_value_for_each_row_goes_with_the_rows_of_a_group(grid):
    rng = np.random.default_rng(0)
    weights, cluster, out = (
        rng.uniform(1, 2, 120),
        np.arange(120) // 8,
        (grid.N > 5e8) & (grid.lr < 8),
    )
    several = fit_by("kaplan_D", grid, "lr", weights=weights, cluster=[*cluster], hold_out=out)
    own = grid.lr == 4
    one = {"weights": weights[own], "cluster": cluster[own], "hold_out": out[own]}
    result = fit("kaplan_D", grid[own], **one)
    assert several.fits["4"].params == result.params
    assert several.fits["4"].stderr == result.stderr
    assert several.fits["4"].held_out == result.held_out and several.fits["8"].held is None
    with pytest.raises(ValueError, match=r"weights must have a value for each of the 120 rows"):
        fit_by("kaplan_D", grid, "lr", weights=weights[1:])
    with pytest.raises(ValueError, match="leave_out must be conditions in text, such as"):
        fit("kaplan_D", grid, leave_out=out)
    table = compare(["kaplan_D"], grid, held_out=out).table
    assert table.equals(compare(["kaplan_D"], grid, held_out=[*out]).table)
    records = grid.to_records(index=False)
    scored = compare(["kaplan_D"], records, held_out=records).table
    assert scored.equals(compare(["kaplan_D"], grid, held_out=grid).table)


@pytest.mark.parametrize("option", ["weights", "cluster", "hold_out"])
@pytest.mark.parametrize("by", [None, "lr"])
def test_a_series_in_another_order_than_the_data_is_refused(grid, option, by):
    values = {"weights": grid.D, "cluster": grid.N}.get(option, grid.D > 2e10)
    function = fit if by is None else fit_by
    more = [] if by is None else [by]
    alike = function("chinchilla", grid, *more, **{option: values})
    plain = function("chinchilla", grid, *more, **{option: values.to_numpy()})
    if by is None:
        assert alike.params == plain.params
    else:
        pd.testing.assert_frame_equal(alike.table, plain.table)
    with pytest.raises(ValueError, match="must be that of the data, row for row: give them as"):
        function("chinchilla", grid, *more, **{option: values.sample(frac=1, random_state=0)})


def test_a_fit_for_each_group_of_several_columns(grid):
    by_both = fit_by("power", grid, "N,lr", columns={"x": "D"})
    assert len(by_both.fits) == len(by_both.table) == 24
    assert list(by_both.table.index[:5]) == [f"1e+07, {lr}" for lr in (1, 2, 4, 8)] + [
        "2.51189e+07, 1"
    ]
    one = grid[(grid.N < 2e7) & (grid.lr == 4)]
    assert by_both.fits["1e+07, 4"].params == fit("power", one, columns={"x": "D"}).params
    as_list = fit_by("power", grid, ["N", "lr"], columns={"x": "D"})
    assert list(as_list.table.index) == list(by_both.table.index)
    with pytest.raises(ValueError, match="Names of columns must be text, not 0"):
        fit_by("power", grid, 0)


def test_clusters_are_drawn_whole_as_an_independent_bootstrap_draws_them():
    """Checkpoints of 24 runs whose errors are the run's: against SciPy on resampled runs."""
    rng = np.random.default_rng(1)
    run = np.repeat(np.arange(24), 8)
    N = np.repeat(np.tile(np.geomspace(1e7, 1e9, 8), 3), 8)
    D = N * np.tile(np.geomspace(5, 80, 8), 24)
    errors = 0.01 * rng.normal(size=24)[run] + 0.001 * rng.normal(size=run.size)
    data = {"N": N, "loss": 50.0 * N**-0.2 * np.exp(errors), "run": [f"r{i}" for i in run], "D": D}
    rows = fit("kaplan_N", data, delta=np.inf, bootstrap=2000)
    runs = fit("kaplan_N", data, delta=np.inf, bootstrap=2000, cluster="run")
    assert runs.params == rows.params
    draws = []
    for _ in range(400):
        chosen = np.concatenate([np.flatnonzero(run == i) for i in rng.integers(24, size=24)])
        x, y = np.log(N[chosen]), np.log(data["loss"][chosen])
        draws.append(-least_squares(lambda p, x=x, y=y: p[0] + p[1] * x - y, [4.0, -0.2]).x[1])
    assert runs.stderr["alpha"] == pytest.approx(np.std(draws), rel=0.12)
    assert runs.stderr["alpha"] > 2.2 * rows.stderr["alpha"]
    assert (
        "2000 replicates, seed 0, 24 clusters" in runs.summary()
        and runs.to_dict()["clusters"] == 24
    )
    order = rng.permutation(run.size)
    shuffled = {name: np.asarray(values)[order] for name, values in data.items()}
    again = fit("kaplan_N", shuffled, delta=np.inf, bootstrap=50, cluster="run")
    same = fit("kaplan_N", data, delta=np.inf, bootstrap=50, cluster="run")
    np.testing.assert_array_equal(again.refits.values, same.refits.values)


def test_profiles_know_clusters_too(grid):
    alone, together = fit("chinchilla", grid), fit("chinchilla", grid, cluster="N,D")
    assert together.stderr["alpha"] != alone.stderr["alpha"]
    assert "profile intervals, 30 clusters" in together.summary()


def test_data_without_a_row_are_refused_alike_everywhere(grid):
    runs = grid
    none, words = runs[:0], "The data must have at least one row"
    laws = ["chinchilla", "kaplan_D"]
    result, drawn = fit("chinchilla", runs), fit("chinchilla", runs, bootstrap=20)
    curve = fit("task_score", {"loss": [1, 2, 3, 4, 5, 6], "score": [0.9, 0.8, 0.6, 0.4, 0.2, 0.1]})
    for use in (
        lambda: result.score(none),
        lambda: drawn.score(none),
        lambda: result.predict(none, 0.9),
        lambda: result.prediction_table(none),
        lambda: curve.score({"loss": [], "score": []}),
        lambda: curve.predict({"loss": []}),
        lambda: fit("chinchilla", none),
        lambda: fit("chinchilla", none, best_of="N,D"),
        lambda: fit("chinchilla", none, cluster="C"),
        lambda: fit("chinchilla", none, hold_out="N > 1", drop_invalid=True),
        lambda: fit_by("chinchilla", none, "N"),
        lambda: compare(laws, none),
        lambda: compare(laws, runs, held_out=none),
        lambda: isoflop(none),
        lambda: envelope(none, columns={"run": "N"}),
    ):
        with pytest.raises(ValueError, match=words):
            use()
    assert groups(none, "N").size == 0
    for nobody in (np.zeros(len(runs), bool), np.ones(len(runs), bool), "N > 1", "N < 1"):
        with pytest.raises(ValueError, match="held_out must leave runs on both sides"):
            compare(laws, runs, held_out=nobody)


def test_a_group_may_have_no_held_out_run_and_one_no_name(grid):
    named = np.where(grid.N < 1e8, "small", np.where(grid.N < 5e8, "large", None))
    fits = fit_by("kaplan_D", grid.assign(family=named), "family", hold_out="N < 2e7").fits
    assert fits["small"].held_out.n == 20 and fits["large"].held_out is None
    assert fits["(missing)"].n == 20


def test_all_reasons_why_no_row_can_be_used_are_named(grid):
    few = grid[:6].assign(family=["a", *[None] * 5], loss=[np.nan, *grid.loss[1:6]])
    message = (
        "Column given as cluster is missing (NaN) in rows 2, 3, 4, 5, 6, loss is missing (NaN) in "
        "row 1, so that no row can be used"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        fit("kaplan_D", few, cluster="family", drop_invalid=True)
    with pytest.raises(ValueError, match="family == a holds in no row that is kept, only in row 1"):
        fit("kaplan_D", few, hold_out="family == a", drop_invalid=True)
    gone = grid.assign(size=grid.lr.astype(float).mask(grid.index > 0))
    gone.loc[0, "loss"] = np.nan
    with pytest.raises(ValueError, match="only in row 1, where size is missing"):
        fit("kaplan_D", gone, hold_out="size > 0", drop_invalid=True)
