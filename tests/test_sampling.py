import itertools
import math

import numpy as np
import pytest

from scaling_lib import sampling


def test_pass_at_k_is_the_share_of_subsets_with_a_success():
    for n, c, k in itertools.product(range(1, 8), range(8), range(1, 8)):
        if c > n or k > n:
            continue
        right = [True] * c + [False] * (n - c)
        subsets = list(itertools.combinations(right, k))
        share = sum(any(s) for s in subsets) / len(subsets)
        assert sampling.pass_at_k(n, c, k) == pytest.approx(share, abs=1e-14)


def test_pass_at_k_is_unbiased_and_the_plug_in_is_not():
    p, n, k = 0.1, 20, 10
    c = np.arange(n + 1)
    weight = np.array([math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in c])
    truth = 1 - (1 - p) ** k
    assert weight @ sampling.pass_at_k(n, c, k) == pytest.approx(truth, rel=1e-12)
    assert weight @ (1 - (1 - c / n) ** k) < 0.97 * truth


def test_pass_at_k_keeps_small_values_and_large_counts():
    exact = 1 - math.comb(10**6 - 3, 1000) / math.comb(10**6, 1000)
    assert sampling.pass_at_k(10**6, 3, 1000) == pytest.approx(exact, rel=1e-10)
    assert sampling.pass_at_k(10**12, 1, 7) == pytest.approx(7e-12, rel=1e-9)
    assert sampling.pass_at_k([5, 5], [0, 5], 3).tolist() == [0, 1]
    assert str(sampling.pass_at_k(10, 0, 2)) == "0.0"  # and not -0.0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((3, 4, 1), "c must be at most n, .*, not 4"),
        ((3, 1, 4), "k must be at most n, .*, not 4"),
        ((3, -1, 1), "c must"),
        ((3, 1, 0), "k must"),
        ((3, 1.5, 1), "c must"),
    ],
)
def test_pass_at_k_errors(args, message):
    with pytest.raises(ValueError, match=message):
        sampling.pass_at_k(*args)


def test_coverage_at_the_edges():
    assert sampling.coverage([1.0, 0.0], [1, 10]).tolist() == [0.5, 0.5]
    assert sampling.coverage([1e-15], 10**6) == pytest.approx(1e-9, rel=1e-6)
    p = np.random.default_rng(0).random(50)
    k = np.arange(1, 30)
    assert np.all(np.diff(sampling.coverage(p, k)) > 0)
    with pytest.raises(ValueError, match=r"p must be between 0 and 1, not 1.2"):
        sampling.coverage([1.2], 1)
    with pytest.raises(ValueError, match=r"p must be .*, not \[\]"):
        sampling.coverage([], 1)
    with pytest.raises(ValueError, match=r"k must be a whole number of at least 1, not 2.5"):
        sampling.coverage([0.5], 2.5)


def test_best_of_n_with_a_perfect_verifier_is_coverage():
    p = np.random.default_rng(0).random(20)
    p[:2] = 0, 1
    k = np.array([1, 2, 8, 100])
    np.testing.assert_allclose(sampling.best_of_n(p, k), sampling.coverage(p, k), rtol=1e-12)
    blind = sampling.best_of_n(p, k, 0.3, 0.3)
    np.testing.assert_allclose(blind, p.mean(), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 10])
def test_best_of_n_agrees_with_simulation(n):
    p, t, f, trials = 0.3, 0.8, 0.1, 200_000
    rng = np.random.default_rng(n)
    right = rng.random((trials, n)) < p
    accepted = rng.random((trials, n)) < np.where(right, t, f)
    # One accepted sample at random, or any one: the largest of random scores.
    chosen = np.argmax(rng.random((trials, n)) + accepted, 1)
    measured = right[np.arange(trials), chosen].mean()
    assert sampling.best_of_n([p], n, t, f) == pytest.approx(measured, abs=4e-3)


def test_a_noisy_verifier_caps_best_of_n():
    p, t, f = 0.05, 1.0, 0.05
    assert sampling.best_of_n([p], 10**6, t, f) == pytest.approx(p / (p + (1 - p) * f))


def enumerate_vote(q, n, right):
    total = 0.0
    for votes in itertools.product(range(len(q)), repeat=n):
        counts = np.bincount(votes, minlength=len(q))
        if counts[right] == counts.max():
            total += np.prod(np.array(q)[list(votes)]) / (counts == counts.max()).sum()
    return total


def test_binary_vote_equals_enumeration():
    for p in (0.0, 0.1, 0.55, 1.0):
        for n in (1, 2, 5, 6):
            exact = enumerate_vote([p, 1 - p], n, 0)
            assert sampling.binary_vote(p, n) == pytest.approx(exact, abs=1e-12)


def test_sampled_vote_tends_to_enumeration():
    q = [0.4, 0.35, 0.25]
    drawn = np.random.default_rng(0).choice(3, size=(7, 40_000), p=q)
    for right in range(3):
        share = sampling.sampled_vote(drawn, np.full(40_000, right), 7).mean()
        assert share == pytest.approx(enumerate_vote(q, 7, right), abs=0.01)


def test_binary_vote_edges():
    assert sampling.binary_vote([0.0, 0.5, 1.0], 4).tolist() == pytest.approx([0, 0.5, 1])
    assert sampling.binary_vote(0.6, 10_001) == pytest.approx(1)


def test_vote_errors():
    with pytest.raises(ValueError, match="k must be a whole number from 1 to 2, not 3"):
        sampling.sampled_vote([[1], [2]], [1], 3)
    with pytest.raises(ValueError, match="problems"):
        sampling.sampled_vote([[1], [2]], [1, 2], 1)


def test_compute_equivalent_gain():
    scale, score = [1e3, 1e4, 1e5, 1e6], [0.1, 0.3, 0.2, 0.5]
    gain = sampling.compute_equivalent_gain
    assert gain(scale, score, 1e3, 0.2) == pytest.approx(10**0.5)
    assert gain(scale, score, 1e3, 0.3) == pytest.approx(10)  # the first that reaches it
    assert gain(scale, score, 1e4, 0.4) == pytest.approx(10**1.5)
    assert gain(scale, score, 1e3, 0.6) == math.inf
    assert math.isnan(gain(scale, score, 1e3, 0.05))
    with pytest.raises(ValueError, match="increasing"):
        gain(scale[::-1], score, 1e3, 0.2)
    with pytest.raises(ValueError, match="equal length"):
        gain(scale, score[:2], 1e3, 0.2)
    with pytest.raises(ValueError, match="reached must be a finite number, not nan"):
        gain(scale, score, 1e3, math.nan)
    with pytest.raises(ValueError, match="score must be a finite number, not nan"):
        gain(scale, [0.1, math.nan, 0.2, 0.3], 1e3, 0.2)
