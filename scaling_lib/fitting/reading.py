"""Reading a file of runs, whichever program wrote it: columns by name, the cells as they are."""

import csv
import gzip
import io
import json
import pathlib
import re
import sys
import zlib

from scaling_lib.data.files import decode, parse_table, read_bytes

SEPARATORS = ",;\t|"  # of which the header is cut into most names by the one that is meant
STANDARD_INPUT = "-"


def read_runs(path):
    """Read a table of runs, one a row.

    Parameters
    ----------
    path : path-like
        A file, or ``"-"`` for standard input: text separated by commas, semicolons, tabs or
        vertical bars, its first line naming the columns; JSON, or JSON lines; Parquet, where pandas
        has an engine. Each may be compressed by gzip. Lines that begin with # are comments.

    Returns
    -------
    pandas.DataFrame
        Rows are counted from 0. Cells of text stay text: `runs.numbers` reads them.

    Raises
    ------
    ValueError
        Names the file, the fault and, where there is one, the line.
    """
    import pandas as pd  # when it is needed: it doubles the start of a command

    if str(path) == STANDARD_INPUT:
        name, content = "standard input", sys.stdin.buffer.read()
    else:
        name, content = pathlib.Path(path), read_bytes(path, "name a file of runs")
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{name} cannot be decompressed: {error}") from None
    if content[:4] == b"PAR1":
        return _parquet(content, name)
    if content.lstrip()[:1] in (b"{", b"["):
        return pd.json_normalize(_records(decode(content, name), name))
    text = re.sub(r"(?m)^[ \t]*#.*$", "", decode(content, name))  # as many lines as before
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: len(next(csv.reader([first], delimiter=mark), [])) for mark in SEPARATORS}
    separator = max(counts, key=counts.get)
    header, rows = parse_table(text.encode(), name, separator, lenient=True)
    header = [cell.strip() for cell in header]
    return pd.DataFrame([[cell.strip() for cell in row] for row in rows], columns=header)


def _parquet(content, name):
    import pandas as pd

    try:
        return pd.read_parquet(io.BytesIO(content)).reset_index(drop=True)
    except ImportError:
        raise ValueError(
            f"{name} is a Parquet file, which pandas reads with pyarrow: install pyarrow, or save "
            "the runs as CSV"
        ) from None
    except Exception as error:  # of whichever engine there is
        raise ValueError(f"{name} cannot be read as Parquet: {error}") from None


def _records(text, name):
    """Return the rows of JSON, a list of mappings: of a list, a mapping of columns, or lines."""
    try:
        value = json.loads(text)
    except ValueError:
        value = []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                value += [json.loads(line)] if line.strip() else []
            except ValueError as error:
                raise ValueError(f"{name}, line {number}: not JSON: {error}") from None
    if isinstance(value, dict):
        lists = [cells for cells in value.values() if isinstance(cells, list)]
        if lists and len(lists) == len(value) and len({len(cells) for cells in lists}) == 1:
            value = [dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True)]
        else:
            value = [value]
    if not value or not all(isinstance(row, dict) for row in value):
        raise ValueError(f"{name} must hold one JSON object a run, with names and values")
    return value
