"""Experiments of the chapter on what came since the source was written, one module a phenomenon."""
