"""Fitting: the global minimum, what it does not depend on, and what a result says about itself."""

import json

import numpy as np
import pandas as pd
import pytest

from scaling_lib.fitting import compare, fit
from scaling_lib.fitting.newton import newton, solve_positive
from scaling_lib.laws import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    LAWS,
    MUENNIGHOFF_2023,
    law,
)
from scaling_lib.laws.declared import data_constrained, logistic


def surface(rng, n=100, noise=0.005, constants=BESIROGLU_2024):
    """Return n synthetic runs on a published surface, with relative noise."""
    N = np.exp(rng.uniform(np.log(4e7), np.log(1.6e10), n))
    D = np.exp(rng.uniform(np.log(1e18), np.log(1e22), n)) / (6 * N)
    return {"N": N, "D": D, "loss": constants.loss(N, D) * np.exp(noise * rng.normal(size=n))}


def random_law(name, rng, n=70):
    """Return a law with random parameters over wide ranges, and input columns to match."""
    u = rng.uniform
    N, D, x = np.exp(u(15, 23, n)), np.exp(u(17, 26, n)), np.exp(np.sort(u(3, 15, n)))
    additive = dict(
        E=u(0.5, 2), A=np.exp(u(3, 6)), B=np.exp(u(3, 7)), alpha=u(0.25, 0.5), beta=u(0.25, 0.5)
    )
    exponents = dict(alpha_N=u(0.05, 0.3), alpha_D=u(0.05, 0.3))
    U = D / np.exp(u(0, 4, n)) ** (rng.random(n) < 0.7)
    params, columns = {
        "power": (dict(E=u(0.1, 2), A=u(1, 10), alpha=u(0.1, 0.9)), dict(x=x)),
        "kaplan_N": (dict(x_c=np.exp(u(10, 40)), alpha=u(0.03, 0.4)), dict(N=N)),
        "kaplan_D": (dict(x_c=np.exp(u(10, 40)), alpha=u(0.03, 0.4)), dict(D=D)),
        "kaplan_C": (dict(x_c=np.exp(u(10, 40)), alpha=u(0.03, 0.4)), dict(C=N * D)),
        "kaplan_joint": (
            dict(N_c=np.exp(u(28, 34)), D_c=np.exp(u(28, 34)), **exponents),
            dict(N=N, D=D),
        ),
        "chinchilla": (additive, dict(N=N, D=D)),
        "generalised": (additive | dict(s=np.exp(u(-0.7, 1.2))), dict(N=N, D=D)),
        "granular": (
            additive | dict(g=additive["A"] * u(0.5, 3), gamma=u(0.3, 1.0)),
            dict(N=N, D=D, G=2.0 ** rng.integers(0, 6, n)),
        ),
        "precision": (additive | dict(gamma=u(1, 4)), dict(N=N, D=D, P=rng.integers(2, 17, n))),
        "task_score": (
            dict(lower=u(0, 0.3), upper=u(0.6, 1), midpoint=u(0.8, 1.6), slope=u(3, 9)),
            dict(loss=u(0.5, 2.5, n)),
        ),
        "task_error": (
            dict(epsilon=u(0.7, 0.9), k=u(1, 8), gamma=u(0.6, 1.5)),
            dict(loss=u(2, 5, n)),
        ),
        "reward": (
            dict(R_0=u(0, 0.3), A=u(0.5, 0.9), C_mid=np.exp(u(6, 9)), B=u(0.5, 2)),
            dict(C=np.exp(u(4, 12, n))),
        ),
        "learning_rate": (dict(c=u(0.5, 3), a=-u(0.3, 0.8), b=u(0.1, 0.5)), dict(N=N, D=D)),
        "batch_size": (dict(c=u(0.3, 2), b=u(0.3, 0.7)), dict(D=D)),
        "repeated": (additive | dict(R_D=np.exp(u(0, 3))), dict(N=N, D=D, U=U)),
        "data_constrained": (
            additive | dict(R_D=np.exp(u(0, 3)), R_N=np.exp(u(0, 2))),
            dict(N=N, D=D, U=U),
        ),
        "bnsl0": (dict(a=u(0.01, 0.3), b=np.exp(u(0, 2)), c0=u(0.05, 0.5)), dict(x=x)),
        "bnsl1": (
            dict(
                a=u(0.01, 0.3),
                b=np.exp(u(0, 2)),
                c0=u(0.05, 0.5),
                c1=u(0.3, 0.8) * rng.choice([-0.6, 1.0]),
                d1=np.exp(u(5, 13)),
                f1=u(0.1, 0.8),
            ),
            dict(x=x),
        ),
        "coverage": (dict(a=u(1, 4), b=-u(0.2, 0.7)), dict(k=np.exp(u(0, 8, n)))),
        "logistic": (dict(midpoint=u(22, 24.5), slope=u(0.5, 2)), dict(C=10 ** u(20, 26, n))),
    }[name]
    return law(name), {key: float(value) for key, value in params.items()}, columns


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", [name for name in LAWS if name not in ("bnsl2", "bnsl3")])
def test_recovers_the_law_that_made_the_runs(name, seed):
    entry, truth, columns = random_law(name, np.random.default_rng(seed))
    target = entry.predict(truth, columns)
    result = fit(entry, columns | {entry.target: target})
    assert np.abs(result.residuals).max() < 1e-7
    for parameter, value in truth.items():
        assert result.params[parameter] == pytest.approx(value, rel=2e-3), parameter


def test_two_breaks_fit_a_double_descent_closely():
    truth = dict(a=0.2, b=3.0, c0=0.3, c1=-1.2, d1=60.0, f1=0.2, c2=1.6, d2=150.0, f2=0.15)
    x = np.geomspace(5, 1200, 60)
    y = law("bnsl2").predict(truth, {"x": x})
    assert (np.diff(y) > 0).any()
    result = fit("bnsl2", {"x": x, "loss": y})
    assert np.abs(result.residuals).max() < 1e-6
    one = fit("bnsl1", {"x": x, "loss": y})
    assert one.objective > 100 * result.objective


def test_does_not_depend_on_units():
    runs = surface(np.random.default_rng(1))
    result = fit("chinchilla", runs)
    other = fit("chinchilla", {"N": runs["N"] / 1e6, "D": runs["D"] / 1e9, "loss": runs["loss"]})
    assert other.objective == pytest.approx(result.objective, rel=1e-9)
    for name in ("E", "alpha", "beta"):
        assert other.params[name] == pytest.approx(result.params[name], rel=1e-6)
    assert other.params["A"] * 1e6 ** other.params["alpha"] == pytest.approx(
        result.params["A"], rel=1e-5
    )


def test_does_not_depend_on_row_order_bit_for_bit():
    runs = surface(np.random.default_rng(2))
    shuffle = np.random.default_rng(0).permutation(100)
    first = fit("chinchilla", runs, bootstrap=50)
    second = fit("chinchilla", {k: v[shuffle] for k, v in runs.items()}, bootstrap=50)
    assert first.params == second.params
    assert first.stderr == second.stderr
    np.testing.assert_array_equal(first.residuals[shuffle], second.residuals)


def test_residuals_are_those_of_the_rows_given():
    runs = surface(np.random.default_rng(3))
    result = fit("chinchilla", runs)
    np.testing.assert_allclose(
        result.residuals, np.log(result.predict(runs) / runs["loss"]), atol=1e-12
    )
    r = np.abs(result.residuals)
    huber = np.where(r <= 1e-3, r**2 / 2, 1e-3 * (r - 5e-4)).sum()
    assert result.objective == pytest.approx(huber)


def test_accepts_frames_structured_arrays_and_lists():
    runs = surface(np.random.default_rng(4), 30)
    frame = pd.DataFrame(runs)
    expected = fit("chinchilla", runs).params
    assert fit("chinchilla", frame).params == expected
    assert fit("chinchilla", frame.to_records(index=False)).params == expected
    assert fit("chinchilla", {k: list(map(str, v)) for k, v in runs.items()}).params == expected
    renamed = frame.rename(columns={"N": "params", "loss": "val"})
    mapped = fit("chinchilla", renamed, columns={"N": "params", "loss": "val"})
    assert mapped.params == expected


@pytest.mark.parametrize("absent", ["N", "D"])
def test_derives_an_absent_column_from_compute(absent):
    runs = surface(np.random.default_rng(5), 40)
    compute = {k: v for k, v in runs.items() if k != absent} | {"C": 6 * runs["N"] * runs["D"]}
    result = fit("chinchilla", compute)
    assert result.objective == pytest.approx(fit("chinchilla", runs).objective, rel=1e-6)
    assert f"{absent} derived from C = 6 N D" in result.warnings


def test_unique_tokens_derive_from_epochs():
    rng = np.random.default_rng(6)
    U, epochs = np.repeat([1e8, 1e9, 1e10], 12), np.tile(np.geomspace(1, 40, 12), 3)
    N = np.exp(rng.uniform(15, 20, 36))
    data = {"N": N, "D": U * epochs, "epochs": epochs}
    data["loss"] = MUENNIGHOFF_2023.loss(N, U * epochs, U)
    result = fit("data_constrained", data)
    for name, value in MUENNIGHOFF_2023.params.items():
        assert result.params[name] == pytest.approx(value, rel=1e-3)
    assert "U derived from D / epochs" in result.warnings
    data["U"] = data.pop("D") / epochs
    again = fit("data_constrained", data)
    assert again.objective == pytest.approx(result.objective, rel=1e-6, abs=1e-20)
    assert "D derived from U x epochs" in again.warnings


def test_base_of_the_data_constrained_law_may_be_a_fit():
    base = fit("chinchilla", surface(np.random.default_rng(7), 60, 0.0, MUENNIGHOFF_2023))
    N, D, U = np.array([1e8, 1e10]), np.array([1e10, 1e12]), np.array([1e9, 1e9])
    columns, params = {"N": N, "D": D, "U": U}, MUENNIGHOFF_2023.params
    expected = MUENNIGHOFF_2023.loss(N, D, U)
    np.testing.assert_allclose(data_constrained(base).predict(params, columns), expected, 1e-4)


def test_a_parameter_that_the_runs_do_not_bound_is_reported():
    rng = np.random.default_rng(8)
    x = np.geomspace(1e6, 1e8, 40)  # far from the floor: 5 + noise never shows it
    y = 0.01 + 50 * x**-0.2 * np.exp(0.02 * rng.normal(size=40))
    result = fit("power", {"x": x, "loss": y})
    assert result.unidentified()["E"] == "below"
    assert result.intervals()["E"].low == 0.0
    assert any("E is 0, at its bound" in line for line in result.warnings)
    assert "0 (at its bound)" in result.summary()
    assert result.to_dict()["intervals"]["E"][0] == 0.0


def test_runs_with_two_sizes_leave_alpha_open():
    rng = np.random.default_rng(9)
    runs = surface(rng, 40, 0.0)
    runs["N"] = np.resize([1e8, 1e9], 40).astype(float)
    runs["loss"] = BESIROGLU_2024.loss(runs["N"], runs["D"]) * np.exp(0.005 * rng.normal(size=40))
    result = fit("chinchilla", runs)
    assert {"E", "A", "alpha"} & set(result.unidentified())
    assert result.condition > 1e4 > fit("chinchilla", surface(rng)).condition


def test_other_minima_are_minima_and_lie_higher():
    # Eight points whose pairs are nearly all minima, see test_fitting_bounds.
    rank = [430.8, 685.4, 1018.9, 1262.3, 1349.6, 1504.2, 1419.8, 1769.1]
    result = fit("batch_size", {"D": 768 * np.arange(1, 9), "batch": rank}, delta=1e-3)
    assert result.other_minima
    for minimum in result.other_minima:
        assert minimum["ratio"] > 1
        assert minimum["objective"] == pytest.approx(minimum["ratio"] * result.objective)
        assert set(minimum["params"]) == set(result.params)


def test_a_constant_that_grows_back_is_no_minimum():
    # With E = 0 the loss would fall if E were added: Newton's method must not rest there.
    result = fit("chinchilla", surface(np.random.default_rng(0), 240, 0.006))
    assert result.other_minima == []


def test_aic_of_least_squares_is_the_normal_one():
    runs = surface(np.random.default_rng(10))
    result = fit("chinchilla", runs, delta=np.inf)
    n, rss = 100, 2 * result.objective
    normal = n * np.log(2 * np.pi * rss / n) + n
    assert result.aicc == pytest.approx(normal + 2 * 6 + 2 * 6 * 7 / (n - 7), abs=1e-6)
    assert result.bic == pytest.approx(normal + np.log(n) * 6, abs=1e-6)


def test_aic_with_a_tiny_delta_is_that_of_laplace_noise():
    runs = surface(np.random.default_rng(10))
    result = fit("chinchilla", runs, delta=1e-7)
    scale = np.abs(result.residuals).mean()
    laplace = 2 * 100 * (np.log(2 * scale) + 1)
    assert result.aicc == pytest.approx(laplace + 12 + 84 / 93, abs=0.1)


def test_optimum_of_a_fit_is_the_published_one_on_noise_free_runs():
    result = fit("chinchilla", surface(np.random.default_rng(11), 60, 0.0, HOFFMANN_2022))
    best, published = result.optimum(5.9e23), HOFFMANN_2022.optimum(5.9e23)
    assert best.tokens_per_parameter == pytest.approx(published.tokens_per_parameter, rel=1e-4)
    assert best.loss == pytest.approx(published.loss, rel=1e-6)
    assert result.exponents() == pytest.approx(HOFFMANN_2022.exponents(), rel=1e-5)


def test_optimum_of_the_generalised_law_minimises_it():
    entry, truth, columns = random_law("generalised", np.random.default_rng(2))
    result = fit(entry, columns | {"loss": entry.predict(truth, columns)})
    best = result.optimum(1e21)
    N = best.N * np.geomspace(0.3, 3, 1001)
    losses = result.predict({"N": N, "C": np.full(N.size, 1e21)})
    assert losses.min() == pytest.approx(best.loss, rel=1e-9)
    with pytest.raises(ValueError, match="no closed-form"):
        fit("kaplan_joint", surface(np.random.default_rng(0), 30)).optimum(1e21)


def test_loss_takes_the_columns_of_the_law():
    result = fit("chinchilla", surface(np.random.default_rng(11), 60, 0.0, HOFFMANN_2022))
    assert result.loss(1e9, 2e10) == pytest.approx(HOFFMANN_2022.loss(1e9, 2e10))
    with pytest.raises(ValueError, match="columns must be N, D, not 1 values"):
        result.loss(1e9)


def test_compare_ranks_by_held_out_error():
    rng = np.random.default_rng(12)
    runs = surface(rng, 120)
    late = 6 * runs["N"] * runs["D"] > 1e21
    comparison = compare(["kaplan_joint", "chinchilla"], runs, held_out=late)
    assert list(comparison.table.index) == ["chinchilla", "kaplan_joint"]
    assert comparison.fits["chinchilla"].n == (~late).sum()
    assert comparison.table["delta AICc"].min() == 0
    assert "chinchilla" in comparison.summary() and "<table" in comparison._repr_html_()
    other = compare(
        ["kaplan_joint", "chinchilla"],
        {k: v[~late] for k, v in runs.items()},
        held_out={k: v[late] for k, v in runs.items()},
    )
    pd.testing.assert_frame_equal(other.table, comparison.table)
    for laws in ("chinchilla", []):
        with pytest.raises(ValueError, match="laws must be a sequence of laws"):
            compare(laws, runs)
    with pytest.raises(ValueError, match="120 booleans"):
        compare(["chinchilla"], runs, held_out=late[:5])
    with pytest.raises(ValueError, match="different targets"):
        compare(["chinchilla", "logistic"], runs | {"C": runs["N"], "score": runs["loss"] / 10})


def test_logistic_bounds_are_those_given():
    entry = logistic(lower=0.25, upper=0.9)
    C = np.geomspace(1e20, 1e26, 30)
    result = fit(entry, {"C": C, "score": entry.predict({"midpoint": 23, "slope": 1.1}, {"C": C})})
    assert result.params == pytest.approx({"midpoint": 23, "slope": 1.1})
    assert result.predict({"C": 1e40}) == pytest.approx(0.9)


def test_tables_and_json_carry_every_parameter():
    result = fit("chinchilla", surface(np.random.default_rng(13)), bootstrap=60)
    text, html = result.summary(), result._repr_html_()
    for name in result.params:
        assert f"\n{name} " in text
        assert f'<th scope="row">{name}</th>' in html
    assert "<caption>" in html and 'scope="col"' in html
    assert "60 replicates, seed 0" in text
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert record["law"] == "chinchilla" and record["n"] == 100
    assert set(record["params"]) == set(record["stderr"]) == set(record["intervals"])
    assert "chinchilla to 100 runs" in repr(result)


def test_plot_is_the_same_twice(tmp_path):
    result = fit("chinchilla", surface(np.random.default_rng(13)))
    for name in ("a.svg", "b.svg"):
        result.plot().savefig(tmp_path / name, metadata={"Date": None})
    C = np.geomspace(1e20, 1e25, 20)
    one = fit("power", {"x": C, "loss": 2 + 1e3 * C**-0.15 * (1 + 0.01 * np.sin(np.arange(20)))})
    assert len(one.plot().axes) == 2


def test_a_plot_shows_what_was_held_out_in_the_book_s_typeface(tmp_path, caplog):
    runs = surface(np.random.default_rng(13))
    limit = np.quantile(runs["N"], 0.9)
    result = fit("chinchilla", runs, hold_out=f"N > {limit}")
    figure = result.plot()
    for axes in figure.axes:
        drawn = {line.get_label(): line.get_xdata() for line in axes.lines}
        assert len(drawn["runs"]) == result.n and len(drawn["held out"]) == result.held_out.n
    figure.savefig(tmp_path / "fit.svg")
    assert not [record for record in caplog.records if "findfont" in record.getMessage()]


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda r: r | {"N": np.where(np.arange(30) == 4, np.nan, r["N"])}, "N is missing.*row 5"),
        (lambda r: r | {"D": np.where(np.arange(30) < 2, np.inf, r["D"])}, "D is infinite.*1, 2"),
        (lambda r: r | {"loss": np.where(np.arange(30) == 0, 0.0, r["loss"])}, "loss is not pos"),
        (lambda r: r | {"N": -r["N"]}, "N is not positive in rows 1, 2, 3, 4, 5 and 25 more"),
        (lambda r: r | {"N": np.full(30, 1e9)}, "N is constant"),
        (lambda r: r | {"loss": np.full(30, 3.0)}, "loss is constant"),
        (lambda r: r | {"D": r["D"][:-1]}, "different lengths: N 30, D 29"),
        (lambda r: {k: v[:5] for k, v in r.items()}, "5 runs cannot determine the 5 parameters"),
        (lambda r: {k: v for k, v in r.items() if k != "D"}, "Missing column D"),
        (lambda r: {"loss": r["loss"]}, "Missing columns N, D"),
        (lambda r: r | {"N": ["x"] * 30}, "not a number .'x'. in rows 1, 2"),
        (lambda r: r | {"N": np.ones((30, 2))}, "one dimension"),
        (lambda r: np.ones((30, 3)), "columns by name"),
        (lambda r: [1, 2, 3], "columns by name"),
    ],
)
def test_bad_data_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        fit("chinchilla", change(surface(np.random.default_rng(14), 30)))


def test_bad_data_of_other_laws_is_named():
    runs = surface(np.random.default_rng(14), 30)
    with pytest.raises(ValueError, match=r"U \(unique tokens\) exceeds D"):
        fit("repeated", runs | {"U": runs["D"] * 2})
    with pytest.raises(ValueError, match="between 0 and 1"):
        fit("coverage", {"k": np.arange(1.0, 9), "coverage": np.linspace(0, 1.2, 8)})
    for delta in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="delta"):
            fit("chinchilla", runs, delta=delta)
    result = fit("chinchilla", runs)
    with pytest.raises(ValueError, match="no column params"):
        fit("chinchilla", runs, columns={"N": "params"})
    with pytest.raises(ValueError, match="N is not positive"):
        result.predict({"N": [0.0], "D": [1e9]})
    with pytest.raises(ValueError, match="kind"):
        result.predict(runs, 0.9, kind="other")
    for level in (0.0, 1.0, 90):
        with pytest.raises(ValueError, match="level"):
            result.intervals(level)


def test_dropping_rows_is_explicit_and_counted():
    runs = surface(np.random.default_rng(15), 30)
    runs["N"][3], runs["loss"][7] = np.nan, -1.0
    result = fit("chinchilla", runs, drop_invalid=True)
    assert result.n == 28
    assert "dropped 2 invalid rows" in result.warnings


def test_newton_stops_relatively_whatever_the_scale_of_the_objective():
    """An absolute tolerance ends early on a mean: the ends must not depend on the scale."""
    ends = []
    for scale in (1.0, 1e-9):

        def evaluate(theta, rows, scale=scale):
            x, y = theta.T
            F = 1.0 + (x - 1) ** 4 + 10 * (y - x**2) ** 2
            g = np.stack([4 * (x - 1) ** 3 - 40 * x * (y - x**2), 20 * (y - x**2)], axis=-1)
            H = np.empty((len(x), 2, 2))
            H[:, 0, 0] = 12 * (x - 1) ** 2 - 40 * (y - 3 * x**2)
            H[:, 0, 1] = H[:, 1, 0] = -40 * x
            H[:, 1, 1] = 20.0
            return scale * F, scale * g, scale * H

        found = newton(evaluate, np.array([[-1.2, 1.0], [3.0, -4.0]]))
        assert found.converged.all()
        ends.append(found.theta)
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-6)
    np.testing.assert_allclose(ends[0], 1.0, atol=0.02)


@pytest.mark.parametrize("S", [5, 100])
def test_solver_finds_which_matrices_are_positive(S):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(S, 4, 4))
    H = root @ root.transpose(0, 2, 1) + 0.1 * np.eye(4)
    g = rng.normal(size=(S, 4))
    x, positive = solve_positive(H, g)
    assert positive.all()
    np.testing.assert_allclose(np.einsum("sij,sj->si", H, x), g, atol=1e-8)
    H[2] -= 50 * np.eye(4)
    H[3] = np.nan
    x, positive = solve_positive(H, g)
    np.testing.assert_array_equal(np.flatnonzero(~positive), [2, 3])
    np.testing.assert_allclose(H[4] @ x[4], g[4], atol=1e-8)


def test_newton_does_not_leap_along_an_open_direction():
    """F hardly depends on y: the last step must not be the 10^9 that a tiny curvature asks for."""

    def evaluate(theta, rows):
        x, y = theta.T
        F = 1.0 + x**2 + 1e-13 * np.where(np.abs(y) < 5, (y - 1e3) ** 2, 1e30)
        g = np.stack([2 * x, 2e-13 * (y - 1e3)], axis=-1)
        return F, g, np.tile(np.diag([2.0, 2e-13]), (len(x), 1, 1))

    found = newton(evaluate, np.array([[1.0, 0.0]]), tolerance=1e-6)
    assert found.converged.all()
    assert np.abs(found.theta).max() < 5
    assert found.F[0] == pytest.approx(evaluate(found.theta, None)[0][0])
