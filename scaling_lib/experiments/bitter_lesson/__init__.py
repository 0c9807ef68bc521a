"""Experiments of the chapter on the bitter lesson, one module a phenomenon."""
