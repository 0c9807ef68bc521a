"""Writing a file whole or not at all."""

import os
import pathlib
import tempfile

import pandas as pd


def write_bytes(path, content):
    """Write a file under a temporary name in the same folder, then rename it.

    A reader, or a crash at any moment, finds the old file or the new one, never half of one.

    Parameters
    ----------
    path : path-like
        File to create or replace; its folder is created if it is missing.
    content : bytes
        All of the file.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes it private
        os.replace(temporary, path)
    except BaseException:
        pathlib.Path(temporary).unlink(missing_ok=True)
        raise


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
