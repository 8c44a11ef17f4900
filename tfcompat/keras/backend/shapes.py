"""`tf.keras.backend`: other shapes of a tensor, parts and repetitions of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.keras import config
from tfcompat.ops import array, cast, concat, filling, packing, raw_ops, reduction, reversal, sequences, sparse, tiling
from tfcompat.ops import gather as gathering

Pair = tuple[int, int]


@tf_export("keras.backend.reshape")
def reshape(x: Any, shape: Any) -> Tensor:
    """The elements of `x` in another shape, in which one size may be -1."""
    return array.reshape(x, shape)


@tf_export("keras.backend.transpose")
def transpose(x: Any) -> Tensor:
    """`x` with its dimensions in reverse order."""
    return array.transpose(x)


@tf_export("keras.backend.permute_dimensions")
def permute_dimensions(x: Any, pattern: Sequence[int]) -> Tensor:
    """`x` with its dimensions in the order of `pattern`."""
    return array.transpose(x, perm=pattern)


@tf_export("keras.backend.expand_dims")
def expand_dims(x: Any, axis: int = -1) -> Tensor:
    """`x` with a new dimension of size 1 at `axis`."""
    return array.expand_dims(x, axis)


@tf_export("keras.backend.squeeze")
def squeeze(x: Any, axis: int) -> Tensor:
    """`x` without the dimension `axis`, which has size 1."""
    return array.squeeze(x, [axis])


@tf_export("keras.backend.flatten")
def flatten(x: Any) -> Tensor:
    """The elements of `x` as a vector."""
    return array.reshape(x, [-1])


@tf_export("keras.backend.batch_flatten")
def batch_flatten(x: Any) -> Tensor:
    """The elements of each row of `x` as a vector: a matrix."""
    return array.reshape(x, packing.stack([-1, reduction.reduce_prod(array.shape(x)[1:])]))  # type: ignore[index]


@tf_export("keras.backend.concatenate")
def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Tensors one after the other along `axis`; a SparseTensor if all of them are."""
    if axis < 0:
        rank = tensors[0].shape.ndims if not isinstance(tensors[0], SparseTensor) else tensors[0].shape.rank
        axis = axis % rank if rank else 0
    if all(isinstance(t, SparseTensor) for t in tensors):
        return sparse.sparse_concat(axis, list(tensors))
    return concat.concat(
        [sparse.sparse_tensor_to_dense(t) if isinstance(t, SparseTensor) else t for t in tensors], axis
    )


@tf_export("keras.backend.stack")
def stack(x: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new dimension `axis`."""
    return packing.stack(x, axis=axis)


@tf_export("keras.backend.tile")
def tile(x: Any, n: Any) -> Tensor:
    """`x` repeated `n[i]` times along dimension i."""
    return tiling.tile(x, [n] if isinstance(n, int) else n)


@tf_export("keras.backend.repeat")
def repeat(x: Any, n: int) -> Tensor:
    """Each row of a matrix `n` times: shape [rows, n, columns].

    Raises:
        ValueError: `x` is no matrix.
    """
    if x.shape.ndims != 2:
        raise ValueError(f"repeat takes a matrix. Received shape: {x.shape}")
    return tiling.tile(array.expand_dims(x, 1), packing.stack([1, n, 1]))


@tf_export("keras.backend.repeat_elements")
def repeat_elements(x: Any, rep: int, axis: int) -> Tensor:
    """Each slice of `x` along `axis` `rep` times, as numpy's `repeat`.

    Args:
        x: tensor.
        rep: how often.
        axis: the dimension.
    """
    sizes = x.shape.as_list()
    if sizes[axis] is not None:
        parts = concat.split(value=x, num_or_size_splits=sizes[axis], axis=axis)
        return concat.concat([part for part in parts for _ in range(rep)], axis)
    axis = axis % len(sizes)
    repeated: Any = array.shape(x)
    spread = tiling.tile(array.expand_dims(x, axis + 1), [rep if i == axis + 1 else 1 for i in range(len(sizes) + 1)])
    repeated = repeated * constant([rep if i == axis else 1 for i in range(len(sizes))], "int32")
    made = array.reshape(spread, repeated)
    made.set_shape(sizes)
    return made


@tf_export("keras.backend.reverse")
def reverse(x: Any, axes: Any) -> Tensor:
    """`x` backwards along each of `axes`."""
    return reversal.reverse(x, [axes] if isinstance(axes, int) else axes)


@tf_export("keras.backend.gather")
def gather(reference: Any, indices: Any) -> Tensor:
    """The rows of `reference` at `indices`."""
    return gathering.gather(reference, indices)


@tf_export("keras.backend.one_hot")
def one_hot(indices: Any, num_classes: int) -> Tensor:
    """Vectors of zeros with a one at each index: shape of `indices` and `num_classes`."""
    return filling.one_hot(indices, depth=num_classes, axis=-1)


@tf_export("keras.backend.arange")
def arange(start: Any, stop: Any = None, step: int = 1, dtype: str = "int32") -> Tensor:
    """start, start + step, ... below `stop`; 0, 1, ... below `start` when `stop` is None.

    Args:
        start: first number; a negative one without `stop` gives an empty result.
        stop: bound.
        step: difference.
        dtype: type of the result.
    """
    if stop is None and start < 0:
        start = 0
    made = (
        sequences.range(start, delta=step, name="arange")
        if stop is None
        else sequences.range(start, limit=stop, delta=step, name="arange")
    )
    return made if dtype == "int32" else cast.cast(made, dtype)


# ---------------------------------------------------------------- padding and resizing


@tf_export("keras.backend.temporal_padding")
def temporal_padding(x: Any, padding: Pair = (1, 1)) -> Tensor:
    """Zeros before and after the steps of `x`, shape [batch, steps, channels]."""
    return tiling.pad(x, [[0, 0], [padding[0], padding[1]], [0, 0]])


def _spatial_padding(x: Any, padding: Sequence[Sequence[int]], data_format: str | None) -> Tensor:
    sizes = [list(pair) for pair in padding]
    if config.normalize_data_format(data_format) == "channels_first":
        return tiling.pad(x, [[0, 0], [0, 0], *sizes])
    return tiling.pad(x, [[0, 0], *sizes, [0, 0]])


@tf_export("keras.backend.spatial_2d_padding")
def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Tensor:
    """Zeros around images.

    Args:
        x: images, rank 4.
        padding: (before, after) of rows and of columns.
        data_format: "channels_last" or "channels_first".
    """
    return _spatial_padding(x, padding, data_format)


@tf_export("keras.backend.spatial_3d_padding")
def spatial_3d_padding(x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None) -> Tensor:
    """Zeros around volumes.

    Args:
        x: volumes, rank 5.
        padding: (before, after) of each of the three dimensions.
        data_format: "channels_last" or "channels_first".
    """
    return _spatial_padding(x, padding, data_format)


_RESIZE = {"nearest": raw_ops.ResizeNearestNeighbor, "bilinear": raw_ops.ResizeBilinear}


def _resized(images: Tensor, size: Any, interpolation: str) -> Tensor:
    with name_scope("resize"):
        known = get_static_value(size)
        height, width = (None, None) if known is None else (int(known[0]), int(known[1]))
        if height is not None and images.shape.as_list()[1:3] == [height, width]:
            return images
        made: Tensor = _RESIZE[interpolation](images=images, size=size, half_pixel_centers=True)
        made.set_shape([None, height, width, None])
        return made


@tf_export("keras.backend.resize_images")
def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: str, interpolation: str = "nearest"
) -> Tensor:
    """Images of `height_factor` times the height and `width_factor` times the width.

    Args:
        x: images, rank 4.
        height_factor: positive.
        width_factor: positive.
        data_format: "channels_last" or "channels_first".
        interpolation: "nearest" or "bilinear", with pixels as squares.

    Raises:
        ValueError: an argument is none of these.
    """
    if data_format not in config.DATA_FORMATS:
        raise ValueError(f"Invalid `data_format` argument: {data_format}")
    if interpolation not in _RESIZE:
        raise ValueError('interpolation should be one of "nearest" or "bilinear".')
    channels_first = data_format == "channels_first"
    rows = 2 if channels_first else 1
    static = x.shape.as_list()[rows : rows + 2]
    size: Any = array.shape(x)[rows : rows + 2] if None in static else constant(static, "int32")  # type: ignore[index]
    size = size * constant([height_factor, width_factor], "int32")
    images = array.transpose(x, [0, 2, 3, 1]) if channels_first else x
    made = _resized(images, size, interpolation)
    return array.transpose(made, [0, 3, 1, 2]) if channels_first else made  # type: ignore[no-any-return]


@tf_export("keras.backend.resize_volumes")
def resize_volumes(x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str) -> Tensor:
    """Volumes whose elements are repeated along the three dimensions.

    Args:
        x: volumes, rank 5.
        depth_factor: repetitions along the first of them.
        height_factor: along the second.
        width_factor: along the third.
        data_format: "channels_last" or "channels_first".

    Raises:
        ValueError: another `data_format`.
    """
    if data_format not in config.DATA_FORMATS:
        raise ValueError(f"Invalid data_format: {data_format}")
    first = 2 if data_format == "channels_first" else 1
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), first):
        x = repeat_elements(x, factor, axis=axis)
    return x  # type: ignore[no-any-return]
