"""Training: a configuration goes in, a run comes out; a grid of them goes into a file."""

from scaling_lib.training.grids import expand, read_grid
from scaling_lib.training.loop import draw_batches, fit_model
from scaling_lib.training.run import (
    LONGEST_CONTEXT,
    MACHINE_TOLERANCE,
    OPTIMIZERS,
    SCHEDULES,
    Run,
    TrainConfig,
    batch_rule,
    learning_rate_rule,
    make_model,
    train,
)
from scaling_lib.training.sweeps import sweep

__all__ = [
    "LONGEST_CONTEXT",
    "MACHINE_TOLERANCE",
    "OPTIMIZERS",
    "SCHEDULES",
    "Run",
    "TrainConfig",
    "batch_rule",
    "draw_batches",
    "expand",
    "fit_model",
    "learning_rate_rule",
    "make_model",
    "read_grid",
    "sweep",
    "train",
]
