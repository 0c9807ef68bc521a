"""Files that somebody else has packed: a folder or a zip archive, read without unpacking it.

Nothing is written to the disk, so that no path in an archive can lead anywhere; what is too large
is refused before, and while, it is read.
"""

import collections
import dataclasses
import datetime
import functools
import io
import itertools
import os
import pathlib
import stat
import unicodedata
import zipfile
from collections.abc import Callable

MAX_FILE = 64 << 20  # bytes of a file: pictures in its outputs make an honest notebook large

MAX_FILES = 100_000
MAX_OF_ONE = 5000  # files of one student; further ones are not looked at
MAX_DEPTH = 30  # folders inside folders


def readable(name):
    """Return a file's name as text that can be written anywhere; a system's may be any bytes."""
    text = unicodedata.normalize("NFC", name)  # a Mac writes é as two letters
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


class Refused(ValueError):
    """A file that is not read; the text says why."""


@dataclasses.dataclass(frozen=True)
class File:
    """One file of a folder or an archive."""

    path: tuple  # the parts of its path
    modified: datetime.datetime | None
    read: Callable  # returns its bytes, or raises `Refused`

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
        return _sorted(_folder(path), path)
    if not path.exists():
        raise ValueError(f"there is no folder and no archive {path}")
    try:
        return _sorted(list_archive(path, str(path)), path)
    except Refused as error:
        raise ValueError(f"{error}: SUBMISSIONS is a folder or a zip archive") from None


def _sorted(files, name):
    """Order files by path, without what systems leave behind and what one student has too many."""
    files = [file for file in files if not _left_behind(file.path)]
    files.sort(key=lambda file: file.path)
    levels = zip(*(file.path[:-1] for file in files), strict=False)
    around = len(list(itertools.takewhile(lambda level: len(set(level)) == 1, levels)))
    kept = []
    for _, own in itertools.groupby(files, lambda file: file.path[: around + 1]):
        # The uppermost ones, and notebooks before all others.
        own = sorted(own, key=lambda file: (".ipynb" not in file.name, len(file.path)))
        kept += own[:MAX_OF_ONE]
    if len(kept) > MAX_FILES:
        raise Refused(f"{name} has more than {MAX_FILES} files")
    return sorted(kept, key=lambda file: file.path)


_LITTER = ("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini", ".git", ".cache")
_LITTER += (".venv", ".history", ".ipynb_checkpoints", ".virtual_documents")
# How names begin that a Mac, an editor while it saves, and a desktop's bin give.
_LITTER_BEGINS = ("._", ".~", ".Trash")
_WORK = (".ipynb", ".zip", "capstone_ledger")  # what names of work have in them


def _is_litter(part):
    return part in _LITTER or part.startswith(_LITTER_BEGINS)


def _left_behind(path):
    """Tell whether a system, not a student, has made a file: by the parts of its path."""
    # Names of students, of their folders and of their work may begin with a full stop, too, and
    # Moodle puts the student's in front of a folder's. What else is hidden is an editor's or git's.
    hidden = [p for p in path if p.startswith(".") and "_assignsubmission_" not in p]
    is_work = any(sign in path[-1].lower() for sign in _WORK)
    return any(map(_is_litter, path)) or bool(hidden and not is_work)


def _folder(root):
    """List the files of a folder; most of what `_sorted` leaves out is not even walked through."""
    files, counts, around = [], collections.Counter(), 0
    for folder, names, inner in os.walk(root):
        names[:] = sorted(name for name in names if not _is_litter(name))
        inner = [name for name in inner if not _is_litter(name)]
        # Links to folders are not walked through, and refused when they are read.
        inner += [name for name in names if os.path.islink(os.path.join(folder, name))]
        place = pathlib.Path(folder).relative_to(root).parts
        shown = [name for name in [*names, *inner] if not name.startswith(".")]
        if len(place) == around and len(shown) == 1 and shown[0] in names:
            around += 1  # a folder around the class
        student = place[: around + 1]
        if len(place) > MAX_DEPTH or counts[student] > MAX_OF_ONE:
            names.clear()
            continue
        for name in inner:
            path = pathlib.Path(folder, name)
            parts = tuple(map(readable, path.relative_to(root).parts))
            if path.is_symlink() and path.is_dir():
                parts += parts[-1:]  # as what lies in a folder: whose that is does not change
            if not _left_behind(parts):
                read = functools.partial(_read_file, path)
                files.append(File(parts, _modified(path), read))
                counts[student] += 1
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

    Reading a file whose path leads out of the archive raises `Refused`, as does what is no archive.
    """
    try:
        opened = zipfile.ZipFile(file)
        # Not is_dir(), which fails in some versions of Python where an entry has an empty name.
        entries = [e for e in opened.infolist() if not e.filename.endswith(("/", "\\"))]
    except Exception as error:  # what zipfile raises for damaged archives has no common base
        raise Refused(f"{name} is no zip archive that can be read ({error})") from None
    files = []
    for entry in entries:
        path = readable(_name(entry).replace("\\", "/"))
        parts = tuple(part for part in path.split("/") if part not in ("", "."))
        if parts:
            astray = path.startswith("/") or ".." in parts or ":" in parts[0]
            read = _refuse if astray else _read_entry
            parts = tuple(part for part in parts if part != "..") or ("unnamed",)
            files.append(File(parts, _time(entry), lambda r=read, e=entry: r(opened, e)))
    return files


def _name(entry):
    """Return an entry's path: a Mac writes it in UTF-8 and does not say so."""
    says_so = entry.flag_bits & 0x800
    try:
        return entry.filename if says_so else entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def list_inner(content, name):
    """List the files of an archive that is another's; see `list_archive`."""
    return _sorted(list_archive(io.BytesIO(content), name), name)


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
    except MemoryError:
        raise
    except Exception as error:  # zipfile.BadZipFile, zlib.error, lzma.LZMAError, ...
        raise Refused(f"{entry.filename} cannot be unpacked ({type(error).__name__})") from None
    raise Refused(f"{entry.filename} is larger than {MAX_FILE >> 20} MB")


def _time(entry):
    try:
        # An archive has local time without a zone; this machine's is the best guess.
        return datetime.datetime(*entry.date_time).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None
