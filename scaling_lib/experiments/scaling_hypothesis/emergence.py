r"""Emergence and the metric: networks that improve smoothly by one measure, suddenly by another.

A network adds two 4-digit numbers; the five digits of its answer are separate softmax heads. As the
network grows, the accuracy per digit rises steadily, while the share of answers right in *every*
digit stays near zero and then climbs (Schaeffer et al. 2023, ``schaeffer2023emergent``). If each
digit were right independently with the same probability p, exact match would be :math:`p^5`
(`exact_match`).

Found (shipped table, seeds 0 to 2, 6000 steps, mean of three): from N = 1.2 thousand to 99 thousand
parameters the accuracy per digit goes .46, .53 (2.4 k), .73 (5.3 k), .83 (8.7 k), .95 (12.6 k),
.98 (22 k), 1.00 and exact match .00, .01, .06, .29, .77, .90, .99. At 8.7 k the three seeds lie
between .09 and .44: near the rise, one number hides the luck of a run. :math:`p^5` overestimates
small networks (.41 against .29 at 8.7 k, .21 against .06 at 5.3 k), because the digits are not
equally hard: networks learn whole digits one after another, the units and the leading digit first
and the middle ones last. So the smooth metric is itself a sum of smaller jumps, and a network of
3.8 k parameters can beat one of 5.3 k by exact match (.09 against .06), though its loss is higher.
"""

from __future__ import annotations

import functools
import io
import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data import DATA
from scaling_lib.data.files import write_bytes, write_csv
from scaling_lib.models.mlp import MLP, log_softmax, steps
from scaling_lib.models.optimizers import Adam, cosine_schedule
from scaling_lib.tasks import addition

DIGITS = 4
LIVE_SIZES = (8, 16, 24, 32, 48, 64, 96)
SHIPPED_SIZES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
SHIPPED_SEEDS = (0, 1, 2)
SHIPPED_STEPS = 6000
TEST_SEED = 12345
#: Held-out problems whose whole predicted distribution is shipped.
PROBLEMS = 256
DISTRIBUTIONS_FILE = "emergence_distributions.npz"


def exact_match(p, digits: int):
    r"""Exact match if each of so many digits is right independently with probability p.

    Parameters
    ----------
    p : float or numpy.ndarray
        Accuracy per digit, between 0 and 1.
    digits : int
        Digits k in the answer.

    Returns
    -------
    float or numpy.ndarray
        :math:`p^k`.

    Raises
    ------
    ValueError
        If p is not a probability or digits is below 1.

    Examples
    --------
    >>> round(exact_match(0.9, 5), 3), round(exact_match(0.5, 5), 3)
    (0.59, 0.031)
    """
    if digits < 1 or np.any(np.less(p, 0)) or np.any(np.greater(p, 1)):
        raise ValueError("p must lie between 0 and 1 and digits must be at least 1")
    return p**digits


def train_adder(
    H: int,
    seed: int = 0,
    training_steps: int = 4000,
    digits: int = DIGITS,
    batch: int = 128,
    lr: float = 3e-3,
) -> MLP:
    """Train a network with two hidden layers to add, on fresh problems at every step.

    Parameters
    ----------
    H : int
        Width of both hidden layers (ReLU).
    seed : int
        Seeds the initial weights and, separately, the problems.
    training_steps, batch : int
        Adam steps with cosine decay, and problems a step.
    digits : int
        Digits of each number.
    lr : float
        Peak learning rate.

    Returns
    -------
    MLP
        The trained network, ``digits + 1`` heads of ten classes.
    """
    model = MLP(
        (20 * digits, H, H, 10 * (digits + 1)),
        heads=digits + 1,
        init_std=(digits**-0.5, (2 / H) ** 0.5, H**-0.5),  # 2 * digits inputs of 1 are active
        seed=seed,
    )
    rng = np.random.default_rng([seed, 1])

    def batches():
        for _ in range(training_steps):
            a, b = addition.sample(batch, digits, rng)
            yield addition.encode(a, b, digits), addition.answer(a, b, digits)

    for _ in steps(
        model, Adam(model.theta), batches(), lambda t: cosine_schedule(t, training_steps, lr)
    ):
        pass
    return model


def held_out(n: int, digits: int = DIGITS) -> tuple[np.ndarray, np.ndarray]:
    """Return the first n of one fixed sequence of held-out problems, as numbers a and b.

    Training draws from all :math:`10^{2k}` pairs too, so a few test problems (for k = 4 and 6000
    steps of 128: fewer than 1 %) may have been seen once.
    """
    rng = np.random.default_rng(TEST_SEED)
    pairs = rng.integers(0, 10**digits, (n, 2))
    return pairs[:, 0], pairs[:, 1]


def evaluate(model: MLP, n: int = 4000) -> dict[str, float]:
    """Score a trained adder by several metrics on held-out problems.

    Parameters
    ----------
    model : MLP
        From `train_adder`.
    n : int
        Test problems; the standard error of a share is at most ``0.5 / sqrt(n)``.

    Returns
    -------
    dict
        ``loss`` (nats per digit), ``token_accuracy`` and ``exact_match`` of the most likely
        answer, ``sampled_exact_match`` (mean probability of the right answer, so the exact match
        of one sample at temperature 1), and ``digit_0`` (units), ``digit_1``, ... accuracies.
    """
    digits = model.heads - 1
    a, b = held_out(n, digits)
    y = addition.answer(a, b, digits)
    log_p = log_softmax(model.forward(addition.encode(a, b, digits)))
    log_right = np.take_along_axis(log_p, y[:, :, None], axis=2)[:, :, 0]
    right = log_p.argmax(-1) == y
    scores = {
        "loss": float(-log_right.mean()),
        "token_accuracy": float(right.mean()),
        "exact_match": float(right.all(1).mean()),
        "sampled_exact_match": float(np.exp(log_right.sum(1)).mean()),
    }
    return scores | {f"digit_{i}": float(right[:, i].mean()) for i in range(digits + 1)}


def by_size(
    sizes: Sequence[int] = LIVE_SIZES,
    seeds: Sequence[int] = (0,),
    training_steps: int = 4000,
    digits: int = DIGITS,
    n_test: int = 4000,
) -> pd.DataFrame:
    """Train one adder for each seed and size, and score it by every metric.

    Parameters
    ----------
    sizes : sequence of int
        Widths H of the hidden layers.
    seeds : sequence of int
        One network each.
    training_steps, digits, n_test : int
        See `train_adder` and `evaluate`.

    Returns
    -------
    pandas.DataFrame
        One row a network: ``seed, H, N`` (parameters), ``steps``, ``D`` (training problems),
        ``C`` (training FLOP), and the columns of `evaluate`.
    """
    return pd.DataFrame(
        [
            _row(train_adder(H, seed, training_steps, digits), H, seed, training_steps, n_test)
            for seed in seeds
            for H in sizes
        ]
    )


def _row(model, H, seed, training_steps, n_test, batch=128):
    D = training_steps * batch
    row = {"seed": seed, "H": H, "N": model.N, "steps": training_steps, "D": D}
    return row | {"C": float(D * model.flops_per_example())} | evaluate(model, n_test)


@functools.cache
def shipped_distributions() -> dict[str, np.ndarray]:
    """Load what the shipped networks predict for each held-out problem.

    With it, sampling needs no network: the five digits of an answer are independent given the
    problem, so an answer's probability is the product over its digits.

    Returns
    -------
    dict of numpy.ndarray
        ``a``, ``b``: the numbers, shape (problems,). ``answer``: digits of the sum, units first,
        shape (problems, 5). ``seed`` (seeds,), ``H`` and ``N`` (sizes,). ``log_p``: natural log of
        the predicted probability of each digit, float32, shape (seeds, sizes, problems, 5, 10),
        stored as float16 (relative error below 0.001) and normalised again on loading. The arrays
        cannot be written to.
    """
    with np.load(DATA / DISTRIBUTIONS_FILE) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["log_p"] = log_softmax(arrays["log_p"].astype(np.float32))
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def right_answer_probability(distributions: dict[str, np.ndarray]) -> np.ndarray:
    """Probability that one sample answers a problem exactly.

    Parameters
    ----------
    distributions : dict
        From `shipped_distributions`.

    Returns
    -------
    numpy.ndarray, shape (seeds, sizes, problems)
        Product over the digits of the probability of the right digit. ``1 - (1 - p)**k``,
        averaged over problems, is pass@k without any sampling noise.
    """
    digit = distributions["answer"][None, None, :, :, None]
    log_right = np.take_along_axis(distributions["log_p"], digit, axis=-1)[..., 0]
    return np.exp(log_right.sum(-1))


def _shipped_run(H, seed):
    model = train_adder(H, seed, SHIPPED_STEPS)
    a, b = held_out(PROBLEMS)
    log_p = log_softmax(model.forward(addition.encode(a, b, DIGITS)))
    # Below exp(-60) a digit is impossible for every purpose here; float16 holds no infinity then.
    return _row(model, H, seed, SHIPPED_STEPS, 4000), np.maximum(log_p, -60).astype(np.float16)


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table, and beside it the predicted distributions.

    Parameters
    ----------
    out : pathlib.Path
        CSV file to write; `DISTRIBUTIONS_FILE` goes into the same folder.
    jobs : int
        Processes.
    """
    grid = [(H, seed) for seed in SHIPPED_SEEDS for H in SHIPPED_SIZES]
    runs = Parallel(n_jobs=jobs)(delayed(_shipped_run)(H, seed) for H, seed in grid)
    table = pd.DataFrame([row for row, _ in runs])
    a, b = held_out(PROBLEMS)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        a=a.astype(np.int32),
        b=b.astype(np.int32),
        answer=addition.answer(a, b, DIGITS).astype(np.int8),
        seed=np.array(SHIPPED_SEEDS),
        H=np.array(SHIPPED_SIZES),
        N=table["N"].to_numpy()[: len(SHIPPED_SIZES)],
        log_p=np.stack([log_p for _, log_p in runs]).reshape(
            len(SHIPPED_SEEDS), len(SHIPPED_SIZES), PROBLEMS, DIGITS + 1, 10
        ),
    )
    write_bytes(out.with_name(DISTRIBUTIONS_FILE), buffer.getvalue())
    write_csv(table, out)
