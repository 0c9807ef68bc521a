"""A learning curve: scores of a model at chosen steps of its training."""

from collections.abc import Callable, Iterable

import pandas as pd

from scaling_lib.training import fit_model


def learning_curve(
    model, batches, lr, steps: Iterable[int], measure: Callable[[int], dict], stop=None, **how
) -> pd.DataFrame:
    """Train `model` by `fit_model` and return its scores after each of `steps`, one row a step.

    ``measure(step)`` returns the scores by name; step 0 is before training. `stop` is a score and a
    level: once it is reached training ends, and the last scores stand for the steps that are left.
    `how` are further arguments of `fit_model`.
    """
    steps, rows = sorted(steps), []
    due = frozenset(steps)

    def after_step(step):
        if step not in due:
            return False
        rows.append({"step": step} | measure(step))
        return stop is not None and bool(rows[-1][stop[0]] >= stop[1])

    after_step(0)
    fit_model(model, batches, steps[-1], lr, after_step=after_step, **how)
    return pd.DataFrame(rows + [rows[-1] | {"step": step} for step in steps[len(rows) :]])
