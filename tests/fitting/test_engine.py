"""The engine: sums over points, steps along a valley that bends, a search with some of the runs."""

import numpy as np
import pandas as pd
import pytest

from scaling_lib.fitting import fit, minima
from scaling_lib.fitting.newton import Minima
from scaling_lib.fitting.objective import ARRAYS
from scaling_lib.fitting.problem import Problem
from scaling_lib.fitting.tangent import Tangent
from scaling_lib.laws import BESIROGLU_2024, LAWS, law

COLUMNS = ("N", "D")


def sweep(seed, points=9, repeats=30, E=0.0):
    """Return runs with many settings at each of a few sizes, losses skewed above the best."""
    rng = np.random.default_rng(seed)
    n = points * repeats
    N, D = (np.resize(np.exp(rng.uniform(*ends, points)), n) for ends in ((18, 21), (22, 25)))
    excess = 0.06 * rng.uniform(-1, 1, n) ** 2 + 0.002 * rng.normal(size=n)
    return {"N": N, "D": D, "loss": (E + 6.5 / N**0.07 + 22.0 / D**0.12) * np.exp(excess)}


def problem(runs, name="chinchilla", **options):
    return Problem(law(name), {k: runs[k] for k in COLUMNS}, runs["loss"], 1e-3, **options)


@pytest.mark.parametrize("name", ["chinchilla", "generalised", "kaplan_N"])
@pytest.mark.parametrize("weights", [None, "bootstrap", "unequal"])
def test_sums_over_points_give_the_objective_of_the_runs(name, weights):
    runs = sweep(0)
    order = np.random.default_rng(1).permutation(len(runs["N"]))
    runs = {key: values[order] for key, values in runs.items()}
    p, rng = problem(runs, name), np.random.default_rng(2)
    theta = p.starts()[rng.integers(len(p.starts()), size=5)] + 0.05 * rng.normal(size=(5, p.p))
    w = {
        None: np.ones((5, p.n)),
        "bootstrap": rng.multinomial(p.n, np.full(p.n, 1 / p.n), 5).astype(float),
        "unequal": rng.uniform(0.1, 3, (5, p.n)),
    }[weights]
    by_run = p.f.objective(theta, p.y, p.delta, w)
    by_point = p.points.objective(theta, p.points.sums(w), np.arange(5))
    for expected, found in zip(by_run, by_point, strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12 * scale)


def test_points_are_not_used_where_runs_differ_or_overestimates_count_more():
    runs = sweep(0)
    assert problem(runs).points is not None
    assert problem(runs, penalty=3.0).points is None
    assert problem({**runs, "N": runs["N"] * np.linspace(1, 1.1, len(runs["N"]))}).points is None


def test_a_fit_and_its_bootstrap_are_the_same_without_points(monkeypatch):
    runs = sweep(3, points=7, E=1.0)
    fits = [fit("chinchilla", runs, bootstrap=40)]
    monkeypatch.setattr("scaling_lib.fitting.problem.RUNS_A_POINT", np.inf)
    fits.append(fit("chinchilla", runs, bootstrap=40))
    assert fits[0].objective == pytest.approx(fits[1].objective, rel=1e-9)
    objectives = [result.refits.objectives for result in fits]
    np.testing.assert_allclose(*objectives, rtol=1e-6)


@pytest.mark.parametrize("name", LAWS)
def test_a_small_step_is_the_same_in_every_coordinate(name):
    f = law(name).terms
    rng = np.random.default_rng(0)
    for term in f:
        theta, step = rng.normal(size=(2, 4, term.size))
        for scale in (1e-3, 1e-5):
            moved = term.add(theta, scale * step)
            assert np.abs(moved - theta - scale * step).max() < 30 * scale**2


@pytest.mark.parametrize("seed", range(6))
def test_no_replicate_creeps_where_the_constant_vanishes(seed):
    result = fit("chinchilla", sweep(seed), bootstrap=60)
    assert result.refits.converged.all()
    p, w = result.problem, np.random.default_rng(seed)
    start = result.minima.theta[:1] + 0.3 * w.normal(size=(8, p.p))
    steps = p.minimize(start, iterations=400)
    assert steps.converged.all()
    assert steps.iterations < 200


@pytest.mark.parametrize("seed", range(6))
def test_a_search_with_some_of_the_runs_ends_where_one_with_all_does(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    n = 1200 + 300 * seed
    N, D = np.exp(rng.uniform(17, 23, n)), np.exp(rng.uniform(20, 27, n))
    loss = BESIROGLU_2024.loss(N, D) - (seed % 2) * BESIROGLU_2024.params["E"]
    p = problem({"N": N, "D": D, "loss": loss * np.exp(0.01 * rng.standard_t(3, size=n))})
    few = minima.find_minima(p)
    monkeypatch.setattr(minima, "SEARCHED", n)
    assert few.F[0] <= minima.find_minima(p).F[0] * (1 + 1e-9)


def test_a_search_with_some_runs_sees_every_size_of_a_grid_in_order():
    rng = np.random.default_rng(3)
    N, D = np.repeat(np.geomspace(1e7, 1e9, 500), 4), np.tile(np.geomspace(1e9, 1e11, 4), 500)
    loss = (1.7 + 400 / N**0.34 + 2000 / D**0.37) * np.exp(rng.normal(0, 0.01, 2000))
    runs = pd.DataFrame({"N": N, "D": D, "loss": loss})
    found = fit("chinchilla", runs)
    shuffled = fit("chinchilla", runs.sample(frac=1, random_state=1))
    assert found.objective == pytest.approx(shuffled.objective, rel=1e-9)
    assert found.params == pytest.approx(shuffled.params, rel=1e-5)


@pytest.mark.parametrize("end", [-800.0, 800.0])
def test_a_saturation_that_has_run_to_its_end_gives_numbers(end):
    runs = surface(0)
    runs["U"] = runs["D"] / np.resize([1.0, 4.0], 120)  # half of the runs repeat nothing
    p = Problem(law("repeated"), {k: runs[k] for k in (*COLUMNS, "U")}, runs["loss"], 1e-3)
    theta = p.starts()[:1].copy()
    theta[0, -1] = end  # exp(-800) is 0 and exp(800) infinite; a warning is an error here
    assert np.isfinite(p.objectives(theta)).all()
    assert np.isfinite(p.shares(theta)).all()


@pytest.mark.parametrize("seed", [13, 31, 54])
def test_of_few_runs_starts_far_above_the_others_may_end_lowest(seed):
    rng, n = np.random.default_rng(seed), 10
    N, D = np.exp(rng.uniform(17, 23, n)), np.exp(rng.uniform(22, 26, n))
    runs = {"N": N, "D": D, "U": D / rng.choice([1.0, 2, 4, 8, 16, 40], n)}
    params = {"E": 0.2, "A": 160.0, "B": 11.0, "alpha": 0.23, "beta": 0.23, "R_D": 6.5}
    loss = law("repeated").predict(params, runs) * np.exp(0.002 * rng.normal(size=n))
    p = Problem(law("repeated"), runs, loss, 1e-3)
    everywhere = p.minimize(p.starts(), iterations=300).F
    assert minima.find_minima(p).F[0] <= np.nanmin(everywhere) * (1 + 1e-7)


@pytest.mark.parametrize("seed", [20, 23, 31])
def test_many_runs_with_much_noise_have_dents_too(seed):
    rng, n = np.random.default_rng(seed), 120
    N, D = np.exp(rng.uniform(17, 23, n)), np.exp(rng.uniform(20, 27, n))
    p = problem(
        {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * np.exp(0.5 * rng.normal(size=n))}
    )
    found = minima.find_minima(p)
    weights = rng.exponential(size=(100, n))
    moved = p.minimize(np.repeat(found.theta[:1], 100, axis=0), weights=weights, iterations=60)
    assert found.F[0] <= p.minimize(moved.theta, iterations=60).F.min() * (1 + 1e-7)


def surface(seed, n=120):
    """Return runs of an ordinary sweep, with noise of 1 % that has heavy tails."""
    rng = np.random.default_rng(seed)
    N, D = np.exp(rng.uniform(17, 23, n)), np.exp(rng.uniform(20, 27, n))
    return {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * np.exp(0.01 * rng.standard_t(3, n))}


@pytest.mark.parametrize("seed", range(6))
def test_where_starts_meet_the_short_search_ends_where_the_whole_one_does(seed, monkeypatch):
    p = problem(surface(seed))
    short = minima._search_valley(p)
    monkeypatch.setattr(minima, "_search_valley", lambda problem: None)
    assert short.F[0] == pytest.approx(minima.find_minima(p).F[0], rel=1e-8)


def test_the_short_search_leaves_a_vanishing_constant_to_the_whole_one():
    p = problem(sweep(0))
    assert minima._search_valley(p) is None


@pytest.mark.parametrize("penalty", [1.0, 3.0])
def test_steps_on_the_tangent_lead_most_of_the_way_to_the_replicates(penalty):
    p = problem(surface(0), penalty=penalty)
    theta = minima.find_minima(p).theta[0]
    weights = np.random.default_rng(1).multinomial(p.n, np.full(p.n, 1 / p.n), 50).astype(float)
    tangent = Tangent(p, theta)
    end = p.minimize(np.repeat(theta[None], 50, axis=0), weights=weights).theta
    length = np.linalg.norm(end - theta, axis=1)
    steps = np.linalg.norm(end - tangent.minima(weights, 10), axis=1) / length
    single = np.linalg.norm(end - theta - weights @ tangent.influence, axis=1) / length
    assert np.median(steps) < 0.35
    assert np.median(steps) < 0.5 * np.median(single)


@pytest.mark.parametrize("name", ["chinchilla", "generalised", "kaplan_N", "kaplan_joint"])
@pytest.mark.parametrize("exact", [True, False])
def test_arrays_that_are_used_again_change_no_digit(name, exact):
    p, rng = problem(surface(0), name), np.random.default_rng(2)
    theta = p.starts()[rng.integers(len(p.starts()), size=6)] + 0.05 * rng.normal(size=(6, p.p))
    weights = rng.uniform(0.1, 3, (6, p.n))
    scratch = np.full((ARRAYS, 8, p.n), np.nan)
    for rows in (slice(0, 6), slice(2, 5)):
        arguments = theta[rows], p.y, p.delta, weights[rows], exact, 3.0
        anew, again = p.f.objective(*arguments), p.f.objective(*arguments, scratch)
        for a, b in zip(anew, again, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", [7, 18, 54])
def test_a_short_search_hides_no_other_minimum(seed, monkeypatch):
    """Where all searches are short, the lowest minimum is found alone, and the other if asked."""
    rng, n = np.random.default_rng(seed), 80
    N, D = np.exp(rng.uniform(17, 23, n)), np.exp(rng.uniform(20, 27, n))
    noise = np.exp(np.clip(0.05 * rng.standard_t(1, n), -3, 3))
    p = problem({"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * noise})
    lowest = minima.find_minima(p, short=False)
    theta, whole = minima.other_minima(p, lowest)
    higher = Minima(theta, whole, np.ones(1, bool), 0)
    np.testing.assert_allclose(minima.other_minima(p, higher)[1], lowest.F[:1], rtol=1e-7)
    monkeypatch.setattr(minima, "MOST", 0.0)
    monkeypatch.setattr(minima, "DENTED", np.inf)
    short = minima.find_minima(p)
    assert len(short.F) == 1 and len(whole) == 1
    np.testing.assert_allclose(minima.other_minima(p, short)[1], whole, rtol=1e-7)
