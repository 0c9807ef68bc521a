"""Laws of fresh data: power laws in one input, and the joint laws of Kaplan and of Chinchilla."""

# ruff: noqa: D102 (the methods override those of Law and inherit their documentation)
from __future__ import annotations

import numpy as np

from scaling_lib.laws import formulas, kernels, starting_points
from scaling_lib.laws.base import Law, Parameter

IRREDUCIBLE = Parameter("E", "target", "irreducible part")


def constant(x):
    """Return the term of an offset."""
    return kernels.Constant(x.size)


def falling(x):
    """Return the term of a power law that falls in x, a centred log."""
    return kernels.Linear(np.stack([np.ones_like(x), -x], axis=-1))


class PowerLaw(Law):
    """Power law with offset in one input."""

    name, title, key = "power", "power law with offset", "henighan2020scaling"
    equation = "loss = E + A / x^alpha"
    columns = ("x",)
    parameters = (
        IRREDUCIBLE,
        Parameter("A", "target x^alpha", "scale of the part that falls"),
        Parameter("alpha", "", "exponent", positive=False),
    )
    _value = staticmethod(formulas.power_law)

    def terms(self, x):
        return [constant(x["x"]), falling(x["x"])]

    def forms(self, centre):
        return {
            "E": ({0: 1.0}, centre["y"]),
            "A": ({1: 1.0, 2: centre["x"]}, centre["y"]),
            "alpha": ({2: 1.0}, 0.0),
        }

    def starts(self, x, y):
        alpha = np.geomspace(0.03, 3.0, 24)
        basis = [np.zeros((1, y.size)), -alpha[:, None] * x["x"]]
        e, a = starting_points.log_coefficients(basis, y).T
        return np.stack([e, a, alpha], axis=-1)


class PurePowerLaw(Law):
    """Kaplan et al.'s law in one input, without an offset."""

    key = "kaplan2020scaling"
    _value = staticmethod(formulas.pure_power_law)

    def __init__(self, column, unit, what):
        self.name, self.columns = f"kaplan_{column}", (column,)
        self.title = f"law of Kaplan et al. in {what}"
        self.equation = f"loss = (x_c / {column})^alpha"
        self.parameters = (
            Parameter("x_c", unit, f"{what} at which the loss would be 1"),
            Parameter("alpha", "", "exponent", positive=False),
        )

    def terms(self, x):
        return [falling(x[self.columns[0]])]

    def forms(self, centre):
        return {"x_c": ({0: 1.0}, 0.0), "alpha": ({1: 1.0}, 0.0)}

    def ratios(self, centre):
        return {"x_c": (0, 1, centre["y"], centre[self.columns[0]])}

    def starts(self, x, y):
        intercept, slope = starting_points.line(x[self.columns[0]], y)
        return np.array([[intercept, -slope]])


class KaplanJoint(Law):
    """Kaplan et al.'s joint law of parameters and tokens."""

    name, title, key = "kaplan_joint", "joint law of Kaplan et al.", "kaplan2020scaling"
    equation = "loss = [(N_c / N)^(alpha_N / alpha_D) + D_c / D]^alpha_D"
    columns = ("N", "D")
    centred_target = False
    parameters = (
        Parameter("N_c", "parameters", "scale of the parameters"),
        Parameter("D_c", "tokens", "scale of the tokens"),
        Parameter("alpha_N", "", "exponent of parameters", positive=False),
        Parameter("alpha_D", "", "exponent of tokens"),
    )
    _value = staticmethod(formulas.kaplan_joint)

    def terms(self, x):
        return [kernels.KaplanJoint(x["N"], x["D"])]

    def forms(self, centre):
        return {
            "N_c": ({0: 1.0}, 0.0),
            "D_c": ({2: 1.0}, centre["D"]),
            "alpha_N": ({1: 1.0}, 0.0),
            "alpha_D": ({3: 1.0}, 0.0),
        }

    def ratios(self, centre):
        return {"N_c": (0, 1, centre["y"], centre["N"])}

    def starts(self, x, y):
        # With alpha_D given, L^(1 / alpha_D) is a sum of a power of N and of 1 / D.
        exponents = starting_points.grid(np.geomspace(0.02, 1.5, 10), np.geomspace(0.02, 1.5, 10))
        alpha_N, alpha_D = exponents.T
        out = []
        for n, d in zip(alpha_N, alpha_D, strict=True):
            basis = [(-n / d * x["N"])[None], -x["D"][None]]
            a, b = starting_points.log_coefficients(basis, y / d)[0]
            out.append([a * d, n, b, np.log(d)])
        return np.array(out)


class Chinchilla(Law):
    """Hoffmann et al.'s additive law."""

    name, title, key = "chinchilla", "Chinchilla law", "hoffmann2022training"
    equation = "loss = E + A / N^alpha + B / D^beta"
    columns = ("N", "D")
    parameters = (
        IRREDUCIBLE,
        Parameter("A", "target N^alpha", "scale of the parameters' term"),
        Parameter("B", "target D^beta", "scale of the tokens' term"),
        Parameter("alpha", "", "exponent of parameters", positive=False),
        Parameter("beta", "", "exponent of tokens", positive=False),
    )
    _value = staticmethod(formulas.chinchilla)

    def terms(self, x):
        return [constant(x["N"]), falling(x["N"]), falling(x["D"])]

    def forms(self, centre):
        return {
            "E": ({0: 1.0}, centre["y"]),
            "A": ({1: 1.0, 2: centre["N"]}, centre["y"]),
            "B": ({3: 1.0, 4: centre["D"]}, centre["y"]),
            "alpha": ({2: 1.0}, 0.0),
            "beta": ({4: 1.0}, 0.0),
        }

    def starts(self, x, y):
        return additive_starts(x["N"], x["D"], y, starting_points.EXPONENTS)

    def optimum_parameters(self, params):
        return {name: params[name] for name in ("A", "B", "alpha", "beta")}


def additive_starts(x_N, x_D, y, exponents):
    """Return starts (S, 5) of E + A / N^alpha + B / D^beta for all pairs of `exponents`."""
    alpha, beta = starting_points.grid(exponents, exponents).T
    basis = [np.zeros((1, y.size)), -alpha[:, None] * x_N, -beta[:, None] * x_D]
    e, a, b = starting_points.log_coefficients(basis, y).T
    return np.stack([e, a, alpha, b, beta], axis=-1)


class GeneralisedChinchilla(Chinchilla):
    """The additive law with its two bottlenecks joined by a p-norm."""

    name, title, key = "generalised", "generalised Chinchilla law", ""
    equation = "loss = E + ((A / N^alpha)^s + (B / D^beta)^s)^(1/s)"
    parameters = (*Chinchilla.parameters, Parameter("s", "", "sharpness of the joint"))
    _value = staticmethod(formulas.generalised_chinchilla)

    def terms(self, x):
        return [constant(x["N"]), kernels.SoftMaximum(x["N"], x["D"])]

    def forms(self, centre):
        return {**super().forms(centre), "s": ({5: 1.0}, 0.0)}

    def starts(self, x, y):
        base = additive_starts(x["N"], x["D"], y, np.geomspace(0.05, 2.0, 6))
        s = np.log([0.5, 1.0, 2.0, 5.0])
        return np.concatenate([np.repeat(base, s.size, axis=0), np.tile(s, len(base))[:, None]], 1)

    def optimum_parameters(self, params):
        # The optimum of the joint term solves alpha (A/N^alpha)^s = beta (B/D^beta)^s, which is the
        # additive law's condition with A^s, B^s, s alpha, s beta.
        s = params["s"]
        return {
            "A": params["A"] ** s,
            "B": params["B"] ** s,
            "alpha": s * params["alpha"],
            "beta": s * params["beta"],
        }
