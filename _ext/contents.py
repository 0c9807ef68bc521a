"""The chapters with their pages: `_toc.yml` alone lists them."""

from functools import cache
from pathlib import Path

import yaml

TOC = Path(__file__).resolve().parent.parent / "_toc.yml"


@cache
def chapters() -> dict[str, list[str]]:
    """Return the pages of each numbered chapter by the name of its first, which is one of them.

    >>> chapters()["data_limits"]
    ['data_limits', 'repeated_and_synthetic_data']
    """
    parts = yaml.safe_load(TOC.read_text(encoding="utf-8"))["parts"]
    listed = [item for part in parts if part.get("numbered") for item in part["chapters"]]
    files = [[page["file"] for page in (item, *item.get("sections", []))] for item in listed]
    pages = [[Path(file).name for file in chapter] for chapter in files]
    return {chapter[0]: chapter for chapter in pages}


def pages() -> list[str]:
    """Return the pages of all numbered chapters in the order of the book."""
    return [page for chapter in chapters().values() for page in chapter]
