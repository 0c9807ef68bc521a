"""What is odd about the runs of a fit, and would make its parameters or its intervals wrong.

Each note names its rows and the option that deals with it. The thresholds are set so that runs of
the law itself give no note, whatever the tails of their noise: of 1200 simulated sweeps four had
one about their form. Clean sweeps may still tell that the law has another form than they.
"""

import numpy as np

from scaling_lib.fitting.notes.families import rows_alike
from scaling_lib.fitting.notes.misfits import (
    chance_level,
    ends_beyond_shares,
    far_runs,
    far_searches,
    lack_of_fit,
    narrow_columns,
    rising_targets,
    scores_beyond_end,
    unused_columns,
)
from scaling_lib.fitting.notes.repeats import (
    best_of_trials,
    copied,
    copies,
    copies_held_out,
    count_rows,
    rows_of_points,
)
from scaling_lib.fitting.notes.units import units
from scaling_lib.fitting.runs import row_numbers


def about(result):
    """Return notes on the runs of a `FitResult`, as sentences."""
    data, mapping, rows = result.source[:3]
    unsorted = {}
    for name, values in result.data.items():
        unsorted[name] = np.empty(result.n)
        unsorted[name][result.order] = values
    inputs = {name: unsorted[name] for name in result.law.columns}
    numbers = row_numbers(data)[rows]
    # Parameters of the law that have the unit of a column are right in any unit.
    free = {p.unit.removeprefix("unit of ") for p in result.law.parameters if "unit of " in p.unit}
    again = copied(data, unsorted, rows)
    unused = [*unused_columns(result, inputs)]
    places = count_rows(inputs)
    points = [] if unused else [*rows_of_points(result, inputs, places, numbers)]
    belonging = [*rows_alike(result, inputs, None if unused else places)]
    if not unused + points + belonging:  # else those say what differs between rows
        belonging = [*lack_of_fit(result, inputs, unsorted[result.law.target], again, numbers)]
    return [
        *units(data, mapping, inputs, free),
        *copies(again, unsorted, numbers),
        *copies_held_out(result, row_numbers(data)),
        *points,
        *best_of_trials(result),
        *narrow_columns(result),
        *rising_targets(result),
        *ends_beyond_shares(result, unsorted, numbers),
        *scores_beyond_end(result, unsorted, numbers),
        *chance_level(result),
        *far_runs(result, unsorted, numbers),
        *far_searches(result),
        *belonging,
        *unused,
    ]
