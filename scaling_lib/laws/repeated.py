"""Laws of repeated data: the additive law in effective tokens and effective parameters."""

# ruff: noqa: D102 (the methods override those of Law and inherit their documentation)
from __future__ import annotations

import numpy as np

from scaling_lib.laws import formulas, kernels
from scaling_lib.laws.additive import Chinchilla, additive_starts, constant, falling
from scaling_lib.laws.base import Parameter, rows_text
from scaling_lib.laws.published import MUENNIGHOFF_2023


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
        return [constant(x["N"]), falling(x["N"]), kernels.Repeated(x["D"], x["repetitions"])]

    def forms(self, centre):
        return {**super().forms(centre), "R_D": ({5: 1.0}, 0.0)}

    def starts(self, x, y):
        return np.concatenate(
            [
                np.insert(additive_starts(x["N"], x["D"] + gain, y, _COARSE), 5, log_r, axis=1)
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
            constant(x["N"]),
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
                base = additive_starts(x["N"] + gain_N, x["D"] + gain_D, y, _COARSE)
                out.append(np.insert(np.insert(base, 5, log_rd, axis=1), 3, log_rn, axis=1))
        return np.concatenate(out)
