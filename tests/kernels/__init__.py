"""Tests of tfcompat.kernels."""
