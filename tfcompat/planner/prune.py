"""The operations that a run needs."""

from __future__ import annotations

from tfcompat.graph.upstream import needed_operations

__all__ = ["needed_operations"]
