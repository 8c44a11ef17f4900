"""Rows of operations, one module a family."""
