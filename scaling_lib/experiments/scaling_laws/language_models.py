"""Trained models of the synthetic language, several of which may share one training text."""

from collections.abc import Iterator

import numpy as np

from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import TrainConfig, fit_model, make_model


def untrained(
    H: int, D: int, seed: int = 0, data_seed: int | None = None, lr: float | None = None
) -> tuple[OneHotLM, Iterator[tuple[np.ndarray, np.ndarray]], int, float]:
    """Return a model and what `fit_model` needs for one pass: batches, steps, learning rate.

    Unlike that of `scaling_lib.train`, its text has a seed of its own (`seed` by default), so that
    several models can be trained on one text. `lr` is the usual rule's if left out.
    """
    config = TrainConfig(H=H, D=D, lr=lr).resolved()
    text = markov_language(0).windows(D, 1000 + (seed if data_seed is None else data_seed))
    starts = range(0, D, config.batch)
    parts = (text[i : i + config.batch] for i in starts)
    batches = ((part[:, :-1], part[:, -1]) for part in parts)
    return make_model(config, seed), batches, len(starts), config.lr


def trained(
    H: int, D: int, seed: int = 0, data_seed: int | None = None, lr: float | None = None
) -> OneHotLM:
    """Train one model for one pass over `D` tokens, with Adam and cosine decay."""
    model, *rest = untrained(H, D, seed, data_seed, lr)
    fit_model(model, *rest)
    return model
