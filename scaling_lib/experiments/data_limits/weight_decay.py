"""Weight decay against overfitting: a small text read several times, with and without it.

Adam's decoupled weight decay multiplies every parameter by ``1 - lr * weight_decay`` at each step.
Repeated and fresh text have the same decay, and each is the best, by exact test loss, of the same
learning rates [@lovelace2026prescriptive].
"""

from functools import partial

import numpy as np

from scaling_lib.experiments.scaling_laws.language_models import best_rate, read_text
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import Adam, OneHotLM
from scaling_lib.tasks.language import markov_language

#: Learning rates tried, as multiples of the rule's.
RATES = tuple(2.0**i for i in range(4, -5, -1))

#: Strengths tried. The shipped runs are best at neither end of the rates nor at the last of these.
DECAYS = [0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]


def run(H: int, U: int, epochs: int, weight_decay: float, seed: int = 0) -> dict[str, float]:
    """Read U tokens so many times with weight decay, and as many fresh ones.

    Keys: ``again`` and ``fresh``, excess loss, nats per token, each at the best of `RATES`, and
    ``rate_again`` and ``rate_fresh``, those rates.
    """
    language, D = markov_language(0), U * epochs
    text = language.windows(D, seed)

    def read(rows, rate):
        rng, model = np.random.default_rng([seed, 1]), OneHotLM(language.V, 2, H, seed)
        passes = np.concatenate([rng.permutation(rows) for _ in range(D // len(rows))])
        adam = Adam(model.theta, weight_decay=weight_decay)
        return read_text(model, passes, rate, optimizer=adam)

    row = {}
    for name, rows in {"again": text[:U], "fresh": text}.items():
        best = best_rate(partial(read, rows), RATES)
        row |= {name: best["excess"], f"rate_{name}": best["rate"]}
    return row


regenerate = shipped_map(
    run,
    dict(H=[32, 128], U=[2**12], weight_decay=DECAYS, epochs=[4, 16], seed=SEEDS),
    places=5,
)
