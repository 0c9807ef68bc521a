"""Laws from plain functions, and agreement with the 25 lines of SciPy in `conftest`."""

import math
import pickle
import re

import numpy as np
import pytest
from scipy.optimize import curve_fit

from scaling_lib import laws
from scaling_lib.fitting import compare, fit
from scaling_lib.laws import BESIROGLU_2024, chinchilla


def surface(seed, n=100, noise=0.005):
    rng = np.random.default_rng(seed)
    N = np.exp(rng.uniform(np.log(4e7), np.log(1.6e10), n))
    D = np.exp(rng.uniform(np.log(1e18), np.log(1e22), n)) / (6 * N)
    return {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * np.exp(noise * rng.normal(size=n))}


START = {"E": 1.5, "A": 300.0, "B": 1000.0, "alpha": 0.3, "beta": 0.3}
POSITIVE = {name: (0, np.inf) for name in "EAB"}


@pytest.mark.parametrize("seed, n, delta", [(0, 30, 1e-3), (1, 100, 1e-3), (2, 100, 1e-2)])
def test_agrees_with_scipy_from_many_starts(scipy_fit, seed, n, delta):
    runs = surface(seed, n, noise=0.01)
    objective, params = scipy_fit(**runs, delta=delta)
    result = fit("chinchilla", runs, delta=delta)
    assert result.objective <= objective * (1 + 1e-9)
    assert result.objective == pytest.approx(objective, rel=1e-3)
    r = np.abs(np.log(chinchilla(runs["N"], runs["D"], **result.params) / runs["loss"]))
    huber = np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).sum()
    assert result.objective == pytest.approx(huber, rel=1e-9)
    if delta == 1e-2:
        assert result.params == pytest.approx(params, rel=1e-4)


@pytest.fixture(scope="module")
def both():
    """The same law by the fast kernel and as a plain function."""
    runs = surface(1)
    options = {"delta": 1e-2, "bootstrap": 40}
    own = fit(chinchilla, runs, start=START, bounds=POSITIVE, **options)
    return fit("chinchilla", runs, **options), own


def test_a_plain_function_fits_as_the_fast_kernel_does(both):
    fast, own = both
    assert own.objective == pytest.approx(fast.objective, rel=1e-9)
    assert own.params == pytest.approx(fast.params, rel=1e-6)
    assert pickle.loads(pickle.dumps(own)).intervals() == own.intervals()
    assert own.condition > 1 and own.aicc == pytest.approx(fast.aicc, rel=1e-9)


def test_and_so_are_its_errors_intervals_and_predictions(both):
    fast, own = both
    assert own.stderr == pytest.approx(fast.stderr, rel=1e-3)
    for method in ("profile", "bootstrap"):
        for name, interval in fast.intervals(method=method).items():
            assert own.intervals(method=method)[name] == pytest.approx(interval, rel=2e-3)
    new = surface(2, 20)
    np.testing.assert_allclose(own.predict(new, 0.9), fast.predict(new, 0.9), rtol=1e-4)
    assert own.score(new).mean_error == pytest.approx(fast.score(new).mean_error, rel=1e-4)
    assert own.loss(1e9, 1e10) == pytest.approx(fast.loss(1e9, 1e10), rel=1e-7)
    assert "alpha" in own.summary() and own.to_dict()["law"] == "chinchilla"


def test_constants_of_a_law_nobody_declared_are_found():
    def surge(y, floor, height, place, width):
        return floor + height / (1 + (y / place) ** width)

    truth = dict(floor=0.7, height=2.3, place=3e4, width=1.3)
    x = np.geomspace(1e2, 1e7, 40)
    start = dict(floor=1.0, height=1.0, place=1e3, width=1.0)
    bounds = {"floor": (0, np.inf), "place": (0, np.inf), "width": (0, 5)}
    result = fit(surge, {"y": x, "loss": surge(x, **truth)}, start=start, bounds=bounds)
    assert result.params == pytest.approx(truth, rel=1e-5)
    assert result.law.name == "surge" and len(result.plot().axes) == 2


def test_a_score_is_fitted_by_least_squares():
    def rise(C, top, middle, slope):
        return top / (1 + np.exp(-slope * (np.log10(C) - middle)))

    C, rng = np.geomspace(1e20, 1e25, 30), np.random.default_rng(0)
    score = rise(C, 0.9, 22.5, 1.4) + 0.02 * rng.normal(size=30)
    start = {"top": 0.5, "middle": 22.0, "slope": 1.0}
    result = fit(rise, {"C": C, "score": score}, start=start, target="score", delta=np.inf)
    values, covariance = curve_fit(rise, C, score, p0=list(start.values()))
    assert list(result.params.values()) == pytest.approx(values, rel=1e-5)
    errors = np.sqrt(np.diag(covariance))
    assert list(result.stderr.values()) == pytest.approx(errors, rel=1e-3)


def test_a_function_of_single_numbers_is_called_run_by_run():
    def branching(x, E, A, alpha):
        if alpha <= 0:
            return E + 0 * x
        return E + math.exp(math.log(A)) * x**-alpha

    x = np.geomspace(1e2, 1e6, 20)
    runs = {"x": x, "loss": 1.5 + 20 * x**-0.4}
    bounds = {"E": (0, np.inf), "A": (0, np.inf), "alpha": (-1, 2)}
    result = fit(branching, runs, start={"E": 1.0, "A": 5.0, "alpha": 0.3}, bounds=bounds)
    assert result.params == pytest.approx({"E": 1.5, "A": 20, "alpha": 0.4}, rel=1e-4)


def test_fixed_and_tied_parameters_of_a_law_of_the_book():
    runs = surface(3)
    free = fit("chinchilla", runs)
    held = fit("chinchilla", runs, fixed={"E": 1.6}, tied={"beta": "alpha"}, bootstrap=20)

    def by_hand(N, D, A, B, alpha):
        return 1.6 + A / N**alpha + B / D**alpha

    start = {"A": 300.0, "B": 1000.0, "alpha": 0.3}
    own = fit(by_hand, runs, start=start, bounds={"A": (0, np.inf), "B": (0, np.inf)})
    assert held.params["E"] == 1.6 and held.params["beta"] == held.params["alpha"]
    assert held.objective == pytest.approx(own.objective, rel=1e-9)
    assert held.params["alpha"] == pytest.approx(own.params["alpha"], rel=1e-6)
    assert held.objective > free.objective and held.aicc == pytest.approx(own.aicc, rel=1e-9)
    assert held.stderr["E"] == 0 and held.intervals()["E"] == (1.6, 1.6)
    assert held.intervals()["beta"] == held.intervals()["alpha"]
    assert (held.draws["E"] == 1.6).all()
    text = held.summary()
    assert "fixed" in text and "= alpha" in text
    exponents = held.params["beta"] / (2 * held.params["alpha"])
    assert held.exponents()[0] == exponents == 0.5
    again = fit("chinchilla", runs, fixed={"E": 1.6, "alpha": 0.4}, tied={"beta": "alpha"})
    assert again.params["beta"] == 0.4 and again.problem.p == 2


def test_held_parameters_need_only_the_runs_that_determine_the_rest():
    """Five runs for three unknowns, and one D for the three that D says nothing about."""
    few = {name: values[:5] for name, values in surface(3, noise=0.0).items()}
    truth = BESIROGLU_2024.params
    held = fit("chinchilla", few, fixed={n: truth[n] for n in "EB"}, tied={"beta": "alpha"})
    assert held.problem.p == 2
    three = fit("chinchilla", few, fixed={"E": truth["E"], "beta": truth["beta"]})
    assert three.params == pytest.approx(truth, rel=1e-3)
    with pytest.raises(ValueError, match="5 runs cannot determine the 5 parameters"):
        fit("chinchilla", few, bounds={"alpha": (0, 2)})

    N = np.geomspace(1e7, 1e10, 12)
    one_D = {"N": N, "D": np.full(12, 1e10), "loss": BESIROGLU_2024.loss(N, 1e10)}
    fixed = {"B": truth["B"], "beta": truth["beta"]}
    assert fit("chinchilla", one_D, fixed=fixed).params == pytest.approx(truth, rel=1e-3)
    beta = fit("chinchilla", one_D, fixed={"E": truth["E"], "B": truth["B"]}).params["beta"]
    assert beta == pytest.approx(truth["beta"], rel=1e-3)
    for held in ({"B": truth["B"]}, {"alpha": truth["alpha"]}):
        with pytest.raises(ValueError, match="Column D is constant"):
            fit("chinchilla", one_D, fixed=held)


def test_a_law_without_a_start_of_its_own_asks_for_one():
    runs = {"N": np.full(8, 1e6), "loss": np.linspace(2.0, 2.1, 8)}
    with pytest.raises(ValueError, match=r"give start=.* for x_c"):
        fit("kaplan_N", runs, fixed={"alpha": 0.1})
    result = fit("kaplan_N", runs, fixed={"alpha": 0.1}, start={"x_c": 1e9})
    assert 2.0 < result.loss(1e6) < 2.1


def test_a_bound_that_the_runs_would_cross_is_kept_and_said():
    result = fit("chinchilla", surface(4, 60), bounds={"alpha": (0.4, 1.0)})
    assert 0.4 <= result.params["alpha"] < 0.401
    assert result.intervals()["alpha"].low == pytest.approx(0.4)
    assert "below" in result.unidentified()["alpha"]
    assert "alpha reaches its bound 0.4" in result.warnings
    assert result.to_dict()["stderr"]["alpha"] is None


def test_plain_and_declared_laws_are_compared():
    def no_floor(N, D, A, B, alpha, beta):
        return A / N**alpha + B / D**beta

    start = {name: START[name] for name in ("A", "B", "alpha", "beta")}
    options = {"start": start, "bounds": {"A": (0, np.inf), "B": (0, np.inf)}}
    runs = surface(5)
    late = 6 * runs["N"] * runs["D"] > 1e21
    table = compare([(no_floor, options), "chinchilla"], runs, held_out=late).table
    assert list(table.index) == ["chinchilla", "no_floor"]
    assert list(table["parameters"]) == [5, 4]


def test_one_law_is_compared_with_itself_under_constraints():
    equal = ("chinchilla", {"tied": {"beta": "alpha"}})
    table = compare(["chinchilla", equal], surface(5)).table
    names = ["chinchilla", "chinchilla, beta = alpha"]
    assert dict(table["parameters"]) == dict(zip(names, (5, 4), strict=True))
    assert table["objective"][names[0]] <= table["objective"][names[1]]
    with pytest.raises(ValueError, match="not repeat chinchilla, beta = alpha"):
        compare([equal, equal], surface(5))


def nowhere(N, D, E):
    return np.where(N > 1e9, np.nan, E)


def negative(N, D, E):
    return -E - 0 * N


@pytest.mark.parametrize(
    "law, options, message",
    [
        (chinchilla, {"start": START | {"gamma": 1}}, "start names gamma, but the parameters"),
        (chinchilla, {"start": {"E": 1.5}}, "Argument A of chinchilla is neither a column"),
        (chinchilla, {"start": START, "bounds": {"gamma": (0, 1)}}, "bounds names gamma"),
        (chinchilla, {"start": START, "bounds": {"alpha": (1, 2)}}, "between its bounds 1 and 2"),
        (chinchilla, {"start": START, "bounds": {"alpha": (2, 1)}}, "two rising numbers"),
        (chinchilla, {"start": START, "bounds": {"alpha": 2}}, "must be two numbers"),
        (chinchilla, {"start": START | {"E": np.nan}}, "between its bounds"),
        (chinchilla, {"start": START, "fixed": {"s": 1}}, "fixed names s"),
        (chinchilla, {"start": START, "fixed": {"E": np.inf}}, "must be a finite number"),
        (chinchilla, {"start": START, "tied": {"beta": "gamma"}}, "must name a free or fixed"),
        (chinchilla, {"fixed": START}, "nothing is left to fit"),
        (nowhere, {"start": {"E": 2.0}}, "nowhere must return positive numbers, not nan at E = 2"),
        (negative, {"start": {"E": 2.0}}, "negative must return positive numbers"),
        (lambda N, *rest: N, {}, r"not take \*rest"),
        (lambda E: E, {"start": {"E": 1.0}}, "takes none of the columns N, D, loss|none of the"),
        ("chinchilla", {"fixed": {"gamma": 1.0}}, "fixed names gamma"),
        ("chinchilla", {"bounds": {"alpha": (2, 1)}}, "two rising numbers"),
        ("chinchilla", {"bounds": {"alpha": 2}}, "must be two numbers, not 2"),
        ("chinchilla", {"fixed": ["E"]}, r"fixed must be a mapping by name, not \['E'\]"),
        ("chinchilla", {"columns": 3}, "columns must be a mapping by name, not 3"),
        ("chinchilla", {"fixed": {"E": None}}, r"fixed\['E'\] must be a finite number, not None"),
        ("chinchilla", {"start": {"E": "x"}}, "between its bounds 0 and inf, not at 'x'"),
        ("chinchilla", {"bootstrap": -1}, "bootstrap must be a whole number of at least 0, not -1"),
        ("chinchilla", {"bootstrap": 20, "threads": 0}, "threads must be a whole number .* not 0"),
        ("chinchilla", {"bootstrap": 20, "seed": -1}, "seed must be a whole number .* not -1"),
        ("chinchilla", {"delta": 0.0}, "delta must be positive and finite, not 0"),
    ],
)
def test_what_is_wrong_with_a_plain_law_is_said(law, options, message):
    with pytest.raises(ValueError, match=message):
        fit(law, surface(6, 30), **options)


@pytest.mark.parametrize(
    ("held", "bounds", "message"),
    [
        ({"fixed": {"alpha": 0.3}}, (0, 0.2), "must be from 0 to 0.2, not 0.3"),
        ({"fixed": {"alpha": 0.3}}, (-np.inf, 0.2), "must be 0.2 or below, not 0.3"),
        ({"fixed": {"alpha": 0.3}}, (0.4, np.inf), "must be 0.4 or above, not 0.3"),
        ({"tied": {"alpha": "beta"}}, (0, 0.2), "alpha must be tied or bounded, not both"),
        (
            {"tied": {"alpha": "beta"}, "fixed": {"beta": 0.3}},
            (0, 0.2),
            r"fixed\['alpha'\] must be from 0 to 0.2, not 0.3",
        ),
    ],
)
def test_bounds_of_what_is_held_or_tied_are_not_ignored(held, bounds, message):
    start = {name: value for name, value in START.items() if name != "alpha"}
    if "beta" in held.get("fixed", {}):
        del start["beta"]
    for law, options in (("chinchilla", {}), (chinchilla, {"start": start})):
        with pytest.raises(ValueError, match=message):
            fit(law, surface(0), bounds={"alpha": bounds}, **held, **options)


def test_a_parameter_that_changes_nothing_is_named():
    runs = surface(6)

    def idle(N, D, E, A, alpha, extra):
        return E + A / N**alpha

    start = {"E": 1.5, "A": 300, "alpha": 0.3, "extra": 1.0}
    with pytest.raises(ValueError, match="idle does not change with extra in these runs"):
        fit(idle, runs, start=start)
    assert fit(idle, runs, start=start, fixed={"extra": 1.0}).params["extra"] == 1.0

    def constant(N, a, b):
        return np.full_like(N, 2.0)

    with pytest.raises(ValueError, match="constant does not change with a and b"):
        fit(constant, runs, start={"a": 1, "b": 1})

    def other(N, flag, A, alpha, difference):
        return A / N ** (alpha + difference * flag)

    same = runs | {"flag": np.zeros(len(runs["N"]))}
    start = {"A": 300, "alpha": 0.3, "difference": 0.0}
    with pytest.raises(ValueError, match="does not change with difference"):
        fit(other, same, start=start)


def test_a_parameter_that_matters_far_from_its_start_is_not_idle():
    def floor(N, A, alpha, least):
        return np.maximum(A / N**alpha, least)

    N = np.geomspace(1e7, 1e10, 20)
    runs = {"N": N, "loss": np.maximum(60 / N**0.17, 1.5) * (1 + 0.001 * np.sin(np.arange(20.0)))}
    options = {"bounds": dict.fromkeys(["A", "alpha", "least"], (0, np.inf))}
    result = fit(floor, runs, start={"A": 60, "alpha": 0.17, "least": 1.0}, **options)
    assert result.params["least"] == pytest.approx(1.5, rel=0.01)


def test_what_idles_in_a_law_of_the_book_is_a_note():
    runs = surface(6)
    result = fit("repeated", runs | {"U": runs["D"]}, fixed={"E": 1.8})
    assert any("do not determine R_D" in warning for warning in result.warnings)


@pytest.mark.parametrize("name", START)
@pytest.mark.parametrize("law", ["chinchilla", chinchilla])
def test_a_law_with_one_free_parameter_has_intervals(law, name):
    held = {other: value for other, value in BESIROGLU_2024.params.items() if other != name}
    start = {name: START[name]} if law is chinchilla else None
    result = fit(law, surface(6, 30), fixed=held, start=start)
    low, high = result.intervals()[name]
    assert low < result.params[name] < high
    assert low < BESIROGLU_2024.params[name] * 1.01 and high > BESIROGLU_2024.params[name] * 0.99
    assert f"{name} " in result.summary()


def test_arguments_that_keep_their_default_are_said():
    def law(N, D, E, A=400.0, alpha=0.34, floor=0):
        return np.maximum(E + A / N**alpha, floor)

    result = fit(law, surface(6), start={"E": 1.5, "alpha": 0.3})
    (note,) = (note for note in result.warnings if "default" in note)
    assert note.startswith("law keeps the default of A = 400.0, floor = 0: to fit one, give it a")
    assert not any("default" in note for note in fit(chinchilla, surface(6), start=START).warnings)


def test_a_search_that_got_lost_says_so_instead_of_failing():
    far = {"E": 100.0, "A": 1e6, "B": 1e-3, "alpha": 0.01}

    def equal(N, D, E, A, B, alpha):
        return E + A / N**alpha + B / D**alpha

    lost = fit(equal, surface(6, 30), start=far)
    assert any(note.startswith("half of the runs lie off by a factor of") for note in lost.warnings)
    assert "note: half of the runs lie off" in lost.summary()
    found = fit(equal, surface(6, 30), start={"E": 1.5, "A": 300, "B": 1000, "alpha": 0.3})
    assert not any("lie off" in note for note in found.warnings)


def test_a_start_may_be_text_of_a_number():
    as_text = {name: str(value) for name, value in START.items()}
    runs = surface(6, 30)
    assert fit(chinchilla, runs, start=as_text).params == fit(chinchilla, runs, start=START).params


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda N: "a", "must return 100 numbers, one for each run, not 'a'"),
        (lambda N: np.ones(3), "must return 100 numbers, one for each run, not array"),
        (lambda N: 2.0 if N > 1e9 else 3.0, "and np.where, not if"),
    ],
)
def test_what_a_function_returns_is_one_number_a_run(returned, message):
    def law(N, E):
        return returned(N)

    with pytest.raises(ValueError, match=f"^law .*{re.escape(message)}"):
        fit(law, surface(6), start={"E": 1.5})


def test_a_law_that_takes_no_arrays_is_told_to():
    def single(N, E, A, alpha):
        return E + A / math.pow(N, alpha)

    with pytest.raises(ValueError, match=r"single must take arrays .*use numpy's functions"):
        fit(single, surface(6), start={"E": 1.5, "A": 300, "alpha": 0.3})

    def open_ended(N, **others):
        return N

    with pytest.raises(ValueError, match=r"not take \*\*others"):
        fit(open_ended, surface(6), start={"E": 1.5})


def test_numbers_in_numbers_out():
    result = fit("chinchilla", surface(6))
    value = result.predict({"N": 1e9, "D": 1e11})
    many = result.predict({"N": [1e9], "D": 1e11}, 0.9)
    assert isinstance(value, float) and many.value.shape == (1,)
    one = result.predict({"N": 1e9, "D": 1e11}, 0.9)
    assert one == (value, many.low[0], many.high[0]) and isinstance(one.low, float)


def test_the_lower_end_of_the_logistic_law_is_no_parameter():
    C = np.geomspace(1e18, 1e24, 12)
    score = 0.25 + 0.75 / (1 + np.exp(-1.3 * (np.log10(C) - 21))) + 0.01 * np.sin(np.arange(12.0))
    with pytest.raises(ValueError, match=r"scaling_lib.laws.logistic\(lower, upper\)"):
        fit("logistic", {"C": C, "score": score}, fixed={"lower": 0.25})
    result = fit(laws.logistic(0.25), {"C": C, "score": score})
    assert result.params["midpoint"] == pytest.approx(21, abs=0.1)


def test_bounds_that_hold_a_fixed_value_change_nothing():
    runs, fixed = surface(0), {"alpha": 0.3}
    alone = fit("chinchilla", runs, fixed=fixed)
    bounded = fit("chinchilla", runs, fixed=fixed, bounds={"alpha": (0, 0.3)})
    assert bounded.params == alone.params and bounded.intervals() == alone.intervals()
    both = fit("chinchilla", runs, tied={"alpha": "beta"}, bounds={"beta": (0, 0.2)})
    assert both.params["alpha"] == both.params["beta"] <= 0.2
