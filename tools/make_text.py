"""Make the real text that ships with the library, from the standard library of Python.

Docstrings longer than 40 characters, each once, and the topics of ``help()``, in an order shuffled
with seed 0 so that any share of the documents is a fair sample. The shipped file is that of Python
3.11.7; another version gives another text.
"""

import ast
import gzip
import pathlib
import pydoc_data.topics
import sysconfig

import numpy as np

from scaling_lib.data.files import write_bytes
from scaling_lib.tasks.text import CORPUS, DOCUMENT_END

KINDS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Installed packages and tests are not part of it; lib2to3 and turtledemo left with 3.13.
SKIPPED = {"site-packages", "dist-packages", "test", "tests", "idle_test", "__pycache__"}
SKIPPED |= {"lib2to3", "turtledemo"}


def docstrings() -> list[str]:
    """Return what documents the modules, classes and functions, each text once."""
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    found = {}  # a dict keeps the order and drops doubles
    for path in sorted(library.rglob("*.py")):
        if SKIPPED.isdisjoint(path.relative_to(library).parts):
            for node in ast.walk(ast.parse(path.read_bytes())):
                docstring = ast.get_docstring(node) if isinstance(node, KINDS) else None
                if docstring and len(docstring) > 40:
                    found[docstring] = None
    return list(found)


if __name__ == "__main__":
    documents = docstrings() + [text for _, text in sorted(pydoc_data.topics.topics.items())]
    order = np.random.default_rng(0).permutation(len(documents))
    text = DOCUMENT_END.join(documents[i].replace(DOCUMENT_END, " ") for i in order)
    write_bytes(CORPUS, gzip.compress(text.encode("ascii", "replace"), mtime=0))
