"""Experiments of the chapter on the limits of data, one module a phenomenon."""
