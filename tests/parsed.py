"""The pages of the built site, each parsed once for all tests: nobody may change them."""

import gc
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup


@cache
def parse(path: Path) -> BeautifulSoup:
    # What is parsed stays: collecting garbage in it would take as long as parsing.
    gc.disable()
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
    gc.freeze()
    gc.enable()
    return soup
