"""`tf.keras.backend`: products of matrices and of higher tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import array, packing, sparse
from tfcompat.ops.concat import concat
from tfcompat.ops.matmul import matmul


@tf_export("keras.backend.dot")
def dot(x: Any, y: Any) -> Tensor:
    """The sum of products over the last dimension of `x` and the one before the last of `y`.

    Args:
        x: tensor or variable; a SparseTensor of rank 2.
        y: tensor or variable.

    Returns:
        The other dimensions of `x`, then those of `y`: [2, 3] and [4, 3, 5] give [2, 4, 5].
    """
    if x.shape.ndims is not None and (x.shape.ndims > 2 or y.shape.ndims > 2):
        return _dot_of_higher(x, y)
    if isinstance(x, SparseTensor):
        return sparse.sparse_tensor_dense_matmul(x, y)
    return matmul(x, y)


def _dot_of_higher(x: Any, y: Any) -> Tensor:
    x_sizes, y_sizes = _sizes(x), _sizes(y)
    rank = len(y_sizes)
    order = [rank - 2, *[axis for axis in range(rank) if axis != rank - 2]]
    left = array.reshape(x, [-1, x_sizes[-1]])
    right = array.reshape(array.transpose(y, perm=order), [y_sizes[-2], -1])
    return array.reshape(matmul(left, right), x_sizes[:-1] + y_sizes[:-2] + y_sizes[-1:])


def _sizes(x: Any) -> list[Any]:
    """Numbers where they are known, scalar tensors elsewhere."""
    computed = packing.unstack(array.shape(x))
    return [part if size is None else size for size, part in zip(x.shape.as_list(), computed, strict=True)]


@tf_export("keras.backend.batch_dot")
def batch_dot(x: Any, y: Any, axes: Any = None) -> Tensor:
    """For each row of the batch, the sum of products over one dimension of `x` and one of `y`.

    Args:
        x: tensor of rank 2 or more, the batch first.
        y: the same.
        axes: the dimensions that are summed over, (of x, of y), or one number for both. By default the last of `x`,
            and the one before the last of `y`, or the last if `y` has rank 2.

    Returns:
        The batch, the other dimensions of `x`, those of `y`; one of size 1 when there are none.

    Raises:
        ValueError: a rank below 2, the batch dimension among `axes`, or sizes that differ.
    """
    ranks = [x.shape.ndims, y.shape.ndims]
    if min(ranks) < 2:
        raise ValueError(
            f"Cannot do batch_dot on inputs with rank < 2. Received inputs with shapes {x.shape} and {y.shape}."
        )
    over = _summed_axes(x, y, axes)
    left = array.expand_dims(x, 1) if ranks[0] == 2 else _with_axis_at(x, over[0], ranks[0] - 1)
    right = array.expand_dims(y, 2) if ranks[1] == 2 else _with_axis_at(y, over[1], 1)
    left_inner = right_inner = None
    if ranks[0] > 3:
        left_inner, left = _as_matrices(left, slice(1, -1), lambda first, last: [first, -1, last])
    if ranks[1] > 3:
        right_inner, right = _as_matrices(right, slice(2, None), lambda first, second: [first, second, -1])
    made: Any = matmul(left, right)
    sizes: Any = array.shape(made)
    if left_inner is not None:
        sizes = concat([sizes[:1], left_inner, sizes[-1:]], 0)
    if right_inner is not None:
        sizes = concat([sizes[:-1], right_inner], 0)
    if max(ranks) > 3:
        made = array.reshape(made, sizes)
    if ranks[0] == 2:
        return array.squeeze(made, [1])
    return array.squeeze(made, [-1]) if ranks[1] == 2 else made  # type: ignore[no-any-return]


def _summed_axes(x: Any, y: Any, axes: Any) -> list[int]:
    """The dimensions of `x` and `y` that are summed over, counted from the front."""
    ranks = [x.shape.ndims, y.shape.ndims]
    if axes is None:
        axes = [ranks[0] - 1, ranks[1] - (1 if ranks[1] == 2 else 2)]
    elif isinstance(axes, int):
        axes = [axes, axes]
    if any(isinstance(axis, (list, tuple)) for axis in axes):
        raise ValueError(
            f"Multiple target dimensions are not supported. Expected: None, int, (int, int), Provided: {axes}"
        )
    over = [axis + rank if axis < 0 else axis for axis, rank in zip(axes, ranks, strict=True)]
    if 0 in over:
        raise ValueError(
            "Cannot perform batch_dot over axis 0. If your inputs are not batched, add a dummy batch "
            "dimension to your inputs using K.expand_dims(x, 0)"
        )
    left, right = x.shape.as_list()[over[0]], y.shape.as_list()[over[1]]
    if None not in (left, right) and left != right:
        raise ValueError(
            f"Cannot do batch_dot on inputs with shapes {x.shape} and {y.shape} with axes={axes}. "
            f"x.shape[{over[0]}] != y.shape[{over[1]}] ({left} != {right})."
        )
    batches = [x.shape.as_list()[0], y.shape.as_list()[0]]
    if None not in batches and batches[0] != batches[1]:
        raise ValueError(
            "Cannot do batch_dot on inputs with different batch sizes. "
            f"Received inputs with shapes {x.shape} and {y.shape}."
        )
    return over


def _with_axis_at(x: Any, axis: int, place: int) -> Any:
    """`x` with dimension `axis` moved to `place`, the others in their order."""
    if axis == place:
        return x
    order = [i for i in range(x.shape.ndims) if i != axis]
    return array.transpose(x, perm=[*order[:place], axis, *order[place:]])


def _as_matrices(x: Any, inner: slice, shape: Callable[[Any, Any], list[Any]]) -> tuple[Any, Any]:
    """The sizes that `inner` takes out, and `x` with these dimensions as one; `shape` gets the two sizes that stay."""
    sizes: Any = array.shape(x)
    taken = sizes[inner]
    return taken, array.reshape(x, packing.stack(shape(sizes[0], sizes[-1 if inner.stop else 1])))
