"""Checkpoints: the table format of their index, tensor bundles (V2), and what programs ask of them."""
