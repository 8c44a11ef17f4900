"""Shapes of the operations of clustering, which have no public functions; like the reference, they know little."""

from __future__ import annotations

from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import scalar, unknown

shape_of("NearestNeighbors", "KmeansPlusPlusInitialization")(unknown)
shape_of("KMC2ChainInitialization")(scalar)
not_differentiable("NearestNeighbors", "KmeansPlusPlusInitialization", "KMC2ChainInitialization")
