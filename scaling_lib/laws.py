"""The scaling laws of the book as objects: name, equation, parameters, columns, how to fit them.

`LAWS` holds every law by name and `law(name)` looks one up. The values come from `formulas`, the
derivatives from `kernels`; the published constants (`HOFFMANN_2022`, ...) are re-exported here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_lib import formulas, kernels, starting_points
from scaling_lib.published import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_APPROACH_1,
    HOFFMANN_2022_APPROACH_2,
    HOFFMANN_2022_APPROACH_3,
    KAPLAN_2020_ALLOCATION,
    KAPLAN_2020_C,
    KAPLAN_2020_D,
    KAPLAN_2020_JOINT,
    KAPLAN_2020_N,
    MUENNIGHOFF_2023,
    PF_DAY,
    PUBLISHED,
    Allocation,
    ChinchillaOptimum,
)

__all__ = [
    "BESIROGLU_2024",
    "HOFFMANN_2022",
    "HOFFMANN_2022_APPROACH_1",
    "HOFFMANN_2022_APPROACH_2",
    "HOFFMANN_2022_APPROACH_3",
    "KAPLAN_2020_ALLOCATION",
    "KAPLAN_2020_C",
    "KAPLAN_2020_D",
    "KAPLAN_2020_JOINT",
    "KAPLAN_2020_N",
    "LAWS",
    "MUENNIGHOFF_2023",
    "PF_DAY",
    "PUBLISHED",
    "Allocation",
    "ChinchillaOptimum",
    "Law",
    "Parameter",
    "bnsl",
    "law",
]


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


_E = Parameter("E", "target", "irreducible part")


def _constant(x):
    return kernels.Constant(x.size)


def _falling(x):
    return kernels.Linear(np.stack([np.ones_like(x), -x], axis=-1))


class PowerLaw(Law):
    """Power law with offset in one input."""

    name, title, key = "power", "power law with offset", "henighan2020scaling"
    equation = "loss = E + A / x^alpha"
    columns = ("x",)
    parameters = (
        _E,
        Parameter("A", "target x^alpha", "scale of the part that falls"),
        Parameter("alpha", "", "exponent", positive=False),
    )
    _value = staticmethod(formulas.power_law)

    def terms(self, x):
        return [_constant(x["x"]), _falling(x["x"])]

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
        return [_falling(x[self.columns[0]])]

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
        _E,
        Parameter("A", "target N^alpha", "scale of the parameters' term"),
        Parameter("B", "target D^beta", "scale of the tokens' term"),
        Parameter("alpha", "", "exponent of parameters", positive=False),
        Parameter("beta", "", "exponent of tokens", positive=False),
    )
    _value = staticmethod(formulas.chinchilla)

    def terms(self, x):
        return [_constant(x["N"]), _falling(x["N"]), _falling(x["D"])]

    def forms(self, centre):
        return {
            "E": ({0: 1.0}, centre["y"]),
            "A": ({1: 1.0, 2: centre["N"]}, centre["y"]),
            "B": ({3: 1.0, 4: centre["D"]}, centre["y"]),
            "alpha": ({2: 1.0}, 0.0),
            "beta": ({4: 1.0}, 0.0),
        }

    def starts(self, x, y):
        return _additive_starts(x["N"], x["D"], y, starting_points.EXPONENTS)

    def optimum_parameters(self, params):
        return {name: params[name] for name in ("A", "B", "alpha", "beta")}


def _additive_starts(x_N, x_D, y, exponents):
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
        return [_constant(x["N"]), kernels.SoftMaximum(x["N"], x["D"])]

    def forms(self, centre):
        return {**super().forms(centre), "s": ({5: 1.0}, 0.0)}

    def starts(self, x, y):
        base = _additive_starts(x["N"], x["D"], y, np.geomspace(0.05, 2.0, 6))
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


class RepeatedData(Chinchilla):
    """The additive law in effective data, when tokens are repeated."""

    name, title = "repeated", "law of repeated data"
    key = "muennighoff2023scaling"
    equation = "loss = E + A / N^alpha + B / D'^beta, D' = U + U R_D (1 - exp(-(D/U - 1) / R_D))"
    columns = ("N", "D", "U")
    parameters = (
        *Chinchilla.parameters,
        Parameter("R_D", "repetitions", "repetitions after which a token is worn out"),
    )
    _value = staticmethod(formulas.repeated_data)

    def check(self, columns):
        too_many = np.flatnonzero(columns["U"] > columns["D"] * (1 + 1e-9))
        if too_many.size:
            raise ValueError(
                f"Column U (unique tokens) exceeds D (all tokens) in {rows_text(too_many)}: "
                "U must be at most D."
            )

    @property
    def varying(self):
        return ("N", "D")

    def transform(self, columns):
        repetitions = np.maximum(columns["D"] / columns["U"] - 1.0, 0.0)
        return {
            "N": np.log(columns["N"]),
            "D": np.log(columns["U"]),
            "repetitions": repetitions,
        }

    def terms(self, x):
        return [_constant(x["N"]), _falling(x["N"]), kernels.Repeated(x["D"], x["repetitions"])]

    def forms(self, centre):
        return {**super().forms(centre), "R_D": ({5: 1.0}, 0.0)}

    def starts(self, x, y):
        return np.concatenate(
            [
                np.insert(_additive_starts(x["N"], x["D"] + gain, y, _COARSE), 5, log_r, axis=1)
                for log_r, gain in _gains(x["D"], x["repetitions"])
            ]
        )

    def optimum_parameters(self, params):
        return None


_COARSE = np.geomspace(0.08, 1.6, 5)


def _gains(x, repetitions):
    """Yield log R* on a grid with the log of the effective over the unique amount."""
    for log_r in np.log([0.7, 3.0, 12.0, 50.0]):
        yield log_r, kernels.Repeated(x, repetitions).log_gain(np.array([log_r]))[0][0]


class DataConstrained(RepeatedData):
    """Muennighoff et al.'s full law: repeated tokens and surplus parameters both saturate.

    Parameters
    ----------
    base : object with `params`
        Constants (A, B, alpha, beta) of an additive law, which say how many parameters the unique
        tokens warrant. They are held fixed, as the source does by fitting in two stages.
    """

    name, title = "data_constrained", "data-constrained law"
    equation = (
        "loss = E + A / N'^alpha + B / D'^beta, D' = U + U R_D (1 - exp(-(D/U - 1) / R_D)), "
        "N' likewise with R_N beyond U_N, the optimal N for U"
    )
    parameters = (
        *RepeatedData.parameters,
        Parameter("R_N", "repetitions", "surplus at which more parameters stop helping"),
    )

    def __init__(self, base=MUENNIGHOFF_2023):
        self.base = {name: base.params[name] for name in ("A", "B", "alpha", "beta")}

    def _value(self, N, D, U, **params):
        U_N = formulas.warranted_parameters(U, **self.base)
        return formulas.data_constrained(N, D, U, U_N, **params)

    def transform(self, columns):
        U_N = formulas.warranted_parameters(columns["U"], **self.base)
        warranted = np.minimum(columns["N"], U_N)
        return {
            **super().transform(columns),
            "N": np.log(warranted),
            "surplus": columns["N"] / warranted - 1.0,
        }

    def terms(self, x):
        return [
            _constant(x["N"]),
            kernels.Repeated(x["N"], x["surplus"]),
            kernels.Repeated(x["D"], x["repetitions"]),
        ]

    def forms(self, centre):
        return {
            "E": ({0: 1.0}, centre["y"]),
            "A": ({1: 1.0, 2: centre["N"]}, centre["y"]),
            "B": ({4: 1.0, 5: centre["D"]}, centre["y"]),
            "alpha": ({2: 1.0}, 0.0),
            "beta": ({5: 1.0}, 0.0),
            "R_D": ({6: 1.0}, 0.0),
            "R_N": ({3: 1.0}, 0.0),
        }

    def starts(self, x, y):
        out = []
        for log_rd, gain_D in _gains(x["D"], x["repetitions"]):
            for log_rn, gain_N in _gains(x["N"], x["surplus"]):
                base = _additive_starts(x["N"] + gain_N, x["D"] + gain_D, y, _COARSE)
                out.append(np.insert(np.insert(base, 5, log_rd, axis=1), 3, log_rn, axis=1))
        return np.concatenate(out)


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
        return [_constant(x["x"]), kernels.Broken(x["x"], self.breaks)]

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


def bnsl(breaks=1):
    """Return the broken law of 0 to 3 breaks."""
    return BrokenLaw(breaks)


LAWS = {
    law.name: law
    for law in (
        PowerLaw(),
        PurePowerLaw("N", "parameters", "parameters"),
        PurePowerLaw("D", "tokens", "tokens"),
        PurePowerLaw("C", "FLOP", "compute"),
        KaplanJoint(),
        Chinchilla(),
        GeneralisedChinchilla(),
        RepeatedData(),
        DataConstrained(),
        BrokenLaw(0),
        BrokenLaw(1),
        BrokenLaw(2),
        BrokenLaw(3),
        Coverage(),
        Logistic(),
    )
}
"""Every law by name."""

ALIASES = {"bnsl": "bnsl1", "generalized": "generalised", "muennighoff": "data_constrained"}


def law(name):
    """Return the law of a name (or the law itself).

    Raises
    ------
    ValueError
        For a name that no law has; the message lists the names.
    """
    if isinstance(name, Law):
        return name
    try:
        return LAWS[ALIASES.get(name, name)]
    except (KeyError, TypeError):
        raise ValueError(f"There is no law {name!r}. The laws are: {', '.join(LAWS)}.") from None


def rows_text(rows, limit=5):
    """Return row numbers, counted from 1, as text: the first few of them.

    >>> rows_text([3]), rows_text(range(7))
    ('row 4', 'rows 1, 2, 3, 4, 5 and 2 more')
    """
    text = "row" + "s" * (len(rows) > 1) + " "
    text += ", ".join(str(int(row) + 1) for row in rows[:limit])
    return text + (f" and {len(rows) - limit} more" if len(rows) > limit else "")
