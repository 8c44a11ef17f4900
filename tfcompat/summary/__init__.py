"""Summaries: what programs write for TensorBoard."""
