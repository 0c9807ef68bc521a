"""Experiments of the chapter on the scaling hypothesis, one module a phenomenon."""
