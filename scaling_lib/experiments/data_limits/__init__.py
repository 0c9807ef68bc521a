"""Experiments of the chapter on the limits of data, one module a phenomenon.

With them, the words in which its cells say what is trained: the task, the model, the loop.
"""

from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.tasks.dialects import dialect, relative
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model

__all__ = ["OneHotLM", "dialect", "fit_model", "markov_language", "relative"]
