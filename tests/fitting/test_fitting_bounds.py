"""Fits at the edge: constants that vanish or run off, and what is said about them."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy import optimize

from scaling_lib.fitting import fit, uncertainty
from scaling_lib.fitting.isoflop import isoflop

# Eight checkpoints of the OLMo ladder (allenai/OLMo-ladder on GitHub, loss on C4): E is 0.
LADDER = np.array(
    [
        [758220288, 2.359e9, 3.6815],
        [758220288, 2.294e10, 3.1824],
        [1279395840, 3.618e10, 3.0646],
        [758220288, 6.095e10, 3.0293],
        [1279395840, 1.093e11, 2.8917],
        [190354176, 6.029e9, 3.5837],
        [1279395840, 5.19e10, 3.0086],
        [190354176, 6.816e9, 3.5086],
    ]
).T
# The best of each size and length in the Step Law sweep (step-law/steplaw on GitHub).
STEP_LAW = np.array(
    [
        [214663680, 4e9, 2.596925],
        [214663680, 1.14e10, 2.456829],
        [214663680, 2e10, 2.423325],
        [214663680, 1e11, 2.322113],
        [268304384, 5e9, 2.549712],
        [268304384, 1.42e10, 2.350966],
        [268304384, 2.5e10, 2.351223],
        [268304384, 8e10, 2.293572],
        [429260800, 8e9, 2.469748],
        [429260800, 2.27e10, 2.326898],
        [429260800, 4e10, 2.22903],
        [429260800, 5e10, 2.260204],
        [536872960, 1e10, 2.397004],
        [536872960, 2.84e10, 2.161534],
        [536872960, 5e10, 2.219124],
        [1073741824, 2e10, 2.187562],
        [1073741824, 5.69e10, 2.102763],
    ]
).T
LADDER = dict(zip(("N", "D", "loss"), LADDER, strict=True))
STEP_LAW = dict(zip(("N", "D", "loss"), STEP_LAW, strict=True))
FLAT = {"N": [1e8, 3e8, 1e9, 3e9, 1e10], "loss": [2.5, 2.498, 2.496, 2.4945, 2.493]}


def without_floor(seed, A, alpha, B, beta, noise):
    """Twenty runs of a law that has no constant."""
    N, D = (v.ravel() for v in np.meshgrid(np.geomspace(1e7, 1e9, 4), np.geomspace(1e9, 1e11, 5)))
    rng = np.random.default_rng(seed)
    loss = (A / N**alpha + B / D**beta) * np.exp(noise * rng.standard_normal(N.size))
    return {"N": N, "D": D, "loss": loss}


VANISHING = {
    "step law": STEP_LAW,
    "slow and noisy": without_floor(0, 8, 0.06, 40, 0.12, 0.03),
    "equal exponents": without_floor(1, 20, 0.1, 30, 0.1, 0.01),
    "steep data": without_floor(2, 6, 0.05, 3000, 0.4, 0.02),
    "steep size": without_floor(3, 300, 0.3, 9, 0.06, 0.02),
    "very noisy": without_floor(4, 15, 0.1, 30, 0.13, 0.05),
}


def rows_of(runs, index):
    return {name: np.asarray(values, float)[index] for name, values in runs.items()}


def test_a_constant_that_vanishes_is_zero_and_the_fit_converged():
    result = fit("chinchilla", LADDER)
    assert result.params["E"] == 0.0
    assert result.at_bound == ["E"]
    assert result.objective < 1.5715e-5
    text = result.summary()
    assert "0 (at its bound)" in text
    assert "E is 0, at its bound: these runs show no such part, at most 2.49" in text
    assert "stopped before" not in text
    assert "not the global one" not in text


@pytest.mark.long
@pytest.mark.parametrize("name", VANISHING)
def test_replicates_are_minima_by_an_independent_optimizer(scipy_fit, name):
    runs = VANISHING[name]
    result = fit("chinchilla", runs, bootstrap=20)
    n = result.n
    (weights,) = uncertainty.resampling_weights(n, 20, 0)
    assert result.refits.converged.all()
    for replicate in (0, 10):
        index = np.repeat(np.arange(n), weights[replicate].astype(int))
        lowest, _ = scipy_fit(**rows_of(result.data, index), delta=1e-3, starts=5)
        assert result.refits.objectives[replicate] <= lowest * 1.001


@pytest.mark.long
def test_replicates_where_the_constant_vanishes_end_where_single_fits_do():
    result = fit("chinchilla", STEP_LAW, bootstrap=60)
    (weights,) = uncertainty.resampling_weights(17, 60, 0)
    single = []
    for replicate in range(60):
        index = np.repeat(np.arange(17), weights[replicate].astype(int))
        single.append(fit("chinchilla", rows_of(result.data, index)).objective)
    assert (result.refits.objectives > 1.001 * np.array(single)).sum() <= 2
    low, high = result.intervals()["E"]
    assert low == 0.0
    assert 1.9 < high < 2.1


@pytest.mark.long
@pytest.mark.parametrize(("name", "profile"), [("step law", False), ("equal exponents", True)])
def test_a_bound_that_nothing_reaches_changes_nothing_where_the_constant_vanishes(name, profile):
    runs = VANISHING[name]
    free = fit("chinchilla", runs, bootstrap=20)
    bounded = fit("chinchilla", runs, bounds={"alpha": (0, 20)}, bootstrap=20)
    assert free.at_bound == bounded.at_bound == ["E"]
    assert bounded.objective == pytest.approx(free.objective, rel=1e-9)
    assert (bounded.refits.objectives / free.refits.objectives).max() < 1.01
    if not profile:  # seconds each: one set of runs for them
        return
    own = bounded.intervals(method="profile")
    for parameter, (low, high) in free.intervals(method="profile").items():
        assert own[parameter] == pytest.approx((low, high), rel=2e-3), parameter


@pytest.mark.long
def test_a_constant_that_is_held_tied_or_bounded_is_no_part_of_its_own():
    fixed = fit("chinchilla", STEP_LAW, fixed={"E": 1.0})
    assert fixed.params["E"] == 1.0 and fixed.residuals.std() < 0.02
    bounded = fit("chinchilla", STEP_LAW, bounds={"E": (0.5, 3)})
    assert bounded.at_bound == [] and "E reaches its bound 0.5" in bounded.warnings
    tied = fit("chinchilla", STEP_LAW, tied={"beta": "alpha"})
    assert tied.at_bound == [] and tied.params["E"] > 1.5


@pytest.mark.filterwarnings("error")
def test_what_the_runs_cannot_determine_is_said_with_the_run_that_would(capfd):
    result = fit("kaplan_N", FLAT, bootstrap=50)
    assert (
        "these runs do not determine x_c: it takes runs over a wider range of N (here a factor of "
        "100)" in result.summary()
    )
    facts = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert facts["params"]["x_c"] is None
    assert capfd.readouterr() == ("", "")


def test_the_command_line_prints_json_where_a_parameter_ran_off(tmp_path):
    path = tmp_path / "flat.csv"
    rows = [f"{N},{loss}" for N, loss in zip(FLAT["N"], FLAT["loss"], strict=True)]
    path.write_text("\n".join(["N,loss", *rows]) + "\n")
    command = [sys.executable, "-m", "scaling_lib", "fit", path, "--law", "kaplan_N", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["params"]["x_c"] is None


def test_an_optimum_is_refused_where_there_is_none():
    """Runs in which the loss does not fall with N: A vanishes, or alpha is not positive."""
    N, D = (v.ravel() for v in np.meshgrid(np.geomspace(1e7, 1e9, 4), np.geomspace(1e9, 1e11, 5)))
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(N.size))
    result = fit("chinchilla", {"N": N, "D": D, "loss": (1.5 + 900 / D**0.3) * noise * N**0.01})
    with pytest.raises(ValueError, match=r"has no compute optimum: .* must be positive and finite"):
        result.optimum(1e21)


@pytest.mark.filterwarnings("error")
def test_a_budget_of_one_size_is_skipped_without_noise_from_lapack(capfd):
    rng, rows = np.random.default_rng(0), []
    for C in (1e18, 1e19, 1e20):
        best = 1e8 * (C / 1e18) ** 0.5
        rows += [(C, best * s, 2.5 + 0.1 * np.log(s) ** 2) for s in (0.3, 0.6, 1.0, 1.7, 3.1)]
    rows += [(1e21, 214663680.0, 2.1 + 0.01 * rng.random()) for _ in range(6)]
    C, N, loss = np.array(rows).T
    result = isoflop({"C": C, "N": N, "loss": loss})
    assert list(result.skipped.values()) == ["fewer than three sizes"]
    assert result.a == pytest.approx(0.5, abs=1e-6)
    assert capfd.readouterr() == ("", "")


def test_at_a_bound_errors_and_predictions_are_those_of_what_can_still_vary():
    # Loss on code of four mixtures of two sources, pooled (yegcjs/mixinglaws on GitHub, 70M).
    x = [10000, 14000, 20000, 30000] * 4
    loss = [1.620833, 1.549437, 1.481441, 1.444336, 1.549836, 1.496873, 1.42829, 1.385968]
    loss += [1.44693, 1.38898, 1.328847, 1.293597, 1.411091, 1.345138, 1.292771, 1.256771]
    result = fit("power", {"x": x, "loss": loss})
    assert result.at_bound == ["E"]
    low, high = result.intervals()["alpha"]
    assert result.stderr["alpha"] < high - low
    assert result.stderr["E"] == np.inf
    assert "the other standard errors hold it there" in result.summary()
    far = {"x": [3e5]}
    mean, plain = result.predict(far, 0.9, kind="mean"), result.predict(far)[0]
    assert 0.5 * plain < mean.low[0] < plain < mean.high[0] < 2 * plain
    # E may be as large as its interval says, and the loss never falls below it.
    assert mean.high[0] > 0.999 * result.intervals()["E"].high
    new = result.predict(far, 0.9)
    assert new.low[0] < mean.low[0] < mean.high[0] < new.high[0]


@pytest.mark.long
def test_profiles_of_other_parameters_follow_where_a_constant_comes_back():
    result = fit("chinchilla", STEP_LAW)
    ends = result.intervals()
    level = fit("chinchilla", STEP_LAW, fixed={"E": ends["E"].high}).objective
    inside, outside = (
        fit("chinchilla", STEP_LAW, fixed={"alpha": alpha}).objective for alpha in (0.7, 0.85)
    )
    assert inside < level < outside
    assert 0.7 < ends["alpha"].high < 0.85


def lowest_with_exponent_held(runs, which, value, delta, starts=12):
    """Return the lowest Huber objective with alpha or beta held and E >= 0, by SciPy alone."""
    x, z, y = np.log(runs["N"]), np.log(runs["D"]), np.log(runs["loss"])
    x, z, least = x - x.mean(), z - z.mean(), np.exp(y.min())

    def objective(p, delta):
        E, a, b, other = p
        alpha, beta = (value, other) if which == "alpha" else (other, value)
        terms = np.array([np.full_like(x, E), np.exp(a - alpha * x), np.exp(b - beta * z)])
        f = terms.sum(0)
        r = np.log(f) - y
        pull = np.clip(r, -delta, delta)
        d_other = -terms[2] * z if which == "alpha" else -terms[1] * x
        slopes = np.array([np.ones_like(x), terms[1], terms[2], d_other]) / f
        return (pull * (r - pull / 2)).sum(), slopes @ pull

    rng, ends, limits = np.random.default_rng(0), [], [(0, None), *[(-30, 30)] * 3]
    for _ in range(starts):
        shares = rng.dirichlet(np.ones(3)) * least
        p = [shares[0], *np.log(shares[1:]), rng.uniform(0.05, 0.6)]
        for scale in (30 * delta, 5 * delta, delta):
            options = {"ftol": 1e-15, "gtol": 1e-13, "maxiter": 3000}
            found = optimize.minimize(
                objective,
                p,
                args=scale,
                jac=True,
                method="L-BFGS-B",
                bounds=limits,
                options=options,
            )
            p = found.x
        ends.append(found.fun)
    return min(ends)


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 11])
def test_profiles_end_where_a_constrained_optimizer_says_when_the_constant_vanishes(seed):
    """At the far ends of other parameters the constant comes back, and the objective is lower."""
    rng = np.random.default_rng(seed)
    N, D = np.exp(rng.uniform(19, 25, 40)), np.exp(rng.uniform(24, 29, 40))
    loss = (90 / N**0.227 + 30 / D**0.11) * np.exp(0.04 * rng.normal(size=40))
    result = fit("chinchilla", {"N": N, "D": D, "loss": loss})
    assert result.at_bound == ["E"]
    variance, inverse = result._eta_variances
    quantile = uncertainty.student(0.9, result.problem.dof)
    names = [parameter.name for parameter in result.law.free]
    for name in ("alpha", "beta"):
        j = names.index(name)
        for end in result.intervals(method="profile")[name]:
            risen = lowest_with_exponent_held(result.data, name, end, result.delta)
            risen -= result.objective
            root = np.sqrt(2 * inverse[j] / variance[j] * risen) / quantile
            assert root == pytest.approx(1, abs=0.01), (name, end)


def lowest_with_scale_held(runs, A, delta):
    """Return the lowest Huber objective with A held, by SciPy alone, from many exponents."""
    x, z, y = np.log(runs["N"]), np.log(runs["D"]), np.log(runs["loss"])

    def residuals(p):
        e, b, alpha, beta = p
        f = np.logaddexp(e, np.log(A) - alpha * x)
        return np.logaddexp(f, b - beta * (z - z.mean())) - y

    costs = []
    for level in np.linspace(-6, 1, 8):  # the logarithm of A / N^alpha at the mean of log N
        for share in (1e-9, 0.9):
            p = [np.log(share) + y.min(), -1.0, (np.log(A) - level) / x.mean(), 0.2]
            for scale in (30 * delta, 5 * delta, delta):
                options = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 100}
                end = optimize.least_squares(
                    residuals, p, loss="huber", f_scale=scale, x_scale="jac", **options
                )
                p = end.x
            costs.append(end.cost)
    return min(costs)


# The best of each size and length, 12 to 25 million parameters, from a spreadsheet of
# hadasah/scaling_laws on GitHub: N varies by a factor of two, so that alpha and A have far ends.
NARROW = np.array(
    [
        [12047168, 524288000, 4.122],
        [12047168, 1048576000, 3.685],
        [12047168, 4194304000, 3.360],
        [12047168, 6418981674, 3.300],
        [12047168, 9320111387, 3.263],
        [12047168, 12426815182, 3.243],
        [16865856, 524288000, 4.019],
        [16865856, 786432000, 3.732],
        [16865856, 1048576000, 3.605],
        [16865856, 1310720000, 3.530],
        [16865856, 1572864000, 3.476],
        [16865856, 11095488587, 3.174],
        [25174528, 524288000, 3.976],
        [25174528, 786432000, 3.680],
        [25174528, 1048576000, 3.547],
        [25174528, 1572864000, 3.414],
        [25174528, 2097152000, 3.335],
        [25174528, 8388608000, 3.111],
        [25174528, 16777216000, 3.052],
    ]
).T
NARROW = dict(zip(("N", "D", "loss"), NARROW, strict=True))


@pytest.mark.long
@pytest.mark.parametrize("runs", [LADDER, NARROW], ids=["ladder", "narrow"])
def test_a_scale_ends_where_its_exponent_does(runs):
    """Where alpha has ends, A has: exp(alpha times the mean of log N) away from its estimate."""
    result = fit("chinchilla", runs)
    ends = result.intervals()
    assert np.isfinite(ends["alpha"]).all()
    assert result.unidentified().get("A") is None
    variance, inverse = result._eta_variances
    quantile = uncertainty.student(0.9, result.problem.dof)
    for A in ends["A"]:
        risen = lowest_with_scale_held(runs, A, result.delta) - result.objective
        root = np.sqrt(2 * inverse[1] / variance[1] * risen) / quantile
        assert root == pytest.approx(1, abs=0.01), A
    if runs is NARROW:
        assert ends["A"].high > 1e15 * result.params["A"]


def test_a_search_along_a_valley_without_end_says_what_is_not_determined():
    steps = {"C": [1, 10, 100, 200, 400], "reward": [0.037, 0.55, 0.72, 0.76, 0.78]}
    text = " ".join(fit("reward", steps).warnings)
    assert "these runs do not determine R_0" in text
    assert "it takes runs over a wider range of C (here a factor of 400)" in text
    assert "search stopped" not in text
    assert "not the global one" not in text


def test_other_minima_inside_the_intervals_are_no_news():
    # Rank of the hidden layer by its width (optimizer-scaling-laws on GitHub, AdamW): every pair of
    # the eight runs is nearly a minimum.
    width = 768 * np.arange(1, 9)
    rank = [430.8, 685.4, 1018.9, 1262.3, 1349.6, 1504.2, 1419.8, 1769.1]
    result = fit("batch_size", {"D": width, "batch": rank}, delta=1e-3)
    assert sum(minimum["ratio"] < 1.05 for minimum in result.other_minima) > 1
    assert result.warnings == []
    outside = {"ratio": 1.01, "params": {"c": 100.0, "b": 0.3}}
    assert result._is_rival(outside)
    assert not result._is_rival({**outside, "ratio": 1.2})
