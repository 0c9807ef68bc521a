import ast
import json
import math
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import needs
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from task_ways import WAYS, moved

from scaling_lib import compute, load
from scaling_lib.laws import formulas, published
from scaling_lib.page import choice, explore, figures, slider, toggle
from scaling_lib.page.explorer import MIME, explorer_html
from scaling_lib.page.micropython import drawing, numbers
from scaling_lib.page.micropython.allocation import allocation
from scaling_lib.page.micropython.broken_law import broken_law
from scaling_lib.page.micropython.budget import CHIPS, budget
from scaling_lib.page.micropython.controls import FIGURES
from scaling_lib.page.micropython.emergence_figure import emergence
from scaling_lib.page.micropython.first_forecast_figure import first_forecast
from scaling_lib.page.micropython.fit_by_hand import fit_by_hand
from scaling_lib.page.micropython.growth_of_systems import growth_of_systems
from scaling_lib.page.micropython.host import frame_at, respond
from scaling_lib.page.micropython.isoflop_figure import isoflop
from scaling_lib.page.micropython.knowledge_crossover import knowledge_crossover
from scaling_lib.page.micropython.knowledge_tests import knowledge_tests
from scaling_lib.page.micropython.lifetime_compute import lifetime_compute
from scaling_lib.page.micropython.pass_at_k import pass_at_k
from scaling_lib.page.micropython.repetition_figure import repetition
from scaling_lib.page.micropython.samples_or_size import samples_or_size
from scaling_lib.page.micropython.stock_and_demand import stock_and_demand
from scaling_lib.page.micropython.strong_or_weak import (
    LARGEST,
    MONTH,
    WHEN,
    strong_or_weak,
)
from scaling_lib.page.micropython.time_horizon import time_horizon
from scaling_lib.page.micropython.what_counts import EUROPE, STATES, what_counts

ROOT = Path(__file__).resolve().parents[2]
CARRIED = sorted((ROOT / "scaling_lib/page/micropython").glob("*.py"))
SHARED = {"__init__", "controls", "drawing", "host", "numbers"}


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


def stops(control):
    """Every position that a control can take."""
    if control["kind"] == "choice":
        return [value for value, _ in control["options"]]
    if control["kind"] == "toggle":
        return [False, True]
    n = round((control["high"] - control["low"]) / control["step"])
    return [round(control["low"] + i * control["step"], 9) for i in range(n + 1)]


AXES = {"x": {"title": "x", "domain": [0, 1]}, "y": {"title": "y", "domain": [0, 3]}}


def make(name):
    if name == "notebook_function":
        controls = [slider("a", "a", 0, 2, 1), toggle("b", "b", True)]
        return explore(notebook_function, controls, AXES, "A line.", title="A line")
    if name == "fit_by_hand":
        return figures.fit_by_hand(made_up_runs())
    return getattr(figures, name)()


NAMES = [*figures.__all__, "notebook_function"]
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


def every_number(value):
    if isinstance(value, dict):
        return [x for v in value.values() for x in every_number(v)]
    if isinstance(value, list):
        return [x for v in value for x in every_number(v)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_every_position_gives_a_whole_frame(explorer):
    names = None
    for values in positions(explorer.spec, 10):
        frame = frame_at(explorer.function, explorer.spec, values)
        shape = [s["name"] for s in frame["series"] if s.get("key") is not False]
        tasks = FIGURES.get(explorer.spec["function"]["name"], {"tasks": ()})["tasks"]
        assert len(frame.get("reached", [])) == len(tasks)
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
        assert all(math.isfinite(v) for v in every_number(frame["series"]))


def test_pictures_are_sound_and_named(explorer):
    heights = set()
    for values in positions(explorer.spec, 0):
        for narrow in (False, True):
            reply = respond(explorer.function, explorer.spec, values, narrow)
            root = ET.fromstring(reply["svg"])
            assert root.get("aria-label").startswith(explorer.spec["alt"])
            assert "nan" not in reply["svg"] and "inf" not in reply["svg"]
            words = {kind: root.findall(f".//*[@class='{kind}']") for kind in ("axis", "tick")}
            title, top = (min(float(w.get("y")) for w in words[k]) for k in ("axis", "tick"))
            assert top - title > 1.4 * float(root.get("font-size")), "the title is on a number"
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
    html = explorer_html(explorer.spec)
    embedded = html.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(embedded) == explorer.spec
    for control in explorer.spec["controls"]:
        assert f'name="{control["name"]}"' in html


def solved(explorer):
    """Positions at which the figure's tasks are reached."""
    name = explorer.spec["function"]["name"]
    if name == "fit_by_hand":
        return []  # here of other runs than those that the tasks are tried with
    return [moved(explorer, there) for there, _ in WAYS.get(name, [])]


@pytest.mark.long
def test_micropython_gives_the_same_frames():
    node = shutil.which("node")
    if node is None or not (ROOT / "web/node_modules/@micropython").exists():
        message = "parity needs Node.js and the packages of web/: run `make book`"
        needs.missing(message)
    explorers = [made.get(name) or make(name) for name in NAMES]
    cases = [{"spec": e.spec, "values": positions(e.spec) + solved(e)} for e in explorers]
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
            mine = json.loads(json.dumps(frame_at(e.function, e.spec, values)))
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
            here = respond(e.function, e.spec, values)
            for key in ("words", "text", "reached"):
                assert reply[key] == here[key], where
            # Coordinates have one decimal; a tie may be rounded either way.
            assert len(reply["svg"]) == pytest.approx(len(here["svg"]), rel=0.01), where


def test_constants_are_the_published_ones():
    for mine, theirs in (
        (numbers.HOFFMANN, published.HOFFMANN_2022),
        (numbers.BESIROGLU, published.BESIROGLU_2024),
        (numbers.MUENNIGHOFF, published.MUENNIGHOFF_2023),
    ):
        assert mine == {k: theirs.params[k] for k in mine}
    assert numbers.KAPLAN_EXPONENT == published.KAPLAN_2020_ALLOCATION.a
    assert numbers.EQUAL_EXPONENT == published.HOFFMANN_2022_APPROACH_1.a


def test_laws_agree_with_the_library():
    N, D = np.logspace(6, 12, 5), np.logspace(8, 13, 5)
    mine = [numbers.loss(n, d, **numbers.BESIROGLU) for n, d in zip(N, D, strict=True)]
    np.testing.assert_allclose(mine, formulas.chinchilla(N, D, **numbers.BESIROGLU), rtol=1e-14)
    best = published.BESIROGLU_2024.optimum(1e23)
    np.testing.assert_allclose(
        numbers.optimum(1e23, **numbers.BESIROGLU), (best.N, best.D), rtol=1e-12
    )


def test_isoflop_marks_the_lowest_point():
    for C in (1e19, 5.9e23):
        curve, _, optimum, _ = isoflop(C, 0.02, -0.03, "hoffmann")["series"]
        lowest = min(curve["y"])
        assert optimum["y"][0] <= lowest and lowest - optimum["y"][0] < 1e-3
    # What the two sets of constants say about Chinchilla's budget.
    for fit, law in (
        ("hoffmann", published.HOFFMANN_2022),
        ("besiroglu", published.BESIROGLU_2024),
    ):
        best = law.optimum(5.88e23)
        said = re.search(r"([\d.]+) tokens a parameter", isoflop(5.88e23, 0, 0, fit)["text"])[1]
        assert float(said) == pytest.approx(best.D / best.N, rel=5e-3)


def test_kaplan_and_equal_split_by_ten():
    text = allocation(10.0, 0.6)["text"]
    assert "×5.37 the parameters and ×1.86 the tokens" in text and "×3.16 of each" in text


def test_broken_law_has_the_slopes_it_was_given():
    curve = broken_law(0.05, 0.35, 0.12, 1e3, 1e5, 8.0)["series"][0]
    logs = np.log10(curve["x"]), np.log10(curve["y"])
    for low, high, slope in ((0, 2.5, -0.05), (3.5, 4.5, -0.35), (5.5, 8, -0.12)):
        inside = (logs[0] >= low) & (logs[0] <= high)
        assert np.polyfit(logs[0][inside], logs[1][inside], 1)[0] == pytest.approx(slope, abs=0.005)
    assert "forecasts the end" in broken_law(0.2, 0.2, 0.2, 1e3, 1e5, 2.0)["text"]


def test_fit_by_hand_finds_the_scales_of_an_exact_law():
    runs = [(n, d, 2.1 + 30 * n**-0.7 + 15 * d**-0.35) for n in (1e3, 1e4, 1e5) for d in (1e4, 1e6)]
    table = {k: [r[i] for r in runs] for i, k in enumerate("NDL")}
    text = fit_by_hand(0.7, 0.35, 2.1, table)["text"]
    assert text.startswith("L = 2.10 + 30.0 / N^0.70 + 15.0 / D^0.35 misses the 6 runs by 0.00 %")
    assert "by 0.00 %" not in fit_by_hand(0.3, 0.35, 2.1, table)["text"]
    # No term of the law is ever given a negative scale.
    assert "−" not in fit_by_hand(0.05, 1.2, 2.1, table)["text"]


def test_growth_reads_a_doubling_time_back():
    years = [2010 + k / 4 for k in range(40)]
    data = {"name": ["s"] * 40, "year": years, "C": [1e18 * 4 ** (y - 2010) for y in years]}
    assert "grew ×4.00 a year" in growth_of_systems(2010, 10, "C", data)["text"]
    assert "doubling every 6.0 months" in growth_of_systems(2010, 10, "C", data)["text"]
    assert "too few" in growth_of_systems(1960, 2, "C", data)["text"]
    falling = {**data, "C": data["C"][::-1]}
    assert "no growth" in growth_of_systems(2010, 10, "C", falling)["text"]


def test_a_trend_through_few_systems_has_an_honest_interval():
    rng = np.random.default_rng(3)
    for count in (5, 7, 12, 40):
        years = 2010 + 10 * np.arange(count) / count
        logs = 18 + 0.3 * (years - 2010) + 0.1 * rng.normal(size=count)
        data = {"name": ["s"] * count, "year": years.tolist(), "C": (10**logs).tolist()}
        low, high = re.search(
            r"×([\d.]+) to ×([\d.]+)", growth_of_systems(2010, 10, "C", data)["text"]
        ).groups()
        line = stats.linregress(years, logs)
        slack = stats.t.ppf(0.975, count - 2) * line.stderr
        for said, end in ((low, -slack), (high, slack)):
            assert float(said) == pytest.approx(10 ** (line.slope + end), rel=0.01)
    four = {"name": list("abcd"), "year": [2010, 2011, 2012, 2013], "C": [1e18, 3e18, 2e19, 4e19]}
    assert "4 systems from 2010 to 2015: too few" in growth_of_systems(2010, 5, "C", four)["text"]


def test_the_worst_run_is_read_from_the_law():
    table = {"N": [1e3, 1e3, 1e3], "D": [1e4, 1e5, 1e6], "L": [3.0, 3.0, 4.0]}
    text = fit_by_hand(0.5, 0.5, 0.0, table)["text"]
    assert "at the worst, 1k parameters on 1M tokens, it is" in text and "too low" in text


def test_a_model_passes_the_threshold_by_what_is_counted():
    assert (EUROPE, STATES) == (compute.EU_AI_ACT.flop, compute.CALIFORNIA_SB_53.flop)
    arguments = dict(N=3e10, D=1.2e13, teacher=4e11, written=4e12, kept=0.25)
    private, public = (what_counts(**arguments, text=t) for t in ("private", "public"))
    assert "Own training 2.2 × 10^24 FLOP" in private["text"]
    assert "guidelines 1.5 × 10^25, above 10^25" in private["text"]
    assert "guidelines 2.2 × 10^24, not above 10^25" in public["text"]
    own, writing, parent = 6 * 3e10 * 1.2e13, 2 * 4e11 * 4e12 / 0.25, 6 * 4e11 * 1.2e13
    for frame, counted in ((private, own + writing), (public, own)):
        assert frame["series"][-1]["y"] == [pytest.approx(counted)]
        assert f"{(own + writing + parent) / own:.1f} times the first" in frame["text"]


def test_a_score_that_no_model_of_a_side_is_near_is_not_priced():
    scores = [30.0, 40.0, 60.0, 70.0]
    early = {"name": list("abcd"), "C": [1e21, 1e22, 1e23, 1e24], "score": scores}
    both = {k: v * 2 for k, v in early.items()} | {"year": [2021.0] * 4 + [2024.0] * 4}
    assert "A score of 50 % takes" in knowledge_tests(2023.0, both)["text"]
    high = {**both, "score": [*scores, 60.0, 70.0, 75.0, 80.0]}
    assert "nothing to compare" in knowledge_tests(2023.0, high)["text"]


def test_curves_that_start_level_are_called_level_and_may_still_cross():
    arguments = dict(head_start=1.0, ceiling=0.06, exponent=0.3)
    text = knowledge_crossover(D=100.0, **arguments)["text"]
    assert "the two are level" in text and "The curves cross at" in text
    same = knowledge_crossover(D=1e4, head_start=1.0, ceiling=0.0, exponent=0.5)["text"]
    assert "the two are level" in same and "no lead to lose" in same
    late = knowledge_crossover(D=100.0, head_start=1.0, ceiling=0.0, exponent=0.3)["text"]
    assert "the knowledge goes on paying" in late


def test_a_target_before_the_barrier_tells_nothing_apart():
    arguments = dict(exponent=0.1, strength=0.7, target=0.5, growth=4.0)
    assert "cannot tell" in strong_or_weak(barrier=1e27, **arguments)["text"]
    assert "cannot tell" not in strong_or_weak(barrier=1e22, **arguments)["text"]
    full = {**arguments, "strength": 1.0, "target": 0.1}
    assert "does not reach it" in strong_or_weak(barrier=1e22, **full)["text"]


def test_dates_count_from_the_largest_run_of_the_table_and_are_rounded():
    systems = load("notable_systems").dropna(subset="C")
    largest = systems.loc[systems["C"].idxmax()]
    assert largest["C"] == LARGEST and f"{largest['date']:%B %Y}" == MONTH
    assert abs(numbers.decimal_years([largest["date"]])[0] - WHEN) < 0.01
    # 2026.67 and 1.33 years are the end of 2027 or the beginning of 2028.
    target = (LARGEST * 4**1.32 / 1e20) ** -0.1
    arguments = dict(exponent=0.1, barrier=1e34, strength=0.7, growth=4.0)
    text = strong_or_weak(target=target, **arguments)["text"]
    assert f"(about 2028, growing ×4.00 a year from 10^27 FLOP in {MONTH})" in text


def test_pass_at_k_of_equal_problems_is_the_textbook_formula():
    any_right, delivered, alike, _ = pass_at_k(10.0, 0.1, 0.0, 1e-4)["series"]
    expected = [1 - 0.9**k for k in any_right["x"]]
    np.testing.assert_allclose(any_right["y"], expected, rtol=1e-9)
    np.testing.assert_allclose(alike["y"], expected, rtol=1e-9)
    assert all(d <= a + 1e-12 for d, a in zip(delivered["y"], any_right["y"], strict=True))
    # A verifier that passes everything delivers one sample, however many there are.
    single, useless, *_ = pass_at_k(10.0, 0.1, 1.0, 1.0)["series"]
    np.testing.assert_allclose(useless["y"], single["y"][0], rtol=1e-9)


def test_repetition_is_worth_what_the_library_says():
    again = repetition(1e10, 4.0, 15.39, 1e10)["series"][0]
    U, R = 1e10, np.array(again["x"]) - 1
    base = numbers.MUENNIGHOFF
    expected = formulas.chinchilla(1e10, formulas.saturating(U, R, 15.39), **base)
    np.testing.assert_allclose(again["y"], expected, rtol=1e-12)


@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_a_horizon_is_where_a_share_of_the_tasks_is_left(spread):
    """Tasks are drawn with rates of their own, and each runs until its first error."""
    curve, _, marks = time_horizon(0.02, spread, 0.8)["series"]
    rng, rate = np.random.default_rng(0), -np.log(0.98)
    rates = rng.gamma(1 / spread, spread * rate, 200_000) if spread else rate
    first_error = rng.exponential(1 / rates, 200_000)
    for length, share in zip(marks["x"], marks["y"], strict=True):
        assert (first_error > length).mean() == pytest.approx(share, abs=0.005)
    assert marks["y"] == [0.5, 0.8]
    assert np.interp(marks["x"], curve["x"], curve["y"]) == pytest.approx([0.5, 0.8], abs=0.01)


def test_the_cheapest_model_of_a_lifetime_is_the_lowest_point():
    law = published.BESIROGLU_2024
    for quality, answered in ((5.88e23, 1e13), (1e22, 1e15), (1e26, 1e11)):
        excess = law.optimum(quality).loss - law.params["E"]
        N = np.geomspace(
            (law.params["A"] / excess) ** (1 / law.params["alpha"]) * 1.001, 1e13, 20001
        )
        left = excess - law.params["A"] / N ** law.params["alpha"]
        N, left = N[left > 0], left[left > 0]
        D = (law.params["B"] / left) ** (1 / law.params["beta"])
        cost = 6 * N * D + 2 * N * answered
        _, _, marks = lifetime_compute(quality, answered)["series"]
        assert marks["x"][1] == pytest.approx(N[cost.argmin()], rel=2e-3)
        assert marks["y"][1] == pytest.approx(cost.min(), rel=1e-4)


def test_sentences_stay_true_at_the_ends_of_the_sliders():
    # Demand that is above the stock already and grows more slowly: not "they never meet".
    text = stock_and_demand(1e13, 3.0, 1.1, 0.5, 1)["text"]
    assert "already" in text and "never" not in text
    assert "never meet" in stock_and_demand(1e15, 3.0, 1.1, 0.5, 1)["text"]
    # The limits of data states this date, and says why it is not the page's own.
    assert "in 2027.7;" in stock_and_demand(3e14, 3.0, 2.4, 0.07, 1)["text"]
    # One sample and a bit of a smaller model is not "one answer of the largest".
    text = samples_or_size(1e15, 1e13, 2.0, 1.5)["text"]
    assert "samples of 681B" in text and "One answer of 1T" in text
    assert "one answer of 1T" in samples_or_size(1e15, 1e13, 2.0, 4.0)["text"]
    # A verifier that passes few wrong answers does not pass none.
    assert "passes 0.01 %" in pass_at_k(100.0, 0.03, 2.0, 1e-4)["text"]


def test_the_bill_is_what_the_library_says():
    for name, (rate, watts) in CHIPS.items():
        chip = compute.chip(name)
        assert (rate, watts) == (chip.bf16, chip.power)
        frame = budget(3.8e25, name, 16000.0, 0.4, 2.0, 1.5)
        bill = compute.budget(
            3.8e25, chip, utilisation=0.4, chips=16000, price_hour=2, overhead=1.5
        )
        (days,) = frame["series"][-1]["y"]
        assert days == pytest.approx(bill.days)
        assert (
            numbers.si(bill.cost) in frame["text"] and numbers.si(bill.chip_hours) in frame["text"]
        )
        draws = float(re.search(r"draws ([\d.]+) MW", frame["text"])[1])
        assert draws * 1e6 == pytest.approx(bill.power, rel=5e-3)
    assert "draws 2.80 GW" in budget(1e30, "A100", 5e6, 0.4, 2.0, 1.4)["text"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999.6, "1k"), (1234567, "1.23M"), (7e10, "70B"), (1.4e12, "1.4T"), (5e15, "5000T")],
)
def test_counts_in_words(value, text):
    assert numbers.si(value) == text


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
    assert numbers.power(value) == text


def said(a):
    return {"text": "a < 10^21.5 FLOP. 10^-3.", "series": [{"name": "y", "x": [0], "y": [a]}]}


def test_a_sentence_is_escaped_and_its_powers_raised():
    shown = explore(said, [slider("a", "a", 0, 2, 1)], AXES, "A point.", title="Said")
    assert shown.reply["text"] == "a &lt; 10<sup>21.5</sup> FLOP. 10<sup>-3</sup>."


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ({"domain": [0, 1]}, "0 0.2 0.4 0.6 0.8 1"),
        ({"domain": [1e20, 1e36], "log": True, "ticks": "power"},
         " ".join(f"10{k}" for k in range(20, 37, 2))),
        ({"domain": [1, 100], "log": True, "ticks": "si"}, "1 2 5 10 20 50 100"),
    ],
)  # fmt: skip
def test_ticks_are_round(axis, expected):
    axes = {"x": {**axis, "title": "x"}, "y": {"title": "y", "domain": [0, 7]}}
    svg = ET.fromstring(drawing.draw({"text": "", "series": []}, axes, ""))
    ticks = [e for e in svg.iter() if e.get("class") == "tick" and e.get("text-anchor") == "middle"]
    assert " ".join("".join(e.itertext()) for e in ticks) == expected


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
        explore(emergence, [slider("N", "N", 1, 2, 1)], AXES, "", title="")
    with pytest.raises(ValueError, match="axis y"):
        bad = {**AXES, "y": {"title": "", "domain": [0, 1], "log": True}}
        explore(notebook_function, [a], bad, "", title="")


def test_tables_and_arrays_become_json():
    def counts(a, data):
        return {"text": "x.", "series": [{"name": "y", "x": [0], "y": [a]}]}

    table = pd.DataFrame({"a": [1, 2], "b": [0.123456, 2.0]})
    data = {"t": table, "v": np.float64(1.5), "x": np.arange(2)}
    shown = explore(counts, [slider("a", "a", 0, 2, 1)], AXES, "", title="", data=data)
    assert shown.spec["data"] == {
        "t": {"a": [1, 2], "b": [0.123456, 2.0]},
        "v": 1.5,
        "x": [0, 1],
    }


def test_each_file_that_is_not_shared_is_one_figure_of_its_name():
    declared = {f["function"].__module__.split(".")[-1]: name for name, f in FIGURES.items()}
    assert len(declared) == len(FIGURES)
    assert set(declared) == {path.stem for path in CARRIED} - SHARED
    assert all(file in (name, f"{name}_figure") for file, name in declared.items())
    assert dir(figures) == figures.__all__ == sorted(declared.values())
    assert figures.isoflop.__doc__.startswith("Show *One budget, many model sizes*")
    assert "`N`, `D` and `loss`" in figures.fit_by_hand.__doc__
    with pytest.raises(AttributeError, match="no figure 'isoflops'"):
        figures.isoflops  # noqa: B018


@pytest.mark.parametrize("path", CARRIED, ids=lambda path: path.stem)
def test_what_travels_to_the_page_imports_only_what_is_there(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            neighbour = name.startswith("scaling_lib.page.micropython.")
            assert neighbour or name in ("math", "re", "json")


def test_a_table_without_the_columns_of_runs_is_refused():
    with pytest.raises(ValueError, match="no column D, L"):
        figures.fit_by_hand(pd.DataFrame({"N": [1.0]}))
    runs = made_up_runs()
    runs.loc[3, "L"] = np.nan
    with pytest.raises(ValueError, match="not NaN in L"):
        figures.fit_by_hand(runs)


def own_forecast(**moved):
    runs = pd.DataFrame({"D": [1000, 2000, 4000, 8000, 16000], "loss": [3.0, 2.8, 2.7, None, 2.5]})
    runs = runs.assign(low=2.4, middle=2.55, high=2.6)
    e = figures.first_forecast(runs)
    values = {c["name"]: c["value"] for c in e.spec["controls"]}
    return frame_at(first_forecast, e.spec, values | moved)


def test_the_run_to_be_guessed_is_not_drawn_before_it_is_asked_for():
    before = own_forecast(guess=2.6)
    assert before["series"][0]["y"] == [3.0, 2.8, 2.7]
    assert [s["x"] for s in before["series"][2:]] == [[], [], []]
    assert "2.50" not in before["text"] and "You say 2.60" in before["text"]


@pytest.mark.parametrize(
    "guess, verdict", [(2.6, "0.10 too high"), (2.4, "0.10 too low"), (2.5, "is right")]
)
def test_a_guess_is_scored_against_the_run(guess, verdict):
    text = own_forecast(guess=guess, shown=True)["text"]
    assert "reached 2.50 nats" in text and verdict in text
    assert "law fitted to the 3 small runs said 2.55, with 90 % between 2.40 and 2.60" in text


@pytest.mark.parametrize(
    "runs, message",
    [
        ({"D": [1, 2, 3]}, "no column loss"),
        ({"D": [1, 2, 3], "loss": [3.0, None, 2.0]}, "at least three runs"),
        ({"D": [1, 2, 3, 4], "loss": [3.0, 2.9, 2.8, None]}, "the most tokens"),
    ],
)
def test_runs_that_cannot_be_guessed_are_refused(runs, message):
    with pytest.raises(ValueError, match=message):
        figures.first_forecast(pd.DataFrame(runs))
