"""One training run: a configuration goes in, a loss and its price come out.

>>> run = train(TrainConfig(H=8, D=4096))
>>> run.N, run.D, run.C, run.C_6ND
(1608, 4096, 12582912, 39518208)
>>> bool(2.6 < run.loss < 3.0)
True
"""

import hashlib
import json
import math
import time
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache, partial

import numpy as np
from threadpoolctl import threadpool_limits

from scaling_lib import __version__
from scaling_lib.data.checks import finite, one_of, positive, whole
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN
from scaling_lib.models.mlp_lm import CharMLP, OneHotLM
from scaling_lib.models.optimizers import SGD, Adam, constant_schedule, cosine_schedule
from scaling_lib.tasks.dialects import dialect
from scaling_lib.tasks.language import markov_language
from scaling_lib.tasks.text import python_docs
from scaling_lib.training.loop import fit_model, one_pass

SCHEDULES = {"cosine": cosine_schedule, "constant": constant_schedule}
OPTIMIZERS = {"adam": Adam, "sgd": SGD}
LONGEST_CONTEXT = {"language": 2, "dialect": 2, "text": 8}

MACHINE_TOLERANCE = 2e-3
"""How far a loss may differ, relatively, on another machine or version of numpy. On one machine and
version it is the same to the last digit; elsewhere sums are taken in another order, and a rounding
error of 1e-7 grows in the course of a run."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides a run: two equal configurations give the same loss.

    Parameters
    ----------
    task : {"language", "dialect", "text"}
        The synthetic language, one whose kind is drawn as well (`tasks.dialects`), or the
        characters of Python's documentation.
    task_seed
        Seed of the language or dialect; the text ignores it.
    H
        Width of the hidden layer.
    D
        Tokens processed, all epochs together; a multiple of `epochs`.
    k
        Tokens of context; by default all that the task offers: 2 in the language, 8 in the text.
    d
        Width of the embedding (text only); by default √H, rounded.
    epochs
        Passes over the data: the run sees ``D / epochs`` different tokens.
    batch
        Tokens a step; by default `batch_rule`.
    lr
        Highest learning rate; by default `learning_rate_rule`.
    schedule : {"cosine", "constant"}
        After the warm-up: half a cosine down to zero at the end of this run, or no change.
    warmup
        Share of the run over which the rate rises, in [0, 1).
    optimizer : {"adam", "sgd"}
        Adam with betas (0.9, 0.99), or plain gradient descent.
    checkpoints
        After so many tokens, rounded up to whole steps, the test loss is measured as well. Kept in
        order, each once.
    seed
        Seed of the initial weights, the training sample and its order.
    """

    task: str = "language"
    task_seed: int = 0
    H: int
    D: int
    k: int | None = None
    d: int | None = None
    epochs: int = 1
    batch: int | None = None
    lr: float | None = None
    schedule: str = "cosine"
    warmup: float = 0.05
    optimizer: str = "adam"
    checkpoints: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self):
        one_of(self.task, "task", LONGEST_CONTEXT)
        one_of(self.schedule, "schedule", SCHEDULES)
        one_of(self.optimizer, "optimizer", OPTIMIZERS)
        for name, least in dict(H=1, D=1, epochs=1, k=1, d=1, batch=1, seed=0, task_seed=0).items():
            value = getattr(self, name)
            if value is not None or name not in ("k", "d", "batch"):
                object.__setattr__(self, name, whole(value, name, least))  # int, also of numpy's
        if self.k is not None:
            whole(self.k, f"k of task {self.task!r}", most=LONGEST_CONTEXT[self.task])
        if self.d is not None and self.task != "text":
            raise ValueError(f"d must be left out of task {self.task!r}, not {self.d}")
        if self.D % self.epochs:
            raise ValueError(f"D must be a multiple of epochs={self.epochs}, not {self.D}")
        if self.lr is not None:
            object.__setattr__(self, "lr", positive(self.lr, "lr"))
        object.__setattr__(self, "warmup", finite(self.warmup, "warmup"))
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup must be at least 0 and below 1, not {self.warmup}")
        asked = {whole(tokens, "checkpoints", most=self.D) for tokens in self.checkpoints}
        object.__setattr__(self, "checkpoints", tuple(sorted(asked)))

    def resolved(self) -> "TrainConfig":
        """Return the same configuration with every default filled in.

        >>> config = TrainConfig(H=256, D=2**18).resolved()
        >>> config.k, config.batch, config.lr
        (2, 128, 0.00965)
        """
        text = self.task == "text"
        return replace(
            self,
            k=self.k or LONGEST_CONTEXT[self.task],
            d=self.d or (round(math.sqrt(self.H)) if text else None),
            batch=min(self.D // self.epochs, self.batch or batch_rule(self.D)),
            lr=self.lr or learning_rate_rule(self.H, self.D, self.task),
        )

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits that name the configuration, whatever was left to default."""
        text = json.dumps(asdict(self.resolved()), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def N(self) -> int:
        """Exact number of parameters."""
        kind, sizes = _kind_and_sizes(self)
        return kind.count_parameters(*sizes)

    @property
    def C_6ND(self) -> int:
        """FLOP of the run by the rule of six per parameter and token."""
        return int(FLOP_PER_PARAMETER_TOKEN) * self.N * self.D


def batch_rule(D: int) -> int:
    """Tokens a step for a run on `D` tokens: √D / 4, a multiple of 8, from 16 to 512.

    Multiples of 8 rather than powers of two: doublings would show as a zigzag in the losses.

    >>> [batch_rule(2**i) for i in (12, 16, 18, 22)]
    [16, 64, 128, 512]
    """
    return min(512, max(16, 8 * round(math.sqrt(D) / 32)))


def learning_rate_rule(H: int, D: int, task: str = "language") -> float:
    """Highest learning rate for a hidden layer of `H` units and a run of `D` tokens.

    ``min(0.05, peak·(H/64)^−0.4)·(D/2^17)^−0.1`` with ``peak`` 0.018 for languages and 0.024 for
    the text. Tuned on seed 0: on 19 of the language sweep's 88 pairs (H, D), at four to seven rates
    each, and on 7 pairs of the text. It matters: rates half as high raise the loss of small models
    and short runs by up to 0.04 nats, and rates that are too high for wide models in long runs
    flatten the curves and spoil forecasts.

    >>> learning_rate_rule(64, 2**17), learning_rate_rule(512, 2**22)
    (0.018, 0.00554)
    """
    peak = 0.024 if task == "text" else 0.018
    rate = min(0.05, peak * (H / 64) ** -0.4) * (D / 2**17) ** -0.1
    return float(f"{rate:.3g}")  # the same on machines whose powers differ in the last digit


@dataclass(frozen=True, eq=False)
class Run:
    """What a training run gave; losses in nats per token."""

    config: TrainConfig  # with every default filled in
    N: int  # exact number of parameters
    D: int  # tokens processed
    C: int  # FLOP of all matrix products, forward and backward, counted exactly
    C_6ND: int  # FLOP by the rule 6·N·D; look-ups are free, so it is higher
    loss: float  # test loss at the end, exact for a language; NaN if the run diverged
    entropy: float  # lowest possible loss; NaN where it is not known
    curve: np.ndarray  # training loss of each step's batch before the step, shape (steps,)
    # Test loss at the end of the step that reached so many tokens; NaN if the run diverged before.
    checkpoints: dict[int, float]
    seconds: float  # of the CPU
    # What was trained; None in another process, where a run arrives without it.
    model: OneHotLM | CharMLP | None = field(repr=False)
    version: str = __version__  # of the library

    def __getstate__(self):
        return {**vars(self), "model": None}

    @property
    def excess(self) -> float:
        """Loss above the entropy, nats per token."""
        return self.loss - self.entropy


# More threads only get in each other's way: matrices of a few hundred rows are too small to share.
@threadpool_limits.wrap(limits=1)
def train(config: TrainConfig, seed: int | None = None) -> Run:
    """Train one model on one configuration, with another `seed` if one is named.

    The same configuration gives the same loss to the last digit on one machine; on another one,
    within `MACHINE_TOLERANCE`.

    Raises
    ------
    ValueError
        If the task has fewer than ``D / epochs`` examples.
    """
    if seed is not None:
        config = replace(config, seed=seed)
    config = config.resolved()
    start = time.process_time()
    task = _task(config.task, config.task_seed)
    weight_seed, sample_seed, order_seed = np.random.SeedSequence(config.seed).generate_state(3)
    model, n = make_model(config, int(weight_seed)), config.D // config.epochs
    examples = _examples(config.task, config.task_seed, n, int(sample_seed))[:, -(config.k + 1) :]
    steps_per_epoch = math.ceil(n / config.batch)
    step_of = {
        tokens: tokens // n * steps_per_epoch + math.ceil(tokens % n / config.batch)
        for tokens in config.checkpoints
    }
    loss_at = dict.fromkeys(step_of.values(), math.nan)

    def measure(step):
        if step in loss_at:
            loss_at[step] = task.test_loss(model)

    curve = fit_model(
        model,
        _batches(examples, config, int(order_seed)),
        config.epochs * steps_per_epoch,
        config.lr,
        schedule=partial(SCHEDULES[config.schedule], warmup=config.warmup),
        optimizer=OPTIMIZERS[config.optimizer](model.theta),
        after_step=measure,
    )

    diverged = not math.isfinite(curve[-1])
    loss = math.nan if diverged else task.test_loss(model)
    model.free_memory()
    return Run(
        config=config,
        N=model.N,
        D=config.D,
        C=model.flops_per_token() * config.D,
        C_6ND=config.C_6ND,
        loss=loss,
        entropy=task.entropy,
        curve=curve,
        checkpoints={tokens: loss_at[step] for tokens, step in step_of.items()},
        seconds=time.process_time() - start,
        model=model,
    )


def make_model(config: TrainConfig, seed: int) -> OneHotLM | CharMLP:
    """Build the untrained model of a configuration."""
    kind, sizes = _kind_and_sizes(config)
    return kind(*sizes, seed)


def _kind_and_sizes(config):
    full, V = config.resolved(), _task(config.task, config.task_seed).V
    if config.task == "text":
        return CharMLP, (V, full.k, full.d, full.H)
    return OneHotLM, (V, full.k, full.H)


def _task(name, seed):
    if name == "text":
        return python_docs()
    return dialect(seed) if name == "dialect" else markov_language(seed)


@lru_cache(maxsize=2)
def _examples(task, task_seed, n, seed):
    """Sample once for the many runs of a sweep that differ only in their model."""
    return _task(task, task_seed).windows(n, seed)


def _batches(examples, config, seed):
    rng = np.random.default_rng(seed)
    for epoch in range(config.epochs):
        if epoch:  # the first pass is in the order of the sample, which is random already
            examples = examples[rng.permutation(len(examples))]
        yield from one_pass(examples, config.batch)
