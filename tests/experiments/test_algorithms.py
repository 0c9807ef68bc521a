import numpy as np
import pandas as pd
import pytest

from scaling_lib.data import DATA
from scaling_lib.experiments.scaling_hypothesis import algorithms
from scaling_lib.tasks.language import markov_language


def test_multiplier_of_a_known_law():
    D = np.array([2.0**i for i in range(12, 21)])
    rows = [
        dict(
            variant=name, seed=0, D=d, C=6 * d, excess=(scale * d) ** -0.5, loss=(scale * d) ** -0.5
        )
        for name, scale in (("adam cosine", 4.0), ("sgd constant", 1.0))
        for d in D
    ]
    table = pd.DataFrame(rows)
    multiplier = algorithms.compute_multiplier(table).multiplier
    assert multiplier.isna().sum() == 2  # the weakest runs lie above the new algorithm's curve
    np.testing.assert_allclose(multiplier.dropna(), 4)
    split = algorithms.progress_split(table, D_old=2**12, D_new=2**14).iloc[0]
    assert split.algorithm == pytest.approx(split.scale) == pytest.approx(0.5)
    # 1 to 1/2 by the algorithm or by four times the data, then 1/2 to 1/4: of 3/4 in all.
    assert (split.algorithm_first, split.algorithm_last) == pytest.approx((2 / 3, 1 / 3))
    with pytest.raises(ValueError, match="no run"):
        algorithms.progress_split(table, D_old=5)


def test_shipped_algorithms_show_a_growing_multiplier():
    table = pd.read_csv(DATA / "algorithms.csv")
    multiplier = algorithms.compute_multiplier(table).groupby("D").multiplier.min()
    assert multiplier[2**20] > 3 > 2.5 > multiplier[2**14] > 1.2
    assert (multiplier.dropna().diff().dropna() > 0).all()
    for name, (_, rates) in algorithms.VARIANTS.items():
        if len(rates) > 1:
            chosen = table[table["variant"] == name]["lr"]
            assert min(rates) < chosen.min() and chosen.max() < max(rates)
    context = algorithms.progress_split(table, old="adam cosine, context 1")
    optimizer = algorithms.progress_split(table)
    assert optimizer.scale.min() > 0.65 and context.scale.max() < 0.55
    with pytest.raises(ValueError, match="muon"):
        algorithms.runs(("muon",))


def test_no_share_of_scale_is_the_share():
    table = pd.read_csv(DATA / "algorithms.csv")
    steps = [(2**i, 2**j) for i in range(12, 20) for j in range(i + 1, 21)]
    share = {
        (old, pair): algorithms.progress_split(table, old, "adam cosine", *pair).scale.mean()
        for old in ("sgd constant", "adam constant", "adam cosine, context 1")
        for pair in steps
    }
    assert len(share) == 108 and min(share.values()) < 0.05 and max(share.values()) > 0.95
    for old in ("sgd constant", "adam constant", "adam cosine, context 1"):
        of = [share[old, pair] for pair in steps]
        assert min(of) < 0.65 < max(of)


def test_one_token_of_context_has_a_floor_that_two_pass():
    table = pd.read_csv(DATA / "algorithms.csv")
    floor = algorithms.floor_of_context(1)
    assert algorithms.floor_of_context(2) == pytest.approx(0, abs=1e-9)
    excess = table.groupby("variant").excess.min()
    assert excess["adam cosine"] < floor < excess["adam cosine, context 1"]


def test_live_algorithms():
    table = algorithms.runs(("adam cosine", "adam cosine, context 1"), Ds=(2**13, 2**14))
    loss = table.set_index(["variant", "D"]).loss
    assert loss["adam cosine", 2**14] < loss["adam cosine, context 1", 2**14]
    assert loss["adam cosine, context 1", 2**14] > markov_language().entropy_given(1)
