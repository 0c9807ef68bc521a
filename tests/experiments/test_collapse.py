"""Generations that learn from each other: the page's normal distribution, and the language."""

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from scipy.special import digamma

from scaling_lib import load
from scaling_lib.experiments.data_limits import collapse
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models import Counts
from scaling_lib.tasks import markov_language

PAGE = Path(__file__).parents[2] / "chapters" / "repeated_and_synthetic_data.ipynb"


@pytest.fixture(scope="module")
def generations():
    cells = nbformat.read(PAGE, as_version=4).cells
    (source,) = (cell.source for cell in cells if cell.id == "gaussian")
    names = {"np": np}
    exec(source.split("\n\n\nreplaced")[0], names)
    return names["generations"]


def test_the_normal_distribution_shrinks_as_the_closed_form_says(generations):
    n, count = 10, 60
    width = generations(False, n=n, chains=4000, count=count)[:, 1]
    drift = np.log(width[-1] ** 2 / width[0] ** 2).mean() / count
    formula = digamma((n - 1) / 2) - np.log((n - 1) / 2)
    assert drift == pytest.approx(formula, rel=0.05) == pytest.approx(-1 / (n - 1), rel=0.1)
    assert (width[1] ** 2).mean() == pytest.approx(1, abs=0.03)  # unbiased in the mean


def test_accumulated_errors_of_the_mean_are_the_sum_of_inverse_squares(generations):
    mean = generations(True, n=20, chains=4000, count=40)[:, 0]
    error = (mean**2).mean(1)
    bound = np.cumsum(1 / np.arange(1, 42) ** 2)
    np.testing.assert_allclose(error[[0, 4, 40]] * 20, bound[[0, 4, 40]], rtol=0.1)


def test_with_the_same_real_text_it_matters_what_is_kept():
    table = tabulate(
        collapse.trigrams, regime=collapse.REGIMES, real=20_000, written=20_000, generations=5
    )
    alone = table[table.generation == 0]
    assert len(set(alone.excess)) == len(set(alone.square)) == 1
    last = table[table.generation == 5].set_index("regime")
    excess = last.excess
    assert alone.excess.iloc[0] < excess["mix"] < excess["accumulate"] < excess["replace"]
    assert last.distinct["replace"] < last.distinct[["mix", "accumulate"]].min()
    with pytest.raises(ValueError, match="regime"):
        collapse.trigrams(regime="forget")
    with pytest.raises(ValueError, match="written"):
        collapse.trigrams(written=0)


def test_the_excess_is_that_of_the_language():
    found = collapse.trigrams(5000, 5000, 0).iloc[0]
    model = Counts(64, collapse.SMOOTHING)
    model.add(markov_language().windows(5000, 0))
    assert found.excess == pytest.approx(markov_language().excess(model))
    assert 0 < found.rare < found.excess


def test_mix_and_accumulate_read_the_same_in_generation_1():
    one, other = (collapse.trigrams(5000, 10_000, 2, regime) for regime in ("mix", "accumulate"))
    pd.testing.assert_frame_equal(one[:2], other[:2])
    assert one.excess[2] < other.excess[2]


def test_at_generation_200_as_the_page_says():
    shipped = load("collapse").set_index(["real", "written", "seed", "generation"]).sort_index()
    mix, accumulate, replace = (
        shipped[shipped.regime == regime] for regime in ("mix", "accumulate", "replace")
    )
    alone, early, late = (mix.excess.xs(g, level="generation") for g in (0, 10, 200))
    assert (late > 1.2 * alone).all()
    assert (abs(late / early - 1) < 0.03).all()
    kept, before = (accumulate.xs(g, level="generation") for g in (200, 150))
    assert (kept.excess > late).all() and (kept.excess > 1.01 * before.excess).all()
    assert (replace.excess.xs(200, level="generation") > kept.excess).all()
    equal = accumulate[accumulate.times == 1]
    first, last = (equal.xs(g, level="generation") for g in (0, 200))
    assert (last.square < 1.8 * first.square).all() and (last.excess > 2.5 * first.excess).all()
    assert (last.rare - first.rare > 0.7 * (last.excess - first.excess)).all()


def test_shipped_generations_come_again():
    shipped = load("collapse")
    for regime, times in (("accumulate", 1), ("mix", 9)):
        real, written = 25_000, times * 25_000
        again = collapse.trigrams(real, written, 3, regime, seed=1)
        rows = shipped[(shipped.regime == regime) & (shipped.seed == 1)]
        rows = rows[(rows.real == real) & (rows.written == written)]
        for column in ("excess", "rare", "square"):
            np.testing.assert_allclose(again[column], rows[column][:4], rtol=2e-3)


def test_smoothed_trigrams_are_probabilities():
    model = Counts(5, (5, 5, 2))
    model.add(np.random.default_rng(0).integers(0, 5, (200, 3)))
    p = model.probabilities()
    np.testing.assert_allclose(p.sum(-1), 1)
    assert p.min() > 0 and model.counts.sum() == 200
