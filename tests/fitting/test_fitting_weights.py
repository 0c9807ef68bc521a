"""Weights, a penalty of overestimates, and clusters: each against SciPy alone."""

import numpy as np
import pytest
from scipy.optimize import minimize

from scaling_lib.fitting import compare, fit, uncertainty
from scaling_lib.laws import BESIROGLU_2024


def checkpoints(seed, clusters=24, each=8, between=0.004, within=0.003):
    """Checkpoints of several trainings: the errors of one training have a part in common."""
    rng = np.random.default_rng(seed)
    run = np.repeat(np.arange(clusters), each)
    N = np.exp(rng.uniform(np.log(4e7), np.log(1.6e10), clusters))[run]
    D = np.exp(rng.uniform(np.log(1e9), np.log(3e11), run.size))
    error = between * rng.normal(size=clusters)[run] + within * rng.normal(size=run.size)
    loss = BESIROGLU_2024.loss(N, D) * np.exp(error)
    weights = rng.uniform(0.2, 5.0, run.size)
    return {"N": N, "D": D, "loss": loss, "run": run, "w": weights}


def by_scipy(N, D, loss, delta, weights, penalty, start=BESIROGLU_2024.params):
    """Return the lowest objective by BFGS alone, first with the dents of a small delta smoothed.

    No derivatives are shared with the library: the objective is written out here.
    """
    x, z, y = np.log(N), np.log(D), np.log(loss)
    mx, mz = x.mean(), z.mean()

    def objective(p, delta):
        e, a, b, alpha, beta = p
        u_A, u_B = a - alpha * (x - mx), b - beta * (z - mz)
        f = np.logaddexp(np.logaddexp(e, u_A), u_B)
        r = f - y
        factor = weights * np.where(r > 0, penalty, 1.0)
        size = np.abs(r)
        rho = np.where(size <= delta, r**2 / 2, delta * (size - delta / 2))
        pull = factor * np.clip(r, -delta, delta)
        A, B = pull * np.exp(u_A - f), pull * np.exp(u_B - f)
        g = [pull @ np.exp(e - f), A.sum(), B.sum(), -A @ (x - mx), -B @ (z - mz)]
        return (factor * rho).sum() * 1e4, np.array(g) * 1e4

    E, A, B, alpha, beta = (start[name] for name in ("E", "A", "B", "alpha", "beta"))
    p = np.array([np.log(E), np.log(A) - alpha * mx, np.log(B) - beta * mz, alpha, beta])
    best, rng = np.inf, np.random.default_rng(0)
    for move in (0.0, 0.05, 0.05, 0.2, 0.2):
        q = p + move * rng.normal(size=5)
        for scale in [s for s in (30.0, 5.0, 1.0) if np.isfinite(delta * s) or s == 1.0]:
            found = minimize(objective, q, (delta * scale,), jac=True, method="BFGS", tol=1e-9)
            q = found.x
        best = min(best, found.fun / 1e4)
    return best


OPTIONS = [
    {"weights": "w"},
    {"overestimate_penalty": 10.0},
    {"weights": "w", "overestimate_penalty": 3.0},
]


@pytest.mark.parametrize("options", OPTIONS, ids=["weights", "penalty", "both"])
@pytest.mark.parametrize("delta", [1e-3, 1e-2, np.inf])
def test_the_objective_is_the_lowest_that_scipy_finds(options, delta):
    for seed in (0, 1):
        runs = checkpoints(seed)
        result = fit("chinchilla", runs, delta=delta, **options)
        w = runs["w"] if "weights" in options else np.ones(192)
        penalty = options.get("overestimate_penalty", 1.0)
        columns = [runs[name] for name in ("N", "D", "loss")]
        lowest = by_scipy(*columns, delta, w / w.mean(), penalty, result.params)
        lowest = min(lowest, by_scipy(*columns, delta, w / w.mean(), penalty))
        assert result.objective <= lowest * (1 + 1e-6)
        # The sum itself, from the parameters alone.
        r = np.log(result.predict(runs) / runs["loss"])
        size = np.minimum(np.abs(r), delta)
        rho = w / w.mean() * np.where(r > 0, penalty, 1.0) * size * (np.abs(r) - size / 2)
        assert result.objective == pytest.approx(rho.sum(), rel=1e-6)
        assert result.residuals == pytest.approx(r, abs=1e-9)


def test_a_weight_of_two_is_a_run_that_stands_twice():
    runs = checkpoints(0)
    times = np.random.default_rng(0).integers(1, 4, 192)
    twice = {name: np.repeat(values, times) for name, values in runs.items()}
    weighted, repeated = fit("chinchilla", runs, weights=times), fit("chinchilla", twice)
    for name, value in weighted.params.items():
        assert value == pytest.approx(repeated.params[name], rel=1e-6)
    assert weighted.objective * times.mean() == pytest.approx(repeated.objective)


def test_equal_weights_in_any_unit_change_nothing_but_the_robust_errors():
    runs = checkpoints(0)
    plain, equal = fit("chinchilla", runs), fit("chinchilla", runs, weights=np.full(192, 7.0))
    assert equal.params == pytest.approx(plain.params, rel=1e-9)
    assert equal.aicc == pytest.approx(plain.aicc, abs=1e-6)
    for name, (low, high) in plain.intervals().items():
        assert equal.intervals()[name].low == pytest.approx(low, abs=0.4 * (high - low))
        assert equal.intervals()[name].high == pytest.approx(high, abs=0.4 * (high - low))
    same = [fit("chinchilla", runs).bootstrap(50).stderr, equal.bootstrap(50).stderr]
    assert same[1] == pytest.approx(same[0], rel=1e-4)


def test_the_penalty_leads_below_the_runs():
    runs = checkpoints(0)
    shares = [
        (fit("chinchilla", runs, overestimate_penalty=penalty).residuals > 0).mean()
        for penalty in (1 / 9, 1.0, 9.0)
    ]
    # With a small delta the law is near the quantile 1 / (1 + penalty) of the runs.
    assert shares == pytest.approx([0.1, 0.5, 0.9][::-1], abs=0.06)


def test_replicates_of_clusters_are_minima_of_whole_clusters_by_scipy():
    runs = checkpoints(1, clusters=12)
    result = fit("chinchilla", runs, cluster="run", weights="w", bootstrap=200)
    rng = np.random.default_rng(0)  # the same draw, with numpy alone
    draw = rng.integers(12, size=(200, 12), dtype="i4")
    assert result.refits.converged.all()
    for replicate in (0, 50, 100, 150):
        index = np.concatenate([np.flatnonzero(runs["run"] == label) for label in draw[replicate]])
        columns = [runs[name][index] for name in ("N", "D", "loss")]
        at = {name: values[replicate] for name, values in result.draws.items()}
        weights = runs["w"][index] / runs["w"].mean()
        lowest = by_scipy(*columns, 1e-3, weights, 1.0, at)
        assert result.refits.objectives[replicate] >= lowest * (1 - 1e-3)  # the same clusters
        assert result.refits.objectives[replicate] <= lowest * (1 + 1e-6)


def test_intervals_of_clusters_agree_with_refits_by_scipy():
    """Least squares, where one start is enough: 120 refits to other draws of whole clusters."""
    runs, rng, draws = checkpoints(2, clusters=16), np.random.default_rng(9), []
    result = fit("chinchilla", runs, delta=np.inf, cluster="run", bootstrap=1000)
    x, z, y = (np.log(runs[name]) for name in ("N", "D", "loss"))
    p = result.params
    start = [np.log(p["E"]), np.log(p["A"]), np.log(p["B"]), p["alpha"], p["beta"]]
    for _ in range(120):
        chosen = rng.integers(16, size=16)
        index = np.concatenate([np.flatnonzero(runs["run"] == label) for label in chosen])
        draws.append(_least_squares(x[index], z[index], y[index], start)[4])
    low, high = np.quantile(draws, [0.05, 0.95])
    ours = result.intervals()["beta"]
    assert ours.low == pytest.approx(low, abs=0.25 * (high - low))
    assert ours.high == pytest.approx(high, abs=0.25 * (high - low))
    assert result.stderr["beta"] == pytest.approx(np.std(draws), rel=0.25)


def _least_squares(x, z, y, start):
    from scipy.optimize import least_squares

    def residuals(p):
        return np.logaddexp(np.logaddexp(p[0], p[1] - p[3] * x), p[2] - p[4] * z) - y

    return least_squares(residuals, start, x_scale="jac", xtol=1e-12, ftol=1e-12).x


def test_few_clusters_have_the_standard_errors_that_estimates_have():
    """Of 40 data sets of 8 runs; the sum of squared gradients would be half of it."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        N = np.repeat(np.geomspace(5e6, 5e8, 8), 15)
        D = N * np.tile(np.geomspace(2, 60, 15), 8)
        noise = np.repeat(rng.normal(0, 0.01, 8), 15) + rng.normal(0, 0.002, 120)
        runs = {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * np.exp(noise)}
        result = fit("chinchilla", runs, cluster=np.repeat(np.arange(8), 15))
        found.append((result.params["alpha"], result.stderr["alpha"]))
    estimates, errors = np.transpose(found)
    assert 0.8 < np.sqrt(np.mean(errors**2)) / np.std(estimates) < 1.3


def test_too_few_clusters_for_a_bootstrap_are_said():
    runs = checkpoints(0, clusters=16)
    halves = fit("chinchilla", runs, cluster=np.asarray(runs["run"]) % 2, bootstrap=30)
    assert any(note.startswith("2 clusters have 3 different draws") for note in halves.warnings)
    four = fit("chinchilla", runs, cluster=np.asarray(runs["run"]) % 4, bootstrap=30)
    assert any(note.startswith("4 clusters have 35 different draws") for note in four.warnings)
    whole = fit("chinchilla", runs, cluster="run", bootstrap=30)
    assert not any("different draws" in note for note in whole.warnings)


@pytest.mark.long
def test_intervals_of_clusters_hold_the_truth_where_those_of_runs_do_not():
    """Coverage of alpha on 40 data sets; with 0.9 a count below 30 has a chance of 0.2 %."""
    truth, hits = BESIROGLU_2024.params["alpha"], {}
    for seed in range(40):
        runs = checkpoints(seed)
        rows = fit("chinchilla", runs, delta=1e-2)
        clusters = fit("chinchilla", runs, delta=1e-2, cluster="run")
        found = {
            "rows": rows.intervals(),
            "clusters": clusters.intervals(),
            "clusters, bootstrap": clusters.bootstrap(100).intervals(),
        }
        for name, intervals in found.items():
            low, high = intervals["alpha"]
            hits[name] = hits.get(name, 0) + (low <= truth <= high)
    assert hits["rows"] <= 27
    assert hits["clusters"] >= 30
    assert hits["clusters, bootstrap"] >= 30


def test_a_cluster_for_each_run_draws_runs():
    result = fit("chinchilla", checkpoints(0), cluster=np.arange(192))
    (weights,) = uncertainty.resampling_weights(192, 20, 3, result.problem.cluster)
    (rows,) = uncertainty.resampling_weights(192, 20, 3)
    assert weights.sum(1) == pytest.approx(192.0)
    assert (np.sort(weights) == np.sort(rows)).all()


def test_options_of_runs_follow_the_runs():
    """Another order, dropped rows and rows held out take weights and labels with them."""
    runs = checkpoints(3)
    runs["run"] = np.array([f"run {i}" for i in runs["run"]])
    order = np.random.default_rng(1).permutation(192)
    moved = {name: values[order] for name, values in runs.items()}
    options = {"weights": "w", "cluster": "run", "bootstrap": 40}
    here, there = fit("chinchilla", runs, **options), fit("chinchilla", moved, **options)
    assert here.params == there.params
    assert here.stderr == there.stderr
    spoiled = {name: values.copy() for name, values in runs.items()}
    spoiled["w"][5], spoiled["loss"][9] = np.nan, -1.0
    kept = np.setdiff1d(np.arange(192), [5, 9])
    left = {name: values[kept] for name, values in runs.items()}
    dropped = fit("chinchilla", spoiled, drop_invalid=True, weights="w", cluster="run")
    assert dropped.params == fit("chinchilla", left, weights="w", cluster="run").params
    mask = runs["N"] > np.quantile(runs["N"], 0.9)
    given = {"weights": runs["w"], "cluster": runs["run"]}
    table = compare(["chinchilla"], runs, held_out=mask, **given)
    rest = {name: values[~mask] for name, values in runs.items()}
    assert table.fits["chinchilla"].params == fit("chinchilla", rest, weights="w").params


def test_a_function_takes_weights_and_a_penalty():
    runs = checkpoints(4)
    options = {"weights": "w", "overestimate_penalty": 5.0}
    whole = fit("chinchilla", runs, **options)
    held = fit("chinchilla", runs, fixed={"E": whole.params["E"]}, **options)
    assert held.objective == pytest.approx(whole.objective, rel=1e-6)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"weights": "v"}, "Missing column v"),
        ({"weights": np.ones(3)}, "given as weights 3"),
        ({"weights": -np.ones(192)}, "given as weights is not positive in rows 1, 2"),
        ({"weights": ["x"] * 192}, "given as weights holds text"),
        ({"cluster": ["a"] * 192}, "cluster must name at least two groups"),
        ({"cluster": [""] + ["a", "b"] * 95 + ["c"]}, "given as cluster is missing .NaN. in row 1"),
        ({"overestimate_penalty": 0.0}, "overestimate_penalty must be"),
        ({"overestimate_penalty": "ten"}, "overestimate_penalty must be"),
    ],
)
def test_bad_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        fit("chinchilla", checkpoints(0), **options)
