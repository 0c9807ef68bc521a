"""Trained models of the synthetic language, several of which may share one training text."""

from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import TrainConfig, fit_model, make_model


def trained(
    H: int, D: int, seed: int = 0, data_seed: int | None = None, lr: float | None = None
) -> OneHotLM:
    """Train one model for one pass over `D` tokens, with Adam, cosine decay and the usual rules.

    Unlike that of `scaling_lib.train`, its text has a seed of its own (`seed` by default), so that
    several models can be trained on one text.
    """
    config = TrainConfig(H=H, D=D, lr=lr).resolved()
    model = make_model(config, seed)
    text = markov_language(0).windows(D, 1000 + (seed if data_seed is None else data_seed))
    starts = range(0, D, config.batch)
    batches = (text[i : i + config.batch] for i in starts)
    fit_model(model, ((part[:, :-1], part[:, -1]) for part in batches), len(starts), config.lr)
    return model
