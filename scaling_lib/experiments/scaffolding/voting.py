r"""Choosing among samples without knowing the answer: votes, and what they cannot do.

A majority vote over more and more samples of one network converges not to the truth but to the
network's *most probable* answer. The addition networks predict their digits independently, so that
is the greedy answer, and voting gains nothing beyond it. Votes across *different* networks are
another matter, their errors being only partly shared (`across_networks`); so is a network that
writes its steps: many chains end in one answer, and a vote is over ends (`chain_votes`).
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.scaffolding import chain_of_thought
from scaling_lib.experiments.scaffolding.noisy_units import vote_correlation
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.experiments.tabulate import learning_curve, shipped_map
from scaling_lib.models import AttentionLM, constant_after
from scaling_lib.models.softmax import draw
from scaling_lib.sampling import coverage, sampled_vote
from scaling_lib.tasks import permutations

#: Value of each digit of an answer, units first: ``digits @ PLACES`` is the number.
PLACES = 10 ** np.arange(emergence.DIGITS + 1)
CHAINS = 64  #: drawn for each problem of permutations
SHIPPED_STEPS = (140, 150, 160, 170, 180)
SHIPPED_SEEDS = range(9)  # greedy chains err seldom, so that three give few cases


def vote_and_coverage(ks: Sequence[int], sizes=emergence.SHIPPED_SIZES, seed=0) -> pd.DataFrame:
    """Compare pass@k with the majority of `k` samples, and with the greedy answer.

    Columns: ``seed, H, N`` of each network of a width in `sizes`, ``k, coverage`` (exact),
    ``majority`` (of samples that `seed` draws; ties count in proportion), ``greedy`` (the limit of
    the majority), ``sampled`` (one sample, exact).
    """
    for H in sizes:
        one_of(H, "each of sizes", emergence.SHIPPED_SIZES)
    truth = emergence.shipped_distributions()["answer"] @ PLACES
    rng, rows = np.random.default_rng(seed), []
    for adder in emergence.adders():
        if adder.names["H"] not in sizes:
            continue
        samples = draw_answers(np.exp(adder.log_p.astype(float)), max(ks), rng)
        always = {"greedy": adder.right.mean(), "sampled": coverage(adder.p, 1)}
        for k in ks:
            majority = sampled_vote(samples, truth, k).mean()
            by_k = {"k": k, "coverage": coverage(adder.p, k), "majority": majority}
            rows.append(adder.names | by_k | always)
    return pd.DataFrame(rows)


def draw_answers(p: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Sample answers as numbers, shape (draws, problems), digit by digit.

    `p` is the probability of each digit, units first, shape (problems, digits, 10).
    """
    return sum(draw(p[:, i], rng, (draws,)) * 10**i for i in range(p.shape[1]))


def across_networks(members: int = 3) -> pd.DataFrame:
    """Combine shipped networks of one size, which differ in their seed only.

    One row for each committee of so many `members`. Columns: ``H, N, single`` (mean greedy accuracy
    of one of them), ``vote`` (plurality of whole answers, ties in proportion), ``product`` (digits
    from the product of their probabilities), ``correlation`` (mean correlation of being right
    between two of them, over problems).
    """
    shipped = emergence.shipped_distributions()
    truth, rows = shipped["answer"] @ PLACES, []
    for j, (H, N) in enumerate(zip(shipped["H"], shipped["N"], strict=True)):
        for committee in itertools.combinations(range(len(shipped["seed"])), members):
            log_p = shipped["log_p"][list(committee), j]
            answers = log_p.argmax(-1) @ PLACES
            right = answers == truth
            vote = sampled_vote(answers, truth, members).mean()
            product = (log_p.sum(0).argmax(-1) @ PLACES == truth).mean()
            rows.append((H, N, right.mean(), vote, product, vote_correlation(right)))
    return pd.DataFrame(rows, columns=["H", "N", "single", "vote", "product", "correlation"])


def chain_votes(k: int, seed=0, steps=SHIPPED_STEPS, problems=100) -> pd.DataFrame:
    """Stop the training of a network that writes its steps early, and vote over its chains.

    Columns: ``step``, and the shares of products of `k` permutations that are right at the end of
    one sampled chain (``one``), by vote over 4, 16 and 64 of them (``vote_4`` ...), and of the
    chain of the most probable steps (``greedy``).
    """
    table = chain_of_thought.TASKS["product"]
    model = AttentionLM(len(table) + 2, 2 * k, d=32, heads=2, seed=seed)
    test = permutations.sample(problems, k, np.random.default_rng(999), table)
    questions = chain_of_thought.examples(*test, "steps", len(table))[0][:, : k + 1]
    right = test[1][:, -1]

    def measure(step):
        draws = np.random.default_rng([seed, step])
        ends = chain_of_thought.sample_ends(model, questions, CHAINS, draws)
        greedy = model.complete(questions, k, allowed=slice(len(table)))[:, -1]
        votes = {f"vote_{n}": sampled_vote(ends, right, n).mean() for n in (4, 16, CHAINS)}
        return {"one": (ends == right).mean()} | votes | {"greedy": (greedy == right).mean()}

    batches = chain_of_thought.problems(k, "steps", table, np.random.default_rng([seed, 1]))
    return learning_curve(model, batches, 3e-3, steps, measure, schedule=constant_after(100))


regenerate = shipped_map(chain_votes, dict(k=[4, 8], seed=SHIPPED_SEEDS), places=4)
