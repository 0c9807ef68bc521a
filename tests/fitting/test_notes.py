"""Notes on runs: each fault gives its note with rows and option, and clean sweeps give none."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway

from scaling_lib import load
from scaling_lib.fitting import fit
from scaling_lib.fitting.notes.families import alike
from scaling_lib.fitting.runs import unit_of
from scaling_lib.laws import BESIROGLU_2024
from scaling_lib.laws.declared import logistic


@pytest.fixture(scope="module")
def clean():
    """Nine sizes by eight lengths, three seeds each, whose errors are independent."""
    rng = np.random.default_rng(0)
    N, D = np.meshgrid(np.geomspace(1e7, 1e9, 9), np.geomspace(1e9, 1e11, 8))
    N, D = np.repeat(N.ravel(), 3), np.repeat(D.ravel(), 3)
    loss = BESIROGLU_2024.loss(N, D) * np.exp(0.004 * rng.standard_t(4, size=N.size))
    names = np.resize(["alpha", "beta", "gamma"], N.size)
    return pd.DataFrame({"N": N, "D": D, "loss": loss, "name": names})


def notes(runs, law="chinchilla", **options):
    return fit(law, runs, **options)._oddities


def test_a_clean_sweep_gives_no_note(clean):
    assert notes(clean) == []
    assert notes(clean[clean.N == clean.N.min()], "power", columns={"x": "D"}) == []


@pytest.mark.parametrize("seed", range(8))
def test_independent_errors_give_no_note_whatever_their_tails(clean, seed):
    rng = np.random.default_rng(seed)
    loss = BESIROGLU_2024.loss(clean.N, clean.D) * np.exp(0.01 * rng.standard_t(3, size=216))
    found = notes(clean.assign(loss=loss, name=rng.integers(20, size=216).astype(str) + "r"))
    assert [note for note in found if "alike" in note] == []


def test_of_the_sweeps_of_the_book_two_tell_that_the_law_has_another_form():
    language = load("scaling_language").query("H >= 8")
    text = load("scaling_text").query("H >= 8 and k == 8")
    matched = load("scaling_schedules").query("H >= 8 and method == 'matched'")
    assert notes(matched) == []
    for sweep, sizes in ((language, r"0\.27 % .* 0\.091 %"), (text, r"3\.9 % .* 0\.38 %")):
        (note,) = notes(sweep)
        assert re.match(rf"rows of one point \(N, D\) miss the law alike: .* {sizes}\. The", note)


def copies(runs):
    return pd.concat([runs, runs[:4]], ignore_index=True)


def trials(runs):
    worse = [runs.assign(loss=runs.loss * (1 + 0.02 * abs(i - 1)), lr=i) for i in range(4)]
    return pd.concat(worse, ignore_index=True)


def checkpoints(runs):
    N, D = np.repeat(np.geomspace(1e7, 1e9, 5), 30), np.tile(np.geomspace(1e9, 9e10, 30), 5)
    return pd.DataFrame({"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * (1 + 1e-3 * (D % 7))})


def diverged(runs):
    return runs.assign(loss=runs.loss.where(runs.index != 7, 11.09))


def swapped(runs):
    """Two losses in whose cells another column stands, as in a published table of a sweep."""
    return runs[:76].assign(loss=runs.loss.where(~runs.index.isin([7, 60]), 3e-4))


def pooled(runs):
    return runs.assign(loss=runs.loss * np.where(runs.name == "beta", 1.03, 1.0))


def of_runs(runs):
    run = np.arange(216) // 6
    shift = np.exp(0.02 * np.random.default_rng(1).normal(size=36))[run]
    return runs.assign(loss=runs.loss * shift, name=[f"run {i}" for i in run])


def budgets(runs):
    C = np.repeat(np.geomspace(1e18, 1e21, 10), 12)
    N = np.tile(np.geomspace(0.2, 5, 12), 10) * BESIROGLU_2024.optimum(C).N
    shift = np.exp(0.01 * np.random.default_rng(3).normal(size=10))
    loss = BESIROGLU_2024.loss(N, C / (6 * N)) * np.repeat(shift, 12)
    rng = np.random.default_rng(4)
    return pd.DataFrame({"N": N, "C": C, "loss": loss * np.exp(2e-3 * rng.normal(size=120))})


def narrow(runs):
    return runs.assign(N=runs.N ** (1 / 60) * 1e8)


SPOILED = {
    copies: r"^rows 217, 218, 219, 220 repeat an earlier row .*--best-of N,D",
    trials: r"^864 rows are 72 points \(N, D\), up to 12 rows each \(rows 1, .*--best-of N,D",
    checkpoints: r"^150 rows are 5 sizes N, up to 30 rows each .*--cluster N",
    diverged: r"^row 8 lies far from the law \(loss 11.09, .*--leave-out 'loss >= 11.09'",
    swapped: r"^rows 8, 61 lie far from the law \(loss 0.0003, .*--leave-out 'loss <= 0.0003'",
    pooled: r"one name miss the law alike, by .* to .*3 values of name; a fit of each, --by name",
    of_runs: r"one name miss the law alike, .*216 rows say about as much as .*--cluster name\)",
    budgets: r"rows of one C miss the law alike, .*10 values of C; --cluster C\)",
    narrow: r"^N varies by 8 % only, from .*--fix alpha=0.34",
}


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_fault_is_named_with_its_rows_and_its_option(clean, spoil):
    found = notes(spoil(clean))
    assert any(pd.Series(found).str.contains(SPOILED[spoil])), found


def test_the_options_that_are_named_silence_their_notes(clean):
    assert notes(copies(clean), best_of="name,N,D") == []
    assert notes(trials(clean), best_of="N,D") == []
    assert notes(diverged(clean), leave_out="loss >= 11.09") == []
    assert notes(of_runs(clean), cluster="name") == []
    assert notes(budgets(clean), cluster="C") == []
    curves = checkpoints(clean).sample(frac=1, random_state=0)
    assert not any("sizes N, up to" in note for note in notes(curves, cluster="N"))
    assert any("sizes N, up to" in note for note in notes(curves, cluster="D"))
    several = pd.concat([trials(clean)[["N", "D", "loss"]]] * 2, ignore_index=True)
    several["loss"] *= 1 + 1e-3 * (several.index % 7)
    assert any("points (N, D), up to" in note for note in notes(several))
    assert not any("points (N, D), up to" in note for note in notes(several, cluster="N,D"))


@pytest.mark.parametrize("count", [2, 5, 8])
def test_several_that_diverged_in_a_small_sweep_are_named(clean, count):
    runs = clean[clean.name == "alpha"][:32].reset_index(drop=True)
    odd = sorted([5, 17, 29, 2, 11, 23, 8, 20][:count])
    (note,) = notes(runs.assign(loss=runs.loss.where(~runs.index.isin(odd), 11.0 + runs.index / 9)))
    rows = ", ".join(str(row + 1) for row in odd[:5]) + f" and {count - 5} more" * (count > 5)
    assert note.startswith(f"rows {rows} lie far from the law (loss ")
    assert "a run that diverged? (fit without: --leave-out 'loss >= " in note


def test_rows_keep_the_numbers_of_the_file(clean):
    runs = diverged(clean)
    part = runs[runs.index != 3]  # as by drop_invalid or a group of --by
    assert any("row 8 lies far" in note for note in notes(part))
    assert any("row 8 lies far" in note for note in notes(runs, hold_out="D > 9e10"))


@pytest.mark.parametrize(("column", "unit"), [("N", "N=N*1e9"), ("D", "D=D*1e9")])
def test_units_that_cannot_be_ones(clean, column, unit):
    found = notes(clean.assign(**{column: clean[column] / 1e9}))
    assert any(unit in note and "too small" in note for note in found)


def test_a_loss_that_rises_is_no_loss():
    reward = {"x": [1, 10, 100, 200, 400], "loss": [0.037, 0.55, 0.72, 0.76, 0.78]}
    assert any("alpha is negative: the loss rises" in note for note in notes(reward, "power"))
    steps = {"C": reward["x"], "reward": reward["loss"]}  # whose unit may be any
    assert notes(steps, "reward") == []


def test_alike_is_the_analysis_of_variance_of_scipy():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(6), [3, 4, 5, 6, 7, 8])
    values = rng.normal(size=33) + rng.normal(size=6)[codes]
    inflation, chance = alike(values, codes)
    assert chance == pytest.approx(f_oneway(*(values[codes == i] for i in range(6))).pvalue)
    assert (
        inflation
        > 1.0
        > alike(values - np.bincount(codes, values)[codes] / np.bincount(codes)[codes], codes)[0]
    )


@pytest.mark.long
def test_the_unit_that_a_header_names_is_offered_and_its_absence_noted():
    # As in tables of published models: N in billions up to 540 would pass for ones.
    N, D = [0.125, 1.3, 13, 540, 0.5, 7, 70], [300, 300, 300, 780, 5, 140, 1400]
    loss = [2.761, 2.415, 2.12, 1.473, 3.015, 2.106, 1.71]
    runs = {"N_params_B": N, "D_tokens_B": D, "loss": loss}
    with pytest.raises(ValueError, match=r"'N=N_params_B\*1e9' --column 'D=D_tokens_B\*1e9'"):
        fit("chinchilla", runs)
    bare = {"N": "N_params_B", "D": "D_tokens_B"}
    note, *_ = notes(runs, columns=bare)
    assert note.startswith("the unit named by D_tokens_B and N_params_B is not applied")
    assert "--column 'D=D_tokens_B*1e9' --column 'N=N_params_B*1e9'" in note
    scaled = {name: f"{header}*1e9" for name, header in bare.items()}
    assert not any("unit" in note for note in notes(runs, columns=scaled))
    in_ones = {"N_params_B": np.array(N) * 1e9, "D_tokens_B": np.array(D) * 1e9, "loss": loss}
    assert not any("unit" in note for note in notes(in_ones, columns=bare))


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Model Size (B)", 1e9),
        ("FLOPs (1E21)", 1e21),
        ("N_params_B", 1e9),
        ("throughput/total_gflops", 1e9),
        ("train_ZFLOPs", 1e21),
        ("image_mparams", 1e6),
        ("tokens_in_trillions", 1e12),
        ("params_m", 1e6),
        ("tokens_b", 1e9),
        ("exaFLOP", 1e18),
        ("PF-days", 8.64e19),
        ("petaflop_days", 8.64e19),
        ("compute (PFLOP/s-days)", 8.64e19),
        ("gpu_days", 1.0),
        ("loss_b", 1.0),
        ("num_params", 1.0),
        ("total_tokens", 1.0),
        ("parameter_count", 1.0),
        ("flops", 1.0),
        ("B", 1.0),
    ],
)
def test_units_of_headers(header, unit):
    assert unit_of(header) == unit


def test_a_column_that_follows_from_others_is_not_blamed_for_their_unit():
    runs = {"N": [1e8, 2e8, 4e8] * 3, "C": [1.0] * 3 + [3.0] * 3 + [9.0] * 3}
    runs["loss"] = [3.0, 2.9, 2.95, 2.8, 2.7, 2.72, 2.65, 2.5, 2.45]
    assert any("such as --column 'C=C*1e21'" in note for note in notes(runs))


def test_runs_below_the_law_did_not_diverge_and_the_condition_offered_holds_in_them_alone():
    # An error that is on a plateau at first, as of vision models, far below the power law there.
    x = np.geomspace(4e6, 2e9, 60)
    noise = 0.003 * np.random.default_rng(0).normal(size=60)
    loss = np.minimum(0.2 + 170 * x**-0.32, 0.98) * np.exp(noise)
    runs = {"x": x[[0, 2, *range(12, 60)]], "loss": loss[[0, 2, *range(12, 60)]]}
    (note,) = (note for note in notes(runs, "power") if "far from the law" in note)
    assert "does the law hold there?" in note and "diverged" not in note
    condition = note.split("--leave-out '")[1].rstrip("')")
    rest = fit("power", runs, leave_out=condition)
    assert rest.n == 48


def test_the_sign_of_an_exponent_that_is_open_says_nothing():
    runs = {"N": [7e9, 13e9, 1.3e9, 4e8, 7e10, 3e9], "D": [2e12, 2e12, 3e11, 8e9, 2e12, 1e12]}
    result = fit("chinchilla", {**runs, "loss": [1.9, 1.8, 2.3, 2.9, 1.6, 2.0]})
    assert result.params["beta"] < 0
    assert any("do not determine B and beta" in warning for warning in result.warnings)
    assert not any("rises without end" in warning for warning in result.warnings)


def test_models_that_leave_the_law_in_their_own_ways_are_told_apart():
    # Losses of translation after 0.5 to 256 million examples, two models of those pooled in
    # revisiting_neural_scaling_laws (google-research on GitHub): on average both miss alike.
    x = [0.5e6 * 2**i for i in range(10)]
    wide = [0.9903, 0.8179, 0.6847, 0.5961, 0.5069, 0.4243, 0.3775, 0.3420, 0.3191, 0.3003]
    decoder = [0.8737, 0.7362, 0.6166, 0.5085, 0.4543, 0.4097, 0.3965, 0.3866, 0.3861, 0.3807]
    runs = {"Model": ["6 Enc, 28 Dec"] * 10 + ["Dec-only"] * 10, "x": x * 2, "loss": wide + decoder}
    (note,) = notes(runs, "power")
    assert note.startswith("each Model leaves the law in its own way")
    assert "a fit of each, --by Model" in note
    for model in ("6 Enc, 28 Dec", "Dec-only"):
        rows = np.array(runs["Model"]) == model
        assert notes({name: np.array(v)[rows] for name, v in runs.items()}, "power") == []


def test_a_fit_of_each_is_advised_only_where_each_can_have_one(clean):
    sizes = clean.groupby("N").ngroup()
    shift = np.exp(np.where(sizes % 2, 0.02, -0.02))
    found = notes(clean.assign(name=sizes.astype(str) + "m", loss=clean.loss * shift))
    assert any("--cluster name" in note for note in found)
    assert not any("--by name" in note for note in found)


def scores(rng, midpoint=0.72):
    """Scores on the lower half of a sigmoid of the loss, as of models smaller than the forecast."""
    loss = np.linspace(0.75, 1.1, 14)
    score = 0.25 + 0.7 / (1 + np.exp(14 * (loss - midpoint)))
    return {"loss": loss, "score": score + 0.01 * rng.normal(size=14)}


@pytest.mark.long
def test_an_end_of_a_curve_beyond_what_a_share_can_be_is_named():
    runs = scores(np.random.default_rng(0))
    result = fit("task_score", runs)
    assert result.params["upper"] > 1.5
    (note,) = result._oddities
    assert note.startswith("upper is 1.7071, above 1, though every score lies between 0 and 1")
    assert "0.52882 in row 1 comes closest" in note and "(--bounds upper=0:1)" in note
    assert note in result.to_dict()["warnings"]
    held = fit("task_score", runs, bounds={"upper": (0, 1)})
    assert held.params["upper"] <= 1 and held._oddities == []
    assert "1 (at its bound)" in held.summary() and "upper reaches its bound 1" in held.warnings
    assert not any("interchangeable" in note for note in held.warnings)
    below = fit("task_score", {"loss": runs["loss"], "score": 1 - runs["score"]})
    assert any("upper is -0.70714, below 0" in note for note in below._oddities)
    in_percent = {"loss": runs["loss"], "score": 100 * runs["score"]}
    assert fit("task_score", in_percent, delta=0.1)._oddities == []
    assert notes(scores(np.random.default_rng(0), midpoint=0.9), "task_score") == []


def test_a_factor_that_contradicts_the_header_is_noted(clean):
    runs = clean.assign(D=clean.D / 1e9).rename(columns={"D": "tokens_B"})
    wrong = notes(runs, columns={"D": "tokens_B*1e6"})
    assert wrong == [
        "tokens_B names another unit than the 1e6 that it is multiplied by (--column "
        "'D=tokens_B*1e9')"
    ]
    assert notes(runs, columns={"D": "tokens_B*1e9"}) == []
    assert notes(runs, columns={"D": "tokens_B*1.024e9"}) == []  # of a counting of one's own


def test_runs_of_one_budget_need_others():
    N, noise = np.geomspace(1e8, 2e9, 7), 0.01 * np.random.default_rng(0).normal(size=7)
    runs = {"N": N, "D": 1e19 / N, "loss": BESIROGLU_2024.loss(N, 1e19 / N) * np.exp(noise)}
    text = fit("chinchilla", runs).summary()
    assert "it takes runs at other budgets (here C is one)" in text


def test_settings_that_differ_within_points_are_trials(clean):
    worse = [clean.assign(loss=clean.loss * (1 + 0.02 * i), max_lr=10.0**-i) for i in range(2)]
    tried = pd.concat(worse, ignore_index=True)
    assert notes(tried) == [
        "rows of one point (N, D) differ in max_lr: where they are trials, the law is one of the "
        "best of them (--best-of N,D)"
    ]
    assert notes(tried, best_of="N,D") == []
    assert notes(clean.assign(max_lr=clean.N**-0.2)) == []  # the law of each point's own


def test_copies_among_the_runs_held_out_are_no_test(clean):
    some = clean[::3].assign(split="train")
    copied = pd.concat([some, some[:6].assign(split="test")], ignore_index=True)
    assert notes(copied, hold_out="split == test") == [
        "rows 73, 74, 75, 76, 77 and 1 more, held out, agree with another run in N, D, loss: a "
        "copy is no test of the law (--leave-out, or remove it from the file)"
    ]
    assert notes(clean, hold_out="N > 3e8") == []


def test_clusters_on_both_sides_of_a_split_are_counted(clean):
    runs = clean.assign(run=clean.N.rank(method="dense"))
    result = fit("chinchilla", runs, cluster="run", hold_out="D > 3e10")
    (note,) = (note for note in result.notes if "clusters" in note)
    assert note.startswith("54 of 54 held-out rows belong to clusters that are fitted too")
    whole = fit("chinchilla", runs, cluster="run", hold_out="N > 3e8")
    assert not any("clusters" in note for note in whole.notes)


@pytest.mark.parametrize(("column", "factor"), [("D", "1e9"), ("N", "1e6")])
def test_a_unit_missing_in_large_numbers_shows_in_tokens_a_parameter(clean, column, factor):
    runs = clean.assign(D=clean.D * 1e3)  # the largest is beyond what one unit can mean
    (note,) = notes(runs.assign(**{column: runs[column] / float(factor)}))
    assert "tokens a parameter (D / N), as hardly any sweep has" in note
    assert f"is {column} counted in another unit? Give it, such as --column '{column}=" in note
    assert notes(runs) == []


def test_the_unit_of_what_is_derived_is_that_of_the_column_in_the_file(clean):
    runs = clean.assign(C=6 * clean.N * clean.D).drop(columns="D")
    assert notes(runs) == []
    (note,) = notes(runs.assign(N=runs.N / 1e6))
    assert note.endswith("is N counted in another unit? Give it, such as --column 'N=N*1e6'")
    (note,) = notes(runs.assign(C=runs.C / 1e6))  # the largest D is 10^5
    assert note.endswith("is C counted in another unit? Give it, such as --column 'C=C*1e6'")


def test_a_group_of_one_row_makes_no_groups_alike(clean):
    crashed = clean[::3].reset_index(drop=True).assign(State="finished")
    crashed.loc[4, ["loss", "State"]] = 9.0, "crashed"
    (note,) = notes(crashed.drop(columns="name"))
    assert note.startswith("row 5 lies far from the law (loss 9")


def test_scores_beyond_the_end_of_a_logistic_law_are_counted():
    C = np.geomspace(1e18, 1e24, 30)
    score = 0.9 / (1 + np.exp(-1.5 * (np.log10(C) - 21)))
    score += 0.01 * np.random.default_rng(0).normal(size=30)
    assert notes({"C": C, "score": np.clip(score, 0, 1)}, "logistic") == []
    (note, *_) = notes({"C": C, "accuracy": 100 * score}, "logistic", columns={"score": "accuracy"})
    assert note.startswith("30 of 30 scores lie above 1, where this law ends, up to 89.")
    assert "(in per cent, --column 'score=accuracy*0.01')" in note
    (note,) = notes({"C": C, "score": score}, logistic(0, 0.7))
    assert note.startswith("10 of 30 scores lie above 0.7") and note.endswith(
        "another end (--upper)"
    )


def test_an_accuracy_in_place_of_an_error_is_asked_for():
    runs = scores(np.random.default_rng(0))
    (note, *_) = notes({"loss": runs["loss"], "error": runs["score"]}, "task_error")
    assert note.startswith("the error falls where the loss rises: is it an accuracy?")
    error = 1 - np.asarray(runs["score"])
    assert not any(
        "accuracy" in n for n in notes({"loss": runs["loss"], "error": error}, "task_error")
    )


@pytest.mark.long
def test_an_exponent_that_is_fixed_rests_on_nothing(clean):
    assert not any("varies by" in note for note in notes(narrow(clean), fixed={"alpha": 0.34}))
    swapped = narrow(clean).rename(columns={"N": "D", "D": "N"})
    assert any("D varies by 8 %" in n and "--fix beta=0.34" in n for n in notes(swapped))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_runs_of_one_ratio_need_others(seed):
    N, noise = np.geomspace(1e7, 1e10, 20), 0.003 * np.random.default_rng(seed).normal(size=20)
    runs = {"N": N, "D": 20 * N, "loss": BESIROGLU_2024.loss(N, 20 * N) * np.exp(noise)}
    said = [text for text in fit("chinchilla", runs).warnings if "D / N" in text]
    assert len(said) == 1 and "20 in all" in said[0] and "at other ratios" in said[0]


# Another form, a column that matters, a column that is not used --------------------------------


def joined(N, D, s):
    """The generalised law: with s other than 1 the additive one has the wrong form."""
    return 1.8 + ((480 / N**0.345) ** s + (2000 / D**0.365) ** s) ** (1 / s)


def replicates(seed, s, rows=3, tails=30.0, shape=(6, 6)):
    rng = np.random.default_rng(seed)
    N, D = np.meshgrid(np.geomspace(2e7, 2e9, shape[0]), np.geomspace(1e9, 1e11, shape[1]))
    N, D = np.repeat(N.ravel(), rows), np.repeat(D.ravel(), rows)
    noise = 0.002 * rng.standard_t(tails, size=N.size)
    return pd.DataFrame({"N": N, "D": D, "loss": joined(N, D, s) * np.exp(noise)})


@pytest.mark.parametrize(("s", "rows"), [(0.7, 2), (0.7, 3), (1.5, 3)])
def test_points_that_miss_the_law_by_more_than_their_rows_scatter_tell_its_form(s, rows):
    runs = replicates(0, s, rows)
    (note,) = notes(runs)
    sizes = re.match(
        r"rows of one point \(N, D\) miss the law alike: the means of 36 points are off by "
        r"([\d.]+) % \(rms; most in rows [\d, ]+\), where a scatter of ([\d.]+) % within points "
        r"would leave ([\d.]+) %\. The form is wrong, or .*--law.*compare.*--hold-out",
        note,
    )
    miss, scatter, left = map(float, sizes.groups())
    within = np.log(runs.loss).groupby([runs.N, runs.D]).var().mean() ** 0.5
    assert 0.9 < miss < 1.15 and scatter == pytest.approx(100 * within, rel=0.05)
    assert left == pytest.approx(scatter / np.sqrt(rows), rel=0.05)
    assert notes(runs, "generalised") == []
    assert notes(runs, cluster="N,D") == []  # who says that they share something knows it
    assert notes(runs.groupby(["N", "D"], as_index=False).mean()) == []  # nothing to compare with


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (6, 6)])
def test_rows_of_a_right_form_are_not_alike_whatever_their_tails_and_number(seed, shape):
    for tails in (2.5, 30.0):
        assert notes(replicates(seed, 1.0, tails=tails, shape=shape)) == []


def test_rounding_and_copies_make_no_rows_alike():
    runs = replicates(0, 1.0)
    coarse = runs.assign(loss=(joined(runs.N, runs.D, 1.0)).round(2), seed=np.arange(108) % 3)
    assert notes(coarse) == []
    twice = pd.concat([replicates(0, 1.0, rows=1)] * 2, ignore_index=True)
    assert [note for note in notes(twice) if "alike" in note] == []


def test_what_rows_of_a_point_differ_in_is_said_once():
    runs = replicates(0, 0.7, rows=8)
    (note,) = notes(runs)
    assert note.startswith("288 rows are 36 points") and "trials" in note
    shift = np.where(np.arange(108) % 3 == 1, 1.05, 1.0)
    named = replicates(0, 0.7).assign(arch=np.resize(["a", "b", "a"], 108))
    (note,) = notes(named.assign(loss=named.loss * shift))
    assert "rows of one arch miss the law alike" in note


@pytest.mark.parametrize("name", ["experts", "width", "vocab", "seq_len", "seed"])
def test_a_column_of_few_numbers_that_matters_is_named(name):
    rng, runs = np.random.default_rng(0), replicates(0, 1.0)
    runs[name] = np.resize([1, 8, 32], 108)
    N = runs.N * runs[name] ** 0.35
    noise = np.exp(0.003 * rng.standard_normal(108))
    (note,) = notes(runs.assign(loss=joined(N, runs.D, 1.0) * noise))
    assert note.startswith(f"rows of one {name} miss the law alike")
    assert f"3 values of {name}; a law that has {name}, a fit of each, --by {name}" in note


@pytest.mark.parametrize("seed", range(5))
def test_columns_that_do_not_matter_and_that_follow_from_others_are_not_named(seed):
    rng, runs = np.random.default_rng(seed), replicates(seed, 1.0, rows=2, tails=3.0)
    runs["seed"], runs["experts"] = np.arange(72) % 2, rng.choice([1, 8, 32], 72)
    runs["width"], runs["batch"] = runs.N.rank(method="dense"), np.where(runs.D > 1e10, 256, 128)
    runs["worse"] = runs.loss.round(1)
    assert notes(runs) == []
    # With the wrong form the width, which goes with N, is not blamed for it.
    wrong = replicates(seed, 0.7, rows=1).assign(width=lambda runs: runs.N.rank(method="dense"))
    assert notes(wrong) == []


def test_seeds_that_share_a_little_are_no_news():
    runs = replicates(0, 1.0)
    shift = np.exp(np.resize([0.0, 1e-3, -1e-3], 108))
    seeds = runs.assign(seed=np.arange(108) % 3, loss=runs.loss * shift)
    codes, residuals = seeds.seed.to_numpy(), fit("chinchilla", seeds).residuals
    assert alike(residuals, codes)[1] < 1e-3  # told apart, a tenth of the squares
    assert notes(seeds) == []


@pytest.mark.parametrize(
    ("law", "columns", "unused"),
    [
        ("kaplan_N", {}, "D"),
        ("kaplan_D", {}, "N"),
        ("power", {"x": "N"}, "D"),
        ("kaplan_C", {}, "N"),
    ],
)
def test_a_law_that_ignores_what_the_residuals_follow_is_told(law, columns, unused):
    runs = replicates(0, 1.0, rows=1)
    (note,) = notes(runs, law, columns=columns)
    assert note.startswith(f"the data hold {unused}, which this law does not use")
    assert "--law chinchilla" in note and f"the runs of one {unused} alone" in note


def test_a_law_that_ignores_what_does_not_matter_is_not_told():
    N = np.geomspace(2e7, 2e9, 24)
    loss = (8.8e13 / N) ** 0.076 * np.exp(0.003 * np.random.default_rng(0).standard_normal(24))
    assert notes({"N": N, "D": 20 * N, "loss": loss}, "kaplan_N") == []
    D = np.random.default_rng(1).permutation(N) * 20
    assert notes({"N": N, "D": D, "loss": loss}, "kaplan_N") == []
    # The form is wrong in N, and D goes with N: there is nothing to say about D.
    assert notes({"N": N, "D": 20 * N, "loss": joined(N, 20 * N, 1.0)}, "kaplan_N") == []


# Rates and trials ------------------------------------------------------------------------------


def tried(number, step, drift=-0.2, seed=0):
    """Losses at so many learning rates of each point, whose best follows N^drift."""
    rng, rows = np.random.default_rng(seed), []
    for N in np.geomspace(2e7, 2e9, 5):
        for D in np.geomspace(1e9, 1e11, 5):
            for i in range(number):
                lr = 1e-3 * step ** (i - (number - 1) / 2)
                off = np.log(lr / (1e-3 * (N / 2e8) ** drift * (D / 1e10) ** 0.1))
                noise = np.exp(0.004 * rng.standard_normal())
                rows.append((N, D, lr, joined(N, D, 1.0) * (1 + 0.02 * off**2) * noise))
    return pd.DataFrame(rows, columns=["N", "D", "lr", "loss"])


def test_the_best_rate_of_a_grid_is_no_median():
    runs = tried(3, 3.0)
    result = fit("learning_rate", runs, best_of="N,D")
    assert result.delta == 1.0 and -0.25 < result.params["a"] < -0.1
    median = fit("learning_rate", runs, best_of="N,D", delta=1e-3)
    assert abs(median.params["a"]) < 0.02  # two thirds of the points share one rate
    assert fit("chinchilla", runs, best_of="N,D").delta == 1e-3


def test_all_rates_that_were_tried_are_not_the_best_of_them():
    runs = tried(3, 3.0)
    (note,) = notes(runs, "learning_rate")
    assert note.startswith("75 rows are 25 points (N, D) with several lr each (rows 1, 2, 3)")
    assert "--best-of N,D" in note
    assert notes(runs, "learning_rate", best_of="N,D") == []


def test_the_best_of_trials_at_their_end_may_lie_beyond():
    assert notes(tried(5, 2.0), best_of="N,D") == []
    (note,) = notes(tried(4, 2.0, drift=-0.6), best_of="N,D")
    count = re.match(r"the best lr is the smallest or the largest .* at (\d+) of 25 points", note)
    runs = tried(4, 2.0, drift=-0.6)
    best = runs.loc[runs.groupby(["N", "D"]).loss.idxmin(), "lr"]
    assert int(count[1]) == best.isin([runs.lr.min(), runs.lr.max()]).sum() > 12
    # What was tried and diverged was tried: an end that others lie beyond is none.
    beyond = [runs.assign(lr=runs.lr.min() / 2, loss=np.nan), runs.assign(lr="0.1", loss=np.nan)]
    more = pd.concat([runs, *beyond], ignore_index=True)
    assert notes(more, best_of="N,D", drop_invalid=True) == []
    unknown = runs.assign(lr=runs.lr.where(abs(runs.N / 2e8 - 1) > 0.1))
    assert [n for n in notes(unknown, best_of="N,D") if "of 20 points" in n]


@pytest.mark.parametrize(("number", "step"), [(3, 10.0), (5, 5.0), (7, 2.0), (9, 1.5)])
def test_trials_in_wide_steps_miss_the_lowest_loss(number, step):
    found = notes(tried(number, step), best_of="N,D")
    if step < 3:
        assert found == []
        return
    (note,) = found
    off = re.match(r"the values of lr that were tried .* can lie ([\d.]+) % above", note)
    half = 0.02 * (np.log(step) / 2) ** 2  # of the curve that the losses were made by
    assert float(off[1]) == pytest.approx(100 * half, rel=0.3)


# Scores and forecasts --------------------------------------------------------------------------


def test_scores_that_level_off_above_the_end_of_a_logistic_law():
    C = np.geomspace(1e18, 1e22, 13)
    share = 0.25 + 0.75 / (1 + np.exp(-1.6 * (np.log10(C) - 21.2)))
    runs = {"C": C, "score": np.random.default_rng(0).binomial(1000, share) / 1000}
    (note,) = notes(runs, "logistic")
    assert note.startswith("the scores of least compute lie near 0.27 (3 runs), and this law goes")
    assert "--lower 0.27" in note
    assert notes(runs, logistic(0.25)) == []
