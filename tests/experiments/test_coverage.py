import itertools

import numpy as np
import pytest

from scaling_lib.experiments.scaffolding import coverage, voting
from scaling_lib.experiments.scaling_hypothesis import emergence


def test_exact_coverage_agrees_with_drawn_samples():
    shipped = emergence.shipped_distributions()
    table = coverage.by_size(ks=(20,))
    right = shipped["answer"] @ voting.PLACES
    for j in (3, 5):
        p = np.exp(shipped["log_p"][0, j].astype(float))
        drawn = voting.draw_answers(p, 20, np.random.default_rng(0))
        share = (drawn == right).any(0).mean()
        row = table[(table.seed == 0) & (table.H == shipped["H"][j])]
        assert row.coverage.item() == pytest.approx(share, abs=4 * 0.5 / np.sqrt(256))


def test_more_samples_and_larger_networks_cover_more():
    mean = coverage.by_size(ks=(1, 10, 100)).groupby(["N", "k"]).coverage.mean().unstack()
    assert (mean.diff(axis=1).iloc[:, 1:] > -1e-12).all(axis=None)
    assert mean[1].iloc[-1] > 0.9 and mean[1].iloc[0] < 0.01
    assert mean.loc[5298, 100] > 0.8 and mean.loc[5298, 1] < 0.05


def test_the_law_bends():
    mean = coverage.by_size(ks=(1, 10, 100, 1000)).groupby(["N", "k"]).coverage.mean().unstack()
    curve = mean.loc[1170]
    pairs = itertools.pairwise(curve.index)
    b = [coverage.fit_law(np.array(pair), curve[list(pair)])[1] for pair in pairs]
    assert np.all(np.diff(b) > 0.1)


def test_a_beta_fitted_to_counts_foresees_coverage():
    rng = np.random.default_rng(0)
    p = rng.beta(0.8, 5, 3000)
    a, b = coverage.fit_beta(30, rng.binomial(30, p))
    assert a == pytest.approx(0.8, rel=0.1) and b == pytest.approx(5, rel=0.15)
    truth = np.mean(1 - (1 - p) ** 100)
    assert coverage.beta_coverage(a, b, 100) == pytest.approx(truth, abs=0.03)


def test_a_beta_fitted_to_equal_problems_stays_finite():
    right = np.random.default_rng(0).binomial(20, 0.1, 500)
    a, b = coverage.fit_beta(20, right)
    assert a + b > 100
    assert coverage.beta_coverage(a, b, 20) == pytest.approx(1 - 0.9**20, abs=0.02)
    assert coverage.beta_coverage(*coverage.fit_beta(5, np.zeros(9, int)), 10) < 0.01


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="between 0 and n=5"):
        coverage.fit_beta(5, np.array([6]))
    with pytest.raises(ValueError, match="share must be above 0 and below 1"):
        coverage.fit_law([1, 10], [0.5, 1.0])


def test_equal_compute_spends_the_budget_and_never_more():
    table = coverage.equal_compute(np.geomspace(4000, 1e7, 8))
    each = table.H.map(coverage.forward_flops)
    assert (table.k * each <= table.flop).all() and ((table.k + 1) * each > table.flop).all()
    largest = table[table.flop == table.flop.max()]
    best = largest.loc[largest.groupby("seed").coverage.idxmax()]
    assert (best.k >= 10).all() and best.N.between(8000, 40_000).all()


def test_votes_converge_to_the_greedy_answer_and_not_to_coverage():
    table = voting.vote_and_coverage(ks=(1, 256), sizes=(48,))
    one, many = (table[table.k == k][["coverage", "majority", "greedy"]].mean() for k in (1, 256))
    assert many.majority == pytest.approx(many.greedy, abs=0.03)
    assert many.coverage > 0.99 > 0.5 > many.majority
    assert one.majority == pytest.approx(one.coverage, abs=0.04)


def test_only_shipped_networks_vote():
    with pytest.raises(ValueError, match="sizes must be 8 or 12"):
        voting.vote_and_coverage((1,), sizes=(5,))


def test_networks_together():
    committees = voting.across_networks(members=3).groupby("H")
    assert (committees.size() == 20).all()  # of six seeds
    mean = committees.mean()
    assert (mean["product"] > mean.single)[mean.single > 0.01].all()
    assert mean.correlation.loc[64:].between(0, 0.6).all()
    small = committees.get_group(32)["product"]
    assert small.min() < 0.15 and small.max() > 0.6  # which three decides
