"""Fit, train and forecast: the helper library of the course module "Scaling, Measured"."""

__version__ = "0.1.0"
