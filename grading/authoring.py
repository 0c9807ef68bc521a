"""Where notebooks still look for `fresh`, `reference` and `same`."""

from grading.source.hidden_tests import fresh, reference, same  # noqa: F401
