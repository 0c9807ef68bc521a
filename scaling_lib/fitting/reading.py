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
PANEL = re.compile(r"(.+) - (.+?)(__MIN|__MAX)?")  # what Weights & Biases call a column of a panel


def read_runs(path):
    """Read a table of runs, one a row.

    Parameters
    ----------
    path : path-like
        A file, or ``"-"`` for standard input: text separated by commas, semicolons, tabs, vertical
        bars or spaces, its first line naming the columns; JSON, or JSON lines; Parquet, where
        pyarrow is installed. Each may be compressed by gzip. Lines that begin with # are comments.
        A panel of Weights & Biases, a column for each run, becomes a row for each point of each
        run.

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
    if content[:4] == b"PK\3\4":
        raise ValueError(f"{name} is a zip archive or an Excel workbook: unpack it, or save as CSV")
    if content.lstrip()[:1] == b"<":
        raise ValueError(f"{name} is a web page: download the file itself (on GitHub, Raw)")
    if content.startswith(b"version https://git-lfs"):
        raise ValueError(f"{name} only points to a file in Git LFS: fetch it (git lfs pull)")
    if content.lstrip()[:1] in (b"{", b"["):
        return pd.json_normalize(_records(decode(content, name), name))
    text = re.sub(r"(?m)^[ \t]*#.*$", "", decode(content, name))  # as many lines as before
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: len(next(csv.reader([first], delimiter=mark), [])) for mark in SEPARATORS}
    separator = max(counts, key=counts.get)
    if counts[separator] == 1 and len({len(line.split()) for line in text.splitlines()} - {0}) == 1:
        separator, text = "\t", "\n".join("\t".join(line.split()) for line in text.splitlines())
    header, rows = parse_table(text.encode(), name, separator, lenient=True)
    header, rows = _long([c.strip() for c in header], [[c.strip() for c in row] for row in rows])
    return pd.DataFrame(rows, columns=header)


def _long(header, rows):
    """Return a panel as rows of step, run and metrics; any other table as it is."""
    matches = [PANEL.fullmatch(name) for name in header[1:]]
    if not all(matches) or not any(match[3] for match in matches):
        return header, rows
    place = {(m[1], m[2]): i for i, m in enumerate(matches, 1) if not m[3]}
    runs, metrics = (list(dict.fromkeys(pair[j] for pair in place)) for j in (0, 1))
    out = []
    for run in runs:
        for row in rows:
            cells = [row[place[run, m]] if (run, m) in place else "" for m in metrics]
            out += [[row[0], run, *cells]] * any(cells)
    return [header[0], "run", *metrics], out


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
