r"""Emergence and the metric: networks that improve smoothly by one measure, suddenly by another.

A network adds two 4-digit numbers; the five digits of its answer are separate softmax heads. As the
network grows, the accuracy per digit rises steadily, while the share of answers right in *every*
digit stays near zero and then climbs [@schaeffer2023emergent]. If each digit were right
independently with the same probability p, exact match would be :math:`p^5`.
"""

import functools
import io
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scaling_lib.data import DATA
from scaling_lib.data.files import write_bytes, write_csv
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models import MLP
from scaling_lib.models.softmax import log_softmax, of_right
from scaling_lib.tasks import addition
from scaling_lib.training import fit_model

DIGITS = 4
BATCH = 128
SHIPPED_SIZES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
SHIPPED_SEEDS = tuple(range(6))  # near the leap three are too few to see the spread
SHIPPED_STEPS = 6000
TEST_SEED = 12345
TEST_PROBLEMS = 4000  # the standard error of a share is at most 0.008
#: Held-out problems whose whole predicted distribution is shipped.
PROBLEMS = 256
DISTRIBUTIONS_FILE = "emergence_distributions.npz"


def untrained_adder(H: int, seed: int, digits: int = DIGITS) -> MLP:
    """Two hidden layers of width H on the digits; one head a digit of the sum."""
    sizes = (20 * digits, H, H, 10 * (digits + 1))
    std = (digits**-0.5, (2 / H) ** 0.5, H**-0.5)  # 2 * digits inputs of 1 are active
    return MLP(sizes, heads=digits + 1, init_std=std, seed=seed)


def train_adder(H: int, seed: int = 0, training_steps: int = 4000, digits: int = DIGITS) -> MLP:
    """Train a network to add, on fresh problems at every step."""
    model = untrained_adder(H, seed, digits)
    rng = np.random.default_rng([seed, 1])
    problems = (addition.sample(BATCH, digits, rng) for _ in range(training_steps))
    batches = ((addition.encode(*ab, digits), addition.answer(*ab, digits)) for ab in problems)
    fit_model(model, batches, training_steps, lr=3e-3)
    return model


def held_out(n: int, digits: int = DIGITS) -> tuple[np.ndarray, np.ndarray]:
    """Return the first n of one fixed sequence of held-out problems, as numbers a and b.

    Training draws from all :math:`10^{2k}` pairs too, so a few test problems (for k = 4 and 6000
    steps of 128: fewer than 1 %) may have been seen once.
    """
    return tuple(np.random.default_rng(TEST_SEED).integers(0, 10**digits, (n, 2)).T)


def predictions(model: MLP, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return log-probabilities (n, digits, 10) and right digits of n held-out problems."""
    digits = model.heads - 1
    problems = held_out(n, digits)
    log_p = log_softmax(model.forward(addition.encode(*problems, digits)))
    return log_p, addition.answer(*problems, digits)


def evaluate(model: MLP) -> dict[str, float]:
    """Score a trained adder by several metrics on held-out problems.

    Keys: ``loss`` (nats per digit), ``token_accuracy`` and ``exact_match`` of the most likely
    answer, ``sampled_exact_match`` (mean probability of the right answer, so the exact match of one
    sample at temperature 1), and ``digit_0`` (units), ``digit_1``, ... accuracies.
    """
    log_p, y = predictions(model, TEST_PROBLEMS)
    log_right, right = of_right(log_p, y), log_p.argmax(-1) == y
    scores = {
        "loss": float(-log_right.mean()),
        "token_accuracy": float(right.mean()),
        "exact_match": float(right.all(1).mean()),
        "sampled_exact_match": float(np.exp(log_right.sum(1)).mean()),
    }
    return scores | {f"digit_{i}": float(share) for i, share in enumerate(right.mean(0))}


@functools.cache
def shipped_distributions() -> dict[str, np.ndarray]:
    """Load what the shipped networks predict for each held-out problem.

    With it, sampling needs no network: the five digits of an answer are independent given the
    problem, so an answer's probability is the product over its digits.

    Keys: ``a``, ``b``, the numbers, shape (problems,); ``answer``, digits of the sum, units first,
    shape (problems, 5); ``seed`` (seeds,), ``H`` and ``N`` (sizes,); ``log_p``, natural log of the
    predicted probability of each digit, float32, shape (seeds, sizes, problems, 5, 10), stored as
    float16 (relative error below 0.001) and normalised again on loading. The arrays cannot be
    written to.
    """
    with np.load(DATA / DISTRIBUTIONS_FILE) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["log_p"] = log_softmax(arrays["log_p"].astype(np.float32))
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def right_answer_probability(distributions: dict[str, np.ndarray]) -> np.ndarray:
    """Probability that one sample answers a problem exactly, shape (seeds, sizes, problems).

    ``1 - (1 - p)**k``, averaged over problems, is pass@k without any sampling noise.
    """
    log_p = distributions["log_p"]
    return np.exp(of_right(log_p, distributions["answer"][None, None]).sum(-1))


class Adder(NamedTuple):
    """A shipped network, and what it predicts for each held-out problem."""

    names: dict[str, int]  #: ``seed``, ``H`` and ``N`` (parameters)
    log_p: np.ndarray  #: log of the probability of each digit, shape (problems, digits, 10)
    p: np.ndarray  #: probability that one sample is right, shape (problems,)
    right: np.ndarray  #: whether the most probable answer is right, shape (problems,)


def adders() -> Iterator[Adder]:
    """Yield the shipped networks of the first seed by size, then those of the next."""
    shipped = shipped_distributions()
    p = right_answer_probability(shipped)
    right = (shipped["log_p"].argmax(-1) == shipped["answer"]).all(-1)
    for i, j in np.ndindex(right.shape[:2]):
        names = {"seed": shipped["seed"][i], "H": shipped["H"][j], "N": shipped["N"][j]}
        names = {name: int(number) for name, number in names.items()}
        yield Adder(names, shipped["log_p"][i, j], p[i, j], right[i, j])


def _shipped_run(seed, H):
    model, D = train_adder(H, seed, SHIPPED_STEPS), SHIPPED_STEPS * BATCH
    spent = {"steps": SHIPPED_STEPS, "D": D, "C": float(D * model.flops_per_example())}
    # Below exp(-60) a digit is impossible for every purpose here; float16 holds no infinity then.
    log_p = np.maximum(predictions(model, PROBLEMS)[0], -60).astype(np.float16)
    return {"N": model.N} | spent | evaluate(model) | {"log_p": log_p}


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table, and beside it in `DISTRIBUTIONS_FILE` what the networks predict."""
    table = tabulate(_shipped_run, jobs, seed=SHIPPED_SEEDS, H=SHIPPED_SIZES)
    a, b = held_out(PROBLEMS)
    shape = (len(SHIPPED_SEEDS), len(SHIPPED_SIZES), PROBLEMS, DIGITS + 1, 10)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        a=a.astype(np.int32),
        b=b.astype(np.int32),
        answer=addition.answer(a, b, DIGITS).astype(np.int8),
        seed=np.array(SHIPPED_SEEDS),
        H=np.array(SHIPPED_SIZES),
        N=table["N"].to_numpy()[: len(SHIPPED_SIZES)],
        log_p=np.stack(table.pop("log_p")).reshape(shape),
    )
    write_bytes(out.with_name(DISTRIBUTIONS_FILE), buffer.getvalue())
    write_csv(table, out)
