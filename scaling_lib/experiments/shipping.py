"""Writing the tables that ship with the book: whole or not at all, and the same on every run."""

from __future__ import annotations

import pathlib

import pandas as pd

from scaling_lib.files import write_bytes


def write_csv(table: pd.DataFrame, path: pathlib.Path, digits: int = 6) -> None:
    """Write a table as CSV, atomically, with numbers to so many significant digits.

    Parameters
    ----------
    table : pandas.DataFrame
        Written without its index.
    path : pathlib.Path
        File to create or replace.
    digits : int
        Significant digits of floating-point columns.
    """
    text = table.to_csv(index=False, float_format=f"%.{digits}g", lineterminator="\n")
    write_bytes(path, text.encode())
