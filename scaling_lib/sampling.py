r"""Sample a model many times: coverage, votes, verifiers, and what they are worth in model size.

A problem that one sample solves with probability :math:`p` is solved by at least one of :math:`k`
independent samples with probability :math:`1 - (1 - p)^k`. Everything here follows from such
per-problem probabilities, exactly where that is possible, so that no figure carries sampling noise
that it need not carry.
"""

import itertools
import math

import numpy as np
from scipy.special import bdtrc

from scaling_lib.data.checks import finite, positive, probability, whole


def pass_at_k(n, c, k):
    r"""Estimate pass@k without bias from `c` correct among `n` samples.

    The estimate is the share of subsets of `k` samples with at least one correct sample,

    .. math:: 1 - \binom{n - c}{k} \Big/ \binom{n}{k}
              = 1 - \prod_{j=0}^{c-1} \Big(1 - \frac{k}{n - j}\Big),

    computed as a sum of logarithms, so that neither side overflows nor loses small values
    (the plug-in :math:`1 - (1 - c/n)^k` is biased).

    The three are whole numbers or arrays that broadcast, as the result does; ``0 <= c <= n`` and
    ``1 <= k <= n``, the samples allowed.

    >>> pass_at_k(10, 3, 1)
    0.3
    >>> round(pass_at_k(4, 2, 2), 6)
    0.833333
    """
    n, c, k = np.broadcast_arrays(
        whole(n, "n", many=True), whole(c, "c", 0, many=True), whole(k, "k", many=True)
    )
    for numbers, name in ((c, "c"), (k, "k")):
        if np.any(numbers > n):
            most = numbers[numbers > n].flat[0]
            raise ValueError(f"{name} must be at most n, the samples that were drawn, not {most}")

    def one(n, c, k):  # in here, so that an exercise that asks for it can withhold all of it
        if k > n - c:
            return 1.0  # every subset of k samples holds a correct one
        if k == 1 or not c:
            return c / n
        return -math.expm1(math.fsum(math.log1p(-k / (n - j)) for j in range(c)))

    # Each case is computed once, however many problems share it.
    cases, place = np.unique([n.ravel(), c.ravel(), k.ravel()], axis=1, return_inverse=True)
    values = np.array([one(*case) for case in cases.T.tolist()])
    return _scalar(values[place].reshape(n.shape))


def solve_probability(p, k):
    r"""Return :math:`1 - (1 - p)^k` for each problem, exact also for tiny `p`.

    `p` has shape (problems,), `k` is a whole number or has shape (m,): the result has shape
    (problems,) or (m, problems).

    >>> solve_probability([0.5, 1e-18], 2).tolist()
    [0.75, 2e-18]
    """
    p, k = probability(p, "p", many=True), whole(k, "k", many=True)
    with np.errstate(divide="ignore"):  # p = 1 gives log 0 = -inf and so exactly 1
        return -np.expm1(k[..., None] * np.log1p(-p))


def coverage(p, k):
    """Return the expected share of problems that `k` samples solve (pass@k), exactly.

    `p` has shape (problems,); the result has the shape of `k`.

    >>> coverage([0.5, 0.0], [1, 2, 1000]).tolist()
    [0.25, 0.375, 0.5]
    """
    return _scalar(solve_probability(p, k).mean(-1))


def best_of_n(p, n, true_positive=1.0, false_positive=0.0):
    r"""Return the accuracy of best-of-n with a verifier that accepts or rejects, exactly.

    `p`, shape (problems,), is the probability that one sample is correct. The verifier accepts a
    correct sample with probability :math:`t` and a wrong one with probability :math:`f`,
    independently for each sample; the answer is one accepted sample at random, or any sample when
    none is accepted. With :math:`a = pt` and :math:`b = (1 - p)f`, the mean over problems of

    .. math:: \frac{a}{a + b}\left[1 - (1 - a - b)^n\right] + p\,(1 - t)\,(1 - a - b)^{n - 1} .

    A perfect verifier gives pass@n. Any :math:`f > 0` caps the accuracy of a problem at
    :math:`a / (a + b)`, however many samples are drawn. A verifier that errs in the same way on
    every sample of a problem is worse still: this formula does not describe it. The result has the
    shape of `n`.

    >>> best_of_n([0.2], [1, 2, 1000], 1.0, 0.2).round(3).tolist()
    [0.2, 0.328, 0.556]
    """
    p, n = probability(p, "p", many=True), whole(n, "n", many=True)
    t = probability(true_positive, "true_positive", many=True)
    f = probability(false_positive, "false_positive", many=True)
    accept_right, accept_wrong = p * t, (1 - p) * f
    accept = accept_right + accept_wrong
    with np.errstate(invalid="ignore", divide="ignore"):
        right_if_accepted = np.where(accept > 0, accept_right / accept, 0.0)
        any_accepted = -np.expm1(n[..., None] * np.log1p(-accept))
    none_but_one = (1 - accept) ** (n[..., None] - 1)
    return _scalar((right_if_accepted * any_accepted + p * (1 - t) * none_but_one).mean(-1))


def binary_vote(p, n):
    """Return the probability that a majority of `n` independent votes is right, exactly.

    Every vote is right with probability `p` (a number or an array) and there is only one wrong
    answer; ties are broken by a coin.

    >>> round(binary_vote(0.6, 3), 12)
    0.648
    """
    p, n = probability(p, "p", many=True), whole(n, "n")
    # More than half of the votes, or at least half of them: the mean of both is the coin.
    return _scalar((bdtrc(n // 2, n, p) + bdtrc((n - 1) // 2, n, p)) / 2)


def sampled_vote(samples, right, k):
    """Return the accuracy of a plurality vote over the first `k` sampled answers, by counting.

    `samples`, shape (draws, problems), and the `right` answers, shape (problems,), are any integer
    codes. The result, shape (problems,), is the probability that each problem is answered rightly,
    given these samples: a right answer among `s` leading answers scores ``1 / s``.

    >>> sampled_vote([[1, 7], [1, 8], [2, 9]], [1, 8], 3).round(3).tolist()
    [1.0, 0.333]
    """
    samples, right = np.asarray(samples), np.asarray(right)
    if samples.ndim != 2 or right.shape != samples.shape[1:]:
        raise ValueError(
            f"samples must be (draws, problems) and right (problems,), not {samples.shape} and "
            f"{right.shape}"
        )
    k = whole(k, "k", 1, len(samples))
    votes = np.sort(samples[:k], axis=0)
    run = np.ones(votes.shape[1], int)
    most, leaders = np.ones_like(run), np.ones_like(run)
    right_votes = (samples[:k] == right).sum(0)
    for previous, current in itertools.pairwise(votes):
        run = np.where(current == previous, run + 1, 1)
        # A run that reaches the record ties with it; one that passes it stands alone.
        leaders = np.where(run > most, 1, leaders + (run == most))
        most = np.maximum(most, run)
    return np.where(right_votes == most, 1 / leaders, 0.0)


def compute_equivalent_gain(scale, score, base, reached):
    """Return how much larger a plain model would have to be to score what a scaffold reached.

    `scale` and `score`, shape (m,), are the rising sizes of the plain models (parameters, or FLOP)
    and their scores; `base` is the size of the model that the scaffold was added to, and `reached`
    its score with it. Scores are interpolated linearly in log scale, after being made
    non-decreasing (a running maximum), since a larger model may score lower by the luck of a seed.

    Returns a ratio of sizes; ``inf`` when no plain model measured reaches that score, which means
    only "more than ``scale[-1] / base``"; ``nan`` when every one of them exceeds it.

    >>> compute_equivalent_gain([1e3, 1e4, 1e5], [0.1, 0.2, 0.3], 1e3, 0.2)
    10.0
    """
    scale, score = positive(scale, "scale", many=True), finite(score, "score", many=True)
    if scale.shape != score.shape or score.ndim != 1 or len(score) < 2:
        raise ValueError(
            "scale and score must be two lists of equal length, at least 2, not of shapes "
            f"{scale.shape} and {score.shape}"
        )
    if np.any(np.diff(scale) <= 0):
        raise ValueError(f"scale must be increasing, not {scale}")
    positive(base, "base")
    finite(reached, "reached")
    best = np.maximum.accumulate(score)
    if reached > best[-1]:
        return math.inf
    if reached < best[0]:
        return math.nan
    i = int(np.searchsorted(best, reached))  # the first model that reaches it
    if i == 0 or best[i] == best[i - 1]:
        return float(scale[i] / base)
    share = (reached - best[i - 1]) / (best[i] - best[i - 1])
    return float(scale[i - 1] * (scale[i] / scale[i - 1]) ** share / base)


def _scalar(numbers):
    return numbers if numbers.ndim else float(numbers)
