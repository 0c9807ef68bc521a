"""The result of a fit: parameters, uncertainty, what is identified, prediction, score, tables."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from scaling_lib.fitting import intervals, prediction, tables
from scaling_lib.fitting.criteria import log_likelihood
from scaling_lib.laws.formulas import optimal_allocation
from scaling_lib.laws.published import Allocation


class Interval(NamedTuple):
    """Ends of an interval; 0 or infinite where it is unbounded."""

    low: float
    high: float


class FitResult:
    """A fitted law. Made by `fitting.fit`.

    Attributes
    ----------
    law : Law
        The law.
    params : dict
        Fitted parameters by name, in the law's units.
    n : int
        Number of runs.
    delta : float
        Huber's delta.
    objective : float
        Sum over runs of the Huber loss of the residuals.
    residuals : ndarray, shape (n,)
        Predicted minus observed, in the order of the data: logarithms of loss, or scores.
    notes : list of str
        What was derived or dropped before the fit.
    """

    def __init__(self, problem, columns, target, search, order, notes):
        self._problem, self._columns, self._target = problem, columns, target
        self._search, self._theta = search, search.theta[0]
        self.law, self.n, self.delta = problem.law, problem.n, problem.delta
        self.params = problem.params(self._theta)
        self.objective = float(search.F[0])
        self._residuals = problem.f.value(self._theta[None])[0] - problem.y
        self.residuals = np.empty_like(self._residuals)
        self.residuals[order] = self._residuals
        self.notes = list(notes)
        self.replicates = None
        self.seed = 0

    # Uncertainty -------------------------------------------------------------------------------

    def bootstrap(self, replicates=1000, seed=0, threads=1):
        """Add a bootstrap of `replicates` refits to resampled runs; return the result itself.

        Standard errors, intervals and predictions then come from it.
        """
        if replicates < 20:
            raise ValueError(f"A bootstrap needs at least 20 replicates, not {replicates}.")
        with threadpool_limits(1):  # small products: threads inside one would only cost time
            theta, F, converged = intervals.bootstrap(
                self._problem, self._theta, self._search.theta[1:], replicates, seed, threads
            )
        self.seed, self.replicates = seed, replicates
        self._draws, self._draw_objectives, self._draws_converged = theta, F, converged
        self._draws_natural = self._problem.natural(self._problem.eta(theta))
        return self

    @property
    def draws(self):
        """Bootstrapped parameters by name, each (replicates,); None without a bootstrap."""
        if self.replicates is None:
            return None
        return dict(zip(self.law.names, self._draws_natural.T, strict=True))

    @property
    def units(self):
        """Units of the parameters by name; an empty string for a pure number."""
        target = "nats" if self.law.target == "loss" else self.law.target
        return {
            parameter.name: parameter.unit.replace("target", target)
            for parameter in self.law.parameters
        }

    @cached_property
    def _spread(self):
        return intervals.spread(self._problem, self._residuals)

    @cached_property
    def _covariance(self):
        return intervals.covariance(self._problem, self._theta, self._residuals)

    @cached_property
    def _eta_errors(self):
        J = self._problem.eta_jacobian(self._theta)
        return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, self._covariance, J), 0.0))

    @property
    def stderr(self):
        """Standard errors by name: of the bootstrap if there is one, else asymptotic."""
        if self.replicates is not None:
            with np.errstate(all="ignore"):
                values = self._draws_natural.std(axis=0, ddof=1)
        else:
            values = self._eta_errors.copy()
            for j, parameter in enumerate(self.law.parameters):
                if parameter.positive:
                    values[j] *= self.params[parameter.name]
        return dict(zip(self.law.names, map(float, values), strict=True))

    def intervals(self, level=0.9, method=None):
        """Return intervals by name.

        Parameters
        ----------
        level : float
            Confidence level.
        method : {"bootstrap", "profile"}, optional
            Percentiles of the bootstrap, or the profile of the objective; by default the bootstrap
            if there is one.

        Returns
        -------
        dict of str to Interval
            Ends in the law's units; 0 (of a positive parameter) and infinity where the runs set no
            bound.
        """
        prediction.check_level(level)
        method = method or ("profile" if self.replicates is None else "bootstrap")
        if method == "bootstrap":
            if self.replicates is None:
                raise ValueError("There is no bootstrap yet: call bootstrap() first.")
            ends = np.quantile(self._draws_natural, [(1 - level) / 2, (1 + level) / 2], axis=0).T
        elif method == "profile":
            ends = self._profile(level)
        else:
            raise ValueError(f"method must be 'bootstrap' or 'profile', not {method!r}.")
        return {
            name: Interval(float(low), float(high))
            for name, (low, high) in zip(self.law.names, ends, strict=True)
        }

    def _profile(self, level):
        cache = self.__dict__.setdefault("_profiles", {})
        if level not in cache:
            if self.objective <= self._problem.rounding:
                eta = self._problem.eta(self._theta[None])[0]
                bounds = np.stack([eta, eta], axis=-1)  # no residuals, no width
            else:
                bounds, lowest = intervals.profile(
                    self._problem,
                    self._theta,
                    self.objective,
                    self._spread.kappa,
                    level,
                    self._eta_errors,
                )
                self._missed = lowest is not self._theta
            cache[level] = self._problem.natural(bounds.T).T
        return cache[level]

    # What is identified -------------------------------------------------------------------------

    @cached_property
    def _other_minima(self):
        return self._problem.other_minima(self._search)

    @property
    def other_minima(self):
        """Local minima above the best: list of {"objective", "ratio", "params"}, lowest first."""
        return [
            {
                "objective": float(F),
                "ratio": float(F / self.objective) if self.objective > 0 else math.inf,
                "params": self._problem.params(theta),
            }
            for theta, F in zip(*self._other_minima, strict=True)
        ]

    @cached_property
    def condition(self):
        """Condition number of the scaled information matrix (centred, unit diagonal)."""
        J = self._problem.f.jacobian(self._theta[None])[0]
        J = J / (np.sqrt(np.einsum("np,np->p", J, J)) + 1e-300)
        singular = np.linalg.svd(J, compute_uv=False)
        return float((singular[0] / max(singular[-1], 1e-16 * singular[0])) ** 2)

    def unidentified(self, level=0.9):
        """Return {parameter: "below", "above" or "on both sides"} of unbounded profiles."""
        out = {}
        for parameter, (low, high) in zip(self.law.parameters, self._profile(level), strict=True):
            below = low == 0 if parameter.positive else np.isneginf(low)
            above = np.isposinf(high)
            if below or above:
                both = "on both sides"
                out[parameter.name] = both if below and above else "below" if below else "above"
        return out

    @property
    def warnings(self):
        """What a reader of the parameters must know, as sentences."""
        out = list(self.notes)
        if not self._search.converged[0]:
            out.append("the search stopped before it converged: the parameters are not a minimum")
        for name, side in self.unidentified().items():
            out.append(f"{name} is not bounded {side} by these runs (90 % profile interval)")
        if self.condition > 1e10:
            out.append(
                f"the parameters are nearly interchangeable (condition {self.condition:.0e})"
            )
        close = [m for m in self.other_minima if m["ratio"] < 1.05]
        if close:
            out.append(
                f"{len(close)} other minim{'um lies' if len(close) == 1 else 'a lie'} within "
                "5 % of the lowest objective: see other_minima"
            )
        if getattr(self, "_missed", False):
            out.append(
                "a lower objective was met along a profile: the minimum is not the global one"
            )
        if self.replicates is not None and not self._draws_converged.all():
            count = int((~self._draws_converged).sum())
            out.append(f"{count} of {self.replicates} bootstrap replicates did not converge")
        return out

    # Likelihood ---------------------------------------------------------------------------------

    @cached_property
    def log_likelihood(self):
        """Log-likelihood of the residuals, see `criteria.log_likelihood`."""
        F = max(self.objective, self._problem.rounding)
        return log_likelihood(F, self.n, self.delta)

    @property
    def aic(self):
        """Akaike's criterion; the scale of the residuals counts as a parameter."""
        return 2.0 * (len(self.params) + 1) - 2.0 * self.log_likelihood

    @property
    def bic(self):
        """Schwarz's criterion; the scale of the residuals counts as a parameter."""
        return math.log(self.n) * (len(self.params) + 1) - 2.0 * self.log_likelihood

    # Prediction ---------------------------------------------------------------------------------

    def predict(self, columns, level=None, kind="observation"):
        """Predict the target.

        Parameters
        ----------
        columns : mapping
            Input columns of the law (arrays or numbers); N, D or C may be derived from C = 6 N D.
        level : float, optional
            Level of an interval; without it only the values are returned.
        kind : {"observation", "mean"}
            Whether the interval is for a new run, with its noise, or for the law's mean.

        Returns
        -------
        ndarray or Prediction
            Values of shape (m,), with the interval's ends if `level` is given.
        """
        return prediction.predict(self, columns, level, kind)

    def score(self, held_out, columns=None, level=0.9):
        """Return the `Score` of the fit on other runs, given as for `fit`."""
        return prediction.score(self, held_out, columns, level)

    def optimum(self, C):
        """Return the compute-optimal `Allocation` at `C` FLOP (laws of N and D only)."""
        constants = self._optimum_constants()
        N, D = optimal_allocation(C, **constants)
        return Allocation(
            np.asarray(C, float), N, D, self.law.predict(self.params, self._fresh(N, D))
        )

    def exponents(self):
        """Return (a, b) of the optimal allocation, N* growing as C^a and D* as C^b."""
        constants = self._optimum_constants()
        total = constants["alpha"] + constants["beta"]
        return constants["beta"] / total, constants["alpha"] / total

    def _optimum_constants(self):
        constants = self.law.optimum_parameters(self.params)
        if constants is None:
            raise ValueError(f"The {self.law.title} has no closed-form compute optimum.")
        return constants

    @staticmethod
    def _fresh(N, D):
        return {"N": N, "D": D}

    # Presentation -------------------------------------------------------------------------------

    def summary(self, level=0.9):
        """Return the fit as a plain-text table."""
        return tables.text(self, level)

    def _repr_html_(self):
        return tables.html(self)

    def __repr__(self):
        values = ", ".join(f"{name} = {value:.4g}" for name, value in self.params.items())
        return f"<fit of {self.law.name} to {self.n} runs: {values}>"

    def to_dict(self, level=0.9):
        """Return what `python -m scaling_lib fit --json` prints: numbers, lists and None only.

        An end of an interval that is unbounded is None.
        """

        def finite(x):
            return x if math.isfinite(x) else None

        method = "profile" if self.replicates is None else "bootstrap"
        return {
            "law": self.law.name,
            "equation": self.law.equation,
            "n": self.n,
            "delta": finite(self.delta),
            "params": self.params,
            "units": self.units,
            "stderr": {name: finite(value) for name, value in self.stderr.items()},
            "intervals": {
                name: [finite(low), finite(high)]
                for name, (low, high) in self.intervals(level).items()
            },
            "level": level,
            "interval_method": method,
            "bootstrap": self.replicates or 0,
            "objective": self.objective,
            "aic": self.aic,
            "bic": self.bic,
            "condition": self.condition,
            "other_minima": [
                {**minimum, "ratio": finite(minimum["ratio"])} for minimum in self.other_minima
            ],
            "warnings": self.warnings,
        }

    def plot(self, level=0.9):
        """Draw the fit and its residuals; return the matplotlib figure."""
        from scaling_lib.fitting.plots import plot_fit  # figures are above this module

        return plot_fit(self, level)

    @property
    def data(self):
        """The runs of the fit: inputs and target by name, in its own row order."""
        return {**self._columns, self.law.target: self._target}
