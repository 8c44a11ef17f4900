"""Checks of ranks and sizes with the messages that users of shape inference know."""

from __future__ import annotations

from tfcompat.graph.tensor_shape import TensorShape, unknown_shape


def exact_rank(shape: TensorShape, rank: int) -> TensorShape:
    """`shape`, of `rank` unknown dimensions when its rank is unknown; ValueError when it has another rank."""
    if shape.rank is None:
        return unknown_shape(rank)
    if shape.rank != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {shape.rank}")
    return shape


def at_least_rank(shape: TensorShape, rank: int) -> TensorShape:
    """`shape`; ValueError when its rank is known and lower than `rank`."""
    if shape.rank is not None and shape.rank < rank:
        raise ValueError(f"Shape must be at least rank {rank} but is rank {shape.rank}")
    return shape
