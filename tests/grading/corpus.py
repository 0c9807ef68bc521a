"""Submissions of every kind to the small assignment, each with the points it deserves.

What waits for a limit has a name with an ``a`` in front: it is graded first, beside the others.
"""

import dataclasses

import corpus_broken
import corpus_choice
import corpus_files
import corpus_honest
import corpus_hostile
import corpus_words


@dataclasses.dataclass(frozen=True)
class Entry:
    """One submission of the corpus."""

    name: str
    kind: str
    """``"honest"``, ``"broken"``, ``"hostile"``, ``"files"``, ``"words"`` or ``"choice"``."""
    points: float
    files: dict
    """From paths inside the student's folder to text or bytes."""
    status: str = "graded"
    file: str = ""
    """Which of several is graded."""
    texts: tuple = ()
    """What has to reach who marks the answer in words."""
    link: str = ""
    """If not empty, the notebook is a symbolic link to this path."""


def build(outside, port):
    """Return all submissions.

    Parameters
    ----------
    outside : pathlib.Path
        Folder that hostile submissions try to reach, with ``secret.txt`` and ``gradebook.db``.
    port : int
        Port on this machine where a server counts connections.
    """
    entries = []
    modules = (corpus_honest, corpus_broken, corpus_hostile)
    for module in (*modules, corpus_files, corpus_words, corpus_choice):
        kind = module.__name__.removeprefix("corpus_")
        for name, points, made, more in module.papers(outside, port):
            files = made if isinstance(made, dict) else {"small/small.ipynb": made}
            files = {path: getattr(content, "text", content) for path, content in files.items()}
            name = name if module in modules else f"{kind}-{name}"
            entries.append(Entry(name, kind, points, files, **more))
    return entries


def hand_in(entries, folder):
    """Write the submissions into a folder."""
    for entry in entries:
        (folder / entry.name).mkdir(parents=True)
        for path, content in entry.files.items():
            target = folder / entry.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        if entry.link:
            (folder / entry.name / "small.ipynb").symlink_to(entry.link)
