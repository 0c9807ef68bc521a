"""Laws of one input that bend: broken power laws, coverage of samples, logistic scores."""

# ruff: noqa: D102 (the methods override those of Law and inherit their documentation)
from __future__ import annotations

import numpy as np

from scaling_lib.laws import formulas, kernels, starting_points
from scaling_lib.laws.additive import constant
from scaling_lib.laws.base import Law, Parameter, rows_text


class BrokenLaw(Law):
    """Broken neural scaling law of a given number of breaks."""

    key = "caballero2023broken"
    columns = ("x",)
    rugged = True

    def __init__(self, breaks=1):
        if breaks not in (0, 1, 2, 3):
            raise ValueError(f"A broken law has 0 to 3 breaks here, not {breaks!r}.")
        self.breaks = breaks
        self.name = f"bnsl{breaks}"
        self.title = f"broken neural scaling law, {breaks} break" + "s" * (breaks != 1)
        product = f" prod_(i=1..{breaks}) (1 + (x / d_i)^(1/f_i))^(-c_i f_i)" if breaks else ""
        self.equation = f"loss = a + b x^(-c0){product}"
        self.parameters = (
            Parameter("a", "target", "limit"),
            Parameter("b", "target x^c0", "scale"),
            Parameter("c0", "", "first exponent", positive=False),
        )
        for i in range(1, breaks + 1):
            self.parameters += (
                Parameter(f"c{i}", "", f"change of exponent at break {i}", positive=False),
                Parameter(f"d{i}", "x", f"place of break {i}"),
                Parameter(f"f{i}", "", f"width of break {i}"),
            )

    def _value(self, x, a, b, c0, **rest):
        breaks = [[rest[f"{name}{i}"] for name in "cdf"] for i in range(1, self.breaks + 1)]
        return formulas.bnsl(x, a, b, c0, breaks)

    def terms(self, x):
        return [constant(x["x"]), kernels.Broken(x["x"], self.breaks)]

    def forms(self, centre):
        forms = {
            "a": ({0: 1.0}, centre["y"]),
            "b": ({1: 1.0, 2: centre["x"]}, centre["y"]),
            "c0": ({2: 1.0}, 0.0),
        }
        for i in range(1, self.breaks + 1):
            forms[f"c{i}"] = ({3 * i: 1.0}, 0.0)
            forms[f"d{i}"] = ({3 * i + 1: 1.0}, centre["x"])
            forms[f"f{i}"] = ({3 * i + 2: 1.0}, 0.0)
        return forms

    def starts(self, x, y):
        return starting_points.broken(x["x"], y, self.breaks)

    def follow(self, n):
        """Follow many starts: every break adds minima."""
        return (4, 64, 96, 128)[self.breaks]


class Coverage(Law):
    """Coverage of repeated sampling: the share of problems that k samples solve at least once."""

    name, title, key = "coverage", "law of coverage", "brown2024large"
    equation = "coverage = exp(-a k^b)"
    columns, target, link = ("k",), "coverage", "identity"
    parameters = (
        Parameter("a", "", "minus the log of the coverage of one sample"),
        Parameter("b", "", "exponent; negative when samples help", positive=False),
    )
    _value = staticmethod(formulas.coverage)

    def check_target(self, target):
        outside = np.flatnonzero((target < 0) | (target > 1))
        if outside.size:
            raise ValueError(f"Column coverage must lie between 0 and 1: see {rows_text(outside)}.")

    def terms(self, x):
        def phi(u):
            q = np.exp(u)
            c = np.exp(-q)
            return c, -q * c, (q - 1.0) * q * c

        return [kernels.Curve(np.stack([np.ones_like(x["k"]), x["k"]], axis=-1), phi)]

    def forms(self, centre):
        return {"a": ({0: 1.0, 1: -centre["k"]}, 0.0), "b": ({1: 1.0}, 0.0)}

    def starts(self, x, y):
        inner = np.clip(y, 1e-3, 1.0 - 1e-3)
        intercept, slope = starting_points.line(x["k"], np.log(-np.log(inner)))
        return starting_points.grid([intercept], slope * np.array([0.3, 0.7, 1.0, 1.5, 3.0]))


class Logistic(Law):
    """Score that is logistic in the logarithm of compute, between fixed bounds."""

    name, title, key = "logistic", "logistic law in log compute", ""
    columns, target, link = ("C",), "score", "identity"
    parameters = (
        Parameter("midpoint", "log10 FLOP", "where the score is half way", positive=False),
        Parameter("slope", "per decade", "change of the logit per factor 10", positive=False),
    )

    def __init__(self, lower=0.0, upper=1.0):
        if not lower < upper:
            raise ValueError(f"lower must be below upper, got {lower!r} and {upper!r}.")
        self.lower, self.upper = float(lower), float(upper)
        self.equation = (
            f"score = {lower:g} + {upper - lower:g} / (1 + exp(-slope (log10 C - midpoint)))"
        )

    def _value(self, C, midpoint, slope):
        return formulas.logistic(C, midpoint, slope, self.lower, self.upper)

    def transform(self, columns):
        return {"C": np.log10(columns["C"])}

    def terms(self, x):
        def phi(u):
            half = np.tanh(0.5 * u)
            slope = 0.25 * (1.0 - half**2)
            height = self.upper - self.lower
            return (
                self.lower + height * 0.5 * (1.0 + half),
                height * slope,
                -height * slope * half,
            )

        return [kernels.Curve(np.stack([-np.ones_like(x["C"]), x["C"]], axis=-1), phi)]

    def forms(self, centre):
        return {"midpoint": ({0: 1.0}, 0.0), "slope": ({1: 1.0}, 0.0)}

    def ratios(self, centre):
        return {"midpoint": (0, 1, 0.0, centre["C"])}

    def starts(self, x, y):
        places = np.linspace(x["C"].min() - 1.0, x["C"].max() + 1.0, 9)
        slopes = np.array([-2.0, -0.5, 0.3, 1.0, 3.0, 8.0])
        midpoint, slope = starting_points.grid(places, slopes).T
        return np.stack([midpoint * slope, slope], axis=-1)
