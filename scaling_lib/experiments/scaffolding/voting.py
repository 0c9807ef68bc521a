r"""Choosing among samples without knowing the answer: votes, and verifiers that err.

A majority vote over more and more samples of one network does not converge to the truth; it
converges to the network's *most probable* answer. The addition networks predict their digits
independently, so that answer is the greedy one: voting turns a sample at temperature 1 back into
the greedy answer and gains nothing beyond it. It fails outright on a problem whose most probable
answer is wrong, and more votes make it fail more surely, although the right answer is among the
samples (coverage). Votes across *different* networks are another matter: their errors are only
partly shared (`across_networks`).

Found (three seeds, 256 problems): at 8 700 parameters one sample is right for 17 % of the problems,
the majority of 256 for 28 %, the greedy answer for 28 %, while some of the 256 samples is right for
all. Three networks of different seeds at 5 300 parameters, 5 % right each, reach 62 % when their
digit probabilities are multiplied, since they fail at different digits; voting on whole answers
misses that and stays at 5 %.

A verifier that accepts wrong answers now and then caps best-of-n at the share of right answers
among accepted ones (`scaling_lib.sampling.best_of_n`): hard problems, where right samples are rare,
are hit most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaffolding.noisy_units import vote_correlation
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.sampling import best_of_n, coverage, sampled_vote

PLACES = 10 ** np.arange(emergence.DIGITS + 1)


def vote_and_coverage(
    ks: Sequence[int] = (1, 4, 16, 64, 256),
    sizes: Sequence[int] | None = None,
    temperature: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare pass@k with the majority of the same `k` samples, and with the greedy answer.

    Parameters
    ----------
    ks : sequence of int
        Samples a problem.
    sizes : sequence of int, optional
        Widths H of the shipped networks; all by default.
    temperature : float
        Samples are drawn from :math:`p^{1/T}`, normalised; larger than zero.
    seed : int
        Seed of the samples.

    Returns
    -------
    pandas.DataFrame
        One row a network and `k`: ``seed, H, N, k, coverage`` (exact), ``majority`` (of drawn
        samples; ties count in proportion), ``greedy`` (the limit of the majority), ``sampled``
        (one sample, exact).

    Raises
    ------
    ValueError
        If `temperature` is not positive or a width was not shipped.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be larger than zero, got {temperature}")
    shipped = emergence.shipped_distributions()
    widths = shipped["H"].tolist()
    sizes = widths if sizes is None else sizes
    unknown = set(sizes) - set(widths)
    if unknown:
        raise ValueError(f"no network of width {sorted(unknown)} is shipped; there are {widths}")
    right = shipped["answer"] @ PLACES
    rng = np.random.default_rng(seed)
    rows = []
    for i, network_seed in enumerate(shipped["seed"]):
        for H in sizes:
            j = widths.index(H)
            log_p = shipped["log_p"][i, j].astype(float) / temperature
            p = np.exp(log_p - log_p.max(-1, keepdims=True))
            p /= p.sum(-1, keepdims=True)
            p_right = np.take_along_axis(p, shipped["answer"][..., None], -1)[..., 0].prod(-1)
            samples = draw_answers(p, max(ks), rng)
            greedy = float((p.argmax(-1) @ PLACES == right).mean())
            for k in ks:
                rows.append(
                    {
                        "seed": int(network_seed),
                        "H": int(H),
                        "N": int(shipped["N"][j]),
                        "k": int(k),
                        "coverage": coverage(p_right, k),
                        "majority": float(sampled_vote(samples, right, k).mean()),
                        "greedy": greedy,
                        "sampled": float(p_right.mean()),
                    }
                )
    return pd.DataFrame(rows)


def draw_answers(p: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Sample answers digit by digit.

    Parameters
    ----------
    p : numpy.ndarray, shape (problems, digits, 10)
        Probability of each digit, units first.
    draws : int
        Answers a problem.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    numpy.ndarray of int, shape (draws, problems)
        Answers as numbers.
    """
    problems, digits, _ = p.shape
    answers = np.zeros((draws, problems), np.int64)
    for digit in range(digits):
        cumulative = p[:, digit].cumsum(-1)
        cumulative[:, -1] = 1.0
        u = rng.random((draws, problems, 1))
        answers += (u > cumulative).sum(-1) * 10**digit
    return answers


def verified(
    ns: Sequence[int] = (1, 10, 100, 1000),
    false_positives: Sequence[float] = (0.0, 0.001, 0.01, 0.1),
    true_positive: float = 1.0,
) -> pd.DataFrame:
    """Return the accuracy of best-of-n with verifiers of several qualities, exactly.

    Parameters
    ----------
    ns : sequence of int
        Samples a problem.
    false_positives : sequence of float
        Probability that the verifier accepts a wrong sample.
    true_positive : float
        Probability that it accepts a right one.

    Returns
    -------
    pandas.DataFrame
        One row a network, verifier and `n`: ``seed, H, N, n, false_positive, accuracy``.
    """
    shipped = emergence.shipped_distributions()
    p = emergence.right_answer_probability(shipped)
    return pd.DataFrame(
        [
            {
                "seed": int(seed),
                "H": int(H),
                "N": int(shipped["N"][j]),
                "n": int(n),
                "false_positive": f,
                "accuracy": accuracy,
            }
            for i, seed in enumerate(shipped["seed"])
            for j, H in enumerate(shipped["H"])
            for f in false_positives
            for n, accuracy in zip(ns, best_of_n(p[i, j], ns, true_positive, f), strict=True)
        ]
    )


def across_networks() -> pd.DataFrame:
    """Combine the shipped networks of one size, which differ in their seed only.

    Returns
    -------
    pandas.DataFrame
        One row a size: ``H, N, single`` (mean greedy accuracy of one network), ``vote`` (plurality
        of whole answers, ties in proportion), ``product`` (digits from the product of the
        networks' probabilities), ``any`` (some network is right), ``correlation`` (mean correlation
        of being right between two networks, over problems).
    """
    shipped = emergence.shipped_distributions()
    right = shipped["answer"] @ PLACES
    rows = []
    for j, H in enumerate(shipped["H"]):
        log_p = shipped["log_p"][:, j]
        answers = log_p.argmax(-1) @ PLACES
        correct = answers == right
        rows.append(
            {
                "H": int(H),
                "N": int(shipped["N"][j]),
                "single": float(correct.mean()),
                "vote": float(sampled_vote(answers, right, len(answers)).mean()),
                "product": float((log_p.sum(0).argmax(-1) @ PLACES == right).mean()),
                "any": float(correct.any(0).mean()),
                "correlation": vote_correlation(correct),
            }
        )
    return pd.DataFrame(rows)
