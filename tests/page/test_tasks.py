"""What the figures give to try: within reach, not reached at the start, nor from far off."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from task_ways import WAYS, moved

from scaling_lib.page import choice, explore, figures, slider
from scaling_lib.page.explorer import MIME, Explorer, explorer_html
from scaling_lib.page.micropython.allocation import allocation
from scaling_lib.page.micropython.controls import FIGURES, argument
from scaling_lib.page.micropython.host import respond

ROOT = Path(__file__).resolve().parents[2]
made = {}


def figure(name):
    if name not in made:
        made[name] = getattr(figures, name)()
    return made[name]


def reached(shown, moves):
    """Return what is said of each task after some controls were moved."""
    return respond(shown.function, shown.spec, moved(shown, moves))["reached"]


def ways():
    return [(name, i) for name in figures.__all__ for i in range(len(WAYS[name]))]


@pytest.mark.parametrize("name", figures.__all__)
def test_every_figure_has_one_to_three_short_tasks(name):
    tasks = FIGURES[name]["tasks"]
    assert 1 <= len(tasks) == len(WAYS[name]) <= 3
    for task in tasks:
        assert task[0].isupper() and task[-1] in ".?" and len(task) <= 120
    assert len(set(tasks)) == len(tasks)


@pytest.mark.parametrize("name", figures.__all__)
def test_nothing_is_reached_at_the_start(name):
    assert reached(figure(name), {}) == [""] * len(WAYS[name])


@pytest.mark.parametrize(("name", "place"), ways())
def test_a_task_is_reached_there_and_not_from_far_off(name, place):
    there, off = WAYS[name][place]
    said = reached(figure(name), there)[place]
    assert said.endswith(".") and len(re.sub("<.*?>", "", said)) <= 240
    assert "nan" not in said and "inf" not in said
    assert reached(figure(name), off)[place] == ""


def stored(chapter, name):
    """Return the figure as a chapter shows it, perhaps of other data."""
    notebook = json.loads((ROOT / "chapters" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    specs = [o["data"][MIME] for o in outputs if MIME in o.get("data", {})]
    (spec,) = [s for s in specs if s.get("function", {}).get("name") == name]
    return Explorer(spec, FIGURES[name]["function"])


def test_the_fit_by_hand_is_within_reach_of_the_runs_of_the_chapter():
    shown = stored("scaling_laws", "fit_by_hand")
    assert reached(shown, {}) == ["", ""]
    near, below = {"alpha": 0.65, "beta": 0.44, "E": 2.12}, {"alpha": 0.59, "beta": 0.3, "E": 2.05}
    assert [bool(said) for said in reached(shown, near)] == [True, False]
    assert [bool(said) for said in reached(shown, below)] == [False, True]


def test_tasks_stand_under_the_figure_before_any_script():
    html = explorer_html(figure("isoflop").spec)
    for task in FIGURES["isoflop"]["tasks"]:
        assert f'<li class="sm-task">{task}</li>' in html
    assert 'class="sm-tasks" aria-live="polite"' in html and "Reached" not in html


def test_powers_are_raised_in_tasks_and_in_what_they_teach():
    html = explorer_html(figure("budget").spec)
    assert "10<sup>27</sup> FLOP, within" in html
    assert "10<sup>" in reached(figure("isoflop"), {"C": 5.4e23})[0]


def test_what_is_not_a_figure_of_the_book_has_no_tasks():
    def straight(a, b):
        return {"text": "x.", "series": [{"name": "y", "x": [0, 1], "y": [0, a]}]}

    axes = {k: {"title": k, "domain": [0, 1]} for k in "xy"}
    controls = [slider("a", "a", 0, 1, 0.5), choice("b", "b", {"u": "U"})]
    shown = explore(straight, controls, axes, "A line.", title="A line")
    assert shown.reply["reached"] == [] and "sm-task" not in explorer_html(shown.spec, straight)
    assert "sm-task" in explorer_html(figure("isoflop").spec)


def where_reached(name, place, tries=600, **kept):
    """Yield the arguments of a figure's function at many positions at which a task is reached."""
    shown, function = figure(name), FIGURES[name]["function"]
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(tries):
        moves = {
            c["name"]: argument(c, round(c["low"] + rng.integers(0, count + 1) * c["step"], 9))
            for c in shown.spec["controls"]
            for count in [round((c["high"] - c["low"]) / c["step"])]
        }
        moves |= kept
        if function(**moves)["reached"][place]:
            found += 1
            yield moves
    assert found > 5, "too few positions to try"


def test_what_is_said_of_knowledge_holds_wherever_it_is_said():
    for moves in where_reached("knowledge_crossover", 0):
        true_knowledge = FIGURES["knowledge_crossover"]["function"](**moves | {"ceiling": 0.0})
        assert true_knowledge["series"][-1]["x"] == []
    for moves in where_reached("two_kinds_of_engineering", 0):
        knowledge = 100 * (moves["better_prior"] - 1)
        assert knowledge > moves["D"] * (moves["better_method"] - 1)


def test_a_prior_hardly_counts_only_where_it_cuts_little():
    function, said = FIGURES["two_kinds_of_engineering"]["function"], set()
    for D in np.geomspace(100, 1e7, 21):
        for method in (1.0, 3.0, 10.0):
            for better in (1.0, 2.0, 20.0, 100.0):
                shown = function(D=D, better_method=method, better_prior=better)
                plain, by_method, by_prior = shown["series"][-1]["y"]
                hardly = "hardly count" in shown["text"]
                more = [
                    kind for kind in ("method", "knowledge") if f"{kind} is worth" in shown["text"]
                ]
                said.add((hardly, *more))
                assert not hardly or by_prior > 0.95 * plain
                assert more != ["method"] or by_method < by_prior
                assert more != ["knowledge"] or by_prior < by_method
    assert said == {(False,), (False, "method"), (False, "knowledge"), (True, "method")}


def test_what_is_said_of_shares_and_costs_holds_wherever_it_is_said():
    for moves in where_reached("scale_and_algorithms", 2, exponent=0.03):
        assert min(moves[gain] ** -0.03 for gain in ("compute", "algorithms")) > 0.5
    for moves in where_reached("pass_at_k", 1, tries=60, k=1e4):
        again = FIGURES["pass_at_k"]["function"](**moves | {"k": 3e4})["series"][-1]["y"][1]
        now = FIGURES["pass_at_k"]["function"](**moves)["series"][-1]["y"][1]
        assert again < 1.1 * now
    kaplan = [
        float(re.search(r"that costs ([\d.]+)", allocation(growth, 0.5)["text"])[1])
        for growth in np.logspace(0, 6, 7)
    ]
    assert max(kaplan) > 4 * 0.012


def test_the_largest_stock_alone_moves_the_date_as_far_as_is_said():
    said = reached(figure("stock_and_demand"), {"demand_growth": 1.25})[0]
    year = re.search(r"only to ([\d.]+\d)", said)[1]
    shown = figure("stock_and_demand")
    alone = respond(shown.function, shown.spec, moved(shown, {"stock": 1e16}))
    assert f"meets the stock in {year};" in alone["text"]
