"""Scaling laws, measured: train small models, fit a law to them, forecast the next run.

>>> from scaling_lib import TrainConfig, train
>>> bool(2.6 < train(TrainConfig(H=8, D=4096)).loss < 3.0)
True

The names below are the face of the library; each is imported when it is first used, so that the
command line starts fast. `scaling_lib.page` holds the figures that move and the questions,
`scaling_lib.capstone` the game, `scaling_lib.experiments` one module for each phenomenon.
"""

import importlib

__version__ = "0.1.0"

# A name of the face: the module that defines it, or None where the name is a room of its own.
_FACE = {
    "fit": "scaling_lib.fitting",
    "compare": "scaling_lib.fitting",
    "train": "scaling_lib.training",
    "TrainConfig": "scaling_lib.training",
    "sweep": "scaling_lib.training",
    "load": "scaling_lib.data",
    "use_book_style": "scaling_lib.page",
    "laws": None,
    "compute": None,
    "sampling": None,
    "forecasting": None,
    "capstone": None,
}

__all__ = ["__version__", *_FACE]


def __getattr__(name):
    if name not in _FACE:
        raise AttributeError(f"module 'scaling_lib' has no attribute {name!r}")
    room = _FACE[name]
    if room is None:
        return importlib.import_module(f"scaling_lib.{name}")
    return getattr(importlib.import_module(room), name)


def __dir__():
    return sorted(__all__)
