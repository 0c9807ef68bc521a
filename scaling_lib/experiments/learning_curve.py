"""A learning curve: scores of a model at chosen steps of its training."""

from collections.abc import Callable, Iterable

import pandas as pd


class LearningCurve:
    """Measure scores while a model trains; `fit_model` takes it as ``after_step``.

    Parameters
    ----------
    steps
        The steps after which to measure.
    **scores
        Functions without arguments, by the name of their column.

    Examples
    --------
    >>> curve = LearningCurve([2, 4], loss=lambda: 0.5)
    >>> for step in range(1, 6):
    ...     curve(step)
    >>> curve.table()
       step  loss
    0     2   0.5
    1     4   0.5
    """

    def __init__(self, steps: Iterable[int], **scores: Callable[[], float]):
        self.steps, self.scores, self.rows = frozenset(steps), scores, []

    def __call__(self, step: int) -> None:
        """Measure, if it is time."""
        if step in self.steps:
            measured = {name: float(score()) for name, score in self.scores.items()}
            self.rows.append({"step": step} | measured)

    def table(self) -> pd.DataFrame:
        """One row a measurement: ``step`` and the scores."""
        return pd.DataFrame(self.rows)
