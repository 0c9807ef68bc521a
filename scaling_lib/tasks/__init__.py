"""Tasks: where the data come from, with the true answer known wherever that is possible."""

from scaling_lib.tasks.dialects import relative
from scaling_lib.tasks.language import markov_language

__all__ = ["markov_language", "relative"]
