r"""What developers said they trained on: the largest set so far, its growth, and a projection.

The rows are the language models of the book's table of notable systems whose developers state the
tokens seen in pre-training: since 2023 most say nothing, so this is a lower bound of what was read.
The chapter's projection stands in April 2025 (`STANDPOINT`), on a table that lacked two models
published on 5 April (`MISSED`), which are kept out where the old forecast is made again.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from scaling_lib.data import load
from scaling_lib.data.checks import finite, level
from scaling_lib.experiments.data_limits.exhaustion import Z90, Range

STANDPOINT = 2025.3
MISSED = ("Llama 4 Maverick", "Llama 4 Scout")


def corpora(until: float | None = None, without: Sequence[str] = ()) -> pd.DataFrame:
    """Return the language models since 2020 with their tokens, in order of publication.

    Only those published before the decimal year `until`, and `without` the systems named. Columns:
    ``system``, ``year`` (decimal) and ``D`` (tokens seen in pre-training).
    """
    table = load("notable_systems").query("D_unit == 'tokens seen' and date >= '2020'")
    unknown = set(without) - set(table["system"])
    if unknown:
        raise ValueError(f"without must name systems of the table, not {sorted(unknown)}")
    date = table["date"].dt
    table = table.assign(year=date.year + date.day_of_year / 365.25)
    kept = ~table["system"].isin(without)
    if until is not None:
        kept &= table["year"] < finite(until, "until")
    return table.loc[kept, ["system", "year", "D"]].sort_values("year", ignore_index=True)


def record(table: pd.DataFrame, at: Sequence[float]) -> np.ndarray:
    """Return the most tokens that any model of `corpora` had published by each time."""
    at = finite(at, "at", many=True)
    first = table["year"].min()
    if (at < first).any():
        raise ValueError(f"at must not lie before the first model, {first:.1f}, not {at.min():g}")
    return np.array([table.loc[table["year"] <= t, "D"].max() for t in at])


def windows(table: pd.DataFrame, starts: Sequence[float]) -> pd.DataFrame:
    """Fit the growth of the models of `corpora`, and of their record, from several years on.

    Columns: ``start``, ``n`` models, ``growth`` and ``record`` (factors a year, from a straight
    line through the logarithm of the tokens, and of the largest so far).
    """
    rows = []
    for start in starts:
        part = table[table["year"] >= start]
        if len(part) < 3:
            raise ValueError(f"starts must leave three models or more, not {len(part)} at {start}")
        log_D = np.log10(part["D"])
        slopes = [np.polyfit(part["year"], y, 1)[0] for y in (log_D, log_D.cummax())]
        growth, largest = 10.0 ** np.array(slopes)
        rows.append((start, len(part), growth, largest))
    return pd.DataFrame(rows, columns=["start", "n", "growth", "record"])


def projected(
    now: float, largest: Range, growth: Range, at: Sequence[float], levels: Sequence[float]
) -> np.ndarray:
    r"""Return quantiles of the largest training set at later times, in tokens.

    With the two ranges read as log-normal and independent, the logarithm of
    :math:`D\,g^{\,t - t_0}` is normal, its variance :math:`s_D^2 + (t - t_0)^2 s_g^2`. Shape
    (len(at), len(levels)).
    """
    wait = finite(at, "at", many=True)[:, None] - now
    if (wait < 0).any():
        raise ValueError(f"at must not lie before now={now:g}, not {np.min(at):g}")
    middle = np.log(largest.median) + wait * np.log(growth.median)
    known, pace = (np.log(r.high / r.low) / (2 * Z90) for r in (largest, growth))
    spread = np.sqrt(known**2 + (wait * pace) ** 2)
    return np.exp(middle + spread * norm.ppf(level(levels, "levels", many=True)))
