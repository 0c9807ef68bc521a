"""Grids of configurations, from lists in Python or from a TOML file."""

import itertools
import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields

from scaling_lib.training.run import TrainConfig, learning_rate_rule


def read_grid(path: str | os.PathLike) -> list[TrainConfig]:
    """Read a grid from a TOML file.

    The table ``[base]`` holds settings of all runs; each ``[[grid]]`` holds lists, and every
    combination of them is a run. ``lr_factor`` multiplies the rule's learning rate. `ValueError` if
    the file cannot be read or names an unknown setting.
    """
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"cannot read the grid {path}: {error}") from error
    unknown = document.keys() - {"base", "grid"}
    grids = document.get("grid")
    if unknown or not isinstance(grids, list):
        raise ValueError(f"{path} must have a table [base] and tables [[grid]], nothing else")
    return [config for grid in grids for config in expand(grid, **document.get("base", {}))]


def expand(grid: Mapping[str, object], **base) -> list[TrainConfig]:
    """Return every combination of the lists of a grid; the last name varies fastest.

    What is no list, and the settings `base`, are the same for all.

    >>> [(c.D, c.H) for c in expand({"D": [4096, 8192], "H": [4, 8]})]
    [(4096, 4), (4096, 8), (8192, 4), (8192, 8)]
    """
    lists = {**base, **grid}
    lists = {name: value if isinstance(value, list) else [value] for name, value in lists.items()}
    if "checkpoints" in lists:
        lists["checkpoints"] = [tuple(lists["checkpoints"])]  # one setting, though it is a list
    unknown = lists.keys() - {field.name for field in fields(TrainConfig)} - {"lr_factor"}
    missing = {"H", "D"} - lists.keys()
    if unknown or missing:
        names = ", ".join(sorted(unknown or missing))
        raise ValueError(f"{'unknown' if unknown else 'missing'} settings in the grid: {names}")
    if {"lr", "lr_factor"} <= lists.keys():
        raise ValueError("lr must be left out beside lr_factor, which multiplies the rule's rate")
    configs = []
    for values in itertools.product(*lists.values()):
        settings = dict(zip(lists, values, strict=True))
        factor = settings.pop("lr_factor", None)
        if factor is not None:
            task = settings.get("task", "language")
            rule = learning_rate_rule(settings["H"], settings["D"], task)
            settings["lr"] = float(f"{factor * rule:.3g}")
        configs.append(TrainConfig(**settings))
    return configs
