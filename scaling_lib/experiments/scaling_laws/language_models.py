"""Trained models of the synthetic language, for experiments that need the model and not its loss.

`scaling_lib.training.run.train` returns the record of a run; this returns what the run trained.
"""

from __future__ import annotations

from scaling_lib.models.mlp import steps
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.models.optimizers import Adam, cosine_schedule
from scaling_lib.tasks.language import markov_language
from scaling_lib.training.run import TrainConfig, make_model


def trained(
    H: int, D: int, seed: int = 0, task_seed: int = 0, data_seed: int | None = None
) -> OneHotLM:
    """Train one model for one pass over `D` tokens, with Adam, cosine decay and the usual rules.

    Parameters
    ----------
    H : int
        Width of the hidden layer.
    D : int
        Tokens.
    seed : int
        Seed of the initial weights.
    task_seed : int
        Seed of the language.
    data_seed : int, optional
        Seed of the training text; `seed` by default. Name it to train several models on one text.

    Returns
    -------
    OneHotLM
    """
    config = TrainConfig(H=H, D=D, task_seed=task_seed).resolved()
    model = make_model(config, seed)
    text = markov_language(task_seed).windows(D, 1000 + (seed if data_seed is None else data_seed))
    total = -(-D // config.batch)
    batches = (
        (text[i : i + config.batch, :-1], text[i : i + config.batch, -1])
        for i in range(0, D, config.batch)
    )
    for _ in steps(
        model,
        Adam(model.theta),
        batches,
        lambda t: cosine_schedule(t, total, config.lr, config.warmup),
    ):
        pass
    return model
