"""Grade untrusted notebook submissions: submissions in a sandbox, tests in a trusted process.

Tests of an assignment import what they need from here: `fresh`, `reference`, `same` and `holds`.
`grade` is the command of that name, for use from Python.
"""

import importlib

_ROOMS = {"grade": "grading.classes.batch"}
_ROOMS |= dict.fromkeys(("fresh", "reference", "same", "holds"), "grading.source.hidden_tests")

__all__ = list(_ROOMS)


def __getattr__(name):
    if name not in _ROOMS:
        raise AttributeError(f"module 'grading' has no attribute {name!r}")
    return getattr(importlib.import_module(_ROOMS[name]), name)
