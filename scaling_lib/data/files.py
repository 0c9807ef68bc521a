"""Files: a table is read with its faults named, and everything is written whole or not at all."""

import csv
import errno
import io
import os
import pathlib
import tempfile
import tomllib
import zipfile

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_table(path):
    """Read a CSV file: UTF-8, separated by commas, its first line naming the columns.

    Returns the header, and the rows as lists of texts, each as long as the header; blank lines are
    left out. `ValueError` names the file, the fault and, where there is one, the line.
    """
    return parse_table(read_bytes(path, "name a CSV file"), pathlib.Path(path))


def read_bytes(path, advice):
    """Read a file; ValueError says what is wrong with its name, and the `advice`."""
    path = pathlib.Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a directory: {advice}")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def decode(content, name):
    """Return the text of a file that is called `name` in errors; it must be UTF-8."""
    if b"\0" in content:
        raise ValueError(f"{name} is not a text file: save it as CSV in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8 text (byte {error.start}): save it as CSV in UTF-8"
        ) from None


def parse_table(content, name, separator=",", lenient=False):
    """Read the content (bytes) of a CSV file that is called `name` in errors, as `read_table`.

    Where it is to be `lenient`, a column without a name gets one, and lines may end in separators.
    """
    text = decode(content, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"{name} is not a CSV table: {error}") from None
    if not lines:
        raise ValueError(f"{name} is empty: a header and at least one row are needed")
    (_, header), *rows = lines
    if lenient:
        while not header[-1].strip():
            header.pop()
        rows = [(number, _without_end(row, len(header))) for number, row in rows]
        if not all(is_number(cell) for cell in header):
            header = [cell.strip() or f"column {i + 1}" for i, cell in enumerate(header)]
    _check_header(header, name)
    for number, row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"{name}, line {number}: {len(row)} cells where the header names {len(header)}"
            )
    if not rows:
        raise ValueError(f"{name} has a header but no rows")
    return header, [row for _, row in rows]


def _without_end(row, width):
    """Return a row without the empty cells that its line ends in beyond the width of the table."""
    return row if any(cell.strip() for cell in row[width:]) else row[:width]


def _check_header(header, name):
    for mark, word in SEPARATORS.items():
        if len(header) == 1 and mark in header[0]:
            raise ValueError(f"{name} is separated by {word}: separate the columns by commas")
    if all(is_number(cell) for cell in header):
        raise ValueError(f"{name} has no header: its first line must name the columns")
    stripped = [cell.strip() for cell in header]
    if "" in stripped:
        raise ValueError(f"{name}: column {stripped.index('') + 1} has no name in the header")
    twice = sorted({cell for cell in stripped if stripped.count(cell) > 1})
    if twice:
        raise ValueError(f"{name} names a column twice in its header: {', '.join(twice)}")


def is_number(cell):
    """Tell whether a cell reads as a number; NaN and infinity do, 1_10 does not."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # which float leaves out


def rows_by_id(text, table, name, read):
    """Return what `read` makes of each row of a table of TOML, such as ``[[question]]``, by its id.

    `read` gets a row and what an error is to call it; `name` is that of the text.
    """
    try:
        rows = tomllib.loads(text).get(table, [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: this is not TOML: {error}") from None
    found = {}
    for place, row in enumerate(rows, 1):
        where = f"{name}, {table} {row.get('id', place)!r}"
        made = read(row, where)
        if row["id"] in found:
            raise ValueError(f"{where}: the id is used twice")
        found[row["id"]] = made
    if not found:
        raise ValueError(f"{name}: no [[{table}]]")
    return found


def zipped(files, programs=()):
    """Return a zip archive (bytes) of contents by their paths; the same files, the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path)  # of 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path in programs else 0o644) << 16
            archive.writestr(entry, data)
    return content.getvalue()


def write_bytes(path, content):
    """Write a file under a temporary name in the same folder, then rename it.

    A reader, or a crash at any moment, finds the old file or the new one, never half of one. The
    folder is made if it is missing.
    """
    path = pathlib.Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise  # the command line has a sentence for it
        raise ValueError(f"{path.parent} is no folder to write into: {error.strerror}") from None
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


def append_bytes(path, content):
    """Add to the end of a file in one write, on the disk before going on; the folder is made."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_whole_lines(path):
    """Read a file that is appended to (bytes), and cut off a last line that a kill left unfinished.

    The file need not exist.
    """
    path = pathlib.Path(path)
    content = path.read_bytes() if path.exists() else b""
    end = content.rfind(b"\n") + 1
    if end < len(content):
        os.truncate(path, end)
    return content[:end]


def write_csv(table, path, digits=6):
    """Write a DataFrame, without its index, with numbers to so many significant digits."""
    text = table.to_csv(index=False, float_format=f"%.{digits}g", lineterminator="\n")
    write_bytes(path, text.encode())
