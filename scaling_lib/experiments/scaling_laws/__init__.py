"""Experiments of the chapter on scaling laws, one module a phenomenon."""
