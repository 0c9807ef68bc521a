"""A student version fails at exactly its checks: one that passes has its solution left in."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Expect each check cell that holds code to fail; passing it is the failure."""
    for item in items:
        cell = getattr(item, "cell", {"metadata": {}})
        is_check = cell["metadata"].get("nbgrader", {}).get("grade", False)
        if item.path.is_relative_to(HERE) and is_check and ast.parse(cell["source"]).body:
            item.add_marker(pytest.mark.xfail(strict=True, reason="the exercise is not solved"))
