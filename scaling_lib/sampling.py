r"""Sample a model many times: coverage, votes, verifiers, and what they are worth in model size.

A problem that one sample solves with probability :math:`p` is solved by at least one of :math:`k`
independent samples with probability :math:`1 - (1 - p)^k`. Everything here follows from such
per-problem probabilities, exactly where that is possible, so that no figure carries sampling noise
that it need not carry.
"""

import itertools
import math

import numpy as np

__all__ = [
    "best_of_n",
    "binary_vote",
    "compute_equivalent_gain",
    "coverage",
    "pass_at_k",
    "plurality_vote",
    "sampled_vote",
    "solve_probability",
]


def _probabilities(p, name="p"):
    p = np.asarray(p, float)
    if p.size == 0:
        raise ValueError(f"{name} is empty: pass one probability a problem")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"{name} must lie in [0, 1], got {p.min()} to {p.max()}")
    return p


def _counts(k, name="k", least=1):
    k = np.asarray(k)
    if k.size == 0 or np.any(k != np.floor(k)) or np.any(k < least):
        raise ValueError(f"{name} must be whole numbers of at least {least}, got {k}")
    return k.astype(np.int64)


def pass_at_k(n, c, k):
    r"""Estimate pass@k without bias from `c` correct among `n` samples.

    The estimate is the share of subsets of `k` samples with at least one correct sample,

    .. math:: 1 - \binom{n - c}{k} \Big/ \binom{n}{k}
              = 1 - \prod_{j=0}^{c-1} \Big(1 - \frac{k}{n - j}\Big),

    computed as a sum of logarithms, so that neither side overflows nor loses small values
    (the plug-in :math:`1 - (1 - c/n)^k` is biased).

    Parameters
    ----------
    n, c, k : int or array of int
        Samples drawn, samples correct, and samples allowed, with ``0 <= c <= n`` and
        ``1 <= k <= n``; they broadcast.

    Returns
    -------
    numpy.ndarray or float
        Estimates, in the broadcast shape.

    Raises
    ------
    ValueError
        If a count is outside those ranges.

    Examples
    --------
    >>> pass_at_k(10, 3, 1)
    0.3
    >>> round(pass_at_k(4, 2, 2), 6)
    0.833333
    """
    n, c, k = np.broadcast_arrays(_counts(n, "n"), _counts(c, "c", 0), _counts(k))
    if np.any(c > n):
        raise ValueError("c (correct samples) exceeds n (samples)")
    if np.any(k > n):
        raise ValueError("k exceeds n: the estimate needs at least k samples a problem")
    cases, inverse = np.unique(
        np.stack([n.ravel(), c.ravel(), k.ravel()]), axis=1, return_inverse=True
    )
    values = np.array([_pass_at_k(*case) for case in cases.T.tolist()])
    out = values[inverse.reshape(-1)].reshape(n.shape)
    return float(out) if out.ndim == 0 else out


def _pass_at_k(n, c, k):
    if k > n - c:
        return 1.0  # every subset of k samples holds a correct one
    if k == 1:
        return c / n
    return -math.expm1(math.fsum(math.log1p(-k / (n - j)) for j in range(c)))


def solve_probability(p, k):
    r"""Return :math:`1 - (1 - p)^k` for each problem, exact also for tiny `p`.

    Parameters
    ----------
    p : array, shape (problems,)
        Probability that one sample is correct.
    k : int or array of int, shape (m,)
        Number of samples.

    Returns
    -------
    numpy.ndarray, shape (problems,) or (m, problems)

    Examples
    --------
    >>> solve_probability([0.5, 1e-18], 2).tolist()
    [0.75, 2e-18]
    """
    p, k = _probabilities(p), _counts(k)
    with np.errstate(divide="ignore"):  # p = 1 gives log 0 = -inf and so exactly 1
        return -np.expm1(k[..., None] * np.log1p(-p))


def coverage(p, k):
    """Return the expected share of problems that `k` samples solve (pass@k), exactly.

    Parameters
    ----------
    p : array, shape (problems,)
        Probability that one sample is correct.
    k : int or array of int
        Number of samples a problem.

    Returns
    -------
    float or numpy.ndarray, in the shape of `k`

    Examples
    --------
    >>> coverage([0.5, 0.0], [1, 2, 1000]).tolist()
    [0.25, 0.375, 0.5]
    """
    out = solve_probability(p, k).mean(-1)
    return float(out) if out.ndim == 0 else out


def best_of_n(p, n, true_positive=1.0, false_positive=0.0):
    r"""Return the accuracy of best-of-n with a verifier that accepts or rejects, exactly.

    The verifier accepts a correct sample with probability :math:`t` and a wrong one with
    probability :math:`f`, independently for each sample; the answer is one accepted sample at
    random, or any sample when none is accepted. With :math:`a = pt` and :math:`b = (1 - p)f`,

    .. math:: \frac{a}{a + b}\left[1 - (1 - a - b)^n\right] + p\,(1 - t)\,(1 - a - b)^{n - 1} .

    A perfect verifier gives pass@n. Any :math:`f > 0` caps the accuracy of a problem at
    :math:`a / (a + b)`, however many samples are drawn. A verifier that errs in the same way on
    every sample of a problem is worse still: this formula does not describe it.

    Parameters
    ----------
    p : array, shape (problems,)
        Probability that one sample is correct.
    n : int or array of int
        Number of samples a problem.
    true_positive, false_positive : float
        Probability that a correct, or a wrong, sample is accepted.

    Returns
    -------
    float or numpy.ndarray, in the shape of `n`

    Examples
    --------
    >>> best_of_n([0.2], [1, 2, 1000], 1.0, 0.2).round(3).tolist()
    [0.2, 0.328, 0.556]
    """
    p, n = _probabilities(p), _counts(n)
    t = _probabilities(true_positive, "true_positive")
    f = _probabilities(false_positive, "false_positive")
    accept_right, accept_wrong = p * t, (1 - p) * f
    accept = accept_right + accept_wrong
    with np.errstate(invalid="ignore", divide="ignore"):
        right_if_accepted = np.where(accept > 0, accept_right / accept, 0.0)
        any_accepted = -np.expm1(n[..., None] * np.log1p(-accept))
    none_but_one = (1 - accept) ** (n[..., None] - 1)
    out = (right_if_accepted * any_accepted + p * (1 - t) * none_but_one).mean(-1)
    return float(out) if out.ndim == 0 else out


def binary_vote(p, n):
    """Return the probability that a majority of `n` independent votes is right, exactly.

    Every vote is right with probability `p` and there is only one wrong answer; ties are broken
    by a coin.

    Parameters
    ----------
    p : float or array
        Probability that one vote is right.
    n : int
        Number of votes.

    Returns
    -------
    float or numpy.ndarray, in the shape of `p`

    Examples
    --------
    >>> round(binary_vote(0.6, 3), 12)
    0.648
    """
    p = _probabilities(p)
    n = int(_counts(n, "n"))
    right = np.arange(n + 1)
    log_ways = np.array(
        [math.lgamma(n + 1) - math.lgamma(r + 1) - math.lgamma(n - r + 1) for r in right]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p, log_q = np.log(p)[..., None], np.log1p(-p)[..., None]
        terms = np.where(right > 0, right * log_p, 0.0)
        terms = terms + np.where(n - right > 0, (n - right) * log_q, 0.0)
    wins = (np.sign(2 * right - n) + 1) / 2
    out = np.minimum((np.exp(log_ways + terms) * wins).sum(-1), 1.0)
    return float(out) if out.ndim == 0 else out


def plurality_vote(q, n, right=0):
    r"""Return the probability that the right answer wins a plurality of `n` votes, exactly.

    Votes fall on answer `j` with probability :math:`q_j`; ties are broken at random. The right
    answer has to receive :math:`m` votes and every other answer fewer, or :math:`m` too and lose
    the draw: with :math:`s` other answers in the tie it wins with probability
    :math:`1/(1+s) = \int_0^1 u^s du`, so that the sum over all outcomes is a product of truncated
    power series, integrated exactly by Gauss-Legendre nodes in :math:`u`.

    Parameters
    ----------
    q : array, shape (answers,)
        Distribution of one vote; sums to 1.
    n : int
        Number of votes. The cost grows as ``answers * n**3``: meant for a few answers and up to
        about a hundred votes; use `sampled_vote` beyond.
    right : int
        Index of the right answer.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `q` does not sum to 1, or `right` is not an index of it.

    Examples
    --------
    >>> round(plurality_vote([0.6, 0.4], 3), 12)
    0.648
    >>> round(plurality_vote([0.4, 0.3, 0.3], 2), 12)
    0.4
    """
    q = _probabilities(q, "q")
    n = int(_counts(n, "n"))
    if q.ndim != 1 or abs(q.sum() - 1) > 1e-9:
        raise ValueError(f"q must be one distribution that sums to 1, got sum {q.sum()}")
    if not 0 <= right < len(q):
        raise ValueError(f"right must be an index into {len(q)} answers, got {right}")
    others = np.delete(q, right)
    # Poisson weights instead of powers over factorials: the same series, scaled against overflow.
    votes = np.arange(n + 1)
    log_factorial = np.array([math.lgamma(i + 1) for i in votes])
    nodes, node_weights = np.polynomial.legendre.leggauss(len(others) // 2 + 1)
    nodes, node_weights = (nodes + 1) / 2, node_weights / 2

    def poisson(rate):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.exp(np.where(votes > 0, votes * np.log(rate), 0.0) - rate - log_factorial)

    total = 0.0
    terms = [poisson(n * rate) for rate in others]
    for m, weight in enumerate(poisson(n * q[right])):
        if m == 0 or weight == 0:
            continue
        series = np.zeros((len(nodes), n - m + 1))
        series[:, 0] = 1
        for term in terms:
            factor = np.where(votes < m, term, 0.0)[: n - m + 1] * np.ones((len(nodes), 1))
            if m <= n - m:
                factor[:, m] = nodes * term[m]
            series = _multiply_series(series, factor)
        total += weight * (node_weights @ series[:, -1])
    return float(total / poisson(float(n))[n])


def _multiply_series(a, b):
    """Multiply power series (one a row), keeping the length of `a`."""
    out = np.zeros_like(a)
    for i in range(a.shape[1]):
        out[:, i:] += a[:, i : i + 1] * b[:, : a.shape[1] - i]
    return out


def sampled_vote(samples, right, k):
    """Return the accuracy of a plurality vote over the first `k` sampled answers, by counting.

    Parameters
    ----------
    samples : array of int, shape (draws, problems)
        Sampled answers (any integer code).
    right : array of int, shape (problems,)
        Right answers.
    k : int
        Votes a problem, at most `draws`. Ties count in proportion: a right answer among `s`
        leading answers scores ``1 / s``.

    Returns
    -------
    numpy.ndarray, shape (problems,)
        Probability that each problem is answered rightly, given these samples.

    Examples
    --------
    >>> sampled_vote([[1, 7], [1, 8], [2, 9]], [1, 8], 3).round(3).tolist()
    [1.0, 0.333]
    """
    samples, right = np.asarray(samples), np.asarray(right)
    k = int(_counts(k))
    if samples.ndim != 2 or right.shape != samples.shape[1:]:
        raise ValueError(
            f"samples must be (draws, problems) and right (problems,), got {samples.shape} "
            f"and {right.shape}"
        )
    if k > len(samples):
        raise ValueError(f"k={k} votes need as many draws, got {len(samples)}")
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

    Scores are interpolated linearly in log scale, after being made non-decreasing (a running
    maximum), since a larger model may score lower by the luck of a seed.

    Parameters
    ----------
    scale : array, shape (m,)
        Sizes of the plain models (parameters, or FLOP), increasing.
    score : array, shape (m,)
        Their scores without the scaffold.
    base : float
        Size of the model that the scaffold was added to.
    reached : float
        Score with the scaffold.

    Returns
    -------
    float
        Ratio of sizes; ``inf`` when no plain model measured reaches that score, which means only
        "more than ``scale[-1] / base``"; ``nan`` when every one of them exceeds it.

    Examples
    --------
    >>> compute_equivalent_gain([1e3, 1e4, 1e5], [0.1, 0.2, 0.3], 1e3, 0.2)
    10.0
    """
    scale, score = np.asarray(scale, float), np.asarray(score, float)
    if scale.shape != score.shape or scale.ndim != 1 or len(scale) < 2:
        raise ValueError("scale and score must be two lists of equal length, at least 2")
    if np.any(scale <= 0) or np.any(np.diff(scale) <= 0) or base <= 0:
        raise ValueError("scale must be positive and increasing, and base positive")
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
