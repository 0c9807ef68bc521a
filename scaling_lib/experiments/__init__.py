"""Experiments, one module a phenomenon in a folder for each chapter: data, never pictures."""
