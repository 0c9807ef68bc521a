r"""Tool use: a small addition network that may call an exact tool for part of the work.

Two kinds of tool. **A tool for the hard part** (`with_carry_tool`): the carries of a sum are what
makes it hard, because a carry can depend on every digit below. A network that is handed the carries
by an exact tool only has to add three small numbers in each place. **A tool for the hard problems**
(`call_when_unsure`): the network answers alone where it is confident and calls an exact adder for
the rest, so that accuracy depends on how many calls it may make and on whether it knows what it
does not know.

Found: with the carries handed to them, networks of H = 16 (2 500 parameters, 2000 steps, three
seeds) get 96 % of sums right, and without them none; without the tool, that takes a network of
62 000 parameters and three times the training. Calling when unsure helps the better networks most:
at 88 % alone, a tenth of the problems handed over gives 93 % and a quarter 97 %. The networks are
underconfident, and a network that is nearly always wrong gains no more than the calls themselves.

What this leaves out: here the call itself is always right. A language model has to decide to call,
write the arguments and read the result, and each of these can fail.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import probability
from scaling_lib.experiments.scaffolding.adders import adders
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.tasks import addition
from scaling_lib.training import fit_model


def carry_bits(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """Return the exact carry into each place, units (always 0) first: what the tool answers.

    >>> carry_bits(np.array([95]), np.array([7]), digits=2).tolist()
    [[0.0, 1.0, 1.0]]
    """
    power = 10 ** np.arange(digits + 1)
    return (a[:, None] % power + b[:, None] % power >= power).astype(np.float32) * (power > 1)


def with_carry_tool(
    sizes: Sequence[int] = (8, 16, 32),
    seeds: Sequence[int] = (0,),
    training_steps: int = 2000,
    n_test: int = 2000,
) -> pd.DataFrame:
    """Train addition networks of width H with and without the carries as extra inputs.

    Returns
    -------
    pandas.DataFrame
        One row a network: ``seed, H, tool, N`` (parameters), ``exact_match``, ``token_accuracy``.
        The networks of a seed see the same problems.
    """
    settings = {"training_steps": training_steps, "n_test": n_test}
    return tabulate(_adder, seed=seeds, H=sizes, tool=(False, True), **settings)


def _adder(seed, H, tool, training_steps, n_test):
    digits = emergence.DIGITS

    def examples(a, b):
        X = addition.encode(a, b, digits)
        if tool:
            X = np.concatenate([X, carry_bits(a, b, digits)], 1)
        return X, addition.answer(a, b, digits)

    model = emergence.untrained_adder(H, seed, more_inputs=(digits + 1) * tool)
    rng = np.random.default_rng([seed, 1])
    drawn = (addition.sample(emergence.BATCH, digits, rng) for _ in itertools.count())
    fit_model(model, (examples(a, b) for a, b in drawn), training_steps, lr=3e-3)
    right = model.correct(*examples(*emergence.held_out(n_test)))
    return {"N": model.N, "exact_match": right.all(1).mean(), "token_accuracy": right.mean()}


def call_when_unsure(shares: Sequence[float] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)) -> pd.DataFrame:
    """Let the shipped networks hand their least certain problems to an exact adder.

    Returns
    -------
    pandas.DataFrame
        One row a network and share of problems that may be handed over: ``seed, H, N, share,
        accuracy`` (calls where the probability of the network's own answer is lowest), ``random``
        (calls on random problems), ``oracle`` (calls exactly where the network is wrong, as far as
        they go), ``confidence`` (mean probability of the network's answer) and ``alone`` (its
        accuracy without a tool; the two agree if it is calibrated).
    """
    rows = []
    for adder in adders():
        confidence = np.exp(adder.log_p.max(-1).sum(-1))
        surest_last = adder.right[np.argsort(confidence)]
        alone, problems = adder.right.mean(), len(adder.right)
        for share in probability(shares, "shares", many=True):
            calls = round(share * problems)
            rows.append(
                adder.names
                | {
                    "share": share,
                    "accuracy": (calls + surest_last[calls:].sum()) / problems,
                    "random": share + (1 - share) * alone,
                    "oracle": min(1.0, alone + calls / problems),
                    "confidence": float(confidence.mean()),
                    "alone": alone,
                }
            )
    return pd.DataFrame(rows)
