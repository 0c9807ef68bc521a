"""Training: a configuration goes in, a run comes out; a grid of them goes into a file."""

from scaling_lib.training.grids import read_grid
from scaling_lib.training.loop import draw_batches, fit_model
from scaling_lib.training.run import TrainConfig, batch_rule, learning_rate_rule, train
from scaling_lib.training.sweeps import sweep

__all__ = [
    "TrainConfig",
    "batch_rule",
    "draw_batches",
    "fit_model",
    "learning_rate_rule",
    "read_grid",
    "sweep",
    "train",
]
