r"""Transfer: what a token of another language is worth to a model that has little text of its own.

The wanted language A and a foreign one are drawn by one recipe, with the weights of the book's main
language (`languages`): they differ in their tables only. Language B is the foreign one with a
`share` of its table, row by row, replaced by A's. A network reads `other` tokens of B, then `own`
tokens of A. Its test loss on A is compared with that of a network which read A only. If that one
would have needed `own + D_T` tokens, B has transferred `D_T` tokens [@hernandez2021scaling], and
one token of B was worth ``D_T / other`` tokens of A.

Both sides take the best, by exact test loss, of the same learning rates on A (`RATES`). The low
ones are for networks that have read all of A's table in B.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from scaling_lib.experiments.scaling_laws.language_models import read_text
from scaling_lib.experiments.tabulate import read_off, shipped_map
from scaling_lib.models import OneHotLM
from scaling_lib.tasks.dialects import relative
from scaling_lib.tasks.language import MarkovLanguage, markov_language

V = 32  # words of a language
H = 64
RATES = (1.0, 0.3, 0.1, 0.03, 0.01)


def languages(seed: int) -> tuple[MarkovLanguage, MarkovLanguage]:
    """Return the wanted language, A, and the foreign one of a seed."""
    return markov_language(2 * seed, V), markov_language(2 * seed + 1, V)


def shared(wanted: MarkovLanguage, other: MarkovLanguage) -> float:
    """Return the share of the text of `wanted` that follows pairs whose rows both have."""
    return float(wanted.pi[(other.P == wanted.P).all(-1)].sum())


def after_reading(theta: np.ndarray, language: MarkovLanguage, D: int, seed: int) -> float:
    """Return the lowest test loss on `language`, over `RATES`, of a network that starts at `theta`.

    `theta` itself is not changed. Loss in nats per token, exact.
    """
    losses = []
    for rate in RATES:
        model = OneHotLM(language.V, 2, H)
        model.theta[:] = theta
        read_text(model, language.windows(D, seed), rate)
        losses.append(language.test_loss(model))
    return min(losses)


@lru_cache(maxsize=1)
def _first_read(share, other, seed):
    wanted, foreign = languages(seed)
    model = OneHotLM(V, 2, H, seed)
    if other:
        read_text(model, relative(wanted, foreign, share, seed).windows(other, seed + 100))
    return wanted, model.theta


def run(share: float, other: int, own: int, seed: int = 0) -> dict[str, float]:
    """Read `other` tokens of language B (0: none), then `own` tokens of A.

    The seed draws both languages, the rows that B shares with A, the weights and the text. Returns
    the ``excess``, test loss on A above its entropy, nats per token.
    """
    wanted, theta = _first_read(share, other, seed)
    return {"excess": after_reading(theta, wanted, own, seed + 200) - wanted.entropy}


def transferred(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the shipped table with other text, and what was transferred.

    Columns added: ``alone`` (the excess on A's own text alone), ``tokens`` (tokens of A beyond
    `own` that would have given the same excess, read off the runs on A alone of the same seed,
    log-log; NaN outside them) and ``worth``, `tokens` divided by the tokens of B.
    """
    parts = []
    for _, rows in table.groupby("seed"):
        alone, part = rows[rows["other"] == 0], rows[rows["other"] > 0]
        known = alone.set_index("own")["excess"][part["own"]].to_numpy()
        tokens = read_off(part["excess"], alone["excess"], alone["own"]) - part["own"]
        parts.append(part.assign(alone=known, tokens=tokens, worth=tokens / part["other"]))
    return pd.concat(parts, ignore_index=True)


SEEDS = range(12)  # three pairs of languages do not settle the sign
OTHERS = dict(share=[0.0, 0.25, 0.5, 0.75, 1.0], other=[2**14, 2**16])
regenerate = shipped_map(
    run,
    dict(seed=SEEDS, share=[0.0], other=[0], own=[2**i for i in range(8, 19)]),
    dict(seed=SEEDS) | OTHERS | dict(own=[2**10, 2**12, 2**14, 2**16]),
    places=5,
)
