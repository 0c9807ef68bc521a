"""Allocation without a surface: parabolas and envelopes on exact surfaces with a known optimum."""

import json

import numpy as np
import pandas as pd
import pytest

from scaling_lib.__main__ import main
from scaling_lib.fitting.isoflop import envelope, isoflop, parabola
from scaling_lib.laws import BESIROGLU_2024, HOFFMANN_2022

DERIVED = "D derived from C = 6 N D"


def budgets(constants, span=3.0, shift=1.0, sizes=9, noise=0.0):
    C = np.repeat(np.geomspace(1e18, 1e22, 7), sizes)
    shift = np.repeat(np.geomspace(*np.broadcast_to(shift, 2), 7), sizes)
    N = constants.optimum(C).N * shift * np.tile(np.geomspace(1 / span, span, sizes), 7)
    loss = constants.loss(N, C / (6 * N))
    loss = loss * np.exp(noise * np.random.default_rng(0).normal(size=loss.size))
    return {"C": C, "N": N, "loss": loss}


def test_symmetric_valley_is_read_exactly():
    symmetric = type(HOFFMANN_2022)(
        "X", "chinchilla", dict(E=1.7, A=400.0, B=400.0, alpha=0.3, beta=0.3), "x", "x", "x"
    )
    result = isoflop(budgets(symmetric))
    assert result.a == pytest.approx(0.5, abs=1e-6)
    np.testing.assert_allclose(result.N, symmetric.optimum(result.C).N, rtol=1e-4)


def test_off_centre_sampling_biases_the_parabola_without_any_noise():
    truth = HOFFMANN_2022.optimum(np.geomspace(1e18, 1e22, 7)).N
    centred = isoflop(budgets(HOFFMANN_2022, span=1.5))
    shifted = isoflop(budgets(HOFFMANN_2022, span=8.0, shift=0.25))
    drifting = isoflop(budgets(HOFFMANN_2022, span=8.0, shift=(0.25, 4.0)))
    assert np.abs(np.log(centred.N / truth)).max() < 0.002
    assert np.log(shifted.N / truth).max() < -0.08
    exact, _ = HOFFMANN_2022.exponents()
    assert centred.a == pytest.approx(exact, abs=1e-6)
    assert drifting.a > exact + 0.005


def test_interval_holds_the_exponent_and_shrinks_with_the_noise():
    a, _ = BESIROGLU_2024.exponents()
    wide = isoflop(budgets(BESIROGLU_2024, noise=0.01))
    narrow = isoflop(budgets(BESIROGLU_2024, noise=0.001))
    assert narrow.a_interval.low < a < narrow.a_interval.high
    assert wide.a_interval.high - wide.a_interval.low > 3 * np.ptp(narrow.a_interval)
    assert narrow.b_interval == pytest.approx(
        (1 - narrow.a_interval.high, 1 - narrow.a_interval.low)
    )
    best, published = narrow.optimum(1e23), BESIROGLU_2024.optimum(1e23)
    assert 6 * best.N * best.D == pytest.approx(1e23, rel=1e-6)
    assert best.tokens_per_parameter == pytest.approx(published.tokens_per_parameter, rel=0.2)
    assert narrow.exponents() == (narrow.a, narrow.b)
    assert "N* ~ C^a" in narrow.summary()


def test_budgets_without_a_minimum_are_named_not_dropped_in_silence():
    data = budgets(HOFFMANN_2022)
    first = data["C"] == data["C"][0]
    data["N"][first] *= 30
    data["loss"][first] = HOFFMANN_2022.loss(data["N"], data["C"] / (6 * data["N"]))[first]
    result = isoflop(data)
    assert len(result.C) == 6
    assert list(result.skipped.values()) == ["the minimum lies outside the sizes tried"]
    few = isoflop({name: values[7:] for name, values in data.items()})
    assert list(few.skipped.values()) == ["fewer than three sizes"]
    assert "outside the sizes tried" in result.summary()
    with pytest.raises(ValueError, match="Fewer than two budgets"):
        isoflop({k: v[first] for k, v in data.items()})


def test_a_row_that_no_parabola_can_use_is_named():
    message = "loss is not positive in rows 1, 2, 3, 4, 5 and 58 more, so that no row can be used"
    with pytest.raises(ValueError, match=message):
        isoflop(budgets(HOFFMANN_2022) | {"loss": np.full(63, -1.0)})


@pytest.mark.parametrize("way", [isoflop, envelope])
def test_invalid_rows_are_named_or_dropped_as_if_they_were_not_there(way):
    runs = budgets(HOFFMANN_2022)
    runs["run"] = np.tile(np.arange(9), 7)  # nine curves
    runs["N"] = np.tile(np.geomspace(1e8, 1e10, 9), 7)
    runs["loss"] = HOFFMANN_2022.loss(runs["N"], runs["C"] / (6 * runs["N"]))
    bad = {name: values.copy() for name, values in runs.items()}
    bad["loss"][[3, 40]] = np.nan, -1.0
    message = r"loss is missing \(NaN\) in row 4, loss is not positive in row 41: .*--drop-invalid"
    with pytest.raises(ValueError, match=message):
        way(bad)
    dropped = way(bad, drop_invalid=True)
    without = way({name: np.delete(values, [3, 40]) for name, values in runs.items()})
    assert dropped.notes == [DERIVED, "dropped 2 invalid rows", *without.notes[1:]]
    assert {**dropped.to_dict(), "notes": []} == {**without.to_dict(), "notes": []}


def test_parabolas_are_those_of_polyfit_and_say_when_they_are_open():
    rng = np.random.default_rng(0)
    x, y = rng.normal(20, 1, (2, 5)), rng.normal(size=(2, 5))
    place, value, curvature = parabola(x, y)
    for row in range(2):
        a, b, c = np.polyfit(x[row], y[row], 2)
        expected = -b / (2 * a), c - b**2 / (4 * a), 2 * a
        found = place[row], value[row], curvature[row]
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)
    assert np.isnan(parabola([1.0, 2.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0])).all()


def curves(constants, sizes=14):
    rows = {"run": [], "N": [], "D": [], "loss": []}
    for run, N in enumerate(np.geomspace(1e7, 1e11, sizes)):
        D = np.geomspace(1e8, 1e13, 250)
        rows["run"] += [run] * D.size
        rows["N"] += [N] * D.size
        rows["D"] += list(D)
        rows["loss"] += list(constants.loss(N, D))
    return rows


def test_envelope_of_exact_curves_finds_the_exponent():
    result = envelope(curves(BESIROGLU_2024), budgets=60, bootstrap=200)
    a, _ = BESIROGLU_2024.exponents()
    assert result.a == pytest.approx(a, abs=0.04)
    assert result.a_interval.low < result.a < result.a_interval.high
    assert result.loss.min() > BESIROGLU_2024.params["E"]


@pytest.mark.parametrize("option", [{"level": 90}, {"bootstrap": 1.5}, {"seed": -1}])
def test_options_of_the_intervals_are_checked(option):
    name = next(iter(option))
    with pytest.raises(ValueError, match=f"{name} must be"):
        isoflop(budgets(HOFFMANN_2022), **option)
    with pytest.raises(ValueError, match=f"{name} must be"):
        envelope(curves(HOFFMANN_2022), **option)


def test_envelope_refuses_what_has_none():
    rows = curves(BESIROGLU_2024, sizes=2)
    with pytest.raises(ValueError, match="at least 3"):
        envelope(rows)
    with pytest.raises(ValueError, match=r"several rows a run, .*63 of 63 runs have one row"):
        envelope(budgets(HOFFMANN_2022) | {"run": np.arange(63)})
    rows = curves(BESIROGLU_2024, sizes=4)
    rows["N"][5] *= 2
    with pytest.raises(ValueError, match="more than one N"):
        envelope(rows)


def test_a_budget_in_another_unit_is_noted():
    runs = budgets(HOFFMANN_2022)
    gflop = {"total_gflops": runs["C"] / 1e9, "N": runs["N"], "loss": runs["loss"]}
    result = isoflop(gflop, columns={"C": "total_gflops"}, bootstrap=0)
    assert "note: the unit named by total_gflops is not applied" in result.summary()
    right = isoflop(gflop, columns={"C": "total_gflops*1e9"}, bootstrap=0)
    assert right.notes == right.to_dict()["notes"] == [DERIVED]
    plain = isoflop({**runs, "C": runs["C"] / 1e15}, bootstrap=0)
    assert "the largest D, which follows from C and N, is" in plain.notes[1]
    exa = isoflop({**runs, "C": runs["C"] / 1e18}, bootstrap=0)  # D is small for it, and not told
    assert [n for n in exa.notes if "counted in ones" in n] == [exa.notes[1]]
    assert exa.notes[1].startswith("the largest C is 1")


@pytest.mark.parametrize("noise", [0.0, 0.002, 0.03])
@pytest.mark.parametrize(("span", "shift", "sizes"), [(4, 1, 9), (1.5, 1, 5), (30, 0.25, 6)])
def test_clean_valleys_give_no_note(span, shift, sizes, noise):
    runs = budgets(HOFFMANN_2022, span, shift, sizes, noise)
    assert isoflop(runs, bootstrap=0).notes == [DERIVED]


@pytest.mark.parametrize("factor", [0.5, 1.4, 5.0])
@pytest.mark.parametrize(("sizes", "place"), [(5, 0), (5, 2), (6, 5), (9, 1)])
def test_a_run_far_from_its_parabola_is_named(sizes, place, factor):
    runs, row = budgets(HOFFMANN_2022, 4.0, sizes=sizes, noise=0.003), 2 * sizes + place
    runs["loss"][row] *= factor
    result = isoflop(runs, bootstrap=0)
    (_, note) = result.notes
    assert note.startswith(f"row {row + 1} lies far from the parabola (loss {runs['loss'][row]:g}")
    assert ("diverged" in note) == (factor > 1)
    assert all(f", with row {row + 1} far off" in reason for reason in result.skipped.values())
    if "--leave-out" in note:
        rest = isoflop(runs, bootstrap=0, leave_out=note.split("'")[1])
        assert rest.notes[2:] == [] and not rest.skipped


def test_what_bends_a_parabola_of_four_runs_is_looked_for_among_them():
    runs = budgets(HOFFMANN_2022, 4.0, sizes=4, noise=0.003)
    runs["loss"][11] = 11.0
    result = isoflop(runs, bootstrap=0)
    (_, note) = result.notes
    assert "has its minimum, 1.6" in note and "did one of rows 9, 10, 11, 12 diverge" in note


def test_too_few_minima_name_the_runs_that_took_them():
    runs = {name: values[:18].copy() for name, values in budgets(HOFFMANN_2022).items()}
    runs["loss"][[4, 13]] = 11.0
    message = (
        "opens downwards, with row 14 far off; rows 5, 14 lie far .*--leave-out 'loss >= 11.0'"
    )
    with pytest.raises(ValueError, match=message):
        isoflop(runs)


def test_copies_and_other_rows_of_one_size_are_told_apart():
    runs = pd.DataFrame(budgets(HOFFMANN_2022, noise=0.003))
    seeds = runs[:2].assign(loss=runs.loss[:2] + 0.001)
    rows = pd.concat([runs, runs[5:6], seeds], ignore_index=True)
    _, copy, seed = isoflop(rows, bootstrap=0).notes
    assert copy.startswith("row 64 repeats an earlier row in every column")
    assert seed.startswith("rows 65, 66 have the size of an earlier row of the same budget")


def own_flop(runs):
    """Return runs with a C that is not 6 N D: small models cost less than that, as embeddings do.

    It is k N D with k = 6 N / (N + 1e9), and D buys the same C.
    """
    k = 6 * runs["N"] / (runs["N"] + 1e9)
    return {**runs, "D": runs["C"] / (k * runs["N"]), "k": k}


def test_tokens_are_those_of_the_runs_where_the_file_has_them(tmp_path, capsys):
    runs = own_flop(budgets(BESIROGLU_2024, noise=0.002))
    result = isoflop(runs)
    np.testing.assert_allclose(result.D, result.C * (result.N + 1e9) / (6 * result.N**2), rtol=0.03)
    line = np.polyfit(np.log(result.C), np.log(result.D), 1)
    assert result.b == pytest.approx(line[0]) != pytest.approx(1 - result.a, abs=0.01)
    assert result.b_interval.low < result.b < result.b_interval.high
    assert np.log(result.optimum(1e23).D) == pytest.approx(np.polyval(line, np.log(1e23)))
    assert result.notes == []
    six = isoflop({**runs, "D": runs["C"] / (6 * runs["N"])})
    assumed = isoflop({name: runs[name] for name in ("C", "N", "loss")})
    np.testing.assert_allclose(six.D, assumed.D, rtol=1e-12)
    np.testing.assert_allclose(assumed.D, assumed.C / (6 * assumed.N), rtol=1e-12)
    assert (six.notes, assumed.notes) == ([], [DERIVED])
    path = tmp_path / "runs.csv"
    pd.DataFrame(runs).to_csv(path, index=False, float_format="%.17g")
    assert main(["isoflop", str(path), "--json", "--optimum", "1e23"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["D"] == pytest.approx(result.D)
    assert found["optimum"][0]["D"] == pytest.approx(result.optimum(1e23).D)


def test_an_optimum_has_an_interval_and_says_how_far_it_goes(tmp_path, capsys):
    runs = budgets(BESIROGLU_2024, noise=0.003)
    result = isoflop(runs)
    table = result.optimum_table([1e22, 1e24])
    truth = BESIROGLU_2024.optimum(np.array([1e22, 1e24])).N
    assert np.all((table["N low"] < truth) & (truth < table["N high"]))
    width = np.log(table["N high"] / table["N low"])
    assert width[1] > 1.5 * width[0]
    (note,) = table.attrs["notes"]
    assert note.startswith("this goes to 1e+02 times the largest C of the runs")
    assert result.optimum_table(1e22).attrs["notes"] == []
    with pytest.raises(ValueError, match=r"C must be positive and finite, not \[-1.0\]"):
        result.optimum_table(-1)
    assert "N low" not in isoflop(runs, bootstrap=0).optimum_table(1e22)
    path = tmp_path / "runs.csv"
    pd.DataFrame(runs).to_csv(path, index=False, float_format="%.17g")
    assert main(["isoflop", str(path), "--json", "--optimum", "1e24"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["optimum"][0]["N low"] == pytest.approx(table["N low"][1])
    assert found["notes"][-1] == f"optimum: {note}"


def test_tokens_of_an_envelope_are_those_of_its_curves():
    rows = {name: np.asarray(values, float) for name, values in curves(BESIROGLU_2024).items()}
    cost = 2 * rows["N"] ** 1.05
    own = envelope({**rows, "C": cost * rows["D"]}, bootstrap=40)
    np.testing.assert_allclose(own.D, own.C / (2 * own.N**1.05), rtol=1e-9)
    assert own.b != pytest.approx(1 - own.a, abs=0.01)
    assert own.notes == []
    six = envelope(rows, bootstrap=40)
    np.testing.assert_allclose(six.D, six.C / (6 * six.N), rtol=1e-9)
    assert six.b == pytest.approx(1 - six.a)


@pytest.mark.filterwarnings("error")
def test_an_interval_that_was_not_measured_is_not_given():
    three = budgets(HOFFMANN_2022, sizes=3)
    two = isoflop({name: values[:6] for name, values in three.items()})
    assert two.a_interval == two.b_interval == (-np.inf, np.inf)
    assert two.to_dict()["a_interval"] == [None, None]
    note = "no interval of a and b: it takes three different N*, and here are 2"
    assert two.notes[-1] == note and " % from" not in two.summary()
    assert np.ptp(isoflop(three).a_interval) > 0 and " % from" in isoflop(three).summary()
    rows = pd.DataFrame(curves(BESIROGLU_2024, sizes=4))
    found = envelope(rows)
    assert np.unique(found.N).size == 2 and found.notes[-1] == note
    none = isoflop(three, bootstrap=0)
    assert none.notes == [DERIVED] and " % from" not in none.summary()
    hard = budgets(HOFFMANN_2022, sizes=3)
    hard["loss"][9:] = 9 - hard["loss"][9:]  # three minima, which resamples of 3 runs seldom show
    few = isoflop(hard, bootstrap=20)
    assert few.notes[-1].startswith("no interval of a and b: ") and few.notes[-1].endswith(
        "of 20 resamples have two minima"
    )


@pytest.mark.parametrize("way", [isoflop, envelope])
def test_few_replicates_are_refused_as_in_a_fit(way):
    runs = curves(HOFFMANN_2022)
    for few in (1, 5, 19):
        with pytest.raises(ValueError, match=f"bootstrap must be .* at least 20, not {few}"):
            way(runs, bootstrap=few)


def test_a_file_without_budgets_has_a_short_error_that_names_other_ways():
    with pytest.raises(ValueError, match="have a minimum") as error:
        isoflop(own_flop(curves_of_many_budgets()))
    assert len(str(error.value)) < 400
    assert "FLOP and 117 more: fewer than three sizes" in str(error.value)
    assert "envelope takes curves of runs" in str(error.value)


def curves_of_many_budgets():
    C = np.geomspace(1e18, 1e22, 120)
    N = HOFFMANN_2022.optimum(C).N
    return {"C": C, "N": N, "loss": HOFFMANN_2022.loss(N, C / (6 * N))}


def test_budgets_skipped_for_one_reason_share_a_line():
    runs, more = budgets(HOFFMANN_2022), curves_of_many_budgets()
    more["C"] = more["C"] * 1e6
    result = isoflop({name: np.append(runs[name], more[name]) for name in runs}, bootstrap=0)
    assert len(result.to_dict()["skipped"]) == 120
    assert "FLOP and 117 more: fewer than three sizes" in result.summary()
    assert result.summary().count("no minimum at") == 1


def test_copies_are_named_in_curves_and_make_none():
    rows = pd.DataFrame(curves(BESIROGLU_2024))
    twice = pd.concat([rows, rows[3:5]], ignore_index=True)
    (_, note) = envelope(twice, bootstrap=0).notes
    assert note.startswith("rows 3501, 3502 repeat an earlier row in every column")
    ends = rows.groupby("run").tail(1)
    with pytest.raises(ValueError, match="14 of 14 runs have one row, or rows of one C"):
        envelope(pd.concat([ends, ends]))
