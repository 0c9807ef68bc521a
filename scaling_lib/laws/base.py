"""What a scaling law is to the rest of the library: a name, an equation, pieces for fitting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Parameter:
    """One parameter of a law.

    Attributes
    ----------
    name, unit, meaning : str
        Name as in the equation, unit ("" for a pure number), and what it stands for.
    positive : bool
        Whether it is positive by nature; its intervals then live on a logarithmic scale.
    """

    name: str
    unit: str
    meaning: str
    positive: bool = True


class Law:
    """A scaling law: its equation, and the pieces that fitting needs.

    Attributes
    ----------
    name, title, equation, key : str
        Name on the command line, name in words, equation as text, key in the bibliography.
    parameters : tuple of Parameter
        What is fitted.
    columns : tuple of str
        Input columns, all positive.
    target : str
        Column that the law predicts.
    link : {"log", "identity"}
        Whether residuals are differences of logarithms or of the values themselves.
    """

    name = title = equation = key = ""
    parameters: tuple[Parameter, ...] = ()
    columns: tuple[str, ...] = ()
    target = "loss"
    link = "log"
    rugged = False  # whether its objective has many minima however many the runs
    centred_target = True  # whether the log target may be shifted: not in a law raised to a power

    @property
    def names(self):
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def predict(self, params, columns):
        """Return the predicted target for a mapping of parameters and one of input columns."""
        return self._value(*(np.asarray(columns[c], float) for c in self.columns), **params)

    def check(self, columns):
        """Raise ValueError for inputs that are positive but outside this law's domain."""

    def check_target(self, target):
        """Raise ValueError for target values outside this law's domain."""

    @property
    def varying(self):
        """Columns that must not be constant."""
        return self.columns

    def optimum_parameters(self, params):
        """Return A, B, alpha, beta when the law has a closed-form optimum, else None."""
        return None

    # What a subclass says about fitting: the terms of `kernels` on centred logs, the parameters as
    # linear forms of the terms' own, and starting points. `centre` holds the mean of each log
    # column and, under "y", of the log target.

    def _value(self, *columns, **params):
        raise NotImplementedError

    def terms(self, x):
        """Return the terms of `kernels` for the centred log columns `x` (mapping)."""
        raise NotImplementedError

    def forms(self, centre):
        """Return ({internal index: factor}, offset) of each parameter (its log if positive)."""
        raise NotImplementedError

    def ratios(self, centre):
        """Return {parameter: (index over, index under, shift, offset)} for quotients, else {}."""
        return {}

    def starts(self, x, y):
        """Return starting points (S, p) for the centred log columns `x` and the target `y`."""
        raise NotImplementedError

    def follow(self, n):
        """Return how many starts to follow on `n` runs: few runs leave more local minima."""
        return 6 if n >= 80 else 64

    def transform(self, columns):
        """Return the logarithms of the input columns as a mapping."""
        return {name: np.log(columns[name]) for name in self.columns}

    def __repr__(self):
        return f"<law {self.name}: {self.equation}>"


def rows_text(rows, limit=5):
    """Return row numbers, counted from 1, as text: the first few of them.

    >>> rows_text([3]), rows_text(range(7))
    ('row 4', 'rows 1, 2, 3, 4, 5 and 2 more')
    """
    text = "row" + "s" * (len(rows) > 1) + " "
    text += ", ".join(str(int(row) + 1) for row in rows[:limit])
    return text + (f" and {len(rows) - limit} more" if len(rows) > limit else "")
