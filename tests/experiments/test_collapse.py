import numpy as np
import pytest

from scaling_lib.experiments.data_limits import collapse


def test_gaussian_shrinks_as_the_closed_form_says():
    n, generations = 10, 60
    fitted = collapse.gaussian(n, generations, "replace", chains=4000, seed=1)
    drift = np.log(fitted[-1] ** 2 / fitted[0] ** 2).mean() / generations
    assert drift == pytest.approx(collapse.expected_log_shrinkage(n), rel=0.05)
    assert (fitted[1] ** 2).mean() == pytest.approx(1, abs=0.03)  # unbiased in the mean


def test_accumulating_stays_bounded_and_a_share_of_real_data_helps():
    last = {
        regime: np.median(collapse.gaussian(20, 150, regime, chains=300)[-1])
        for regime in collapse.REGIMES
    }
    assert last["replace"] < 0.1 < last["mix"] < last["accumulate"]
    assert last["accumulate"] > 0.85


def test_accumulating_keeps_the_sums_of_all_samples():
    whole = collapse.gaussian(2, 3, "mix", chains=5, seed=0, real_share=1.0)
    np.testing.assert_allclose(whole, whole[:1].repeat(4, 0))  # only real data: nothing changes


def test_trigrams_collapse_when_replaced():
    table = collapse.compare(("replace", "accumulate"), (0,), n=20_000, generations=5)
    last = table[table.generation == 5].set_index("regime")
    first = table[table.generation == 0].excess
    assert first.nunique() == 1 and first.iloc[0] > 0
    assert last.excess["replace"] > 1.3 * last.excess["accumulate"]
    assert last.distinct["replace"] < last.distinct["accumulate"]
    with pytest.raises(ValueError, match="regime"):
        collapse.trigrams(regime="forget")
    with pytest.raises(ValueError, match="real_share"):
        collapse.gaussian(regime="mix", real_share=2)


def test_smoothed_trigrams_are_probabilities():
    model = collapse.Trigrams(5)
    model.add(np.random.default_rng(0).integers(0, 5, (200, 3)))
    p = model.probabilities()
    np.testing.assert_allclose(p.sum(-1), 1)
    assert p.min() > 0 and model.counts.sum() == 200
