"""Heads: what a model does with its logits: predictions, loss, metrics and exports."""
