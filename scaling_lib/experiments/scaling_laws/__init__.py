"""Experiments of the chapter on scaling laws, one module a phenomenon.

With them, the words in which its cells say what is trained: the task, the model, the loop.
"""

from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model

__all__ = ["OneHotLM", "fit_model", "markov_language"]
