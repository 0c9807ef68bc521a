"""The figures of the book that move: ``figures.isoflop()`` as the last line of a cell.

Each is declared in a file of its own in `scaling_lib.page.micropython`: whatever stands there
under `@figure` is found here.
"""

import importlib
import pkgutil

from scaling_lib.data import load
from scaling_lib.page import micropython
from scaling_lib.page.explorer import explore
from scaling_lib.page.micropython.controls import FIGURES

for _file in pkgutil.iter_modules(micropython.__path__):
    importlib.import_module(f"{micropython.__name__}.{_file.name}")

__all__ = sorted(FIGURES)


def __getattr__(name):
    if name not in FIGURES:
        raise AttributeError(f"there is no figure {name!r}; there are {', '.join(__all__)}")
    return _ready(**FIGURES[name])


def __dir__():
    return __all__


def _ready(function, title, alt, x, y, controls, tasks, table, rows, columns):
    """Return the function that shows a figure; it takes a table of the caller's if it shows one."""

    def show():
        return explore(function, controls, {"x": x, "y": y}, alt, title=title)

    def show_table(yours=None):
        if yours is None:
            yours = load(table) if rows is None else load(table).query(rows)
        data = columns(yours)
        over, up, moved = (v(data) if callable(v) else v for v in (x, y, controls))
        return explore(function, moved, {"x": over, "y": up}, alt, title=title, data=data)

    to_try = "".join(f"\n- {task}" for task in tasks)
    shown_by, about = show, f"Show *{title}*\n\n{alt}\n\nTry:\n{to_try}"
    if table is not None:
        shown_by = show_table
        about += f"\n\nThe table is {table!r}, or one of yours. {columns.__doc__}"
    shown_by.__name__, shown_by.__doc__ = function.__name__, about
    return shown_by
