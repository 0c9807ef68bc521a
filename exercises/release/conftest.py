"""A student version fails at exactly its checks: one that passes has its solution left in."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def must_fail(cell):
    """Say whether a cell is a check that holds code, or a gap outside of a function."""
    code = ast.parse(cell["source"]).body
    is_check = cell["metadata"].get("nbgrader", {}).get("grade", False)
    return (is_check and bool(code)) or any(isinstance(line, ast.Raise) for line in code)


def pytest_collection_modifyitems(items):
    """Expect each of these cells to fail; passing is the failure."""
    for item in items:
        if item.path.is_relative_to(HERE) and hasattr(item, "cell") and must_fail(item.cell):
            item.add_marker(pytest.mark.xfail(strict=True, reason="the exercise is not solved"))
