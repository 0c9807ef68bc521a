"""The laws: published constants, closed-form optimum, derivatives, and limits of the formulas."""

import dataclasses

import numpy as np
import pytest

from scaling_lib.fitting.problem import Problem
from scaling_lib.laws import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_APPROACH_1,
    KAPLAN_2020_ALLOCATION,
    KAPLAN_2020_C,
    KAPLAN_2020_N,
    LAWS,
    MUENNIGHOFF_2023,
    PF_DAY,
    PUBLISHED,
    bnsl,
    formulas,
    law,
    terms,
)
from scaling_lib.laws.declared import logistic


def columns_for(entry, rng, n=30):
    """Return random input columns in the domain of a law."""
    columns = {name: np.exp(rng.uniform(5, 20, n)) for name in entry.columns}
    for name, least, most in (("loss", 0.5, 3.0), ("P", 2.0, 16.0), ("G", 1.0, 64.0)):
        if name in columns:
            columns[name] = rng.uniform(least, most, n)
    if "U" in columns:
        columns["U"] = columns["D"] / np.exp(rng.uniform(0, 4, n))
        columns["N"] = np.exp(rng.uniform(5, 25, n))
    return columns


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("delta", [0.3, np.inf])
def test_gradient_and_hessian_against_finite_differences(name, delta):
    rng = np.random.default_rng(3)
    entry = law(name)
    problem = Problem(entry, columns_for(entry, rng), rng.uniform(0.2, 0.9, 30), delta)
    theta = rng.normal(size=(4, problem.p)) * 0.5 + 0.3
    weights = rng.uniform(0, 2, (4, 30))

    def at(shifted):
        return problem.f.objective(shifted, problem.y, delta, weights)

    _, gradient, hessian = at(theta)
    for j in range(problem.p):
        step = np.zeros(problem.p)
        step[j] = 1e-6
        (F_up, g_up, _), (F_down, g_down, _) = at(theta + step), at(theta - step)
        np.testing.assert_allclose(
            (F_up - F_down) / 2e-6, gradient[:, j], atol=1e-7 * np.abs(gradient).max()
        )
        np.testing.assert_allclose(
            (g_up - g_down) / 2e-6, hessian[:, j], atol=1e-7 * np.abs(hessian).max()
        )
    jacobian = problem.f.jacobian(theta)
    step = 1e-6 * np.eye(problem.p)
    numeric = np.stack(
        [(problem.f.value(theta + h) - problem.f.value(theta - h)) / 2e-6 for h in step], axis=-1
    )
    np.testing.assert_allclose(jacobian, numeric, atol=1e-7 * np.abs(jacobian).max())


@pytest.mark.parametrize("name", LAWS)
def test_internal_form_equals_the_formula(name):
    """The fitted function and the law's own formula are one and the same function."""
    rng = np.random.default_rng(5)
    entry = law(name)
    columns = columns_for(entry, rng)
    problem = Problem(entry, columns, rng.uniform(0.2, 0.9, 30), 1e-3)
    theta = rng.normal(size=problem.p) * 0.2 + 0.4
    fitted = problem.to_target(problem.f.value(theta[None])[0])
    np.testing.assert_allclose(fitted, entry.predict(problem.params(theta), columns), rtol=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_constraint_is_where_the_natural_coordinate_has_its_value(name):
    rng = np.random.default_rng(6)
    entry = law(name)
    problem = Problem(entry, columns_for(entry, rng), rng.uniform(0.2, 0.9, 30), 1e-3)
    theta = rng.normal(size=(1, problem.p)) * 0.2 + 0.4
    eta, jacobian = problem.eta(theta)[0], problem.eta_jacobian(theta[0])
    for j in range(problem.p):
        c, d = problem.plane(j, eta[j])
        assert c @ theta[0] == pytest.approx(d, abs=1e-9)
        assert c[problem.index[j]] == 1.0
        step = 1e-6 * np.eye(problem.p)
        numeric = [(problem.eta(theta + h) - problem.eta(theta - h))[0, j] / 2e-6 for h in step]
        np.testing.assert_allclose(jacobian[j], numeric, rtol=1e-5, atol=1e-7)


def test_reweighted_hessian_touches_from_above_and_is_never_indefinite():
    rng = np.random.default_rng(0)
    entry = law("chinchilla")
    problem = Problem(entry, columns_for(entry, rng), rng.uniform(2, 4, 30), 0.05)
    theta = rng.normal(size=(50, 5))
    F, gradient, exact = problem.f.objective(theta, problem.y, 0.05)
    same_F, same_gradient, above = problem.f.objective(theta, problem.y, 0.05, exact=False)
    np.testing.assert_array_equal(F, same_F)
    np.testing.assert_array_equal(gradient, same_gradient)
    assert np.linalg.eigvalsh(above).min() > -1e-12
    assert np.linalg.eigvalsh(exact).min() < 0  # which is why the other one is needed


def test_published_allocation_of_ten_times_the_compute():
    N, D = KAPLAN_2020_ALLOCATION.growth(10)
    assert (round(float(N), 2), round(float(D), 2)) == (5.37, 1.86)
    N, D = HOFFMANN_2022_APPROACH_1.growth(10)
    assert N == D == pytest.approx(np.sqrt(10))


def test_published_constants_disagree_on_tokens_per_parameter():
    assert HOFFMANN_2022.optimum(5.9e23).tokens_per_parameter == pytest.approx(93, abs=0.5)
    assert BESIROGLU_2024.optimum(5.9e23).tokens_per_parameter == pytest.approx(18, abs=0.5)


@pytest.mark.parametrize("constants", [HOFFMANN_2022, BESIROGLU_2024, MUENNIGHOFF_2023])
@pytest.mark.parametrize("C", [1e18, 1e21, 1e25])
def test_closed_form_optimum_is_the_minimum_on_the_budget(constants, C):
    best = constants.optimum(C)
    assert 6 * best.N * best.D == pytest.approx(C)
    N = best.N * np.geomspace(0.2, 5, 2001)
    losses = constants.loss(N, C / (6 * N))
    assert losses.min() >= best.loss - 1e-12
    assert N[losses.argmin()] == pytest.approx(best.N, rel=2e-3)


def test_anchored_allocation_returns_the_printed_table():
    for C, N, D in HOFFMANN_2022_APPROACH_1.anchors:
        best = HOFFMANN_2022_APPROACH_1.optimum(C)
        assert (best.N, best.D) == (pytest.approx(N), pytest.approx(D))
        assert 6 * N * D == pytest.approx(C, rel=0.08)  # the source's own C is 6ND, rounded
    with pytest.raises(ValueError, match="growth"):
        KAPLAN_2020_ALLOCATION.optimum(1e20)


def test_kaplan_units():
    assert KAPLAN_2020_C.params["x_c"] / PF_DAY == pytest.approx(3.1e8)
    assert KAPLAN_2020_N.loss(8.8e13) == 1.0


def test_published_constants_are_frozen_and_carry_their_source():
    for name, constants in PUBLISHED.items():
        assert constants.name == name
        assert constants.source and constants.key and constants.version
        with pytest.raises(dataclasses.FrozenInstanceError):
            constants.source = "elsewhere"
        if hasattr(constants, "params"):
            assert set(constants.params) == set(law(constants.law_name).names)
            with pytest.raises(TypeError):
                constants.params["E"] = 0.0


def test_rounding_moved_the_allocation_of_the_printed_constants():
    printed, unrounded, third = (
        PUBLISHED[f"HOFFMANN_2022{name}"] for name in ("", "_UNROUNDED", "_APPROACH_3")
    )
    assert np.round(unrounded.exponents(), 2) == pytest.approx((third.a, third.b))
    assert np.round(printed.exponents(), 2) != pytest.approx((third.a, third.b))


def test_optimum_refuses_a_budget_that_is_not_positive():
    for C in (0.0, -1e20, np.nan, np.inf):
        with pytest.raises(ValueError, match="C must be positive"):
            HOFFMANN_2022.optimum(C)


def test_one_epoch_is_fresh_data_and_many_are_worth_r_star_more():
    assert formulas.effective_data(1e9, 1e9, 15.39) == pytest.approx(1e9)
    assert formulas.effective_data(4e9, 1e9, 15.39) == pytest.approx(3.729e9, rel=1e-3)
    assert formulas.effective_data(1e15, 1e9, 15.39) == pytest.approx(16.39e9)


def test_effective_parameters_only_discount_the_surplus():
    assert formulas.effective_parameters(1e8, 1e9, 5.31) == 1e8
    assert formulas.effective_parameters(1e15, 1e9, 5.31) == pytest.approx(6.31e9)


def test_warranted_parameters_invert_the_optimum():
    best = MUENNIGHOFF_2023.optimum(1e22)
    base = {name: MUENNIGHOFF_2023.params[name] for name in ("A", "B", "alpha", "beta")}
    assert formulas.warranted_parameters(best.D, **base) == pytest.approx(best.N)


def test_repeated_law_without_repetition_is_the_additive_law():
    fresh = MUENNIGHOFF_2023.loss(1e8, 1e10)
    assert MUENNIGHOFF_2023.loss(1e8, 1e10, 1e10) == pytest.approx(fresh)
    assert MUENNIGHOFF_2023.loss(1e8, 1e10, 1e9) > fresh


def test_generalised_law_at_s_one_is_additive_and_at_large_s_the_tighter_bottleneck():
    params = dict(E=1.7, A=400.0, B=1500.0, alpha=0.34, beta=0.35)
    N, D = np.geomspace(1e7, 1e10, 7), np.geomspace(1e12, 1e8, 7)
    np.testing.assert_allclose(
        formulas.generalised_chinchilla(N, D, s=1.0, **params),
        formulas.chinchilla(N, D, **params),
    )
    tight = 1.7 + np.maximum(400.0 * N**-0.34, 1500.0 * D**-0.35)
    np.testing.assert_allclose(
        formulas.generalised_chinchilla(N, D, s=400.0, **params), tight, rtol=3e-3
    )


def test_kaplan_joint_limits():
    constants = dict(N_c=6.4e13, D_c=1.8e13, alpha_N=0.076, alpha_D=0.103)
    assert formulas.kaplan_joint(1e9, 1e30, **constants) == pytest.approx((6.4e13 / 1e9) ** 0.076)
    assert formulas.kaplan_joint(1e40, 1e10, **constants) == pytest.approx((1.8e13 / 1e10) ** 0.103)


def test_broken_law_slopes_on_both_sides_of_a_break_and_turns_upwards():
    x = np.array([1e-6, 2e-6, 1e12, 2e12])
    y = formulas.bnsl(x, 0.0, 1.0, 0.3, [(0.5, 100.0, 0.4)])
    assert np.log2(y[0] / y[1]) == pytest.approx(0.3)
    assert np.log2(y[2] / y[3]) == pytest.approx(0.8)
    peak = formulas.bnsl(np.geomspace(1, 1e6, 50), 0.1, 1.0, 0.3, [(-1, 1e2, 0.1), (1.5, 1e3, 0.1)])
    assert (np.diff(peak) > 0).any() and (np.diff(peak) < 0).any()


def test_coverage_and_logistic_values():
    assert formulas.coverage(1, 2.0, -0.5) == pytest.approx(np.exp(-2.0))
    assert formulas.logistic(1e22, 22.0, 1.3, 0.25, 1.0) == pytest.approx(0.625)
    assert formulas.logistic(1e300, 22.0, 5.0) == 1.0


def test_sharp_breaks_and_extreme_decay_stay_finite():
    broken = terms.Broken("x", 1).bind({"x": np.linspace(-5, 5, 9)})
    for log_f in (-12.0, 3.0):
        u, J, contract = broken(np.array([[0.0, 0.3, 1.0, 0.1, log_f]]))
        assert np.isfinite(u).all() and np.isfinite(J).all()
        assert np.isfinite(contract(np.ones((1, 9)))).all()
    worn = terms.Repeated("B", "beta", "R", "x", "r").bind(
        {"x": np.zeros(4), "r": np.array([0.0, 1.0, 10.0, 1e3])}
    )
    for log_r in (-12.0, 25.0):
        assert all(np.isfinite(part).all() for part in worn.log_gain(np.array([log_r])))


def test_looking_up_laws():
    assert law("bnsl") is LAWS["bnsl1"]
    assert law(LAWS["power"]) is LAWS["power"]
    with pytest.raises(ValueError, match=r"no law 'nope'.*chinchilla"):
        law("nope")
    with pytest.raises(ValueError, match=r"function, not a dict: the laws are power"):
        law({"N": [1e6] * 100})
    with pytest.raises(ValueError, match="0 to 3"):
        bnsl(4)
    with pytest.raises(ValueError, match="below upper"):
        logistic(1.0, 0.5)
    for name, entry in LAWS.items():
        assert entry.name == name
        assert entry.equation.startswith(entry.target)
        assert all(parameter.meaning for parameter in entry.parameters)
