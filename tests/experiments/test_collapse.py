"""Generations that learn from each other: the page's normal distribution, and the language."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
from scipy.special import digamma

from scaling_lib import load
from scaling_lib.experiments.data_limits import collapse
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models import Counts

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


def test_trigrams_collapse_when_replaced():
    table = tabulate(
        collapse.trigrams, regime=["replace", "accumulate"], n=20_000, generations=5, seed=0
    )
    last = table[table.generation == 5].set_index("regime")
    first = table[table.generation == 0].excess
    assert first.nunique() == 1 and first.iloc[0] > 0
    assert last.excess["replace"] > 1.3 * last.excess["accumulate"]
    assert last.distinct["replace"] < last.distinct["accumulate"]
    with pytest.raises(ValueError, match="regime"):
        collapse.trigrams(regime="forget")
    with pytest.raises(ValueError, match="real_share"):
        collapse.trigrams(regime="mix", real_share=2)


def test_only_real_text_changes_nothing():
    table = collapse.trigrams(5000, 2, "mix", real_share=1.0)
    assert table.excess.nunique() == 1


def test_shipped_generations_come_again():
    shipped = load("collapse")
    for regime, share in (("accumulate", 0), ("mix", 0.1)):
        again = collapse.trigrams(25_000, 3, regime, seed=1, real_share=share)
        rows = shipped[(shipped.n == 25_000) & (shipped.seed == 1) & (shipped.regime == regime)]
        if share:
            rows = rows[rows.real_share == share]
        np.testing.assert_allclose(again.excess, rows.excess[:4], rtol=2e-3)


def test_smoothed_trigrams_are_probabilities():
    model = Counts(5, (5, 5, 2))
    model.add(np.random.default_rng(0).integers(0, 5, (200, 3)))
    p = model.probabilities()
    np.testing.assert_allclose(p.sum(-1), 1)
    assert p.min() > 0 and model.counts.sum() == 200
