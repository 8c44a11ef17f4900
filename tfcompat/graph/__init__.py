"""RECORD: dtypes, shapes, tensors, operations, graphs, scopes and the registries that describe op types.

This package imports nothing above it except the protocol messages of `tfcompat.protos`, and those on first use.
"""
