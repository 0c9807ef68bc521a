r"""Few bits a weight over many sizes and lengths: what rounding costs, and how many parameters.

The arithmetic is that of `quantisation`: weights rounded at every step ("during") or once at the
end ("after"). Here both are mapped over sizes and lengths, so that the law of training in low
precision can be fitted, and the cost of rounding at the end followed as training goes on
[@kumar2024scaling].
"""

import pathlib

import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.scaling_hypothesis.quantisation import Rounded
from scaling_lib.experiments.scaling_laws.language_models import trained, untrained
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model

WAYS = ("after", "during")
EXACT = 32  # bits of single precision
SHIPPED_H = (16, 32, 64, 128)
SHIPPED_D = (2**13, 2**15, 2**17)
SHIPPED_LONG = (2**19, 2**21)  # for rounding at the end alone
SHIPPED_BITS = (6, 4, 3, 2)
SHIPPED_SEEDS = (0, 1, 2)


def run(H: int, D: int, way: str, seed: int = 0, bits=SHIPPED_BITS) -> pd.DataFrame:
    """Train a model of width H on D tokens, rounding after training or during it.

    Returns
    -------
    pandas.DataFrame
        One row a number of bits, `EXACT` with "after" only: ``N`` parameters, ``bits``, ``excess``
        (exact test loss above the entropy, nats per token).
    """
    one_of(way, "way", WAYS)
    language = markov_language(0)
    rows = []
    if way == "after":
        model = trained(H, D, seed)
        theta = model.theta.copy()
        for b in (EXACT, *bits):
            model.theta[:] = theta
            done = model if b == EXACT else Rounded(model, b).rounded()
            rows.append((model.N, b, language.test_loss(done) - language.entropy))
    else:
        for b in bits:
            fresh, *rest = untrained(H, D, seed)
            coarse = Rounded(fresh, b)
            fit_model(coarse, *rest)
            rows.append((fresh.N, b, language.test_loss(coarse.rounded()) - language.entropy))
    return pd.DataFrame(rows, columns=["N", "bits", "excess"]).round(5)


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: four widths, three or five lengths, four precisions, three seeds."""
    grid = {"H": list(SHIPPED_H), "seed": list(SHIPPED_SEEDS)}
    during = tabulate(run, jobs, **grid, D=list(SHIPPED_D), way=["during"])
    after = tabulate(run, jobs, **grid, D=[*SHIPPED_D, *SHIPPED_LONG], way=["after"])
    write_csv(pd.concat([during, after], ignore_index=True), out)
