"""Shapes of the operations of clustering, which have no public functions: like the reference, nothing is known."""

from __future__ import annotations

from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import unknown

_TYPES = ("NearestNeighbors", "KmeansPlusPlusInitialization", "KMC2ChainInitialization")
shape_of(*_TYPES)(unknown)
not_differentiable(*_TYPES)
