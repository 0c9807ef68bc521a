"""The scaling laws of the book, each declared once: equation, parameters, columns, value, terms.

`LAWS` holds them by name and `law(name)` looks one up. `plain` makes a `Law` of any function.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from operator import itemgetter

import numpy as np

from scaling_lib.laws import curves, formulas, terms
from scaling_lib.laws.published import MUENNIGHOFF_2023, ComputeOptimal


@dataclass(frozen=True)
class Parameter:
    """One parameter of a law, and the coordinate in which it is fitted.

    The coordinate has no bounds: it is the parameter itself in units of `scale`, its logarithm if
    it is positive, else a logarithm or logit of its distances from the bounds, which it never
    reaches.
    """

    name: str
    meaning: str = ""
    unit: str = ""  # empty for a pure number; "target" stands for the unit of the target
    lower: float = 0.0
    upper: float = inf
    scale: float = 1.0

    @property
    def bounded(self):
        """Whether it has a bound on a side at least."""
        return self.lower > -inf or self.upper < inf

    def value(self, eta):
        """Return the parameter for its coordinate."""
        eta = np.asarray(eta, float)
        with np.errstate(over="ignore"):
            if self.lower == -inf:
                return self.upper - np.exp(-eta) if self.upper < inf else self.scale * eta
            if self.upper < inf:
                return self.lower + (self.upper - self.lower) / (1.0 + np.exp(-eta))
            return self.lower + np.exp(eta) if self.lower else np.exp(eta)

    def slope(self, eta):
        """Return the derivative of `value`."""
        with np.errstate(over="ignore"):
            if not self.bounded:
                return self.scale
            if self.lower > -inf and self.upper < inf:
                return (self.upper - self.lower) / (2.0 + np.exp(eta) + np.exp(-eta))
            return np.exp(eta if self.lower > -inf else -eta)

    def coordinate(self, value):
        """Return the coordinate for a value within the bounds."""
        if not self.bounded:
            return value / self.scale
        below = np.log(value - self.lower) if self.lower > -inf else 0.0
        above = np.log(self.upper - value) if self.upper < inf else 0.0
        return below - above


def _any_value(name, meaning, unit=""):
    """Return a parameter that is not positive by nature."""
    return Parameter(name, meaning, unit, lower=-inf)


def _nothing(*_):
    """Return None: no check, no closed-form optimum."""


@dataclass(frozen=True, eq=False, repr=False)
class Law:
    """A scaling law: what it says, and the terms by which it is fitted."""

    name: str  # on the command line
    title: str  # in words
    equation: str  # as text
    columns: tuple[str, ...]  # inputs
    parameters: tuple[Parameter, ...]  # in the order in which they are printed
    formula: Callable  # the target, of the columns and, by name, the parameters
    terms: tuple  # the same as a log-sum-exp with derivatives (see `terms.Term`)
    key: str = ""  # in the bibliography
    target: str = "loss"  # column that it predicts
    link: str = "log"  # residuals are differences of its "log", or of its values: "identity"
    inputs: Callable = dict  # makes of the columns the inputs of the terms, both mappings
    check: Callable = _nothing  # of columns, target or None; ValueError outside the law's domain
    may_be_constant: tuple[str, ...] = ()  # columns that need not vary
    positive: bool = True  # whether the columns must be positive
    # Makes of the parameters the A, B, alpha, beta of the additive law of N and D with the same
    # compute optimum, or None where there is no closed form.
    bottlenecks: Callable = _nothing
    centred: bool = True  # whether the log target may be shifted: not in a law raised to a power
    follow: int = 0  # starts that the search follows; 0 where the number of runs decides
    fixed: dict = field(default_factory=dict)  # values of parameters that are not fitted
    tied: dict = field(default_factory=dict)  # names of the parameters that others are equal to

    @property
    def names(self):
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def free(self):
        """Parameters that a fit determines."""
        held = {*self.fixed, *self.tied}
        return tuple(parameter for parameter in self.parameters if parameter.name not in held)

    def complete(self, free, held=lambda value: value):
        """Return a value for every parameter: of the `free`, of those tied to them, of those held.

        `held` makes of a fixed number what stands for it in `free`: a number, an interval, ...
        """
        return {
            name: held(self.fixed[name]) if name in self.fixed else free[self.tied.get(name, name)]
            for name in self.names
        }

    def predict(self, params, columns):
        """Return the target for a mapping of all parameters and one of the columns."""
        return self.formula(*(np.asarray(columns[name], float) for name in self.columns), **params)

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


# Laws of fresh data -----------------------------------------------------------------------------

E = Parameter("E", "irreducible part", "target")
POWER = Law(
    "power",
    "power law with offset",
    "loss = E + A / x^alpha",
    ("x",),
    (
        E,
        Parameter("A", "scale of the part that falls", "target x^alpha"),
        _any_value("alpha", "exponent"),
    ),
    formulas.power_law,
    (terms.Offset("E"), terms.Power("A", "alpha", "x", np.geomspace(0.03, 3.0, 24))),
    key="henighan2020scaling",
)


def _kaplan(column, unit, what):
    return Law(
        f"kaplan_{column}",
        f"law of Kaplan et al. in {what}",
        f"loss = (x_c / {column})^alpha",
        (column,),
        (
            Parameter("x_c", f"{what} at which the loss would be 1", unit),
            _any_value("alpha", "exponent"),
        ),
        formulas.pure_power_law,
        (terms.PurePower("x_c", "alpha", column),),
        key="kaplan2020scaling",
    )


KAPLAN_JOINT = Law(
    "kaplan_joint",
    "joint law of Kaplan et al.",
    "loss = [(N_c / N)^(alpha_N / alpha_D) + D_c / D]^alpha_D",
    ("N", "D"),
    (
        Parameter("N_c", "scale of the parameters", "parameters"),
        Parameter("D_c", "scale of the tokens", "tokens"),
        _any_value("alpha_N", "exponent of parameters"),
        Parameter("alpha_D", "exponent of tokens"),
    ),
    formulas.kaplan_joint,
    (terms.KaplanSum(),),
    key="kaplan2020scaling",
    centred=False,
)
ADDITIVE = (
    E,
    Parameter("A", "scale of the parameters' term", "target N^alpha"),
    Parameter("B", "scale of the tokens' term", "target D^beta"),
    _any_value("alpha", "exponent of parameters"),
    _any_value("beta", "exponent of tokens"),
)
# With tied={"beta": "alpha"} it is the law of over-training [@gadre2024language], in the source
# E + (a M^eta + b M^-eta) C^-eta with M = D / N: alpha = 2 eta, A = a 6^-eta, B = b 6^-eta.
CHINCHILLA = Law(
    "chinchilla",
    "Chinchilla law",
    "loss = E + A / N^alpha + B / D^beta",
    ("N", "D"),
    ADDITIVE,
    formulas.chinchilla,
    (terms.Offset("E"), terms.Power("A", "alpha", "N"), terms.Power("B", "beta", "D")),
    key="hoffmann2022training",
    bottlenecks=itemgetter("A", "B", "alpha", "beta"),
)


def _sharpened(p):
    """Return the additive law with the optimum alpha (A/N^alpha)^s = beta (B/D^beta)^s."""
    return p["A"] ** p["s"], p["B"] ** p["s"], p["s"] * p["alpha"], p["s"] * p["beta"]


GENERALISED = Law(
    "generalised",
    "generalised Chinchilla law",
    "loss = E + ((A / N^alpha)^s + (B / D^beta)^s)^(1/s)",
    ("N", "D"),
    (*ADDITIVE, Parameter("s", "sharpness of the joint")),
    formulas.generalised_chinchilla,
    (terms.Offset("E"), terms.SoftMaximum()),
    bottlenecks=_sharpened,
)
GRANULAR = Law(
    "granular",
    "law of fine-grained mixtures of experts",
    "loss = E + (A + g / G^gamma) / N^alpha + B / D^beta",
    ("N", "D", "G"),
    (
        E,
        Parameter("A", "scale of the parameters' term at the finest grain", "target N^alpha"),
        Parameter("g", "scale of what coarse experts add", "target N^alpha G^gamma"),
        Parameter("B", "scale of the tokens' term", "target D^beta"),
        _any_value("alpha", "exponent of parameters"),
        _any_value("beta", "exponent of tokens"),
        _any_value("gamma", "exponent of granularity"),
    ),
    formulas.granular,
    (terms.Offset("E"), terms.Granular(), terms.Power("B", "beta", "D", terms.COARSE)),
    key="ludziejewski2024scaling",
)
PRECISION = Law(
    "precision",
    "law of training in low precision",
    "loss = E + A / N'^alpha + B / D^beta, N' = N (1 - exp(-P / gamma))",
    ("N", "D", "P"),
    (*ADDITIVE, Parameter("gamma", "bits at which a weight is worth 1 - 1/e of itself", "bits")),
    formulas.precision,
    (
        terms.Offset("E"),
        terms.Precision("A", "alpha", "gamma", "N", "P"),
        terms.Power("B", "beta", "D", terms.COARSE),
    ),
    key="kumar2024scaling",
)

# Laws of how to train ---------------------------------------------------------------------------

LEARNING_RATE = Law(
    "learning_rate",
    "law of the best learning rate",
    "lr = c N^a D^b",
    ("N", "D"),
    (
        Parameter("c", "scale", "target N^-a D^-b"),
        _any_value("a", "exponent of parameters"),
        _any_value("b", "exponent of tokens"),
    ),
    formulas.power_product,
    (terms.PowerProduct("c", N="a", D="b"),),
    key="li2025predictable",
    target="lr",
)
BATCH_SIZE = Law(
    "batch_size",
    "law of the best batch size",
    "batch = c D^b",
    ("D",),
    (Parameter("c", "scale", "target D^-b"), _any_value("b", "exponent of tokens")),
    partial(formulas.power_product, 1.0, a=0.0),
    (terms.PowerProduct("c", D="b"),),
    key="li2025predictable",
    target="batch",
)

# Laws of repeated data --------------------------------------------------------------------------

R_D = Parameter("R_D", "repetitions after which a token is worn out", "repetitions")


def _unique_within_all(columns, target):
    too_many = np.flatnonzero(columns["U"] > columns["D"] * (1 + 1e-9))
    if too_many.size:
        raise ValueError(
            f"Column U (unique tokens) exceeds D (all tokens) in {rows_text(too_many)}: "
            "U must be at most D"
        )


def _repetitions(columns):
    repetitions = np.maximum(columns["D"] / columns["U"] - 1.0, 0.0)
    return {"N": columns["N"], "U": columns["U"], "repetitions": repetitions}


REPEATED = Law(
    "repeated",
    "law of repeated data",
    "loss = E + A / N^alpha + B / D'^beta, D' = U + U R_D (1 - exp(-(D/U - 1) / R_D))",
    ("N", "D", "U"),
    (*ADDITIVE, R_D),
    formulas.repeated_data,
    (
        terms.Offset("E"),
        terms.Power("A", "alpha", "N", terms.COARSE),
        terms.Repeated("B", "beta", "R_D", "U", "repetitions"),
    ),
    key="muennighoff2023scaling",
    inputs=_repetitions,
    check=_unique_within_all,
    may_be_constant=("U",),
)


def _with_surplus(N, D, U, base, **params):
    return formulas.data_constrained(N, D, U, formulas.warranted_parameters(U, *base), **params)


def _repetitions_and_surplus(columns, base):
    N = np.minimum(columns["N"], formulas.warranted_parameters(columns["U"], *base))
    return {**_repetitions(columns), "N": N, "surplus": columns["N"] / N - 1.0}


def data_constrained(base: ComputeOptimal = MUENNIGHOFF_2023) -> Law:
    """Return the full law of repeated data: surplus parameters saturate as well.

    The constants of `base`, published or fitted, say how many parameters the unique tokens warrant.
    They are held, as the source does by fitting in two stages [@muennighoff2023scaling].
    """
    base = base.bottlenecks()
    return Law(
        "data_constrained",
        "data-constrained law",
        "loss = E + A / N'^alpha + B / D'^beta, D' = U + U R_D (1 - exp(-(D/U - 1) / R_D)), "
        "N' likewise with R_N beyond U_N, the optimal N for U",
        ("N", "D", "U"),
        (
            *ADDITIVE,
            R_D,
            Parameter("R_N", "surplus at which more parameters stop helping", "repetitions"),
        ),
        partial(_with_surplus, base=base),
        (
            terms.Offset("E"),
            terms.Repeated("A", "alpha", "R_N", "N", "surplus"),
            terms.Repeated("B", "beta", "R_D", "U", "repetitions"),
        ),
        key="muennighoff2023scaling",
        inputs=partial(_repetitions_and_surplus, base=base),
        check=_unique_within_all,
        may_be_constant=("U",),
    )


# Laws of one input that bend --------------------------------------------------------------------


def _broken(x, a, b, c0, **rest):
    breaks = [[rest[f"{name}{i}"] for name in "cdf"] for i in range(1, len(rest) // 3 + 1)]
    return formulas.bnsl(x, a, b, c0, breaks)


def bnsl(breaks: int = 1) -> Law:
    """Return the broken neural scaling law of 0 to 3 breaks [@caballero2023broken]."""
    if breaks not in (0, 1, 2, 3):
        raise ValueError(f"breaks must be 0 to 3, not {breaks!r}")
    product = f" prod_(i=1..{breaks}) (1 + (x / d_i)^(1/f_i))^(-c_i f_i)" if breaks else ""
    parameters = [
        Parameter("a", "limit", "target"),
        Parameter("b", "scale", "target x^c0"),
        _any_value("c0", "first exponent"),
    ]
    for i in range(1, breaks + 1):
        parameters += [
            _any_value(f"c{i}", f"change of exponent at break {i}"),
            Parameter(f"d{i}", f"place of break {i}", "x"),
            Parameter(f"f{i}", f"width of break {i}"),
        ]
    return Law(
        f"bnsl{breaks}",
        f"broken neural scaling law, {breaks} break" + "s" * (breaks != 1),
        f"loss = a + b x^(-c0){product}",
        ("x",),
        tuple(parameters),
        _broken,
        (terms.Offset("a"), terms.Broken("x", breaks)),
        key="caballero2023broken",
        follow=(4, 64, 96, 128)[breaks],  # every break adds minima
    )


def _share(columns, target):
    if target is not None:
        outside = np.flatnonzero((target < 0) | (target > 1))
        if outside.size:
            raise ValueError(f"Column coverage must lie between 0 and 1: see {rows_text(outside)}")


COVERAGE = Law(
    "coverage",
    "law of coverage",
    "coverage = exp(-a k^b)",
    ("k",),
    (
        Parameter("a", "minus the log of the coverage of one sample"),
        _any_value("b", "exponent; negative when samples help"),
    ),
    formulas.coverage,
    (curves.CoverageCurve(),),
    key="brown2024large",
    target="coverage",
    link="identity",
    check=_share,
)


def logistic(lower: float = 0.0, upper: float = 1.0) -> Law:
    """Return the law of a score that is logistic in the logarithm of compute, between bounds."""
    if not lower < upper:
        raise ValueError(f"lower must be below upper, not {lower!r} and {upper!r}")
    return Law(
        "logistic",
        "logistic law in log compute",
        f"score = {lower:g} + {upper - lower:g} / (1 + exp(-slope (log10 C - midpoint)))",
        ("C",),
        (
            _any_value("midpoint", "where the score is half way", "log10 FLOP"),
            _any_value("slope", "change of the logit per factor 10", "per decade"),
        ),
        partial(formulas.logistic, lower=lower, upper=upper),
        (curves.LogisticCurve(lower, upper),),
        target="score",
        link="identity",
    )


TASK_SCORE = Law(
    "task_score",
    "sigmoid of the loss",
    "score = lower + (upper - lower) / (1 + exp(slope (loss - midpoint)))",
    ("loss",),
    (
        _any_value("lower", "score where the loss is high", "target"),
        _any_value("upper", "score where the loss is low", "target"),
        _any_value("midpoint", "loss at which the score is half way", "nats"),
        Parameter("slope", "change of the logit per nat", "per nat"),
    ),
    formulas.sigmoid,
    (curves.SigmoidCurve(("lower", "upper", "midpoint", "slope"), "loss", -1.0, log=False),),
    key="bhagia2024establishing",
    target="score",
    link="identity",
)
TASK_ERROR = Law(
    "task_error",
    "exponential of the loss",
    "error = epsilon - k exp(-gamma loss)",
    ("loss",),
    (
        _any_value("epsilon", "error where the loss is high", "target"),
        Parameter("k", "scale", "target"),
        _any_value("gamma", "rate", "per nat"),
    ),
    formulas.exponential_error,
    (curves.DecayCurve("loss"),),
    key="gadre2024language",
    target="error",
    link="identity",
)
REWARD = Law(
    "reward",
    "saturating rise of a reward",
    "reward = R_0 + (A - R_0) / (1 + (C_mid / C)^B)",
    ("C",),
    (
        _any_value("R_0", "reward before training", "target"),
        _any_value("A", "ceiling", "target"),
        Parameter("C_mid", "compute at which half of the gain is made", "unit of C"),
        Parameter("B", "exponent"),
    ),
    formulas.reward,
    (curves.SigmoidCurve(("R_0", "A", "C_mid", "B"), "C", 1.0, log=True),),
    key="khatri2025art",
    target="reward",
    link="identity",
)


LAWS = {
    entry.name: entry
    for entry in (
        POWER,
        _kaplan("N", "parameters", "parameters"),
        _kaplan("D", "tokens", "tokens"),
        _kaplan("C", "FLOP", "compute"),
        KAPLAN_JOINT,
        CHINCHILLA,
        GENERALISED,
        GRANULAR,
        PRECISION,
        REPEATED,
        data_constrained(),
        *map(bnsl, range(4)),
        COVERAGE,
        logistic(),
        TASK_SCORE,
        TASK_ERROR,
        REWARD,
        LEARNING_RATE,
        BATCH_SIZE,
    )
}
"""Every law by name."""

ALIASES = {"bnsl": "bnsl1", "generalized": "generalised", "muennighoff": "data_constrained"}


def law(name):
    """Return the law of a name (or the law itself); ValueError lists the names."""
    if isinstance(name, Law):
        return name
    try:
        return LAWS[ALIASES.get(name, name)]
    except (KeyError, TypeError):
        known = f"the laws are {', '.join(LAWS)}"
        if not isinstance(name, str):
            what = f"not a {type(name).__name__}"
            raise ValueError(f"A law is a name, a Law or a function, {what}: {known}") from None
        raise ValueError(f"There is no law {name!r}: {known}") from None
