"""The ledger of a game: a file of JSON lines that is only added to, so that a kill does no harm.

Each line has a ``kind`` and a ``hash`` of its content and of the line before, so an edited,
inserted, swapped or missing line shows. Lines cut off at the end do not.
"""

import hashlib
import json
import pathlib

from scaling_lib.data.files import append_bytes, read_whole_lines

FIRST_HASH = "0" * 64


class LedgerDamaged(ValueError):
    """A line of the ledger is not what was written, or does not follow from the one before."""


class LedgerChanged(ValueError):
    """Another kernel wrote to the ledger since this one read it."""


class Ledger:
    """The lines of the file `path` (`entries`, dicts); a last line torn by a kill is cut off."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.entries = self._read()

    @property
    def last_hash(self):
        """The hash of the last line: it stands for everything that was written."""
        return self.entries[-1]["hash"] if self.entries else FIRST_HASH

    def write(self, **entry):
        """Add a line, or raise `LedgerChanged`."""
        if self._read() != self.entries:
            raise LedgerChanged(
                f"another kernel wrote to {self.path}: close it, and make the game again here"
            )
        entry["hash"] = line_hash(self.last_hash, entry)
        append_bytes(self.path, json.dumps(entry).encode() + b"\n")
        self.entries.append(entry)

    def _read(self):
        return parse_ledger(read_whole_lines(self.path), self.path)


def parse_ledger(content, name):
    """Check the chain of hashes in the content (bytes) of a ledger, and return its lines (dicts).

    What follows the last line's end is ignored. `LedgerDamaged` tells of the first line that is
    wrong, and calls the ledger by `name`.
    """
    entries, previous = [], FIRST_HASH
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            entry = json.loads(line)
            intact = entry["hash"] == line_hash(previous, entry) and isinstance(entry["kind"], str)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            intact = False
        if not intact:
            raise LedgerDamaged(f"{name}, line {number}, is not what the game wrote")
        entries.append(entry)
        previous = entry["hash"]
    return entries


def line_hash(previous, entry):
    """Return the hash of a line that follows one with the hash `previous`."""
    text = previous + json.dumps(without_hash(entry), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def without_hash(entry):
    """Return the content of a line."""
    return {name: value for name, value in entry.items() if name != "hash"}
