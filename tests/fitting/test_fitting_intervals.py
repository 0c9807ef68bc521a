"""Uncertainty: bootstrap and profile against each other and against repeated synthetic data."""

import numpy as np
import pytest

from scaling_lib.fitting import fit, uncertainty
from scaling_lib.laws import BESIROGLU_2024, MUENNIGHOFF_2023, formulas, logistic


def surface(seed, n=120, noise=0.005):
    rng = np.random.default_rng(seed)
    N = np.exp(rng.uniform(np.log(4e7), np.log(1.6e10), n))
    D = np.exp(rng.uniform(np.log(1e18), np.log(1e22), n)) / (6 * N)
    return {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * np.exp(noise * rng.normal(size=n))}


@pytest.fixture(scope="module")
def fitted():
    return fit("chinchilla", surface(0), delta=1e-2, bootstrap=600)


def test_bootstrap_and_profile_intervals_agree(fitted):
    profile, bootstrap = fitted.intervals(0.9, "profile"), fitted.intervals(0.9, "bootstrap")
    for name, value in fitted.params.items():
        low, high = profile[name]
        assert low < value < high
        width = high - low
        assert bootstrap[name].low == pytest.approx(low, abs=0.25 * width)
        assert bootstrap[name].high == pytest.approx(high, abs=0.25 * width)


def test_bootstrap_and_asymptotic_standard_errors_agree(fitted):
    asymptotic = fit("chinchilla", surface(0), delta=1e-2).stderr
    for name, value in fitted.stderr.items():
        assert value == pytest.approx(asymptotic[name], rel=0.35)


def test_least_squares_errors_are_the_textbook_ones():
    """With one linear law and an infinite delta everything is ordinary regression."""
    rng = np.random.default_rng(1)
    x = np.geomspace(1e6, 1e9, 50)
    y = (1e14 / x) ** 0.08 * np.exp(0.01 * rng.normal(size=50))
    result = fit("kaplan_N", {"N": x, "loss": y}, delta=np.inf)
    slope, _ = np.polyfit(np.log(x), np.log(y), 1)
    residuals = np.log(y) - np.polyval(np.polyfit(np.log(x), np.log(y), 1), np.log(x))
    s = np.sqrt((residuals**2).sum() / 48)
    error = s / np.sqrt(((np.log(x) - np.log(x).mean()) ** 2).sum())
    assert result.params["alpha"] == pytest.approx(-slope)
    assert result.stderr["alpha"] == pytest.approx(error, rel=1e-6)
    low, high = result.intervals(0.9)["alpha"]
    assert (high - low) / 2 == pytest.approx(1.6772 * error, rel=2e-3)  # t quantile, 48 dof


@pytest.mark.parametrize(
    "level, dof, exact",
    [(0.9, 1, 6.3138), (0.9, 3, 2.3534), (0.99, 3, 5.8409), (0.95, 5, 2.5706), (0.9, 1e9, 1.6449)],
)
def test_student_quantile(level, dof, exact):
    assert uncertainty.student(level, dof) == pytest.approx(exact, rel=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("delta", [1e-3, 1e-2])
def test_ninety_per_cent_intervals_hold_the_truth_about_nine_times_in_ten(delta):
    """Coverage on 40 repeated data sets; with 0.9 a count below 30 has a chance of 0.2 %."""
    hits = {"profile": 0, "bootstrap": 0, "prediction": 0.0}
    sets = 40
    for seed in range(100, 100 + sets):
        result = fit("chinchilla", surface(seed, n=100), delta=delta)
        new = surface(seed + 5000, n=100)
        hits["prediction"] += result.score(new).inside
        profile = result.intervals()
        bootstrap = result.bootstrap(100).intervals()
        truth = BESIROGLU_2024.params["beta"]
        hits["profile"] += profile["beta"].low <= truth <= profile["beta"].high
        hits["bootstrap"] += bootstrap["beta"].low <= truth <= bootstrap["beta"].high
    assert hits["profile"] >= 30
    assert hits["bootstrap"] >= 30
    assert 0.83 * sets < hits["prediction"] < 0.95 * sets


def test_wider_levels_are_wider():
    result = fit("chinchilla", surface(3), delta=1e-2)
    narrow, wide = result.intervals(0.5), result.intervals(0.95)
    for name in result.params:
        assert wide[name].low < narrow[name].low < narrow[name].high < wide[name].high


def test_every_replicate_is_at_its_own_minimum(fitted):
    """No other replicate's minimum, nor a shaken start, leads a replicate lower."""
    problem, theta = fitted.problem, fitted.refits.theta[:100]
    rng = np.random.default_rng(0)
    draw = np.random.default_rng(0).integers(problem.n, size=(600, problem.n), dtype=np.int32)
    weights = np.stack([np.bincount(row, minlength=problem.n) for row in draw[:100]]).astype(float)
    F = problem.f.objective(theta, problem.y, problem.delta, weights)[0]
    np.testing.assert_allclose(F, fitted.refits.objectives[:100], rtol=1e-12)
    for scale in (0.0, 0.05, 0.3):
        start = theta[rng.permutation(100)] + scale * rng.normal(size=theta.shape)
        again = problem.minimize(start, weights=weights)
        assert (again.F > F * (1 - 1e-8)).all()


def test_threads_and_blocks_do_not_change_the_result(monkeypatch):
    monkeypatch.setattr(uncertainty, "BLOCK", 64)
    runs = surface(4, 60)
    one = fit("chinchilla", runs, bootstrap=200, threads=1)
    two = fit("chinchilla", runs, bootstrap=200, threads=2)
    for name in one.params:
        np.testing.assert_array_equal(one.draws[name], two.draws[name])


def test_seed_decides_the_bootstrap():
    runs = surface(5, 60)
    first, again, other = (fit("chinchilla", runs, bootstrap=30, seed=s) for s in (1, 1, 2))
    assert first.stderr == again.stderr
    assert first.stderr != other.stderr


def test_bootstrap_has_to_be_asked_for_and_be_large_enough():
    result = fit("chinchilla", surface(6, 30))
    assert result.draws is None
    with pytest.raises(ValueError, match="bootstrap\\(\\) first"):
        result.intervals(method="bootstrap")
    with pytest.raises(ValueError, match="at least 20"):
        result.bootstrap(5)
    with pytest.raises(ValueError, match="method"):
        result.intervals(method="jackknife")


def test_profile_of_exact_data_has_no_width():
    result = fit("chinchilla", surface(7, 40, noise=0.0))
    for name, (low, high) in result.intervals().items():
        assert low == pytest.approx(high) == pytest.approx(result.params[name])


def test_exact_runs_whose_best_exponent_is_infinite_have_no_lower_minimum():
    """The objective falls towards zero with alpha, far below what any digit of the runs shows."""
    N, D = np.repeat([1e9, 1.001e9, 1.002e9], 3), np.tile([2e9, 4e9, 8e9], 3)
    loss = np.array([2.80, 2.62, 2.50, 2.70, 2.52, 2.40, 2.70, 2.52, 2.40])
    notes = " ".join(fit("chinchilla", {"N": N, "D": D, "loss": loss}).warnings)
    assert "do not determine A" in notes and "a lower objective" not in notes


def test_prediction_intervals_widen_with_distance_and_noise(fitted):
    near = {"N": 1e9, "D": 2e10}
    far = {"N": 1e13, "D": 1e14}

    def width(columns, **options):
        p = fitted.predict(columns, 0.9, **options)
        assert p.low < p.value < p.high
        return np.log(p.high / p.low)

    both = fitted.predict({"N": [1e9, 1e13], "D": 2e10})
    np.testing.assert_array_equal(both, fitted.predict({"N": [1e9, 1e13], "D": [2e10, 2e10]}))
    with pytest.raises(ValueError, match="different lengths: N 2, D 1"):
        fitted.predict({"N": [1e9, 1e13], "D": [2e10]})
    assert width(far, kind="mean") > 3 * width(near, kind="mean")
    assert width(near) > 3 * width(near, kind="mean")
    assert width(near) == pytest.approx(2 * 1.645 * 0.005, rel=0.2)


def test_score_counts_errors_of_known_size():
    result = fit("chinchilla", surface(8, 60, noise=0.0))
    runs = surface(9, 40, noise=0.0)
    runs["loss"] = runs["loss"] / np.resize([1.01, 1.03], 40)
    score = result.score(runs)
    assert score.n == 40
    assert score.mean_error == pytest.approx(0.02, rel=1e-4)
    assert score.worst_error == pytest.approx(0.03, rel=1e-4)
    assert score.bias == pytest.approx(0.02, rel=1e-4)


@pytest.mark.filterwarnings("error")
def test_replicates_find_a_constant_that_the_fit_does_not_have():
    """Where the fit's E vanishes its gradient does too; some replicates have an E all the same."""
    rng = np.random.default_rng(3)
    N, D = np.exp(rng.uniform(9, 18, 16)), np.exp(rng.uniform(12, 22, 16))
    loss = (40 * N**-0.3 + 90 * D**-0.35) * np.exp(0.02 * rng.normal(size=16))
    result = fit("chinchilla", {"N": N, "D": D, "loss": loss}, bootstrap=300, seed=0)
    assert result.params["E"] < 1e-6 * loss.min()
    problem = result.problem
    draw = np.random.default_rng(0).integers(16, size=(300, 16), dtype=np.int32)
    weights = np.stack([np.bincount(line, minlength=16) for line in draw]).astype(float)
    start = result.refits.theta.copy()
    start[:, problem.offset_index] = -3.0
    restarted = problem.minimize(start, weights=weights).F
    missed = result.refits.objectives > restarted * (1 + 1e-8) + 10 * problem.rounding
    assert missed.sum() <= 3
    assert (result.refits.theta[:, problem.offset_index] > -5).sum() > 10


def test_a_parameter_that_ran_off_to_infinity_has_an_open_interval():
    """Two epochs do not say when a token is worn out; the best fit may be: never."""
    base = [MUENNIGHOFF_2023.params[name] for name in ("E", "A", "B", "alpha", "beta")]
    sizes, text = np.geomspace(1e8, 8e9, 5), np.geomspace(1e8, 1e11, 4)
    N, D, U = np.array([(n, u * e, u) for n in sizes for u in text for e in (1, 2)]).T
    noise = np.exp(0.01 * np.random.default_rng(2).standard_normal(len(N)))
    loss = formulas.repeated_data(N, D, U, *base, 15.39) * noise
    result = fit("repeated", {"N": N, "D": D, "U": U, "loss": loss})
    assert result.params["R_D"] > 1e6
    low, high = result.intervals()["R_D"]
    assert 1 < low < 15.39 and high == np.inf


def test_a_bootstrap_of_hardly_more_runs_than_parameters_is_warned_of():
    N = np.array([5e7, 1e8, 3e8, 1e9, 2e8, 1e9, 3e7])
    D = np.array([4e9, 2e10, 1e10, 5e10, 2e9, 5e9, 1e10])
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(7))
    runs = {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * noise}
    six = fit("chinchilla", {name: values[:6] for name, values in runs.items()})
    assert not any("to spare" in text for text in six.warnings)
    (text,) = (text for text in six.bootstrap(20).warnings if "to spare" in text)
    assert text.startswith("6 runs for 5 parameters leave 1 to spare: intervals by bootstrap are")
    assert not any("to spare" in text for text in fit("chinchilla", runs, bootstrap=20).warnings)


def scores_near_the_top():
    C = np.geomspace(1e18, 1e22, 13)
    share = 0.25 + 0.75 / (1 + np.exp(-1.6 * (np.log10(C) - 21.2)))
    return {"C": C, "score": np.random.default_rng(0).binomial(1000, share) / 1000}


def test_no_interval_of_a_share_leaves_the_shares():
    runs, law = scores_near_the_top(), logistic(0.25)
    result, far = fit(law, runs), {"C": [1e10, 1e24, 1e26]}
    new, mean = result.predict(far, 0.9), result.predict(far, 0.9, "mean")
    assert new.high[1] == new.high[2] == 1.0
    assert 0.2 < new.low[0] < 0.25 == mean.low[0]  # noise crosses the end of the law
    assert np.all((new.low <= new.value) & (new.value <= new.high))
    percent = fit(logistic(25, 100), {"C": runs["C"], "score": 100 * runs["score"]}, delta=0.1)
    assert percent.predict(far, 0.9, "mean").high.max() <= 100.0


def test_a_law_whose_end_is_above_one_is_not_cut():
    loss = np.linspace(0.75, 1.1, 14)
    score = 0.25 + 0.7 / (1 + np.exp(14 * (loss - 0.72)))
    score += 0.01 * np.random.default_rng(0).normal(size=14)
    result = fit("task_score", {"loss": loss, "score": score})
    assert result.params["upper"] > 1.5
    far = result.predict({"loss": 0.3}, 0.9)
    assert far.low < far.value < far.high and far.high > 1.5


def test_tables_say_how_far_beyond_the_runs_they_go():
    N, D = np.meshgrid(np.geomspace(1e7, 1e9, 5), np.geomspace(1e9, 1e11, 5))
    runs = {"N": N.ravel(), "D": D.ravel(), "loss": BESIROGLU_2024.loss(N, D).ravel()}
    result = fit("chinchilla", runs)
    near = {"N": [1e9, 2e9], "D": [1e11, 4e11]}
    assert result.prediction_table(near).attrs["notes"] == []
    (note,) = result.prediction_table({"N": [1e9, 1e10], "D": [1e11, 4e11]}).attrs["notes"]
    assert note.startswith("this goes to 40 times the largest C of the runs")
    assert result.optimum_table([6e20, 5e21]).attrs["notes"] == []
    (note,) = result.optimum_table([6e20, 6e22]).attrs["notes"]
    assert note.startswith("this goes to 1e+02 times the largest C of the runs")
