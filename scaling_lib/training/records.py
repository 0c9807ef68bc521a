"""The file of a sweep: CSV, one row a run, appended to and never rewritten until the end."""

import csv
import io
import os
import pathlib
from dataclasses import fields

from scaling_lib.training.run import TrainConfig

SETTINGS = [field.name for field in fields(TrainConfig) if field.name not in ("D", "checkpoints")]
RESULTS = ["N", "D", "C", "C_6ND", "loss", "entropy", "checkpoints", "version"]
COLUMNS = ["key", *SETTINGS, *RESULTS]


def record_of(run):
    """Return the row of a run, as text.

    Parameters
    ----------
    run : Run
        A finished run.

    Returns
    -------
    dict of str to str
        By column. A loss that is not a number is left empty, as is a setting that does not apply.
    """
    row = {name: getattr(run.config, name) for name in SETTINGS}
    row |= {name: getattr(run, name) for name in ("N", "D", "C", "C_6ND", "loss", "entropy")}
    row |= {"key": run.config.key, "version": run.version}
    row["checkpoints"] = " ".join(f"{t}:{loss!r}" for t, loss in run.checkpoints.items())
    return {name: _as_text(value) for name, value in row.items()}


def _as_text(value):
    return "" if value is None or value != value else str(value)


def read_records(path):
    """Read the rows of a sweep's file, and cut off a last line that a kill left unfinished.

    Parameters
    ----------
    path : path-like
        The file; it need not exist.

    Returns
    -------
    dict of str to dict of str to str
        The rows by key.

    Raises
    ------
    ValueError
        If a line is not a run, or its settings do not belong to its key. The line is named.
    """
    path = pathlib.Path(path)
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    lines = list(csv.reader(io.StringIO(whole.decode())))
    if lines and lines[0] != COLUMNS:
        raise ValueError(f"{path} is not a file of runs: its columns are not those of a sweep")
    records = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            row = dict(zip(COLUMNS, line, strict=True))
            float(row["loss"] or "nan")
            intact = config_of(row).key == row["key"] and row["key"] not in records
        except (ValueError, TypeError):
            intact = False
        if not intact:
            raise ValueError(f"{path}, line {number}: damaged or repeated; remove that line")
        records[row["key"]] = row
    return records


def config_of(row):
    """Build the configuration of a row of a sweep's file.

    Parameters
    ----------
    row : mapping of str to str
        The columns of the file, as text.

    Returns
    -------
    TrainConfig
    """
    settings = {name: row[name] for name in [*SETTINGS, "D"] if row[name] != ""}
    for name, value in settings.items():
        if name not in ("task", "schedule", "optimizer"):
            settings[name] = float(value) if name in ("lr", "warmup") else int(value)
    asked = tuple(int(pair.split(":")[0]) for pair in row["checkpoints"].split())
    return TrainConfig(**settings, checkpoints=asked)


def append_row(path, row, columns=COLUMNS):
    """Add one line in one write, and have it on the disk before going on.

    Parameters
    ----------
    path : path-like
        The file; it is begun with a header if it does not exist or is empty.
    row : mapping
        Values by column.
    columns : list of str
        The columns of the file.
    """
    new = not os.path.exists(path) or os.path.getsize(path) == 0
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    if new:
        writer.writeheader()
    writer.writerow(row)
    with open(path, "ab") as file:
        file.write(buffer.getvalue().encode())
        file.flush()
        os.fsync(file.fileno())


def to_csv(rows):
    """Return the whole file as text.

    Parameters
    ----------
    rows : list of mapping
        In their final order.

    Returns
    -------
    str
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
