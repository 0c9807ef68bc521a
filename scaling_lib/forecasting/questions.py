"""Questions about the future that a reader answers with quantiles, in `data/questions.toml`."""

import datetime
import re
from dataclasses import dataclass

import numpy as np

from scaling_lib.data import DATA
from scaling_lib.data.files import rows_by_id
from scaling_lib.forecasting.scores import check_quantiles, crps_quantiles

FILE = DATA / "questions.toml"
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Question:
    """A question, how it is decided, and what was known when it was written."""

    id: str
    chapter: str  # that it belongs to
    ask: str
    unit: str
    resolution: str
    between: tuple[float, float]  # an answer outside is taken for a slip of the unit
    as_of: datetime.date  # the day for which `world` speaks
    world: tuple[tuple[str, tuple[str, ...]], ...]  # facts, each with keys of references.bib

    def check(self, answer):
        """Return an answer as quantiles in the order of `LEVELS`, shape (5,).

        `answer` gives a value for each level (dict). Raises a `ValueError` if a level is missing or
        unknown, quantiles cross or all agree, or a value lies outside of `between`.
        """
        if not isinstance(answer, dict) or set(answer) != set(LEVELS):
            given = list(answer) if isinstance(answer, dict) else answer
            raise ValueError(
                f"{self.id}: give a value for each of the levels {list(LEVELS)}, not {given!r}"
            )
        try:
            _, values = check_quantiles(LEVELS, [answer[level] for level in LEVELS])
        except ValueError as error:
            raise ValueError(f"{self.id}: {error}") from None
        low, high = self.between
        if values[0] < low or values[-1] > high:
            raise ValueError(
                f"{self.id}: {values[0]:g} to {values[-1]:g} leaves the range {low:g} to {high:g}; "
                f"the unit is {self.unit}"
            )
        if values[0] == values[-1]:
            raise ValueError(f"{self.id}: all quantiles agree, which claims to know the answer")
        return values

    def score(self, answer, outcome):
        """Score an answer, once the question is decided, by `crps_quantiles`."""
        return float(crps_quantiles(LEVELS, self.check(answer), outcome))

    def _repr_markdown_(self, cited="[{}]"):
        facts = "\n".join(f"- {fact} {cited.format(', '.join(keys))}" for fact, keys in self.world)
        day = f"{self.as_of.day} {self.as_of:%B %Y}"
        return (
            f"**{self.ask}**, in {self.unit}.\n\n*How it is decided.* {self.resolution}\n\n"
            f"*State of the world on {day}* (with its sources):\n\n"
            f"{facts}\n"
        )


def load(text=None):
    """Read the questions of the book, or of a `text` in TOML: a dict of `Question` by id.

    `ValueError` names a question that is incomplete, or whose id is used twice.

    >>> load()["largest-run"].unit
    'log10 of FLOP'
    """
    text = FILE.read_text(encoding="utf-8") if text is None else text
    return rows_by_id(text, "question", FILE.name, _question)


def _question(row, where):
    fields = set(Question.__dataclass_fields__)
    if set(row) != fields:
        missing, extra = sorted(fields - set(row)), sorted(set(row) - fields)
        raise ValueError(f"{where}: missing {missing}, not expected {extra}")
    low, high = np.asarray(row["between"], float)
    if not low < high:
        raise ValueError(f"{where}: between must be two rising numbers")
    if not isinstance(row["as_of"], datetime.date):
        raise ValueError(f"{where}: as_of must be a date such as 2025-06-30")
    if not re.search(r"\bY \+ \d\b", row["ask"]) or not row["resolution"].strip():
        raise ValueError(f"{where}: say by when (Y + 1, Y + 2, ...) and how it is decided")
    world = tuple((x.get("fact", ""), tuple(x.get("sources", ()))) for x in row["world"])
    if not world or not all(fact and sources for fact, sources in world):
        raise ValueError(f"{where}: the state of the world needs facts, each with its sources")
    return Question(**{**row, "between": (float(low), float(high)), "world": world})
