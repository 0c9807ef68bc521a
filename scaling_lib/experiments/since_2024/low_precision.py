r"""Few bits a weight over many sizes and lengths: what rounding costs, and how many parameters.

The arithmetic is that of `quantisation`: weights rounded at every step ("during") or once at the
end ("after"). Here both are mapped over sizes and lengths, so that the law of training in low
precision can be fitted, and the cost of rounding at the end followed as training goes on
[@kumar2024scaling].
"""

import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.experiments.scaling_hypothesis.quantisation import Rounded, trained_rounded
from scaling_lib.experiments.scaling_laws.language_models import trained
from scaling_lib.experiments.tabulate import SEEDS, shipped_map, tabulate
from scaling_lib.tasks.language import markov_language

WAYS = ("after", "during")
EXACT = 32  # bits of single precision


def run(H: int, D: int, way: str, seed=0, bits=(6, 4, 3, 2)) -> pd.DataFrame:
    """Train a model of width H on D tokens, rounding after training or during it.

    Columns: ``N`` parameters, ``bits`` (`EXACT` with "after" only), ``excess`` (exact test loss
    above the entropy, nats per token).
    """
    one_of(way, "way", WAYS)
    language = markov_language(0)
    if way == "after":
        model, bits = trained(H, D, seed), (EXACT, *bits)

    def at(bits):
        if way == "during":
            done = trained_rounded(H, D, seed, bits)
        else:
            done = model if bits == EXACT else Rounded(model, bits).rounded()
        return {"N": done.N, "bits": bits, "excess": language.excess(done)}

    return tabulate(at, bits=bits).round(5)


LENGTHS = [2**13, 2**15, 2**17]
regenerate = shipped_map(
    run,
    dict(H=[16, 32, 64, 128], seed=SEEDS, D=LENGTHS, way=["during"]),
    dict(H=[16, 32, 64, 128], seed=SEEDS, D=[*LENGTHS, 2**19, 2**21], way=["after"]),
)
