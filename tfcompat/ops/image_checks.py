"""What functions of images check, and how they tell images [height, width, channels] from batches of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import expand_dims, rank, shape, squeeze
from tfcompat.ops.assertion import Assert, assert_greater_equal, assert_positive  # type: ignore[attr-defined]
from tfcompat.ops.binary import equal
from tfcompat.ops.control_flow import cond
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.packing import unstack
from tfcompat.ops.variable_base import Variable

Size = Any
"""An int or an int32 scalar."""


def known(value: Any) -> bool:
    """Whether a value is a number rather than a tensor or a variable."""
    return not isinstance(value, (Tensor, Variable))


def known_or_none(value: Size) -> int | None:
    """A size as static shapes hold it."""
    return value if known(value) else None  # type: ignore[no-any-return]


def assertion(holds: Any, message: str) -> list[Any]:
    """The operation that checks what only runs know; ValueError for what is known not to hold."""
    if not known(holds):
        return [Assert(holds, [message])]
    if not holds:
        raise ValueError(message)
    return []


def three_axes(image: Tensor) -> list[Any]:
    """The operations that check that `image` has three axes, and places along the last three, as far as runs know.

    Raises:
        ValueError: it is known not to.
    """
    if image.shape.rank is not None and image.shape.rank < 3:
        raise ValueError(f"'image' (shape {image.shape}) must be at least three-dimensional.")
    sizes = [None] * 3 if image.shape.rank is None else image.shape.as_list()[-3:]
    if 0 in sizes:
        raise ValueError(f"inner 3 dims of 'image.shape' must be > 0: {image.shape}")
    if None not in sizes:
        return []
    return [
        assert_positive(shape(image)[-3:], ["inner 3 dims of 'image.shape' must be > 0."]),  # type: ignore[index]
        assert_greater_equal(rank(image), 3, message="'image' must be at least three-dimensional."),
    ]


def with_three_axes(image: Tensor) -> Tensor:
    """`image` after its `three_axes` checks."""
    return with_dependencies(three_axes(image), image)  # type: ignore[no-any-return]


def by_rank(image: Tensor, single: Callable[[], Tensor], batch: Callable[[], Tensor]) -> Tensor:
    """`single()` for an image, `batch()` for several, found out at the run where the rank is unknown.

    Raises:
        ValueError: the rank is neither 3 nor 4.
    """
    if image.shape.rank is None:
        return cond(equal(rank(image), 3), single, batch)  # type: ignore[no-any-return]
    if image.shape.rank not in (3, 4):
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    return single() if image.shape.rank == 3 else batch()


def as_batch(image: Any) -> tuple[Tensor, bool]:
    """`image` as [batch, height, width, channels], and whether it had no batch; so it is if its rank is unknown.

    Raises:
        ValueError: the rank is neither 3 nor 4.
    """
    image = convert_to_tensor(image, name="image")
    if image.shape.rank == 4:
        return image, False
    if image.shape.rank not in (3, None):
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    images = expand_dims(image, 0)
    if image.shape.rank is None:
        images.set_shape([None] * 4)
    return images, True


def sizes_of(images: Tensor) -> list[Size]:
    """The sizes of the four axes of `images`."""
    dims = images.shape.with_rank(4).as_list()
    if None not in dims:
        return dims
    dynamic = unstack(shape(images), 4)
    return [size if size is not None else found for size, found in zip(dims, dynamic, strict=True)]


def without_batch(images: Tensor, single: bool) -> Tensor:
    """The only image when `single`, else `images`."""
    return squeeze(images, axis=[0]) if single else images
