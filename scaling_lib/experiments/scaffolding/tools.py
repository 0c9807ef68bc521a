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

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaffolding.voting import PLACES
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.models.mlp import MLP, steps
from scaling_lib.models.optimizers import Adam, cosine_schedule
from scaling_lib.tasks import addition


def carry_bits(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """Return the exact carry into each place: what the tool answers.

    Parameters
    ----------
    a, b : numpy.ndarray of int, shape (n,)
        The two numbers.
    digits : int
        Digits of each.

    Returns
    -------
    numpy.ndarray of float32, shape (n, digits + 1)
        0 or 1; the first column (units) is always 0.

    Examples
    --------
    >>> carry_bits(np.array([95]), np.array([7]), 2).tolist()
    [[0.0, 1.0, 1.0]]
    """
    power = 10 ** np.arange(digits + 1)
    return (a[:, None] % power + b[:, None] % power >= power).astype(np.float32) * (power > 1)


def with_carry_tool(
    sizes: Sequence[int] = (8, 16, 32),
    seeds: Sequence[int] = (0,),
    training_steps: int = 2000,
    digits: int = emergence.DIGITS,
    batch: int = 128,
    lr: float = 3e-3,
    n_test: int = 2000,
) -> pd.DataFrame:
    """Train addition networks with and without the carries as extra inputs.

    Parameters
    ----------
    sizes : sequence of int
        Widths H of the two hidden layers.
    seeds : sequence of int
        One pair of networks each, trained on the same problems.
    training_steps, batch : int
        Adam steps with cosine decay, fresh problems in each.
    digits : int
        Digits of each number.
    lr : float
        Peak learning rate.
    n_test : int
        Held-out problems.

    Returns
    -------
    pandas.DataFrame
        One row a network: ``seed, H, tool, N`` (parameters), ``exact_match``, ``token_accuracy``.
    """
    rows = []
    for seed in seeds:
        for H in sizes:
            for tool in (False, True):
                model = MLP(
                    (20 * digits + (digits + 1) * tool, H, H, 10 * (digits + 1)),
                    heads=digits + 1,
                    init_std=(digits**-0.5, (2 / H) ** 0.5, H**-0.5),
                    seed=seed,
                )
                rng = np.random.default_rng([seed, 1])
                batches = (
                    (_inputs(a, b, digits, tool), addition.answer(a, b, digits))
                    for a, b in (addition.sample(batch, digits, rng) for _ in range(training_steps))
                )
                schedule = lambda t: cosine_schedule(t, training_steps, lr)  # noqa: E731
                for _ in steps(model, Adam(model.theta), batches, schedule):
                    pass
                a, b = emergence.held_out(n_test, digits)
                right = model.correct(_inputs(a, b, digits, tool), addition.answer(a, b, digits))
                rows.append(
                    {
                        "seed": seed,
                        "H": H,
                        "tool": tool,
                        "N": model.N,
                        "exact_match": float(right.all(1).mean()),
                        "token_accuracy": float(right.mean()),
                    }
                )
    return pd.DataFrame(rows)


def _inputs(a, b, digits, tool):
    X = addition.encode(a, b, digits)
    return np.concatenate([X, carry_bits(a, b, digits)], 1) if tool else X


def call_when_unsure(shares: Sequence[float] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)) -> pd.DataFrame:
    """Let the shipped networks hand their least certain problems to an exact adder.

    Parameters
    ----------
    shares : sequence of float
        Share of problems that may be handed over.

    Returns
    -------
    pandas.DataFrame
        One row a network and share: ``seed, H, N, share, accuracy`` (calls where the probability
        of the network's own answer is lowest), ``random`` (calls on random problems), ``oracle``
        (calls exactly where the network is wrong, as far as they go), ``confidence`` (mean
        probability of the network's answer) and ``alone`` (its accuracy without a tool; the two
        agree if it is calibrated).

    Raises
    ------
    ValueError
        If a share is outside [0, 1].
    """
    shares = np.asarray(shares, float)
    if np.any((shares < 0) | (shares > 1)):
        raise ValueError(f"shares must lie in [0, 1], got {shares.tolist()}")
    shipped = emergence.shipped_distributions()
    right_answer = shipped["answer"] @ PLACES
    rows = []
    for i, seed in enumerate(shipped["seed"]):
        for j, H in enumerate(shipped["H"]):
            log_p = shipped["log_p"][i, j]
            right = log_p.argmax(-1) @ PLACES == right_answer
            confidence = np.exp(log_p.max(-1).sum(-1))
            surest_last = right[np.argsort(confidence)]
            for share in shares:
                calls = round(float(share) * len(right))
                wrong_left = max(0, int((~right).sum()) - calls)
                rows.append(
                    {
                        "seed": int(seed),
                        "H": int(H),
                        "N": int(shipped["N"][j]),
                        "share": float(share),
                        "accuracy": float((calls + surest_last[calls:].sum()) / len(right)),
                        "random": float(share + (1 - share) * right.mean()),
                        "oracle": 1 - wrong_left / len(right),
                        "confidence": float(confidence.mean()),
                        "alone": float(right.mean()),
                    }
                )
    return pd.DataFrame(rows)
