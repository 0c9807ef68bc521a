"""Files that somebody else has packed: a folder or a zip archive, read without unpacking it.

Nothing is written to the disk, so that no path in an archive can lead anywhere; what is too large
is refused before, and while, it is read.
"""

import dataclasses
import datetime
import io
import os
import pathlib
import stat
import zipfile
from collections.abc import Callable

MAX_FILE = 20 << 20
MAX_FILES = 20_000
MAX_ARCHIVE = 100 << 20
"""Bytes of an archive inside an archive."""


def readable(name):
    """Return a file's name as text that can be written anywhere; a system's may be any bytes."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


class Refused(ValueError):
    """A file that is not read; the text says why."""


@dataclasses.dataclass(frozen=True)
class File:
    """One file of a folder or an archive."""

    path: tuple
    """The parts of its path."""
    modified: datetime.datetime | None
    read: Callable
    """Returns its bytes, or raises `Refused`."""

    @property
    def name(self):
        """Its name without folders."""
        return self.path[-1]


def list_files(path):
    """List the files of a folder or a zip archive, without what systems leave behind.

    Ordered by path. Raises `ValueError` if there is no such folder or archive, or it has too many
    files.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        return _sorted(_folder(path))
    if not path.exists():
        raise ValueError(f"there is no folder and no archive {path}")
    try:
        return _sorted(list_archive(path, str(path)))
    except Refused as error:
        raise ValueError(f"{error}: SUBMISSIONS is a folder or a zip archive") from None


def _sorted(files):
    files = [file for file in files if not any(map(_left_behind, file.path))]
    return sorted(files, key=lambda file: file.path)


def _left_behind(part):
    return part.startswith(".") or part in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _folder(root):
    files = []
    for folder, names, inner in os.walk(root):
        names.sort()
        for name in inner:
            path = pathlib.Path(folder, name)
            parts = tuple(map(readable, path.relative_to(root).parts))
            modified = _modified(path)
            files.append(File(parts, modified, lambda path=path: _read_file(path)))
            if len(files) > MAX_FILES:
                raise ValueError(f"{root} has more than {MAX_FILES} files")
    return files


def _modified(path):
    try:
        return datetime.datetime.fromtimestamp(path.lstat().st_mtime, datetime.UTC)
    except (OSError, ValueError, OverflowError):  # a date that no calendar has
        return None


def _read_file(path):
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{path.name} is a link or a device, not a file")
        if found.st_size > MAX_FILE:
            raise Refused(f"{path.name} is larger than {MAX_FILE >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path.name} cannot be read ({error.strerror})") from None


def list_archive(file, name):
    """List the files of a zip archive, a path or a file object called `name` in messages.

    Reading a file whose path leads out of the archive raises `Refused`, as does an archive that is
    none or has too many files.
    """
    try:
        opened = zipfile.ZipFile(file)
        entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused(f"{name} is no zip archive ({error})") from None
    if len(entries) > MAX_FILES:
        raise Refused(f"{name} has more than {MAX_FILES} files")
    files = []
    for entry in entries:
        path = readable(entry.filename.replace("\\", "/"))
        parts = tuple(part for part in path.split("/") if part not in ("", "."))
        if parts:
            astray = path.startswith("/") or ".." in parts or ":" in parts[0]
            read = _refuse if astray else _read_entry
            parts = tuple(part for part in parts if part != "..") or ("unnamed",)
            files.append(File(parts, _time(entry), lambda r=read, e=entry: r(opened, e)))
    return files


def list_inner(content, name):
    """List the files of an archive that is another's; see `list_archive`."""
    if len(content) > MAX_ARCHIVE:
        raise Refused(f"{name} is larger than {MAX_ARCHIVE >> 20} MB")
    return _sorted(list_archive(io.BytesIO(content), name))


def _refuse(_, entry):
    raise Refused(f"the archive's entry {entry.filename!r} leads out of the archive")


def _read_entry(opened, entry):
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused(f"{entry.filename} is a link, not a file")
    try:
        # What the archive says about the size may be a lie, so that it is read with a limit, too.
        if entry.file_size <= MAX_FILE:
            with opened.open(entry) as file:
                content = file.read(MAX_FILE + 1)
            if len(content) <= MAX_FILE:
                return content
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        raise Refused(f"{entry.filename} cannot be unpacked") from None
    except Exception as error:  # zlib.error and lzma.LZMAError have no common base
        raise Refused(f"{entry.filename} cannot be unpacked ({type(error).__name__})") from None
    raise Refused(f"{entry.filename} is larger than {MAX_FILE >> 20} MB")


def _time(entry):
    try:
        # An archive has local time without a zone; this machine's is the best guess.
        return datetime.datetime(*entry.date_time).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None
