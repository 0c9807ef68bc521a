r"""Choosing among samples without knowing the answer: votes, and what they cannot do.

A majority vote over more and more samples of one network converges not to the truth but to the
network's *most probable* answer. The addition networks predict their digits independently, so that
is the greedy answer: voting gains nothing beyond it. Where it is wrong, more votes fail more
surely, although the right answer is among the samples (coverage). Votes across *different* networks
are another matter: their errors are only partly shared (`across_networks`).

Found (three seeds, 256 problems): at 8 700 parameters one sample is right for 17 % of the problems,
the majority of 256 for 29 %, the greedy answer for 28 %, while some of the 256 samples is right for
all. Three networks of different seeds at 5 300 parameters, 5 % right each, reach 62 % when their
digit probabilities are multiplied; voting on whole answers stays at 5 %.

A network that writes its steps (`chain_votes`) is another case: many chains end in one answer, so a
vote over ends is not a vote over chains.

A verifier that accepts wrong answers now and then caps best-of-n at the share of right answers
among accepted ones (`scaling_lib.sampling.best_of_n`): hard problems, where right samples are rare,
are hit most.
"""

import itertools
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaffolding import chain_of_thought
from scaling_lib.experiments.scaffolding.adders import adders
from scaling_lib.experiments.scaffolding.noisy_units import vote_correlation
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.attention import AttentionLM
from scaling_lib.models.optimizers import constant_after
from scaling_lib.sampling import coverage, sampled_vote
from scaling_lib.tasks import permutations
from scaling_lib.training import fit_model

#: Value of each digit of an answer, units first: ``digits @ PLACES`` is the number.
PLACES = 10 ** np.arange(emergence.DIGITS + 1)
CHAINS = 64  #: drawn for each problem of permutations
SHIPPED_STEPS = (140, 150, 160, 170, 180)


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
        networks' probabilities), ``correlation`` (mean correlation of being right between two
        networks, over problems).
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
                "correlation": vote_correlation(right),
            }
        )
    return pd.DataFrame(rows)


def chain_votes(
    k: int, seed: int = 0, steps: Iterable[int] = SHIPPED_STEPS, problems: int = 100
) -> pd.DataFrame:
    """Stop the training of a network that writes its steps early, and vote over its chains.

    Returns
    -------
    pandas.DataFrame
        One row for each of `steps`: ``step``, and the shares of products of `k` permutations that
        are right at the end of one sampled chain (``one``), by vote over 4, 16 and 64 of them
        (``vote_4`` ...), and of the chain of the most probable steps (``greedy``).
    """
    table = chain_of_thought.TASKS["product"]
    model = AttentionLM(len(table) + 2, 2 * k, d=32, heads=2, seed=seed)
    test = permutations.sample(problems, k, np.random.default_rng(999), table)
    questions = chain_of_thought.examples(*test, "steps", len(table))[0][:, : k + 1]
    right, rows = test[1][:, -1], []

    def measure(step):
        if step in steps:
            draws = np.random.default_rng([seed, step])
            ends = chain_of_thought.sample_ends(model, questions, CHAINS, draws)
            greedy = model.complete(questions, k, allowed=slice(len(table)))[:, -1]
            votes = {f"vote_{n}": sampled_vote(ends, right, n).mean() for n in (4, 16, CHAINS)}
            one = {"step": step, "one": (ends == right).mean()}
            rows.append(one | votes | {"greedy": (greedy == right).mean()})

    rng = np.random.default_rng([seed, 1])
    drawn = (permutations.sample(64, k, rng, table) for _ in itertools.count())
    batches = (chain_of_thought.examples(*d, "steps", len(table)) for d in drawn)
    fit_model(model, batches, max(steps), 3e-3, schedule=constant_after(100), after_step=measure)
    return pd.DataFrame(rows)


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped votes over chains: two lengths, three seeds, stopped at five times."""
    write_csv(tabulate(chain_votes, jobs, k=[4, 8], seed=range(3)).round(4), out)
