"""A law from a plain function, and any law with parameters held, tied or bounded.

Such a law has a term `Function`, whose derivatives are differences, and before it the constant term
of a law of the book where nobody holds, ties or bounds that: it may be zero, where no difference
shows a way. All else, from the search to the intervals, is as for the laws of the book.
"""

# ruff: noqa: D102 (what the methods of a term do is said once, in Term)
import inspect
import itertools
from dataclasses import replace
from functools import partial
from math import inf

import numpy as np

from scaling_lib.data.checks import finite
from scaling_lib.laws.declared import Law, Parameter
from scaling_lib.laws.terms import Coordinate, Offset, Term

STEP = 1e-3  # of a difference, in coordinates where 1 is a factor e: error about 1e-12 for slopes
CHUNK = 16384  # numbers that the formula is asked for at once
STARTS = 200  # points around the start, within the bounds
TRIED = 40  # points at which a parameter must change the formula
SPREADS = (0.1, 0.5, 1.5)  # their distances in those coordinates


class Function(Term):
    """u(theta) = log f or f, for the formula f of a law and the coordinates of its free parameters.

    A formula that broadcasts is called once for all parameter vectors, another once for each. The
    parameter named `constant`, if there is one, is an `Offset` before this term, and zero in f.
    """

    def __init__(self, law, starts, constant=None, own=False):
        self.law, self.constant, self.own = law, constant, own
        self.parameters = [p for p in law.free if p.name != constant]
        self.size = len(self.parameters)
        names = [p.name for p in self.parameters]
        values = np.array([[start[name] for name in names] for start in starts], float)
        columns = [p.coordinate(x) for p, x in zip(self.parameters, values.T, strict=True)]
        self.grid = np.stack(columns, axis=-1)
        self.log_constants = np.log([start[constant] for start in starts]) if constant else None

    def load(self, x):
        self.columns = [x[name] for name in self.law.columns]
        self.n = len(self.columns[0])
        self.broadcasts = True
        pair = self.grid[0] + np.outer([0.0, 0.1], np.ones(self.size))
        try:
            together = self.value(pair)
        except Exception:  # whatever a formula that takes one number at a time raises
            together = None
        self.broadcasts = False
        alone = self.value(pair)
        self.broadcasts = np.shape(together) == alone.shape and np.allclose(
            together, alone, equal_nan=True
        )

    def coordinates(self, means):
        return {parameter.name: Coordinate(j) for j, parameter in enumerate(self.parameters)}

    def value(self, theta):
        free = {p.name: p.value(theta[:, [j]]) for j, p in enumerate(self.parameters)}
        with np.errstate(all="ignore"):
            if self.broadcasts:
                f = np.asarray(self.law.formula(*self.columns, **self._complete(free)), float)
            else:
                rows = [{k: float(v[s, 0]) for k, v in free.items()} for s in range(len(theta))]
                f = np.array([self._one(row) for row in rows]).reshape(len(theta), self.n)
            return np.log(f) if self.law.link == "log" else f

    def _complete(self, free):
        return self.law.complete({**free, self.constant: 0.0} if self.constant else free)

    def _one(self, free):
        try:
            f = self.law.formula(*self.columns, **self._complete(free))
        except ArithmeticError:  # the far end of a trial step, which is refused
            f = np.nan
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{self.law.name} must take arrays ({error}): use numpy's functions, not math's, "
                "and np.where, not if"
            ) from error
        try:
            return np.broadcast_to(np.asarray(f, float), self.n)
        except (TypeError, ValueError):
            raise ValueError(
                f"{self.law.name} must return {self.n} numbers, one for each run, not {f!r:.60}"
            ) from None

    def _at(self, theta, shifts):
        """Return u (k, S, n) at each of the shifts (k, q) of all rows of theta, in steps."""
        moved = theta + STEP * shifts[:, None]
        return self.value(moved.reshape(-1, self.size)).reshape(*moved.shape[:2], self.n)

    def __call__(self, theta):
        q, axes = self.size, np.eye(self.size)
        shifts = np.concatenate([np.zeros((1, q)), 2 * axes, axes, -axes, -2 * axes])
        u, *moved = self._at(theta, shifts)
        far_up, up, down, far_down = np.reshape(moved, (4, q, *u.shape))
        J = (8.0 * (up - down) - (far_up - far_down)) / (12.0 * STEP)  # (q, S, n)
        # Where a difference leaves what the formula is defined for, the runs say nothing of it.
        J[~np.isfinite(J).all(-1) & np.isfinite(u).all(-1)] = 0.0

        def contract(v):
            def total(f):
                return np.einsum("sn,ksn->sk", v, f)

            K = np.empty((len(theta), q, q))
            second = 16.0 * (up + down) - 30.0 * u - far_up - far_down
            K[:, range(q), range(q)] = total(second) / (12.0 * STEP**2)
            pairs = list(itertools.combinations(range(q), 2))
            at_once = max(1, CHUNK // max(1, 2 * u.size))
            for first in range(0, len(pairs), at_once):
                i, j = np.transpose(pairs[first : first + at_once])
                both = self._at(theta, axes[i] + axes[j]) + self._at(theta, -axes[i] - axes[j])
                single = up[i] + down[i] + up[j] + down[j]
                K[:, i, j] = total(both - single + 2.0 * u) / (2.0 * STEP**2)
                K[:, j, i] = K[:, i, j]
            return K

        return u.copy(), np.moveaxis(J, 0, -1), contract

    def starts(self, terms, y):
        u = self.value(self.grid[:1])[0]
        if not np.isfinite(u).all():
            pairs = zip(self.parameters, self.grid[0], strict=True)
            at = ", ".join(f"{p.name} = {p.value(x):.4g}" for p, x in pairs)
            raise ValueError(
                f"{self.law.name} must return {'positive ' * (self.law.link == 'log')}numbers, "
                f"not {np.exp(u[~np.isfinite(u)][0]):g} at {at}"
            )
        if self.own:  # what idles in a law of the book is said of its fit
            self._check_all_matter()
        grid = self.grid
        if self.constant:
            grid = np.concatenate([self.log_constants[:, None], grid], axis=1)
        rng = np.random.default_rng(0)
        moves = rng.normal(size=(STARTS, grid.shape[1])) * np.resize(SPREADS, STARTS)[:, None]
        return np.concatenate([grid, grid[0] + moves])

    def _check_all_matter(self):
        """Raise ValueError for parameters with which the formula does not change at these runs."""
        rng = np.random.default_rng(0)
        points, others = self.grid[0] + SPREADS[-1] * rng.normal(size=(2, TRIED, self.size))
        unmoved, idle = self.value(points), []
        for j, parameter in enumerate(self.parameters):
            moved = points.copy()
            moved[:, j] = others[:, j]
            if np.array_equal(self.value(moved), unmoved, equal_nan=True):
                idle.append(parameter.name)
        if idle:
            raise ValueError(
                f"{self.law.name} does not change with {' and '.join(idle)} in these runs: use "
                f"{'it' if len(idle) == 1 else 'them'} in the formula, or fix or leave out"
            )


def from_function(function, known, start, bounds=None, fixed=None, tied=None, target="loss"):
    """Return the `Law` of a plain function of columns and parameters.

    Parameters
    ----------
    function : callable
        Takes columns, arrays of shape (n,), and parameters, by name; returns the target.
    known : collection of str
        Names of the columns that the data have or that follow from them.
    start, bounds, fixed, tied, target
        As for `fitting.fit`.
    """
    name = getattr(function, "__name__", type(function).__name__)
    held = {**(start or {}), **(fixed or {}), **(tied or {})}
    columns, parameters = [], []
    for argument, entry in inspect.signature(function).parameters.items():
        if entry.kind in (entry.VAR_POSITIONAL, entry.VAR_KEYWORD):
            raise ValueError(f"{name} must name its columns and parameters, not take {entry}")
        if argument in held:
            parameters.append(Parameter(argument, lower=-inf))
        elif argument in known:
            columns.append(argument)
        elif entry.default is entry.empty:
            raise ValueError(
                f"Argument {argument} of {name} is neither a column of the data "
                f"({', '.join(known)}) nor a parameter: give a start, start={{{argument!r}: ...}}"
            )
    if not columns:
        raise ValueError(f"{name} takes none of the columns {', '.join(known)}")
    arguments = ", ".join([*columns, *(parameter.name for parameter in parameters)])
    law = Law(
        name,
        name,
        f"{target} = {name}({arguments})",
        tuple(columns),
        tuple(parameters),
        partial(_by_name, function, columns),
        (),
        target=target,
        link="log" if target == "loss" else "identity",
        may_be_constant=tuple(columns),
        positive=False,
        centred=False,
    )
    return with_starts(constrained(law, bounds, fixed, tied), [start or {}], own=True)


def kept_defaults(function, law):
    """Name the arguments of a function that are no column and no parameter, in a list."""
    arguments = inspect.signature(function).parameters.values()
    held = [entry for entry in arguments if entry.name not in {*law.columns, *law.names}]
    if not held:
        return []
    values = ", ".join(f"{entry.name} = {entry.default!r:.20}" for entry in held)
    return [
        f"{law.name} keeps the default of {values}: to fit one, give it a start "
        f"(start={{{held[0].name!r}: ...}})"
    ]


def _by_name(function, columns, *values, **params):
    return function(**dict(zip(columns, values, strict=True)), **params)


def constrained(law, bounds=None, fixed=None, tied=None):
    """Return a law with bounds of the user, and parameters that are held or tied."""
    bounds, fixed, tied = dict(bounds or {}), dict(fixed or {}), dict(tied or {})
    for what, given in (("bounds", bounds), ("fixed", fixed), ("tied", tied)):
        _check_names(law, what, given)
    fixed = {name: finite(value, f"fixed[{name!r}]") for name, value in fixed.items()}
    for name, other in tied.items():
        if name in fixed:
            raise ValueError(f"{name} must be fixed or tied, not both")
        if other not in law.names or other in tied:
            others = [known for known in law.names if known not in tied]
            raise ValueError(
                f"tied[{name!r}] must name a free or fixed parameter ({', '.join(others)}), "
                f"not {other!r}"
            )
        if other in fixed:
            fixed[name] = fixed[other]
    tied = {name: other for name, other in tied.items() if name not in fixed}
    for name in tied.keys() & bounds.keys():
        raise ValueError(f"{name} must be tied or bounded, not both: give {tied[name]} the bounds")
    parameters = []
    for p in law.parameters:
        if p.name in bounds:
            lower, upper = _two_rising(bounds[p.name], f"bounds[{p.name!r}]")
            p = replace(p, lower=lower, upper=upper)
        if not p.lower <= fixed.get(p.name, p.lower) <= p.upper:
            ends = f"from {p.lower:g} to {p.upper:g}"
            ends = f"{p.lower:g} or above" if p.upper == inf else ends
            ends = f"{p.upper:g} or below" if p.lower == -inf else ends
            raise ValueError(f"fixed[{p.name!r}] must be {ends}, not {fixed[p.name]:g}")
        parameters.append(p)
    law = replace(law, parameters=tuple(parameters), fixed=fixed, tied=tied)
    if not law.free:
        raise ValueError(f"All parameters of {law.name} are fixed: nothing is left to fit")
    return law


def with_starts(law, starts, own=False):
    """Return a law whose free parameters are searched for, by `Function`, from each of `starts`.

    Each names a value for every free parameter; around the first, more are drawn. `own` says that
    the formula is the user's, who may have left a parameter out of it.
    """
    _check_names(law, "start", starts[0])
    parameters = [_scaled(p, starts[0]) if p in law.free else p for p in law.parameters]
    constant = _constant_of(law)
    law = replace(law, parameters=tuple(parameters), inputs=dict, follow=0, centred=False)
    if constant is None:
        return replace(law, terms=(Function(law, starts, own=own),))
    return replace(law, terms=(Offset(constant), Function(law, starts, constant)))


def _constant_of(law):
    """Return the name of a constant term that is as the law declares it, or None."""
    names = [term.E for term in law.terms[:1] if isinstance(term, Offset)]
    alone = [p.name for p in law.free if (p.lower, p.upper) == (0.0, inf) and len(law.free) > 1]
    return next((name for name in names if name in alone and name not in law.tied.values()), None)


def moved_inside(parameter, value):
    """Return a value between the bounds of a parameter: the value itself if it is, or NaN."""
    lower, upper = parameter.lower, parameter.upper
    if not (value <= lower or value >= upper):
        return value
    if np.isfinite([lower, upper]).all():
        return (lower + upper) / 2.0
    return lower + (abs(lower) or 1.0) if np.isfinite(lower) else upper - (abs(upper) or 1.0)


def _check_names(law, what, given):
    unknown = [name for name in given if name not in law.names]
    if law.name == "logistic" and {*unknown} & {"lower", "upper"}:
        raise ValueError(
            "lower and upper are no parameters of the logistic law but belong to it: fit "
            "scaling_lib.laws.logistic(lower, upper) in place of 'logistic'"
        )
    if unknown:
        raise ValueError(
            f"{what} names {', '.join(unknown)}, but the parameters of {law.name} are "
            f"{', '.join(law.names)}"
        )


def _two_rising(pair, name):
    try:
        lower, upper = map(float, pair)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be two numbers, not {pair!r}") from None
    if not lower < upper:
        raise ValueError(f"{name} must be two rising numbers, not {pair!r}")
    return lower, upper


def _scaled(parameter, start):
    """Return a parameter with a scale from its start."""
    name, lower, upper = parameter.name, parameter.lower, parameter.upper
    if name not in start:
        raise ValueError(f"Parameter {name} has no start: give start={{{name!r}: ...}}")
    try:
        inside = lower < float(start[name]) < upper
    except (TypeError, ValueError):
        inside = False
    if not inside:
        raise ValueError(
            f"start[{name!r}] must lie between its bounds {lower:g} and {upper:g}, "
            f"not at {start[name]!r}"
        )
    return replace(parameter, scale=abs(float(start[name])) or 1.0)
