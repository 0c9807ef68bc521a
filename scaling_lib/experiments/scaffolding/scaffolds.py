r"""One table of models by scaffolds: what each is worth, and whether they work independently.

Every shipped addition network (`emergence.adders`) is scored bare and in four scaffolds, problem by
problem (`success`). The same answers tell what a scaffold adds, in points and as the factor by
which the compute of a bare network would have to grow to score as much [@davidson2023capabilities]
(`gains`); whether model and scaffold are two separate factors (`interaction`); and what a check is
worth that is wrong now and then: casting out nines accepts what is right modulo nine
(`residue_probability`).

Networks were all trained for 6000 steps, so "compute" grows with size only.
"""

import numpy as np
import pandas as pd

from scaling_lib.data import load
from scaling_lib.data.checks import whole
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.models.softmax import of_right
from scaling_lib.sampling import best_of_n, compute_equivalent_gain, solve_probability

#: The share of problems that the scaffold with a tool may hand over.
CALLS = 0.25
LEVEL, RESAMPLES = 0.9, 400  #: of the intervals of `gains`


def residue_probability(
    log_p: np.ndarray, answer: np.ndarray, modulus: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return how often one sample is right, and how often its remainder is; (..., problems) each.

    Digits, of log-probability `log_p` (..., problems, digits, 10) with the units first, are sampled
    independently, so the distribution of the remainder is an exact convolution. The modulus is at
    least 2 (everything is 0 modulo 1).

    >>> log_p = np.log(np.full((1, 1, 10), 0.1))
    >>> [x.round(3).tolist() for x in residue_probability(log_p, np.array([[4]]), 9)]
    [[0.1], [0.1]]
    >>> [x.round(3).tolist() for x in residue_probability(log_p, np.array([[0]]), 9)]
    [[0.1], [0.2]]
    """
    whole(modulus, "modulus", least=2)
    p = np.exp(log_p)
    right = of_right(p, np.broadcast_to(answer, p.shape[:-1]))
    remainder = np.zeros((*p.shape[:-2], modulus))
    remainder[..., 0] = 1
    for place in range(p.shape[-2]):
        longer = np.zeros_like(remainder)
        for digit in range(10):
            shift = digit * 10**place % modulus
            longer += p[..., place, digit, None] * np.roll(remainder, shift, -1)
        remainder = longer
    target = answer @ 10 ** np.arange(answer.shape[-1]) % modulus
    return right.prod(-1), of_right(remainder, np.broadcast_to(target, remainder.shape[:-1]))


def success() -> dict[str, np.ndarray]:
    """Return the probability that each problem is answered rightly in every scaffold, by network.

    Shapes (seeds, sizes, problems). ``bare``: the most probable answer (0 or 1). ``10 samples,
    exact check`` and ``100 samples, exact check``: some sample is right. ``100 samples, nines``:
    the first sample that is right modulo nine. ``adder for a quarter``: an exact adder answers the
    quarter of the problems on which the network is least sure (0 or 1).
    """
    shipped = emergence.shipped_distributions()
    log_p, answer = shipped["log_p"], shipped["answer"].astype(np.int64)
    right = (log_p.argmax(-1) == answer).all(-1)
    p, passed = residue_probability(log_p, answer, 9)
    p = np.minimum(p, 1.0)
    false_positive = np.clip((passed - p) / np.maximum(1 - p, 1e-12), 0, 1)
    sureness = log_p.max(-1).sum(-1)
    calls = round(CALLS * right.shape[-1])
    handed_over = sureness.argsort(-1).argsort(-1) < calls
    return {
        "bare": right.astype(float),
        "10 samples, exact check": solve_probability(p, 10),
        "100 samples, exact check": solve_probability(p, 100),
        "100 samples, nines": best_of_n(p[..., None], 100, 1.0, false_positive[..., None]),
        "adder for a quarter": (right | handed_over).astype(float),
    }


def scores() -> pd.DataFrame:
    """Average `success` over the problems.

    Columns: ``scaffold, seed, H, N`` (parameters), ``C`` (training FLOP), ``score``.
    """
    C = dict(zip(emergence.SHIPPED_SIZES, training_compute(), strict=True))
    return pd.DataFrame(
        {"scaffold": name} | adder.names | {"C": C[adder.names["H"]], "score": score}
        for name, right in success().items()
        for adder, score in zip(emergence.adders(), right.mean(-1).ravel(), strict=True)
    )


def training_compute() -> np.ndarray:
    """Return the training FLOP of the shipped networks, by size."""
    return load("emergence").groupby("H")["C"].first().to_numpy()


def interaction(table: pd.DataFrame, scale=np.asarray) -> dict[str, float]:
    """Split the spread of scores into model, scaffold, what only both together explain, and seeds.

    An analysis of variance with two crossed factors. A network is scored in every scaffold, so the
    spread of seeds has two parts: networks that are better in all scaffolds (between), and the rest
    (within), which is the yardstick for the interaction.

    `table` is from `scores`, every scaffold with every network; `scale` is applied to the scores,
    after half a problem is added to either side, and leaves them as they are by default.

    Keys: ``model``, ``scaffold``, ``interaction``, ``seeds between``, ``seeds within``, shares of
    the sum of squares, which add up to 1; ``F``, mean square of the interaction over that within
    seeds, near 1 if the factors are separate.
    """
    cells = table.pivot_table(index=["H", "scaffold"], columns="seed", values="score")
    models, scaffolds = (cells.index.unique(level) for level in (0, 1))
    if len(cells) != len(models) * len(scaffolds) or cells.isna().any(axis=None):
        raise ValueError("every scaffold must be scored with every network and seed")
    y = cells.to_numpy().reshape(len(models), len(scaffolds), -1)
    y = scale((y * emergence.PROBLEMS + 0.5) / (emergence.PROBLEMS + 1))
    m, s, r = y.shape
    mean = y.mean(-1)
    model, scaffold = mean.mean(1) - mean.mean(), mean.mean(0) - mean.mean()
    both = mean - mean.mean() - model[:, None] - scaffold
    squares = {
        "model": r * s * (model**2).sum(),
        "scaffold": r * m * (scaffold**2).sum(),
        "interaction": r * (both**2).sum(),
        "seeds between": s * ((y.mean(1) - mean.mean(1)[:, None]) ** 2).sum(),
    }
    squares["seeds within"] = ((y - y.mean()) ** 2).sum() - sum(squares.values())
    total = sum(squares.values())
    within = squares["seeds within"] / (m * (s - 1) * (r - 1))
    F = squares["interaction"] / ((m - 1) * (s - 1)) / within
    return {name: float(part / total) for name, part in squares.items()} | {"F": float(F)}


def gains(seeds: slice = slice(None)) -> pd.DataFrame:
    """Measure the compute-equivalent gain of each scaffold at each size, with intervals.

    Scores are averaged over `seeds` (all of them, or a part) and problems; the interval of level
    `LEVEL` comes from resampling both, `RESAMPLES` times. Columns: ``scaffold, N, C, bare, score,
    gain, low, high, most``. A gain is a ratio of training FLOP, ``inf`` beyond the largest network,
    and ``most`` is the largest ratio that the table can show at that size.
    """
    right = {name: each[seeds] for name, each in success().items()}
    C, N = training_compute(), emergence.shipped_distributions()["N"]
    count, _, problems = right["bare"].shape
    rng = np.random.default_rng(0)
    draws = [
        (rng.integers(count, size=count), rng.integers(problems, size=problems))
        for _ in range(RESAMPLES)
    ]
    again = {
        name: np.stack([each[i][:, :, j].mean((0, 2)) for i, j in draws])
        for name, each in right.items()
    }

    def gain(plain, scaffolded, j):
        return compute_equivalent_gain(C, plain, C[j], max(scaffolded[j], plain[j]))

    bare, rows = right.pop("bare").mean((0, 2)), []
    for name, each in right.items():
        score = each.mean((0, 2))
        for j in range(len(C)):
            resampled = [gain(*pair, j) for pair in zip(again["bare"], again[name], strict=True)]
            # Order statistics: there is nothing to interpolate between a number and infinity.
            ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
            low, high = np.nanquantile(resampled, ends, method="inverted_cdf")
            found = (gain(bare, score, j), low, high, C[-1] / C[j])
            rows.append((name, N[j], C[j], bare[j], score[j], *found))
    columns = ["scaffold", "N", "C", "bare", "score", "gain", "low", "high", "most"]
    return pd.DataFrame(rows, columns=columns)
