"""Shapes of the operations that carry dimensions from one data format to another."""

from __future__ import annotations

from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import unchanged

_TYPES = ("DataFormatDimMap", "DataFormatVecPermute")
shape_of(*_TYPES)(unchanged)
not_differentiable(*_TYPES)
