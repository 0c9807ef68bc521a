"""Experiments of the chapter on scaffolding, one module a phenomenon."""
