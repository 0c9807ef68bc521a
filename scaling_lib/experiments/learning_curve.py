"""A learning curve: scores of a model at chosen steps of its training."""

from collections.abc import Callable, Iterable

import pandas as pd


class LearningCurve:
    """Measure scores while a model trains; `fit_model` takes it as ``after_step``.

    After each of `steps`, ``measure(step)`` returns the scores by name. `stop` is a score and a
    level: once it is reached training ends, and the last scores stand for the steps that are left.

    >>> curve = LearningCurve([2, 4], lambda step: {"loss": 0.5})
    >>> for step in range(1, 6):
    ...     _ = curve(step)
    >>> curve.table()
       step  loss
    0     2   0.5
    1     4   0.5
    """

    def __init__(self, steps: Iterable[int], measure: Callable[[int], dict], stop=None):
        self.steps, self.measure, self.stop, self.rows = sorted(steps), measure, stop, []
        self._due = frozenset(self.steps)

    def __call__(self, step: int) -> bool:
        """Measure, if it is time; return whether training may end."""
        if step not in self._due:
            return False
        self.rows.append({"step": step} | self.measure(step))
        return self.stop is not None and bool(self.rows[-1][self.stop[0]] >= self.stop[1])

    def table(self) -> pd.DataFrame:
        """One row a step: ``step`` and the scores."""
        left = self.steps[len(self.rows) :]
        return pd.DataFrame(self.rows + [self.rows[-1] | {"step": step} for step in left])
