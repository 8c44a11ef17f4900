"""Estimators whose model is given: networks, linear models, both together, and baselines."""
