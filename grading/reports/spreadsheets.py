"""Tables that pass through a spreadsheet: written without formulas, read as it saved them."""

import csv
import io
import math
import pathlib
import re
import unicodedata

from scaling_lib.data.files import parse_table

SEPARATORS = ",;\t"
BOM = "\ufeff"  # before a table that a person opens: Excel takes it for western Europe's without
MOST_NAMED = 10  # students, files or faults that a message names

_FORMULA = "[=+@\uff1d\uff0b\uff0d\uff20-]"  # the wide signs too

# Where a cell begins, also for a spreadsheet that takes semicolons or tabs to separate cells and
# then finds the quotes misplaced. No part of the text is looked at twice.
_BEGINNING = re.compile(rf'(\A|[;\t\r\n])((?:[^\S;\t\r\n]|")*)(?={_FORMULA})')


def to_csv(rows, keep=False):
    """Return rows as CSV in which no spreadsheet finds a formula, unless all cells are to be kept.

    What came from a platform and goes back to it is: an apostrophe would change a name.
    """
    text = io.StringIO()
    made = rows if keep else ([harmless(cell) for cell in row] for row in rows)
    csv.writer(text, lineterminator="\n").writerows(made)
    return text.getvalue()


def harmless(value):
    """Return a cell with an apostrophe wherever a spreadsheet would see the beginning of a formula.

    That is at its start, and after a line break, a tab or a semicolon. Numbers stay as they are.
    """
    if type(value) in (int, float):
        return str(value)
    text = _BEGINNING.sub(r"\1'\2", str(value))
    return "'" + text if text[:1] in ("\t", "\r", "\n") else text


def some(words, sign=", "):
    """Return words in a row: of many the first and how many more, which fits on a screen."""
    more = len(words) - MOST_NAMED
    return sign.join(words[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def plain(name):
    """Return a name as it is compared: in composed letters, without space around it."""
    return unicodedata.normalize("NFC", name).strip()


def letters(name):
    """Return a name without case, spaces and signs, for comparing."""
    return "".join(c for c in plain(name).casefold() if c.isalnum())


def name_orders(name):
    """Return a name in the orders in which platforms write it, as "Lovelace, Ada"."""
    before, comma, after = name.partition(",")
    if comma:
        return [f"{before} {after}", f"{after} {before}"]
    words = name.split()  # one may have two surnames
    return [" ".join(words[i:] + words[:i]) for i in range(len(words))] or [name]


def read_number(text):
    """Return the number in a cell, with a decimal point or comma; NaN for text that is none."""
    text = text.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def read_rows(path, needed, what):
    """Return the columns of a table that somebody filled in, and its rows as dicts.

    Cells may be separated by commas, semicolons or tabs, and the text be UTF-8, UTF-16 or what
    Windows writes in western Europe. Raises `ValueError` if it is no such table, or lacks a column
    that is needed to be `what`.
    """
    path = pathlib.Path(path)
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    marks = re.match(r"sep=(.)\r?\n", text)  # a line that Excel reads and writes
    text = text[marks.end() :] if marks else text
    try:
        mark = marks[1] if marks else _separator(text, needed)
    except csv.Error as error:
        raise ValueError(f"{path} is not a CSV table: {error}") from None
    header, rows = parse_table(text.encode(), path, mark)
    header = [plain(title) for title in header]
    for title in needed:
        if title not in header:
            raise ValueError(f"{path} has no column {title!r}: is it {what}?")
    return header, [dict(zip(header, row, strict=True)) for row in rows]


def _separator(text, needed):
    """Return the sign under which the first line has the columns that are needed."""
    line = text.lstrip("\r\n").split("\n", 1)[0]
    titles = {
        mark: {plain(t) for t in next(csv.reader([line], delimiter=mark), ())}
        for mark in SEPARATORS
    }
    return max(SEPARATORS, key=lambda mark: (len(titles[mark] & set(needed)), len(titles[mark])))


def decode(content):
    """Return the text of bytes in UTF-8, UTF-16 or what Windows writes in western Europe."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
