"""Published constants as frozen objects that carry their source, and what follows from them.

A constant never travels without the paper, the version and the caveat that belong to it. A
published law and a fitted one answer the same questions by the same methods: `loss(N, D)`,
`optimum(C)` and `exponents()`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from scaling_lib.data.checks import positive
from scaling_lib.laws import formulas

PF_DAY = 1e15 * 86400.0
"""FLOP of one PF-day: 10^15 FLOP a second for a day."""


@dataclass(frozen=True)
class Allocation:
    """The compute-optimal run at a budget."""

    C: np.ndarray  # training compute in FLOP
    N: np.ndarray  # optimal parameters
    D: np.ndarray  # optimal tokens
    loss: np.ndarray | None = None  # nats per token; None where a source gives only exponents

    @property
    def tokens_per_parameter(self):
        """D / N at the optimum."""
        return self.D / self.N


class ComputeOptimal:
    """Closed-form compute optimum; a mix-in for classes with `loss(N, D)` and `bottlenecks()`."""

    def bottlenecks(self):
        """Return A, B, alpha, beta of the additive law with this optimum; else ValueError."""
        raise NotImplementedError

    def exponents(self):
        """Return the exponents (a, b) of N* = G (C/6)^a and D* = (C/6)^b / G."""
        _, _, alpha, beta = self.bottlenecks()
        return beta / (alpha + beta), alpha / (alpha + beta)

    def optimum(self, C):
        """Return the compute-optimal `Allocation` at `C` FLOP, under C = 6 N D."""
        constants, C = self.bottlenecks(), positive(C, "C", many=True)
        N, D = formulas.optimal_allocation(C, *constants)
        return Allocation(C, N, D, self.loss(N, D))


@dataclass(frozen=True)
class Published(ComputeOptimal):
    """Constants of one law as one source printed them."""

    name: str
    law_name: str  # in `laws.LAWS`
    params: Mapping[str, float]
    source: str  # in words
    key: str  # in the bibliography
    version: str  # where in which version
    note: str = ""  # what a reader must know before using them
    units: Mapping[str, str] = field(default_factory=dict)  # of each that has one
    formula: Callable = field(default=formulas.chinchilla, repr=False, compare=False)

    def __post_init__(self):
        for name in ("params", "units"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def loss(self, *columns):
        """Predicted loss in nats per token, of the law's columns in their order (N, D, ...).

        The law of repeated data takes N, D and U unique tokens; without U all are unique.
        """
        return self.formula(*columns, **self.params)

    def bottlenecks(self):
        """Return A, B, alpha and beta."""
        try:
            return tuple(self.params[name] for name in ("A", "B", "alpha", "beta"))
        except KeyError:
            raise ValueError(f"{self.name} has no closed-form compute optimum") from None


def _repeated(N, D, U=None, *, E, A, B, alpha, beta, R_D, R_N):
    """Return the loss on U unique tokens, of which N may be more than they warrant."""
    if U is None:
        return formulas.chinchilla(N, D, E, A, B, alpha, beta)
    U_N = formulas.warranted_parameters(U, A, B, alpha, beta)
    return formulas.data_constrained(N, D, U, U_N, E, A, B, alpha, beta, R_D, R_N)


@dataclass(frozen=True)
class PublishedExponents:
    """Exponents of a published allocation: N* grows as C^a and D* as C^b.

    `anchors` are the (C, N, D) that the source prints; exponents alone fix only ratios.
    """

    name: str
    a: float
    b: float
    source: str
    key: str
    version: str
    note: str = ""
    anchors: tuple[tuple[float, float, float], ...] = ()

    def exponents(self):
        """Return (a, b)."""
        return self.a, self.b

    def growth(self, factor):
        """Return the factors by which N and D grow when compute grows by `factor`."""
        factor = positive(factor, "factor", many=True)
        return factor**self.a, factor**self.b

    def optimum(self, C):
        """Return the `Allocation` at `C` FLOP: exponents applied to the nearest printed anchor."""
        if not self.anchors:
            raise ValueError(f"{self.name} prints exponents only: use growth(factor) instead")
        C = positive(C, "C", many=True)
        anchors = np.array(self.anchors)
        nearest = np.abs(np.log(C[..., None] / anchors[:, 0])).argmin(-1)
        C0, N0, D0 = np.moveaxis(anchors[nearest], -1, 0)
        return Allocation(C, N0 * (C / C0) ** self.a, D0 * (C / C0) ** self.b)


_KAPLAN = {
    "source": "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361",
    "key": "kaplan2020scaling",
}
KAPLAN_2020_N = Published(
    "KAPLAN_2020_N",
    "kaplan_N",
    {"x_c": 8.8e13, "alpha": 0.076},
    version="section 1.2",
    note="N counts non-embedding parameters; data and training time not limiting.",
    units={"x_c": "parameters"},
    formula=formulas.pure_power_law,
    **_KAPLAN,
)
KAPLAN_2020_D = Published(
    "KAPLAN_2020_D",
    "kaplan_D",
    {"x_c": 5.4e13, "alpha": 0.095},
    version="section 1.2",
    note="Large models stopped early; D in tokens of WebText2.",
    units={"x_c": "tokens"},
    formula=formulas.pure_power_law,
    **_KAPLAN,
)
KAPLAN_2020_C = Published(
    "KAPLAN_2020_C",
    "kaplan_C",
    {"x_c": 3.1e8 * PF_DAY, "alpha": 0.050},
    version="section 1.2",
    note="C is C_min, compute at an optimal batch size; printed as 3.1e8 PF-days, here in FLOP.",
    units={"x_c": "FLOP"},
    formula=formulas.pure_power_law,
    **_KAPLAN,
)
KAPLAN_2020_JOINT = Published(
    "KAPLAN_2020_JOINT",
    "kaplan_joint",
    {"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103},
    version="section 4.1, table 2",
    note="Fitted jointly, so the constants differ from those of the one-input laws.",
    units={"N_c": "parameters", "D_c": "tokens"},
    formula=formulas.kaplan_joint,
    **_KAPLAN,
)
KAPLAN_2020_ALLOCATION = PublishedExponents(
    "KAPLAN_2020_ALLOCATION",
    a=0.73,
    b=0.27,
    version="section 1.2 (N 0.73, batch 0.24, steps 0.03)",
    note="Tokens are batch times steps, so D grows as C^(0.24 + 0.03) = C^0.27.",
    **_KAPLAN,
)

_HOFFMANN = {
    "source": "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, "
    "arXiv 2203.15556",
    "key": "hoffmann2022training",
}
HOFFMANN_2022 = Published(
    "HOFFMANN_2022",
    "chinchilla",
    {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28},
    version="v1, Approach 3",
    note="Rounded as printed. Besiroglu et al. (2024) could not reproduce this fit.",
    **_HOFFMANN,
)
HOFFMANN_2022_UNROUNDED = Published(
    "HOFFMANN_2022_UNROUNDED",
    "chinchilla",
    {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.3392, "beta": 0.2849},
    version="exponents with the digits of the source text, as Besiroglu et al. (2024) quote them",
    note="Unlike the printed ones they give the allocation of HOFFMANN_2022_APPROACH_3.",
    **_HOFFMANN,
)
HOFFMANN_2022_APPROACH_1 = PublishedExponents(
    "HOFFMANN_2022_APPROACH_1",
    a=0.50,
    b=0.50,
    version="v1, tables 2 and 3, Approach 1 (minimum over training curves)",
    anchors=(
        (1.92e19, 400e6, 8.0e9),
        (1.21e20, 1e9, 20.2e9),
        (1.23e22, 10e9, 205.1e9),
        (5.76e23, 67e9, 1.5e12),
        (3.85e24, 175e9, 3.7e12),
        (9.90e24, 280e9, 5.9e12),
        (3.43e25, 520e9, 11.0e12),
        (1.27e26, 1e12, 21.2e12),
        (1.30e28, 10e12, 216.2e12),
    ),
    note="Anchors are the printed optimal budgets by model size.",
    **_HOFFMANN,
)
HOFFMANN_2022_APPROACH_2 = PublishedExponents(
    "HOFFMANN_2022_APPROACH_2", a=0.49, b=0.51, version="v1, table 2, Approach 2", **_HOFFMANN
)
HOFFMANN_2022_APPROACH_3 = PublishedExponents(
    "HOFFMANN_2022_APPROACH_3", a=0.46, b=0.54, version="v1, table 2, Approach 3", **_HOFFMANN
)
BESIROGLU_2024 = Published(
    "BESIROGLU_2024",
    "chinchilla",
    {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658},
    source="Besiroglu et al. 2024, Chinchilla Scaling: A replication attempt, arXiv 2404.10102",
    key="besiroglu2024chinchilla",
    version="refit of Approach 3",
    note="Fitted to runs that were read off a figure of Hoffmann et al. (2022).",
)
MUENNIGHOFF_2023 = Published(
    "MUENNIGHOFF_2023",
    "data_constrained",
    {"E": 1.87, "A": 521.0, "B": 1488.0, "alpha": 0.35, "beta": 0.35, "R_D": 15.39, "R_N": 5.31},
    source="Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv 2305.16264",
    key="muennighoff2023scaling",
    version="R_D* and R_N* of the fitted law; alpha = beta, rounded to two digits",
    note="A refit of their runs finds R_D* barely bounded above.",
    formula=_repeated,
)
PUBLISHED = MappingProxyType(
    {
        constants.name: constants
        for constants in list(globals().values())
        if isinstance(constants, Published | PublishedExponents)
    }
)
"""Every set of published constants by name."""
