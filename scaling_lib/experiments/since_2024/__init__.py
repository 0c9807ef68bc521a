"""Experiments of the chapter on what came since the source was written, one module a phenomenon.

With them, what its cells train: a model of the synthetic language with its text and its rate.
"""

from scaling_lib.experiments.scaling_laws.language_models import untrained

__all__ = ["untrained"]
