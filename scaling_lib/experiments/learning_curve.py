"""A learning curve: scores of a model at chosen steps of its training."""

from collections.abc import Callable, Iterable

import pandas as pd


class LearningCurve:
    """Measure scores while a model trains; `fit_model` takes it as ``after_step``.

    Parameters
    ----------
    steps
        The steps after which to measure.
    stop
        A score and a level: once it is reached, training ends, and the last measurement stands for
        the steps that are left.
    **scores
        Functions without arguments, by the name of their column.

    Examples
    --------
    >>> curve = LearningCurve([2, 4], loss=lambda: 0.5)
    >>> for step in range(1, 6):
    ...     _ = curve(step)
    >>> curve.table()
       step  loss
    0     2   0.5
    1     4   0.5
    """

    def __init__(
        self,
        steps: Iterable[int],
        stop: tuple[str, float] | None = None,
        **scores: Callable[[], float],
    ):
        self.steps, self.stop, self.scores, self.rows = sorted(steps), stop, scores, []
        self._due = frozenset(self.steps)

    def __call__(self, step: int) -> bool:
        """Measure, if it is time; return whether training may end."""
        if step not in self._due:
            return False
        measured = {name: float(score()) for name, score in self.scores.items()}
        self.rows.append({"step": step} | measured)
        return self.stop is not None and measured[self.stop[0]] >= self.stop[1]

    def table(self) -> pd.DataFrame:
        """One row a step: ``step`` and the scores."""
        left = self.steps[len(self.rows) :]
        return pd.DataFrame(self.rows + [self.rows[-1] | {"step": step} for step in left])
