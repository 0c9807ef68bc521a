import json
import math
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scaling_lib.laws import formulas, published
from scaling_lib.page.explorers import (
    catalogue,
    choice,
    drawing,
    explore,
    explore_frames,
    forms,
    hypothesis,
    slider,
    toggle,
)
from scaling_lib.page.explorers.carrying import plain
from scaling_lib.page.explorers.controls import stops
from scaling_lib.page.explorers.explorer import MIME
from scaling_lib.page.explorers.markup import load_function

ROOT = Path(__file__).resolve().parents[2]


def made_up_runs():
    """Runs that lie on a law, with a little noise."""
    rng = np.random.default_rng(0)
    N, D = (
        a.ravel()
        for a in np.meshgrid([1500, 3e3, 6e3, 2.4e4, 9.8e4, 2e5], 2.0 ** np.arange(12, 23))
    )
    L = formulas.chinchilla(N, D, 2.12, 30.0, 15.0, 0.69, 0.345) * np.exp(
        0.003 * rng.normal(size=N.size)
    )
    return pd.DataFrame({"N": N, "D": D, "L": L})


def notebook_function(a, b=True):
    shift = sum(math.sqrt(k) for k in range(3))
    return {
        "text": f"a is {a:.2f}.",
        "series": [{"name": "y", "x": [0, 1], "y": [a, shift if b else a]}],
    }


def with_numpy(a, b):
    x = np.arange(3)
    return {"text": f"{b}.", "series": [{"name": "y", "x": x, "y": a * x}]}


AXES = {"x": {"title": "x", "domain": [0, 1]}, "y": {"title": "y", "domain": [0, 3]}}


def make(name):
    if name == "notebook_function":
        controls = [slider("a", "a", 0, 2, 1), toggle("b", "b", True)]
        return explore(notebook_function, controls, AXES, "A line.", title="A line")
    if name == "frames":
        controls = [slider("a", "a", 0, 2, 1, step=0.5), choice("b", "b", {"u": "U", "v": "V"})]
        return explore_frames(with_numpy, controls, AXES, "A line.", title="Stored")
    if name == "fit_by_hand":
        return catalogue.fit_by_hand(made_up_runs())
    return getattr(catalogue, name)()


NAMES = [f.__name__ for f in catalogue.ALL] + ["notebook_function", "frames"]
made = {}


@pytest.fixture(params=NAMES)
def explorer(request):
    if request.param not in made:
        made[request.param] = make(request.param)
    return made[request.param]


def positions(spec, count=4):
    """Start, all low, all high, each control alone at its ends, and some positions between."""
    ends = {c["name"]: stops(c) for c in spec["controls"]}
    start = {c["name"]: c["value"] for c in spec["controls"]}
    out = [start, {k: v[0] for k, v in ends.items()}, {k: v[-1] for k, v in ends.items()}]
    for name, values in ends.items():
        out += [{**start, name: values[0]}, {**start, name: values[-1]}]
    rng = np.random.default_rng(1)
    out += [{k: v[rng.integers(len(v))] for k, v in ends.items()} for _ in range(count)]
    return out


def numbers(value):
    if isinstance(value, dict):
        return [x for v in value.values() for x in numbers(v)]
    if isinstance(value, list):
        return [x for v in value for x in numbers(v)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def frame_at(explorer, values):
    given = {c["name"]: drawing.argument(c, values[c["name"]]) for c in explorer.spec["controls"]}
    data = explorer.spec["data"]
    return load_function(explorer.spec)(**given, **({} if data is None else {"data": data}))


def test_every_position_gives_a_whole_frame(explorer):
    names = None
    for values in positions(explorer.spec, 10):
        frame = frame_at(explorer, values)
        shape = [s["name"] for s in frame["series"] if s.get("key") is not False]
        names = names or shape
        assert shape == names, "names and number of the series must not change"
        assert (
            frame["text"].endswith(".")
            and "nan" not in frame["text"]
            and "inf" not in frame["text"]
        )
        for s in frame["series"]:
            for other in ("y", "y2", "names"):
                assert len(s.get(other, s["x"])) == len(s["x"])
        assert all(math.isfinite(v) for v in numbers(frame["series"]))


def test_pictures_are_sound_and_named(explorer):
    heights = set()
    for values in positions(explorer.spec, 0):
        for narrow in (False, True):
            reply = drawing.respond(explorer.function, explorer.spec, values, narrow)
            root = ET.fromstring(reply["svg"])
            assert root.get("aria-label").startswith(explorer.spec["alt"])
            assert "nan" not in reply["svg"] and "inf" not in reply["svg"]
            heights.add((narrow, root.get("viewBox")))
            assert all(reply["words"].values())
    assert len(heights) == 2, "the picture must keep its height while the reader moves a control"


def test_what_is_stored_is_the_same_each_time(explorer):
    first, second = (make_again(explorer)._repr_mimebundle_()[0] for _ in range(2))
    assert first.pop("application/vnd.jupyter.widget-view+json") != second.pop(
        "application/vnd.jupyter.widget-view+json"
    )
    assert first == second
    assert set(first) == {MIME, "image/svg+xml", "text/plain"}
    ET.fromstring(first["image/svg+xml"])
    json.dumps(first[MIME], allow_nan=False)


def make_again(explorer):
    return type(explorer)(explorer.spec, explorer.function)


def test_the_kernel_answers_as_the_controls_move(explorer):
    explorer = make_again(explorer)
    before = explorer.reply
    explorer.values = positions(explorer.spec)[2]
    assert explorer.reply["values"] == explorer.values
    assert explorer.reply["svg"] != before["svg"]
    explorer.narrow = True
    assert explorer.reply["narrow"] and 'viewBox="0 0 360' in explorer.reply["svg"]


def test_page_html_holds_the_specification(explorer):
    from scaling_lib.page.explorers.markup import explorer_html

    html = explorer_html(explorer.spec)
    embedded = html.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(embedded) == explorer.spec
    for control in explorer.spec["controls"]:
        assert f'name="{control["name"]}"' in html


def test_micropython_gives_the_same_frames():
    node = shutil.which("node")
    if node is None or not (ROOT / "web/node_modules/@micropython").exists():
        message = "parity needs Node.js and the packages of web/: run `make book`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    explorers = [made.get(name) or make(name) for name in NAMES]
    cases = [{"spec": e.spec, "values": positions(e.spec)} for e in explorers]
    run = subprocess.run(
        [node, ROOT / "web/parity.mjs"],
        input=json.dumps({"cases": cases}),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    for e, case, result in zip(explorers, cases, json.loads(run.stdout), strict=True):
        for values, frame, reply in zip(
            case["values"], result["frames"], result["replies"], strict=True
        ):
            mine = json.loads(json.dumps(frame_at(e, values)))
            where = f"{e.spec['title']} at {values}"
            assert frame["text"] == mine["text"], where
            assert len(frame["series"]) == len(mine["series"])
            for a, b in zip(frame["series"], mine["series"], strict=True):
                assert a.keys() == b.keys(), where
                for key in b:
                    if key in ("x", "y", "y2"):
                        # JavaScript writes 1e20 as an integer.
                        a[key] = np.array(a[key], dtype=float)
                        np.testing.assert_allclose(
                            a[key], b[key], rtol=1e-9, atol=1e-300, err_msg=where
                        )
                    else:
                        assert a[key] == b[key], where
            here = drawing.respond(e.function, e.spec, values)
            assert reply["words"] == here["words"] and reply["text"] == here["text"], where
            # Coordinates have one decimal; a tie may be rounded either way.
            assert len(reply["svg"]) == pytest.approx(len(here["svg"]), rel=0.01), where


def test_constants_are_the_published_ones():
    for mine, theirs in (
        (forms.HOFFMANN, published.HOFFMANN_2022),
        (forms.BESIROGLU, published.BESIROGLU_2024),
        (forms.MUENNIGHOFF, published.MUENNIGHOFF_2023),
    ):
        assert mine == {k: theirs.params[k] for k in mine}
    assert forms.KAPLAN_EXPONENT == published.KAPLAN_2020_ALLOCATION.a
    assert forms.EQUAL_EXPONENT == published.HOFFMANN_2022_APPROACH_1.a


def test_forms_agree_with_the_library():
    N, D = np.logspace(6, 12, 5), np.logspace(8, 13, 5)
    mine = [forms.loss(n, d, **forms.BESIROGLU) for n, d in zip(N, D, strict=True)]
    np.testing.assert_allclose(mine, formulas.chinchilla(N, D, **forms.BESIROGLU), rtol=1e-14)
    best = published.BESIROGLU_2024.optimum(1e23)
    np.testing.assert_allclose(forms.optimum(1e23, **forms.BESIROGLU), (best.N, best.D), rtol=1e-12)


def text_of(name, **arguments):
    return getattr(hypothesis, name)(**arguments)["text"]


def test_isoflop_marks_the_lowest_point():
    from scaling_lib.page.explorers.scaling_laws import isoflop

    for C in (1e19, 5.9e23):
        curve, _, optimum, _ = isoflop(C, 0.02, -0.03, "hoffmann")["series"]
        lowest = min(curve["y"])
        assert optimum["y"][0] <= lowest and lowest - optimum["y"][0] < 1e-3
    # What the two sets of constants say about Chinchilla's budget.
    assert "tokens: 17.4 tokens" not in isoflop(5.88e23, 0, 0, "hoffmann")["text"]
    assert "18.4 tokens a parameter" in isoflop(5.88e23, 0, 0, "besiroglu")["text"]


def test_kaplan_and_equal_split_by_ten():
    from scaling_lib.page.explorers.scaling_laws import allocation

    text = allocation(10.0, 0.6)["text"]
    assert "×5.37 the parameters and ×1.86 the tokens" in text and "×3.16 of each" in text


def test_broken_law_has_the_slopes_it_was_given():
    from scaling_lib.page.explorers.scaling_laws import broken_law

    curve = broken_law(0.05, 0.35, 0.12, 1e3, 1e5, 8.0)["series"][0]
    logs = np.log10(curve["x"]), np.log10(curve["y"])
    for low, high, slope in ((0, 2.5, -0.05), (3.5, 4.5, -0.35), (5.5, 8, -0.12)):
        inside = (logs[0] >= low) & (logs[0] <= high)
        assert np.polyfit(logs[0][inside], logs[1][inside], 1)[0] == pytest.approx(slope, abs=0.005)
    assert "forecasts the end" in broken_law(0.2, 0.2, 0.2, 1e3, 1e5, 2.0)["text"]


def test_fit_by_hand_finds_the_scales_of_an_exact_law():
    from scaling_lib.page.explorers.tables import best_scales, fit_by_hand

    runs = [(n, d, 2.1 + 30 * n**-0.7 + 15 * d**-0.35) for n in (1e3, 1e4, 1e5) for d in (1e4, 1e6)]
    assert best_scales(runs, 2.1, 0.7, 0.35) == pytest.approx((30, 15), rel=1e-6)
    table = {k: [r[i] for r in runs] for i, k in enumerate("NDL")}
    assert "by 0.00 %" in fit_by_hand(0.7, 0.35, 2.1, table)["text"]
    worse = fit_by_hand(0.3, 0.35, 2.1, table)["text"]
    assert "by 0.00 %" not in worse
    assert min(best_scales(runs, 2.1, 0.05, 1.2)) >= 0


def test_growth_reads_a_doubling_time_back():
    from scaling_lib.page.explorers.tables import growth_of_systems

    years = [2010 + k / 4 for k in range(40)]
    data = {"name": ["s"] * 40, "year": years, "C": [1e18 * 4 ** (y - 2010) for y in years]}
    assert "grew ×4.00 a year" in growth_of_systems(2010, 10, "C", data)["text"]
    assert "doubling every 6.0 months" in growth_of_systems(2010, 10, "C", data)["text"]
    assert "too few" in growth_of_systems(1960, 2, "C", data)["text"]
    falling = {**data, "C": data["C"][::-1]}
    assert "no growth" in growth_of_systems(2010, 10, "C", falling)["text"]


def test_a_trend_through_few_systems_has_an_honest_interval():
    from scipy import stats

    from scaling_lib.page.explorers.tables import growth_of_systems, t_quantile

    for freedom in (3, 5, 10, 100):
        assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01)
    four = {"name": list("abcd"), "year": [2010, 2011, 2012, 2013], "C": [1e18, 3e18, 2e19, 4e19]}
    assert "4 systems from 2010 to 2015: too few" in growth_of_systems(2010, 5, "C", four)["text"]


def test_the_worst_run_is_read_from_the_law():
    from scaling_lib.page.explorers.tables import fit_by_hand

    table = {"N": [1e3, 1e3, 1e3], "D": [1e4, 1e5, 1e6], "L": [3.0, 3.0, 4.0]}
    text = fit_by_hand(0.5, 0.5, 0.0, table)["text"]
    assert "at the worst, 1k parameters on 1M tokens, it is" in text and "too low" in text


def test_a_score_that_no_model_of_a_side_is_near_is_not_priced():
    from scaling_lib.page.explorers.tables import knowledge_tests

    scores = [30.0, 40.0, 60.0, 70.0]
    early = {"name": list("abcd"), "C": [1e21, 1e22, 1e23, 1e24], "score": scores}
    both = {k: v * 2 for k, v in early.items()} | {"year": [2021.0] * 4 + [2024.0] * 4}
    assert "A score of 50 % takes" in knowledge_tests(2023.0, both)["text"]
    high = {**both, "score": [*scores, 60.0, 70.0, 75.0, 80.0]}
    assert "nothing to compare" in knowledge_tests(2023.0, high)["text"]


def test_curves_that_start_level_are_called_level_and_may_still_cross():
    from scaling_lib.page.explorers.bitter_lesson import knowledge_crossover

    arguments = dict(head_start=1.0, ceiling=0.06, exponent=0.3)
    text = knowledge_crossover(D=100.0, **arguments)["text"]
    assert "the two are level" in text and "The curves cross at" in text
    same = knowledge_crossover(D=1e4, head_start=1.0, ceiling=0.0, exponent=0.5)["text"]
    assert "the two are level" in same and "no lead to lose" in same
    late = knowledge_crossover(D=100.0, head_start=1.0, ceiling=0.0, exponent=0.3)["text"]
    assert "the knowledge goes on paying" in late


def test_a_capability_before_the_barrier_tells_nothing_apart():
    arguments = dict(exponent=0.1, strength=0.7, target=0.5, growth=4.0)
    assert "cannot tell" in text_of("strong_or_weak", barrier=1e27, **arguments)
    assert "cannot tell" not in text_of("strong_or_weak", barrier=1e22, **arguments)
    full = {**arguments, "strength": 1.0, "target": 0.1}
    assert "does not reach it" in text_of("strong_or_weak", barrier=1e22, **full)


def test_pass_at_k_of_equal_problems_is_the_textbook_formula():
    from scaling_lib.page.explorers.scaffolding import pass_at_k

    any_right, delivered, alike, _ = pass_at_k(10.0, 0.1, 0.0, 1e-4)["series"]
    expected = [1 - 0.9**k for k in any_right["x"]]
    np.testing.assert_allclose(any_right["y"], expected, rtol=1e-9)
    np.testing.assert_allclose(alike["y"], expected, rtol=1e-9)
    assert all(d <= a + 1e-12 for d, a in zip(delivered["y"], any_right["y"], strict=True))
    # A verifier that passes everything delivers one sample, however many there are.
    single, useless, *_ = pass_at_k(10.0, 0.1, 1.0, 1.0)["series"]
    np.testing.assert_allclose(useless["y"], single["y"][0], rtol=1e-9)


def test_repetition_is_worth_what_the_library_says():
    from scaling_lib.page.explorers.data_limits import repetition

    again = repetition(1e10, 4.0, 15.39, 1e10)["series"][0]
    U, R = 1e10, np.array(again["x"]) - 1
    base = forms.MUENNIGHOFF
    expected = formulas.chinchilla(1e10, formulas.saturating(U, R, 15.39), **base)
    np.testing.assert_allclose(again["y"], expected, rtol=1e-12)


def test_sentences_stay_true_at_the_ends_of_the_sliders():
    from scaling_lib.page.explorers import data_limits, scaffolding

    # Demand that is above the stock already and grows more slowly: not "they never meet".
    text = data_limits.stock_and_demand(1e13, 3.0, 1.1, 0.5, 1)["text"]
    assert "already" in text and "never" not in text
    assert "never meet" in data_limits.stock_and_demand(1e15, 3.0, 1.1, 0.5, 1)["text"]
    # One sample and a bit of a smaller model is not "one answer of the largest".
    text = scaffolding.samples_or_size(1e15, 1e13, 2.0, 1.5)["text"]
    assert "samples of 681B" in text and "One answer of 1T" in text
    assert "one answer of 1T" in scaffolding.samples_or_size(1e15, 1e13, 2.0, 4.0)["text"]
    # A verifier that passes few wrong answers does not pass none.
    assert "passes 0.01 %" in scaffolding.pass_at_k(100.0, 0.03, 2.0, 1e-4)["text"]


def test_the_bill_is_what_the_library_says():
    from scaling_lib import compute
    from scaling_lib.page.explorers import data_limits

    for name, (rate, watts) in data_limits.CHIPS.items():
        chip = compute.chip(name)
        assert (rate, watts) == (chip.bf16, chip.power)
        frame = data_limits.budget(3.8e25, name, 16000.0, 0.4, 2.0, 1.5)
        bill = compute.budget(
            3.8e25, chip, utilisation=0.4, chips=16000, price_hour=2, overhead=1.5
        )
        (days,) = frame["series"][-1]["y"]
        assert days == pytest.approx(bill.days)
        assert forms.si(bill.cost) in frame["text"] and forms.si(bill.chip_hours) in frame["text"]
        assert data_limits.watt(bill.power) in frame["text"]
    assert data_limits.watt(2.5e9) == "2.50 GW"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999.6, "1k"), (1234567, "1.23M"), (7e10, "70B"), (1.4e12, "1.4T"), (5e15, "5000T")],
)
def test_counts_in_words(value, text):
    assert forms.si(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.88e23, "5.9 × 10^23"),
        (1e21, "10^21"),
        (9.99e21, "10^22"),
        (3e-4, "3.0 × 10^-4"),
        (0, "0"),
    ],
)
def test_powers_in_words(value, text):
    assert forms.power(value) == text


def test_rich_text_is_escaped_and_raised():
    assert drawing.rich("a < 10^21.5 FLOP. 10^-3.") == (
        "a &lt; 10<sup>21.5</sup> FLOP. 10<sup>-3</sup>."
    )


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ({"domain": [0, 1]}, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ({"domain": [1e20, 1e36], "log": True}, [10.0**k for k in range(20, 37, 2)]),
        ({"domain": [1, 100], "log": True}, [1, 2, 5, 10, 20, 50, 100]),
    ],
)
def test_ticks_are_round(axis, expected):
    np.testing.assert_allclose(drawing.tick_values(axis, 8)[: len(expected)], expected, rtol=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: slider("a", "a", 1, 0, 1),
        lambda: slider("a", "a", 0, 1, 2),
        lambda: slider("a", "a", 0, 1, 1, log=True),
        lambda: slider("a", "a", 0, 1, 1, show="words"),
        lambda: choice("a", "a", {}),
        lambda: choice("a", "a", {"u": "U"}, "w"),
    ],
)
def test_a_control_that_cannot_work_is_refused(call):
    with pytest.raises(ValueError, match="'a'"):
        call()


OUTSIDE = 3.0


def reaches_outside(a):
    return {"text": "x.", "series": [{"name": "y", "x": [0], "y": [a * OUTSIDE]}]}


def test_what_the_page_could_not_run_is_refused():
    a = slider("a", "a", 0, 1, 0.5)
    with pytest.raises(ValueError, match="OUTSIDE"):
        explore(reaches_outside, [a], AXES, "", title="")
    with pytest.raises(ValueError, match="has no argument b"):
        explore(lambda a: None, [a, toggle("b", "b")], AXES, "", title="")
    with pytest.raises(ValueError, match="needs length, steepness"):
        explore(hypothesis.emergence, [slider("N", "N", 1, 2, 1)], AXES, "", title="")
    with pytest.raises(ValueError, match="axis y"):
        bad = {**AXES, "y": {"title": "", "domain": [0, 1], "log": True}}
        explore(notebook_function, [a], bad, "", title="")


def test_too_many_frames_are_refused():
    with pytest.raises(ValueError, match="10201 positions"):
        explore_frames(
            lambda a, b: None,
            [slider("a", "", 0, 1, 0), slider("b", "", 0, 1, 0)],
            AXES,
            "",
            title="",
        )


def test_stored_frames_are_those_that_were_computed():
    stored = make("frames")
    stored.values = {"a": 1.5, "b": "v"}
    assert frame_at(stored, stored.values) == {
        "text": "v.",
        "series": [{"name": "y", "x": [0, 1, 2], "y": [0.0, 1.5, 3.0]}],
    }


def test_tables_and_arrays_become_json():
    table = pd.DataFrame({"a": [1, 2], "b": [0.123456, 2.0]})
    assert plain({"t": table, "v": np.float64(1.5)}, 3) == {
        "t": {"a": [1, 2], "b": [0.123, 2.0]},
        "v": 1.5,
    }
