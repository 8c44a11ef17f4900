"""Ragged tensors: rows of different lengths as one flat tensor and the places where rows end."""
