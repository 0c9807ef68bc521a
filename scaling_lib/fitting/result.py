"""The result of a fit: parameters, uncertainty, what is identified, prediction, score, tables."""

import html
import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from scaling_lib.data import checks
from scaling_lib.fitting import minima, notes, uncertainty
from scaling_lib.fitting.choosing import budgets
from scaling_lib.fitting.notes.misfits import ENDS
from scaling_lib.fitting.runs import available, offered, prepare, take, valid
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN, optimal_allocation
from scaling_lib.laws.published import ComputeOptimal

# Times the largest run from which on a table of forecasts says how far it goes: runs held out to
# test a law are seldom more than ten times the others, so that farther out no test speaks for it.
BEYOND = 10.0
SHARES = "score", "error", "coverage"  # targets between 0 and 1, of which 0.01 is a point
LEVEL = 0.9  # of intervals, where no other is asked for
FEWEST_REPLICATES = 20  # percentiles of fewer say nothing
SLOPE_STEP = 1e-4  # of a central difference in coordinates where 1 is mostly a factor e
# From here on, in simulations of 90 % intervals, percentiles held the truth in 85 % or more. With
# four curves of one size each as clusters they held it in 65 to 78 %, profiles in 91 % or more.
FEW_CLUSTERS = 5
# Runs beyond the parameters. With one, bootstrapped 90 % intervals of the power law held the truth
# in 67 to 71 % of simulations and a new run in 66 %, of the Chinchilla law the constant in 78 %;
# from two on they held 91 % or more. Profiles held 86 to 95 % at one and two.
FEW_SPARE = 1
INTERCHANGEABLE = 1e10  # condition number beyond which parameters can hardly be told apart
CLOSE_MINIMUM = 1.05  # ratio of objectives within which another minimum is worth a warning


class Interval(NamedTuple):
    """Ends of an interval; at the parameter's bound (0, infinity) where the runs set none."""

    low: float
    high: float


class Prediction(NamedTuple):
    """Predicted values with the ends of their intervals: arrays of one shape, or numbers."""

    value: np.ndarray | float
    low: np.ndarray | float
    high: np.ndarray | float


class Score(NamedTuple):
    """How a fit does on runs that it has not seen.

    `mean_error`, `worst_error` (both absolute) and `bias` (signed) are relative errors of the
    prediction, or plain differences for a law of scores; `rms` is that of the residuals (in log
    loss or in score), `inside` the share of runs within the prediction interval of `level`.
    """

    n: int
    mean_error: float
    worst_error: float
    bias: float
    rms: float
    inside: float
    level: float


class Source(NamedTuple):
    """Where the runs of a fit came from: the data, names of columns in it, positions of rows.

    `best_of` are the columns of which each row is the best of those that agree.
    """

    data: object
    columns: object
    rows: np.ndarray
    held_rows: np.ndarray
    best_of: object = None


class FitResult(ComputeOptimal):
    """A fitted law. Made by `fitting.fit`.

    Attributes
    ----------
    law : Law
        The law.
    params : dict
        Parameters by name, in the law's units; those held or tied are among them.
    at_bound : list of str
        Names of coefficients that are 0, at their bound.
    n : int
        Number of runs.
    delta, objective : float
        Huber's delta, and the sum over runs of the Huber loss of the residuals.
    residuals : ndarray, shape (n,)
        Predicted minus observed, in the order of the data: logarithms of loss, or scores.
    data : dict of ndarray
        The runs, inputs and target by name, sorted by their values.
    notes : list of str
        What was derived, dropped or chosen before the fit.
    held : dict of ndarray or None
        The runs held out, and `held_out` the `Score` on them.
    unit : str
        Of the target.
    refits : Bootstrap or None
        The bootstrap, once there is one.
    problem, minima : Problem, Minima
        What was solved, and all that the search found, the lowest first.
    """

    def __init__(
        self,
        problem,
        data,
        minima,
        order,
        notes,
        *,
        held=None,
        unit="nats",
        source=None,
    ):
        self.problem, self.data, self.minima, self.notes = problem, data, minima, list(notes)
        self.order, self.held, self.unit, self.source = order, held, unit, source
        self.law, self.n, self.delta = problem.law, problem.n, problem.delta
        self.params = self.law.complete(problem.params(minima.theta[0]))
        gone = problem.gone(minima.theta[:1])[0]
        self.at_bound = [p.name for p, out in zip(self.law.free, gone, strict=True) if out]
        self.objective = float(minima.F[0])
        self.residuals = np.empty(self.n)
        self.residuals[order] = problem.residuals(self.theta)
        self.refits = None
        self._profiles = {}

    @property
    def rms(self):
        """Root mean square of the residuals: of log loss, or of scores."""
        return float(np.sqrt(np.mean(self.residuals**2)))

    @property
    def clusters(self):
        """Number of groups of runs that count as one, 0 where every run does."""
        return 0 if self.problem.cluster is None else int(self.problem.cluster.max()) + 1

    @property
    def theta(self):
        """Internal parameters at the minimum, shape (p,)."""
        return self.minima.theta[0]

    # Uncertainty -------------------------------------------------------------------------------

    def bootstrap(self, replicates=1000, seed=0, threads=1):
        """Add a bootstrap of `replicates` refits to resampled runs; return the result itself.

        Runs of one cluster, if there are any, are drawn together. Standard errors, intervals and
        predictions then come from the bootstrap.
        """
        checks.whole(replicates, "bootstrap", least=FEWEST_REPLICATES)
        checks.whole(seed, "seed", least=0)
        checks.whole(threads, "threads")
        with threadpool_limits(1):  # small products: threads inside one would only cost time
            self.refits = uncertainty.bootstrap(
                self.problem,
                self.theta,
                self.minima.theta[1:],
                replicates,
                seed,
                threads,
            )
        return self

    @property
    def draws(self):
        """Bootstrapped parameters by name, each (replicates,); None without a bootstrap."""
        if self.refits is None:
            return None
        held = np.ones(self.refits.replicates)
        return self._by_name(self.refits.values.T, lambda value: value * held)

    def _by_name(self, values, held):
        """Return {parameter: value} from the values of the free ones; see `Law.complete`."""
        names = [parameter.name for parameter in self.law.free]
        return self.law.complete(dict(zip(names, values, strict=True)), held)

    @cached_property
    def _covariances(self):
        residuals = self.problem.residuals(self.theta)
        return uncertainty.covariance(self.problem, self.theta, residuals)

    @cached_property
    def _covariance_inside(self):
        """Covariance of theta with what is at its bound held there."""
        if not self.at_bound:
            return self._covariances[0]
        residuals, held = self.problem.residuals(self.theta), self.problem.absent(self.theta)
        return uncertainty.covariance(self.problem, self.theta, residuals, held)[0]

    @cached_property
    def _eta_variances(self):
        """Variances of the natural coordinates, and the diagonal of the inverse Hessian."""
        J = self.problem.eta_jacobian(self.theta)
        return [np.maximum(np.einsum("ij,jk,ik->i", J, C, J), 0.0) for C in self._covariances]

    @property
    def stderr(self):
        """Standard errors by name: of the bootstrap if there is one, else asymptotic.

        A parameter at its bound has no asymptotic one, and those of the others hold it there.
        """
        ranges = [parameter.upper - parameter.lower for parameter in self.law.free]
        with np.errstate(all="ignore"):
            if self.refits is not None:
                values = self.refits.values.std(axis=0, ddof=1)
            else:
                eta = self.problem.eta(self.theta[None])[0]
                slopes = np.array([p.slope(x) for p, x in zip(self.law.free, eta, strict=True)])
                J = self.problem.eta_jacobian(self.theta)
                variances = np.einsum("ij,jk,ik->i", J, self._covariance_inside, J)
                values = np.sqrt(np.maximum(variances, 0.0)) * slopes
                values[(slopes == 0.0) & np.isfinite(ranges)] = np.inf  # so close to its bound
                values[[p.name in self.at_bound for p in self.law.free]] = np.inf
            values = np.where(values > ranges, np.inf, values)  # of a parameter at its bound
        return self._by_name(map(float, values), lambda value: 0.0)

    def intervals(self, level=LEVEL, method=None):
        """Return {parameter: Interval} at a confidence level, in the law's units.

        `method` is "bootstrap" for percentiles of the bootstrap, the default if there is one, or
        "profile" for the profile of the objective.
        """
        checks.level(level)
        method = checks.one_of(method or self._method, "method", ("bootstrap", "profile"))
        if method == "bootstrap":
            if self.refits is None:
                raise ValueError("There is no bootstrap yet: call bootstrap() first")
            shares = [(1 - level) / 2, (1 + level) / 2]
            with np.errstate(invalid="ignore"):  # between two infinite values there is none
                ends = np.quantile(self.refits.values, shares, axis=0).T
                nearest = np.quantile(self.refits.values, shares, axis=0, method="nearest").T
            ends = np.where(np.isnan(ends), nearest, ends)
        else:
            ends = self.problem.natural(self._profile(level).ends.T).T
        ends = [Interval(float(low), float(high)) for low, high in ends]
        return self._by_name(ends, lambda value: Interval(value, value))

    @property
    def _method(self):
        return "profile" if self.refits is None else "bootstrap"

    def _profile(self, level=LEVEL):
        if level not in self._profiles:
            variances, inverse = self._eta_variances
            with np.errstate(all="ignore"):  # both are zero for runs without noise
                kappa = inverse / variances
            self._profiles[level] = uncertainty.profile(
                self.problem, self.theta, self.objective, kappa, level, np.sqrt(variances)
            )
        return self._profiles[level]

    # What is identified -------------------------------------------------------------------------

    @cached_property
    def other_minima(self):
        """Local minima above the best: list of {"objective", "ratio", "params"}, lowest first."""
        return [
            {
                "objective": float(F),
                "ratio": float(F / self.objective) if self.objective > 0 else math.inf,
                "params": self.law.complete(self.problem.params(theta)),
            }
            for theta, F in zip(*minima.other_minima(self.problem, self.minima), strict=True)
        ]

    @property
    def _at_given_bound(self):
        """Names of parameters that ended at one of the bounds given for them."""
        names = []
        for p in self.law.free:
            below = self.params[p.name] == p.lower and (p.lower != 0.0 or p.upper < math.inf)
            if below or self.params[p.name] == p.upper < math.inf:
                names.append(p.name)
        return names

    @cached_property
    def condition(self):
        """Condition number of the scaled information matrix (centred, unit diagonal)."""
        J = self.problem.f.jacobian(self.theta[None])[0]
        norms = np.sqrt(np.einsum("np,np->p", J, J))
        if self._at_given_bound:  # there a parameter moves nothing
            J, norms = J[:, norms > 0], norms[norms > 0]
        J = J / (norms + 1e-300)
        if not J.size:
            return math.inf
        singular = np.linalg.svd(J, compute_uv=False)
        least = max(singular[-1], 1e-16 * singular[0])  # zero where the runs move no parameter
        return float((singular[0] / least) ** 2) if least else math.inf

    def unidentified(self, level=LEVEL):
        """Return {parameter: "below", "above" or "on both sides"} of unbounded profiles."""
        out = {}
        for parameter, ends in zip(self.law.free, self._profile(level).ends, strict=True):
            # A vanished parameter is one whose logarithm has no bound below.
            value = parameter.value(ends)
            below = np.isneginf(ends[0]) or (parameter.bounded and value[0] == parameter.lower)
            above = np.isposinf(ends[1]) or (parameter.bounded and value[1] == parameter.upper)
            if below or above:
                both = "on both sides"
                out[parameter.name] = both if below and above else "below" if below else "above"
        return out

    def _undetermined(self, unidentified):
        """Return the names of parameters that are infinite, or unbounded on both sides."""
        names = {parameter.name for parameter in self.law.free}
        both = {name for name, side in unidentified.items() if side == "on both sides"}
        infinite = {name for name in names if not math.isfinite(self.params[name])}
        return [name for name in self.law.names if name in both | infinite]

    def _columns_of(self, names):
        """Return the columns that the terms with these parameters depend on, all for a constant."""
        found = set()
        for term in self.law.terms:
            has = term.coordinates(dict.fromkeys([*self.law.columns, *term.logs, "y"], 0.0))
            if has.keys() & set(names):
                found |= set(term.logs or self.law.columns)
        return [name for name in self.law.columns if name in found] or list(self.law.columns)

    def _span(self, column):
        ratio = self.data[column].max() / self.data[column].min()
        return f"a factor of {ratio:.3g}" if ratio > 1.1 else f"{100 * (ratio - 1):.2g} %"

    def _is_rival(self, minimum):
        """Return whether another minimum is close in height and outside the intervals.

        With few runs and a small delta the objective has many dents; those inside are no news.
        """
        ends, params = self.intervals(), minimum["params"]
        inside = all(low <= params[name] <= high for name, (low, high) in ends.items())
        return minimum["ratio"] < CLOSE_MINIMUM and not inside

    @cached_property
    def _oddities(self):
        return notes.about(self) if self.source is not None else []

    @property
    def warnings(self):
        """What a reader of the parameters must know, as sentences."""
        out = self.notes + self._oddities
        bounds = {p.name: {"below": p.lower, "above": p.upper} for p in self.law.free}
        percent = f"{100 * LEVEL:g} %"
        for name in self.at_bound:
            high = self.intervals()[name].high
            most = f", at most {number(high)} ({percent})" if math.isfinite(high) else ""
            out.append(f"{name} is 0, at its bound: these runs show no such part{most}")
        if self.at_bound and self.refits is None:
            out[-1] += "; the other standard errors hold it there"
        unidentified = self.unidentified()
        open_names = self._undetermined(unidentified)
        ended = bool(self.minima.converged[0])
        if not ended:  # parameters run off along a valley that falls without end
            open_names = [name for name in self.law.names if name in {*open_names, *unidentified}]
        if open_names:
            columns = self._columns_of(open_names)
            spans = " and ".join(f"{c} (here {self._span(c)})" for c in columns)
            wider = f"over a wider range of {spans}"
            if {"N", "D"} <= self.data.keys():
                ratio = self.data["D"] / self.data["N"]
                if not budgets(ratio).any():
                    wider = f"at other ratios D / N (here it is {ratio[0]:.3g} in all)"
                elif {"N", "D"} <= {*columns} and not budgets(
                    self.data["N"] * self.data["D"]
                ).any():
                    wider = "at other budgets (here C is one)"
            out.append(
                f"these runs do not determine {' and '.join(open_names)}: it takes runs {wider}"
            )
        elif not ended:
            out.append("the search stopped before it converged: the parameters are not a minimum")
        for name, side in unidentified.items():
            if name in open_names or name in self.at_bound:
                continue
            bound = bounds[name].get(side, math.inf)
            if math.isfinite(bound) and bound:
                out.append(f"{name} reaches its bound {bound:g}")
            else:
                out.append(
                    f"{name} is not bounded {side} by these runs ({percent} profile interval)"
                )
        if self.condition > INTERCHANGEABLE:
            out.append(
                f"the parameters are nearly interchangeable (condition {self.condition:.0e})"
            )
        close = sum(map(self._is_rival, self.other_minima))
        if close:
            out.append(
                f"{close} other minim{'um lies' if close == 1 else 'a lie'} within "
                f"{100 * (CLOSE_MINIMUM - 1):.3g} % of the lowest objective and outside the "
                "intervals: see other_minima"
            )
        lower_met = any(profile.lower_met for profile in self._profiles.values())
        if lower_met and (ended or not open_names):
            out.append(
                "a lower objective was met along a profile: the minimum is not the global one"
            )
        if self.refits is not None and 0 < self.clusters < FEW_CLUSTERS:
            draws = math.comb(2 * self.clusters - 1, self.clusters)
            out.append(
                f"{self.clusters} clusters have {draws} different draws, too few for intervals by "
                "bootstrap, which are too narrow: take those of the profile"
            )
        spare = self.n - self.problem.p
        if self.refits is not None and not self.clusters and spare <= FEW_SPARE:
            out.append(
                f"{self.n} runs for {self.problem.p} parameters leave {spare} to spare: intervals "
                "by bootstrap are too narrow, take those of the profile (--bootstrap 0)"
            )
        if self.refits is not None and not self.refits.converged.all():
            count = int((~self.refits.converged).sum())
            out.append(f"{count} of {self.refits.replicates} bootstrap replicates did not converge")
        return out

    # Likelihood ---------------------------------------------------------------------------------

    @cached_property
    def log_likelihood(self):
        """Log-likelihood of the residuals, see `uncertainty.log_likelihood`.

        A cluster counts as one run: the likelihood is that of so many runs with these residuals.
        """
        F = max(self.objective, self.problem.rounding)
        weights = 1.0 if self.problem.weights is None else self.problem.weights
        of_rows = uncertainty.log_likelihood(F, self.n, self.delta, weights, self.problem.penalty)
        return of_rows * self._independent / self.n

    @property
    def _independent(self):
        return self.clusters or self.n

    @property
    def aicc(self):
        """Akaike's criterion, corrected for few runs [@hurvich1989regression]; NaN for too few.

        -2 log L + 2 k + 2 k (k + 1) / (n - k - 1) for n runs, or clusters, and k parameters, of
        which the scale of the residuals is one. It needs n > k + 1. To count a cluster as one run
        is cautious: where its runs are independent, too small a law may be preferred.
        """
        k, n = self.problem.p + 1, self._independent
        return 2.0 * k * n / (n - k - 1) - 2.0 * self.log_likelihood if n > k + 1 else math.nan

    @property
    def bic(self):
        """Schwarz's criterion; the scale of the residuals counts as a parameter."""
        return math.log(self._independent) * (self.problem.p + 1) - 2.0 * self.log_likelihood

    # Prediction ---------------------------------------------------------------------------------

    def predict(self, columns, level=None, kind="observation"):
        """Predict the target.

        Parameters
        ----------
        columns : mapping
            Input columns of the law (arrays of one length, or numbers); N, D or C may be derived
            from C = 6 N D.
        level : float, optional
            Level of an interval; without it only the values are returned.
        kind : {"observation", "mean"}
            Whether the interval is for a new run, with its noise, or for the law's mean.

        Returns
        -------
        float, ndarray or Prediction
            Values of shape (m,), numbers for numbers, with the interval's ends if `level` is given.
        """
        available(columns)  # raises for what has no names
        columns = dict(columns)
        if columns and not any(map(np.ndim, columns.values())):
            found = self.predict({name: [v] for name, v in columns.items()}, level, kind)
            return found.item() if level is None else Prediction(*(end.item() for end in found))
        n = max((len(values) for values in columns.values() if np.ndim(values)), default=1)
        columns = {name: v if np.ndim(v) else np.full(n, v) for name, v in columns.items()}
        columns, _, _ = prepare(self.law, columns, target=False)
        f, to_target = self.problem.at(columns), self.problem.to_target
        middle = f.value(self.theta[None])[0]
        if level is None:
            return to_target(middle)
        checks.level(level)
        checks.one_of(kind, "kind", ("observation", "mean"))
        noisy, residuals = kind == "observation", self.problem.residuals(self.theta)
        scale = math.sqrt(self.n / (self.n - self.problem.p))
        if self.refits is not None:
            draws = f.value(self.refits.theta)
            if noisy:
                rng = np.random.default_rng(self.refits.seed)
                draws = draws - scale * rng.choice(residuals, size=draws.shape)
            low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        else:
            J = f.jacobian(self.theta[None])[0]
            quantile = uncertainty.student(level, self.problem.dof)
            half = quantile * np.sqrt(np.einsum("mi,ij,mj->m", J, self._covariance_inside, J))
            noise = scale * np.quantile(np.abs(residuals), level) if noisy else 0.0
            low, high = middle - np.hypot(half, noise), middle + np.hypot(half, noise)
            for j, parameter in enumerate(self.law.free):
                if parameter.name in self.at_bound:  # as far from it as its profile goes
                    other = f.value(self._profile(level).points[j, 1:])[0]
                    low, high = np.minimum(low, other - noise), np.maximum(high, other + noise)
        value, low, high = to_target(middle), to_target(low), to_target(high)
        lower, upper = self._ends(noisy)
        lower, upper = np.minimum(lower, value), np.maximum(upper, value)
        return Prediction(value, np.clip(low, lower, upper), np.clip(high, lower, upper))

    def _ends(self, noisy):
        """Return the lowest and highest value that a new run (`noisy`) or the law's mean can have.

        A logistic law has its own ends, coverage 0 and 1. The noise of a share crosses the ends of
        the law and not 0 or 1; a target is a share where all runs and the ends of the law are.
        """
        target, name = self.data[self.law.target], self.law.name
        lower, upper = -math.inf, math.inf
        if name == "logistic":
            lower, upper = (self.law.formula.keywords[end] for end in ("lower", "upper"))
        elif name == "coverage":
            lower, upper = 0.0, 1.0
        fitted = [self.params[end] for end in ENDS.get(name, ())] or [lower, upper]
        inside = 0.0 <= min(*fitted, target.min()) and max(*fitted, target.max()) <= 1.0
        if self.law.target in SHARES and inside:
            return (0.0, 1.0) if noisy or name not in ("logistic", "coverage") else (lower, upper)
        return (-math.inf, math.inf) if noisy else (lower, upper)

    def _far_beyond(self, inputs):
        """Return a note on inputs, arrays by name, far beyond the largest run, in a list."""
        runs = {name: self.data[name] for name in self.law.columns}
        for columns in (runs, inputs := dict(inputs)):
            if {"N", "D"} <= columns.keys():
                columns["C"] = FLOP_PER_PARAMETER_TOKEN * columns["N"] * columns["D"]
        times = {
            name: float(np.max(inputs[name]) / runs[name].max())
            for name in ("N", "D", "C", "x")
            if name in runs and name in inputs
        }
        name, ratio = max(times.items(), key=lambda item: item[1], default=("", 0.0))
        shorter = " (--hold-out the largest tests a shorter step)"
        return [note + shorter for note in beyond(ratio, name, "the law still holds")]

    def score(self, held_out, columns=None, level=LEVEL):
        """Return the `Score` of the fit on other runs, given as for `fit`."""
        inputs, observed, _ = prepare(self.law, held_out, columns)
        predicted = self.predict(inputs, level)
        error = residual = predicted.value - observed
        if self.law.link == "log":
            error = predicted.value / observed - 1.0
            residual = np.log(predicted.value / observed)
        inside = (predicted.low <= observed) & (observed <= predicted.high)
        return Score(
            observed.size,
            float(np.abs(error).mean()),
            float(np.abs(error).max()),
            float(error.mean()),
            float(np.sqrt(np.mean(residual**2))),
            float(inside.mean()),
            level,
        )

    def prediction_table(self, data, columns=None, level=LEVEL, drop_invalid=False):
        """Return the predictions for runs as a DataFrame: inputs, target with interval, observed.

        What was observed is a column where the data have it. ``attrs["notes"]`` of the table says
        what was derived, and how many rows were dropped, as `drop_invalid` of `fit` has it.
        """
        import pandas as pd

        inputs, _, said, rows = valid(self.law, data, columns, drop_invalid, target=False)
        target, predicted = self.law.target, self.predict(inputs, level)
        table = pd.DataFrame({**inputs, target: predicted.value})
        table["low"], table["high"] = predicted.low, predicted.high
        if target in offered(data, columns):
            table["observed"] = take(data, [target], columns, faults={})[0][target][rows]
        table.attrs["notes"] = said + self._far_beyond(inputs)
        return table

    def optimum_table(self, C, level=LEVEL):
        """Return the compute optimum at budgets `C` as a DataFrame; None for no budgets.

        With a bootstrap, N has an interval: of the optima of the replicates that have one.
        """
        import pandas as pd

        C = np.atleast_1d(np.asarray(C, float))
        if not C.size:
            return None
        best = self.optimum(C)
        table = pd.DataFrame({"C": best.C, "N": best.N, "D": best.D})
        table["D/N"], table[self.law.target] = best.tokens_per_parameter, best.loss
        table.attrs["notes"] = self._far_beyond({"N": best.N, "D": best.D})
        if open_names := self._undetermined(self.unidentified()):
            table.attrs["notes"].append(
                f"it rests on {' and '.join(open_names)}, which these runs do not determine"
            )
        if self.refits is not None:
            with np.errstate(all="ignore"):
                constants = [np.asarray(x)[:, None] for x in self.law.bottlenecks(self.draws)]
                N, _ = optimal_allocation(best.C, *constants)
            N = N[np.all(np.concatenate(constants, axis=1) > 0, axis=1) & np.isfinite(N).all(1)]
            if len(N) >= FEWEST_REPLICATES:
                shares = [(1 - level) / 2, (1 + level) / 2]
                table["N low"], table["N high"] = np.quantile(N, shares, axis=0)
        return table

    @property
    def held_out(self):
        """The `Score` on the runs held out, or None."""
        return self._held_score()

    def _held_score(self, level=LEVEL):
        return None if self.held is None else self.score(self.held, level=level)

    def loss(self, *columns):
        """Return the predicted target of the law's columns in their order (N, D, ...)."""
        names = self.law.columns
        if len(columns) != len(names):
            raise ValueError(f"columns must be {', '.join(names)}, not {len(columns)} values")
        return self.law.predict(self.params, dict(zip(names, columns, strict=True)))

    def bottlenecks(self):
        """Return A, B, alpha, beta of the additive law with the same compute optimum."""
        constants = self.law.bottlenecks(self.params)
        if constants is None:
            way = ": look for the least of predict({'N': N, 'D': C / (6 * N)}) over N, in Python"
            raise ValueError(
                f"The {self.law.title} has no closed-form compute optimum"
                + way * ({"N", "D"} <= {*self.law.columns})
            )
        for name, value in zip(("A", "B", "alpha", "beta"), constants, strict=True):
            if not 0 < value < math.inf:
                raise ValueError(
                    f"The {self.law.title} fitted here has no compute optimum: {name} must be "
                    f"positive and finite, not {value:g}"
                )
        return constants

    def a_interval(self, level=LEVEL):
        """Return the `Interval` of the exponent a of N*, the first of `exponents()`; b is 1 - a.

        Percentiles of the bootstrap if there is one. Else by the delta method, for log(a / b), with
        the asymptotic covariance of the parameters and Student's t. In simulations (120 grids of
        runs with normal noise of 0.4 %) 90 % intervals held the truth in 94 % of grids of 25 runs
        and 93 % of 64, with ``delta=inf`` in 87 % of 25; those of 300 replicates in 97, 93, 85 %.
        """
        checks.level(level)
        self.bottlenecks()  # raises where there is none

        def log_ratio(theta):
            params = self.law.complete(self.problem.params(theta))
            _, _, alpha, beta = self.law.bottlenecks(params)
            return math.log(beta / alpha)

        if self.refits is not None:
            with np.errstate(all="ignore"):
                _, _, alpha, beta = (np.asarray(x) for x in self.law.bottlenecks(self.draws))
                a = beta / (alpha + beta)
            a = a[(alpha > 0) & (beta > 0) & np.isfinite(a)]  # the draws that have an optimum
            if len(a) < FEWEST_REPLICATES:
                return Interval(0.0, 1.0)
            return Interval(*map(float, np.quantile(a, [(1 - level) / 2, (1 + level) / 2])))
        try:
            steps = SLOPE_STEP * np.eye(len(self.theta))
            slope = [log_ratio(self.theta + d) - log_ratio(self.theta - d) for d in steps]
        except ValueError:  # an exponent so near 0 that a step takes it there
            return Interval(0.0, 1.0)
        slope = np.array(slope) / (2.0 * SLOPE_STEP)
        half = uncertainty.student(level, self.problem.dof)
        half *= math.sqrt(max(float(slope @ self._covariance_inside @ slope), 0.0))
        middle = log_ratio(self.theta)
        return Interval(*(0.5 + 0.5 * math.tanh((middle + d) / 2.0) for d in (-half, half)))

    # Presentation -------------------------------------------------------------------------------

    @property
    def units(self):
        """Units of the parameters by name; an empty string for a pure number."""
        target = self.unit if self.law.target == "loss" else self.law.target
        return {p.name: p.unit.replace("target", target) for p in self.law.parameters}

    def table(self, level=LEVEL):
        """Return the table of parameters as rows of text, the header first."""
        rows = [("parameter", "estimate", "std. error", f"{100 * level:g} % from", "to", "unit")]
        errors, ends, units = self.stderr, self.intervals(level), self.units
        for parameter in self.law.parameters:
            name = parameter.name
            cells = [number(errors[name]), *_ends(parameter, *ends[name])]
            if name in self.law.fixed:
                cells = ["fixed", "", ""]
            elif name in self.law.tied:
                cells[0] = f"= {self.law.tied[name]}"
            estimate = number(self.params[name])
            if name in self.at_bound:
                estimate, cells[:2] = f"{estimate} (at its bound)", ("", "0")
            elif name in self._at_given_bound:
                estimate, cells[0] = f"{estimate} (at its bound)", ""
            rows.append((name, estimate, *cells, units[name]))
        return rows

    def _facts(self, level=LEVEL):
        """Return what a reader must know below the table."""
        aicc = "no AICc of so few" if math.isnan(self.aicc) else f"AICc {self.aicc:.2f}"
        lines = [
            f"rms residual {_residual(self, self.rms)}, objective {self.objective:.6g} (sum of "
            f"Huber losses, delta {self.delta:g}), {aicc}, BIC {self.bic:.2f}, condition "
            f"{self.condition:.1e}"
        ]
        if self.other_minima:
            first = self.other_minima[0]
            values = [f"{name} {number(value)}" for name, value in first["params"].items()]
            lines.append(
                f"next minimum at {first['ratio']:.4g} times the objective: {', '.join(values)}"
            )
        else:
            lines.append("no other minimum was found")
        if (score := self._held_score(level)) is not None:
            lines.append(
                f"held-out runs: {score.n}, mean error {_error(self, score.mean_error)}, worst "
                f"{_error(self, score.worst_error)}, {round(score.inside * score.n)} inside the "
                f"{100 * score.level:g} % interval"
            )
        return lines + [f"note: {warning}" for warning in self.warnings]

    def summary(self, level=LEVEL):
        """Return the fit as a plain-text table with what a reader must know below it."""
        table = self.table(level)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = []
        for name, *cells, unit in table:
            cells = [cell.rjust(width) for cell, width in zip(cells, widths[1:-1], strict=True)]
            lines.append("  ".join([name.ljust(widths[0]), *cells, unit]).rstrip())
        ways = f"{self._method} intervals"
        if self.refits is not None:
            ways += f", {self.refits.replicates} replicates, seed {self.refits.seed}"
        if self.clusters:
            ways += f", {self.clusters} clusters"
        title = [f"{self.law.title}: {self.law.equation}", f"{self.n} runs, {ways}"]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        body = [rule, lines[0], rule, *lines[1:], rule]
        return "\n".join([*title, *body, *self._facts(level)])

    def _repr_html_(self):
        header, *rows = self.table()
        caption = f"{self.law.title}, {self.n} runs, {self._method} intervals"
        head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header)
        body = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in rows
        )
        notes = "".join(f"<li>{html.escape(line)}</li>" for line in self._facts())
        return (
            f'<table class="fit"><caption>{html.escape(caption)}<br><code>'
            f"{html.escape(self.law.equation)}</code></caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><ul>{notes}</ul>"
        )

    def __repr__(self):
        values = ", ".join(f"{name} = {value:.4g}" for name, value in self.params.items())
        return f"<fit of {self.law.name} to {self.n} runs: {values}>"

    def to_dict(self, level=LEVEL):
        """Return what `python -m scaling_lib fit --json` prints: numbers, lists and None only.

        What is unbounded is None: an end of an interval, or a parameter that ran off.
        """

        def finite(x):
            return x if math.isfinite(x) else None

        def all_finite(params):
            return {name: finite(value) for name, value in params.items()}

        ends, score = self.intervals(level), self._held_score(level)
        return {
            "law": self.law.name,
            "equation": self.law.equation,
            "n": self.n,
            "delta": finite(self.delta),
            "params": all_finite(self.params),
            "at_bound": self.at_bound,
            "units": self.units,
            "stderr": all_finite(self.stderr),
            "intervals": {name: [finite(x) for x in interval] for name, interval in ends.items()},
            "level": level,
            "interval_method": self._method,
            "bootstrap": 0 if self.refits is None else self.refits.replicates,
            "rms": self.rms,
            "objective": self.objective,
            "aicc": finite(self.aicc),
            "bic": self.bic,
            "condition": finite(self.condition),
            "other_minima": [
                {
                    "objective": minimum["objective"],
                    "ratio": finite(minimum["ratio"]),
                    "params": all_finite(minimum["params"]),
                }
                for minimum in self.other_minima
            ],
            "held_out": score and score._asdict(),
            "clusters": self.clusters,
            "warnings": self.warnings,
        }

    def plot(self, level=LEVEL):
        """Draw the fit and its errors; return the matplotlib figure.

        On the left a law of one input is drawn as a curve with its prediction interval, a law of
        several as predicted against observed. Runs that were held out are squares.
        """
        import matplotlib as mpl
        import matplotlib.figure
        import matplotlib.ticker as ticker

        from scaling_lib.page import style

        style.add_typeface()
        one, log = len(self.law.columns) == 1, self.law.link == "log"
        parts = [("runs", self.data, {"marker": "o", "color": style.MEASURED})]
        if self.held is not None:
            parts.append(("held out", self.held, {"marker": "s", "color": style.NEW}))
        unit = "nats per token" if self.unit == "nats" else self.unit
        target = f"loss ({unit})" if self.law.target == "loss" else self.law.target
        line = {"color": style.LAW, "ls": "-"}
        with mpl.rc_context(style.STYLE):
            figure = mpl.figure.Figure(figsize=(8.4, 3.6), layout="constrained")
            left, right = figure.subplots(1, 2)
            right.axhline(0.0, **line)
            ends = []
            for label, data, look in parts:
                observed = data[self.law.target]
                predicted = self.predict({name: data[name] for name in self.law.columns})
                x, x_label = self._abscissa(data, observed, f"observed {target}")
                error = 100.0 * (predicted / observed - 1.0) if log else predicted - observed
                points = look | {"ls": "", "ms": 4, "mfc": "none", "label": label}
                left.plot(*((x, observed) if one else (observed, predicted)), **points)
                right.plot(x, error, **points)
                ends += [x.min(), x.max()] if one else [*observed, *predicted]
            ends = min(ends), max(ends)
            if one:
                grid = np.geomspace(*ends, 200)
                curve = self.predict({self.law.columns[0]: grid}, level)
                band = {"color": style.LAW, "alpha": 0.2, "lw": 0}
                band["label"] = f"{100 * level:g} % of new runs"
                left.plot(grid, curve.value, label="law", zorder=3, **line)
                left.fill_between(grid, curve.low, curve.high, **band)
                left.set(xscale="log", xlabel=x_label, ylabel=target)
                left.set_title("The law and its runs")
            else:
                left.plot(ends, ends, label="as predicted", zorder=1, **line)
                left.set(xlabel=f"observed {target}", ylabel=f"predicted {target}")
                left.set_title("Predicted against observed")
            if log:
                left.set(yscale="log", **({} if one else {"xscale": "log"}))
            left.legend()
            right.set(xscale="log", xlabel=x_label, title="What the law misses")
            right.set_ylabel("predicted above observed" + (" (%)" if log else ""))
            for axis in (right.xaxis, left.xaxis) if one else (right.xaxis,):
                low, high = axis.get_view_interval()
                axis.set_major_locator(
                    ticker.LogLocator(subs=(1, 2, 5) if high < 50 * low else (1,))
                )
                axis.set_major_formatter(ticker.FuncFormatter(_power_of_ten))
            for axis in (left.xaxis, left.yaxis, right.xaxis, right.yaxis):
                axis.set_minor_formatter(ticker.NullFormatter())
            if log:  # losses span less than a decade: plain decimals
                for axis in (left.yaxis,) if one else (left.yaxis, left.xaxis):
                    axis.set_major_locator(ticker.MaxNLocator(6))
                    axis.set_major_formatter(ticker.FormatStrFormatter("%g"))
                    axis.set_minor_locator(ticker.NullLocator())
        return figure

    def _abscissa(self, data, observed, otherwise):
        """Return what the errors are drawn against, and its label."""
        if len(self.law.columns) == 1:
            name = self.law.columns[0]
            return data[name], LABELS.get(name, name)
        if {"N", "D"} <= data.keys():
            return FLOP_PER_PARAMETER_TOKEN * data["N"] * data["D"], LABELS["C"]
        return observed, otherwise


def beyond(ratio, name, what):
    """Return a note on a step of so many times the largest `name` of the runs, in a list."""
    if ratio <= BEYOND:
        return []
    return [
        f"this goes to {number(ratio, 2)} times the largest {name} of the runs, where none shows "
        f"that {what}"
    ]


def _power_of_ten(value, _=None):
    """Return a tick's label as text: mathematics would be drawn in the reader's own style.

    >>> _power_of_ten(50), _power_of_ten(1e8), _power_of_ten(5e-3)
    ('50', '10⁸', '5×10⁻³')
    """
    if 0.01 <= value < 1000:
        return f"{value:g}"
    first, power = f"{value:.0e}".split("e")
    ten = "10" + str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return ten if first == "1" else f"{first}×{ten}"


LABELS = {
    "C": "training compute C (FLOP)",
    "N": "parameters N",
    "D": "training tokens D",
    "k": "number of samples k",
}


def number(value, digits=5):
    """Return a number with so many significant digits, "unbounded" for an infinite one.

    >>> number(406.4), number(2.085e13), number(float("inf"))
    ('406.4', '2.085e+13', 'unbounded')
    """
    return "unbounded" if math.isinf(value) else f"{value:.{digits}g}"


def _residual(result, value):
    """Return a residual as text: in per cent of a loss, in points of a share between 0 and 1."""
    if result.law.link == "log":
        return f"{100 * value:.3g} %"
    return f"{100 * value:.3g} points" if result.law.target in SHARES else f"{value:.3g}"


def _error(result, value):
    return f"{100 * value:.3g} %" if result.law.link == "log" else f"{value:.4g}"


def _ends(parameter, low, high):
    """Return the ends of an interval as text; an end without a bound says so."""
    return "unbounded" if parameter.lower == 0 == low else number(low), number(high)
