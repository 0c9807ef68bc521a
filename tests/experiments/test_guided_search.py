import numpy as np
import pytest

from scaling_lib import data as datasets
from scaling_lib.experiments.since_2024 import guided_search


def test_tries_is_the_place_of_the_right_answer():
    outputs = np.array([[0.3, 0.1, 0.6], [0.3, 0.1, 0.6], [0.3, 0.1, 0.6]])
    assert guided_search.tries(outputs, np.array([2, 0, 1])).tolist() == [1, 2, 3]
    blind = np.random.default_rng(0).random((20_000, 26))
    mean = guided_search.tries(blind, np.arange(20_000) % 26).mean()
    assert mean == pytest.approx(13.5, abs=0.2)


def test_a_memoriser_is_worse_than_blind_and_a_rule_is_found_at_once():
    few = guided_search.run(2, steps=(250,)).iloc[-1]
    assert few["unseen"] < 0.01
    assert few["tries"] == pytest.approx((27 + 2) / 2, abs=0.3)  # its own two shifts come first
    early, late = guided_search.run(12, steps=(250, 2000)).itertuples()
    assert early.tries == pytest.approx((27 + 12) / 2, abs=0.5)
    assert late.tries < 1.1
    assert late.within_2 > 0.98


@pytest.fixture(scope="module")
def shipped():
    return datasets.load("guided_search")


def test_shipped_map_is_complete_and_its_shares_are_in_order(shipped):
    grid = shipped.groupby(["loss", "n_shifts", "seed"])["step"].apply(tuple)
    assert len(grid) == 2 * 5 * 3
    assert set(grid) == {guided_search.SHIPPED_STEPS}
    shares = shipped[["unseen", "within_2", "within_4", "within_8", "within_16"]].to_numpy()
    assert (np.diff(shares, axis=1) >= 0).all()
    assert shipped["tries"].between(1, 26).all()
    assert shipped.loc[shipped["n_shifts"] == 2, "tries"].min() > 13.5


def test_it_is_the_same_training_as_that_of_the_ciphers(shipped):
    keys = ["loss", "n_shifts", "seed", "step"]
    both = shipped.merge(datasets.load("cipher"), on=keys, suffixes=("", "_cipher"))
    assert len(both) == len(shipped)
    np.testing.assert_allclose(both["unseen"], both["unseen_cipher"], atol=0.05)


def test_shipped_runs_come_again(shipped):
    again = guided_search.run(8, seed=2, steps=(250, 500))
    stored = shipped.query("loss == 'mse' and n_shifts == 8 and seed == 2 and step <= 500")
    np.testing.assert_allclose(again["tries"], stored["tries"], atol=0.5)


def test_with_four_shifts_the_seed_decides_and_with_six_it_does_not(shipped):
    late = shipped.query("step == 8000")
    assert late.loc[late["n_shifts"] >= 4, "tries"].max() < 13.5
    other = guided_search.run(4, seed=4, steps=(250, 1000, 4000))
    assert other["tries"].min() > 13.5
    for loss in ("mse", "cross_entropy"):
        assert guided_search.run(6, seed=4, loss=loss, steps=(4000,))["tries"].max() < 13.5
