"""Numbers in the solutions of in-chapter exercises, which no cell prints: computed again here."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from scaling_lib import laws
from scaling_lib.experiments.data_limits import disclosed, exhaustion
from scaling_lib.experiments.scaling_hypothesis import quantisation
from scaling_lib.experiments.scaling_laws.language_models import trained, untrained
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def solution(chapter, label):
    notebook = nbformat.read(CHAPTERS / f"{chapter}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.search(rf"```{{solution}} {label}\n(.*?)^```", text, re.S | re.M)[1]


def cell(chapter, name):
    notebook = nbformat.read(CHAPTERS / f"{chapter}.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.id == name)


def exponent(sizes_at):
    law, budgets, best = laws.BESIROGLU_2024, np.geomspace(1e19, 1e22, 7), []
    for C in budgets:
        N = sizes_at(C)
        a, b, _ = np.polyfit(np.log(N), law.loss(N, C / (6 * N)), 2)
        best.append(-b / (2 * a))
    return np.polyfit(np.log(budgets), best, 1)[0]


def test_wrong_without_any_noise():
    law = laws.BESIROGLU_2024
    moving = exponent(lambda C: law.optimum(C).N * np.geomspace(0.1, 10, 9))
    same = exponent(lambda C: np.geomspace(1e7, 1e10, 9))
    assert moving == pytest.approx(law.exponents()[0], abs=1e-6)
    text = solution("scaling_laws", "ex-scaling-parabola")
    assert f"exact exponent, {moving:.3f}" in text
    assert f"about {same:.2f}" in text


def test_where_the_cliff_begins():
    language, H, D = markov_language(0), 32, 2**15
    model = trained(H, D)
    exact, excess = model.theta.copy(), {}
    for bits in (8, 3, 2):
        model.theta[:] = exact
        after = quantisation.Rounded(model, bits).rounded()
        fresh, *rest = untrained(H, D)
        during = quantisation.Rounded(fresh, bits)
        fit_model(during, *rest)
        losses = [language.test_loss(m) - language.entropy for m in (after, during.rounded())]
        excess[bits] = [f"{loss:.2f}" for loss in losses]
    text = solution("small_experiments", "ex-hypothesis-bits")
    assert excess[8][0] == excess[8][1]
    assert f"excess is {excess[8][0]} both ways" in text
    assert f"With 3 bits it is {excess[3][0]} after training" in text
    assert f"{excess[3][1]} during" in text
    assert f"With 2 bits it is {excess[2][0]} and {excess[2][1]}." in text


def test_your_own_date():
    names = {"exhaustion": exhaustion}
    exec(cell("data_limits", "inputs"), names)
    inputs = names["inputs"]
    text = solution("data_limits", "ex-data-date")
    ratio = inputs["growth"].median / inputs["stock_growth"].median
    assert f"{ratio:.1f} at the medians" in text

    def width(**changed):
        drawn = exhaustion.dates(disclosed.STANDPOINT, inputs | changed)
        return np.ptp(np.quantile(drawn, [0.05, 0.95]))

    wide = width(stock=exhaustion.Range(3e13, 3e15))
    assert f"{wide:.1f} years wide instead of {width():.1f}" in text
    slow = width(growth=exhaustion.Range(1.2, inputs["growth"].high))
    assert f"{slow:.0f} years wide" in text


def test_how_much_is_the_first_half_worth():
    text = solution("data_limits", "ex-data-half")
    assert f"\\approx {10 ** (1 / 0.35):.0f}$" in text
