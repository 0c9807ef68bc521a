"""Trained models of the synthetic language, several of which may share one training text."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from scaling_lib.models import OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import TrainConfig, batch_rule, fit_model, learning_rate_rule
from scaling_lib.training.loop import one_pass
from scaling_lib.training.run import make_model


def untrained(
    H: int, D: int, seed: int = 0, lr: float | None = None
) -> tuple[OneHotLM, Iterator[tuple[np.ndarray, np.ndarray]], int, float]:
    """Return a model and what `fit_model` needs for one pass: batches, steps, learning rate.

    `lr` is the usual rule's if left out.
    """
    config = TrainConfig(H=H, D=D, lr=lr).resolved()
    batches = one_pass(markov_language(0).windows(D, 1000 + seed), config.batch)
    return make_model(config, seed), batches, -(-D // config.batch), config.lr


def trained(H: int, D: int, seed=0, data_seed: int | None = None, rate=1.0) -> OneHotLM:
    """Train one model for one pass over `D` tokens, at the rule's learning rate times `rate`.

    Unlike that of `scaling_lib.train`, its text has a seed of its own (`seed` by default), so that
    several models can be trained on one text.
    """
    text = markov_language(0).windows(D, 1000 + (seed if data_seed is None else data_seed))
    return read_text(make_model(TrainConfig(H=H, D=D), seed), text, rate)


def read_text(
    model: OneHotLM, text: np.ndarray, rate: float = 1.0, target: Callable | None = None, **options
) -> OneHotLM:
    """Train `model` for one pass over `text`, by the book's rules for batch and learning rate.

    `rate` multiplies the rule's; ``target(contexts, tokens)``, if given, replaces the tokens as
    targets; `options` are those of `fit_model`.
    """
    D, batch = len(text), batch_rule(len(text))
    batches = ((x, target(x, y) if target else y) for x, y in one_pass(text, batch))
    fit_model(model, batches, -(-D // batch), rate * learning_rate_rule(model.H, D), **options)
    return model


def best_rate(train: Callable[[float], OneHotLM], rates: Iterable[float]) -> dict[str, float]:
    """Train a model at each of `rates`, multiples of the rule's, and choose by exact test loss.

    Keys: the best ``rate``, and ``excess``, nats per token above the language's entropy.
    """
    language = markov_language(0)
    losses = {rate: language.test_loss(train(rate)) for rate in rates}
    rate = min(losses, key=losses.get)
    return {"rate": rate, "excess": round(losses[rate] - language.entropy, 5)}
