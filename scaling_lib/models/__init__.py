"""Models in plain numpy: forward and backward passes that read as their formulas do.

Every model keeps its parameters in one flat vector (`flat.Model` is what all of them promise), so
that an optimizer is a handful of operations on one array.
"""

from scaling_lib.models.attention import AttentionLM
from scaling_lib.models.counts import Counts
from scaling_lib.models.mlp import MLP
from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.models.optimizers import SGD, Adam, constant_after

__all__ = ["MLP", "SGD", "Adam", "AttentionLM", "Counts", "OneHotLM", "constant_after"]
