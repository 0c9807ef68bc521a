r"""Choosing among samples without knowing the answer: votes, and what they cannot do.

A majority vote over more and more samples of one network converges not to the truth but to the
network's *most probable* answer. The addition networks predict their digits independently, so that
is the greedy answer: voting gains nothing beyond it. Where it is wrong, more votes fail more
surely, although the right answer is among the samples (coverage). Votes across *different* networks
are another matter: their errors are only partly shared (`across_networks`).

Found (three seeds, 256 problems): at 8 700 parameters one sample is right for 17 % of the problems,
the majority of 256 for 28 %, the greedy answer for 28 %, while some of the 256 samples is right for
all. Three networks of different seeds at 5 300 parameters, 5 % right each, reach 62 % when their
digit probabilities are multiplied, since they fail at different digits; voting on whole answers
misses that and stays at 5 %.

A verifier that accepts wrong answers now and then caps best-of-n at the share of right answers
among accepted ones (`scaling_lib.sampling.best_of_n`): hard problems, where right samples are rare,
are hit most.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.scaffolding.adders import adders
from scaling_lib.experiments.scaffolding.noisy_units import vote_correlation
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.sampling import coverage, sampled_vote

#: Value of each digit of an answer, units first: ``digits @ PLACES`` is the number.
PLACES = 10 ** np.arange(emergence.DIGITS + 1)


def vote_and_coverage(
    ks: Sequence[int], sizes: Sequence[int] = emergence.SHIPPED_SIZES, seed: int = 0
) -> pd.DataFrame:
    """Compare pass@k with the majority of `k` samples, and with the greedy answer.

    Returns
    -------
    pandas.DataFrame
        One row a network of width in `sizes` and `k`: ``seed, H, N, k, coverage`` (exact),
        ``majority`` (of samples that `seed` draws; ties count in proportion), ``greedy`` (the limit
        of the majority), ``sampled`` (one sample, exact).
    """
    for H in sizes:
        one_of(H, "each of sizes", emergence.SHIPPED_SIZES)
    truth = emergence.shipped_distributions()["answer"] @ PLACES
    rng = np.random.default_rng(seed)
    rows = []
    for adder in adders():
        if adder.names["H"] not in sizes:
            continue
        samples = draw_answers(np.exp(adder.log_p.astype(float)), max(ks), rng)
        for k in ks:
            rows.append(
                adder.names
                | {
                    "k": k,
                    "coverage": coverage(adder.p, k),
                    "majority": sampled_vote(samples, truth, k).mean(),
                    "greedy": adder.right.mean(),
                    "sampled": coverage(adder.p, 1),
                }
            )
    return pd.DataFrame(rows)


def draw_answers(p: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Sample answers as numbers, shape (draws, problems), digit by digit.

    `p` is the probability of each digit, units first, shape (problems, digits, 10).
    """
    problems, digits, _ = p.shape
    answers = np.zeros((draws, problems), np.int64)
    for digit in range(digits):
        cumulative = p[:, digit].cumsum(-1)
        cumulative[:, -1] = 1.0
        u = rng.random((draws, problems, 1))
        answers += (u > cumulative).sum(-1) * 10**digit
    return answers


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
    truth = shipped["answer"] @ PLACES
    rows = []
    for j, (H, N) in enumerate(zip(shipped["H"], shipped["N"], strict=True)):
        log_p = shipped["log_p"][:, j]
        answers = log_p.argmax(-1) @ PLACES
        right = answers == truth
        rows.append(
            {
                "H": H,
                "N": N,
                "single": right.mean(),
                "vote": sampled_vote(answers, truth, len(answers)).mean(),
                "product": (log_p.sum(0).argmax(-1) @ PLACES == truth).mean(),
                "any": right.any(0).mean(),
                "correlation": vote_correlation(right),
            }
        )
    return pd.DataFrame(rows)
