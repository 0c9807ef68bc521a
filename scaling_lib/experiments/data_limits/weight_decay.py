"""Weight decay against overfitting: a small text read several times, with and without it.

Adam's decoupled weight decay multiplies every parameter by ``1 - lr * weight_decay`` at each step.
Repeated and fresh text have the same decay, and each is the best, by exact test loss, of the same
learning rates [@lovelace2026prescriptive].
"""

import pathlib

import numpy as np

from scaling_lib.data.files import write_csv
from scaling_lib.experiments.data_limits.repetition import RATES
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.models.optimizers import Adam
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import batch_rule, fit_model, learning_rate_rule

SHIPPED_SIZES = (32, 128)
SHIPPED_UNIQUE = 2**12
SHIPPED_EPOCHS = (4, 16)
SHIPPED_DECAYS = (0.0, 0.3, 1.0)
SHIPPED_SEEDS = (0, 1, 2)


def run(H: int, U: int, epochs: int, weight_decay: float, seed: int = 0) -> dict[str, float]:
    """Read U tokens so many times with weight decay, and as many fresh ones.

    Both are the best, by exact test loss, of the same rates (`RATES`), with the same weight decay.

    Returns
    -------
    dict
        ``again`` and ``fresh``: excess loss, nats per token.
    """
    language, D = markov_language(0), U * epochs
    text, batch = language.windows(D, seed), batch_rule(D)

    def excess(rows, share):
        rng, model = np.random.default_rng([seed, 1]), OneHotLM(language.V, 2, H, seed)
        passes = (rng.permutation(rows) for _ in range(D // len(rows)))
        parts = (np.split(one, len(one) // batch) for one in passes)
        batches = ((part[:, :2], part[:, 2]) for one in parts for part in one)
        fit_model(
            model,
            batches,
            D // batch,
            share * learning_rate_rule(H, D),
            optimizer=Adam(model.theta, weight_decay=weight_decay),
        )
        return language.test_loss(model) - language.entropy

    return {
        "again": min(excess(text[:U], share) for share in RATES),
        "fresh": min(excess(text, share) for share in RATES),
    }


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped map: sizes, strengths, epochs, three seeds."""
    table = tabulate(
        run,
        jobs,
        H=list(SHIPPED_SIZES),
        U=[SHIPPED_UNIQUE],
        weight_decay=list(SHIPPED_DECAYS),
        epochs=list(SHIPPED_EPOCHS),
        seed=list(SHIPPED_SEEDS),
    )
    write_csv(table.round(5), out)
