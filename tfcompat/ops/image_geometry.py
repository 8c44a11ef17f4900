"""Flipping and turning images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape, transpose
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import case, cond
from tfcompat.ops.image_checks import by_rank, with_three_axes
from tfcompat.ops.random import random_uniform
from tfcompat.ops.reversal import reverse


def _of_image(result: Tensor, image: Tensor) -> Tensor:
    """`result` with the static shape of `image`, which is one image."""
    result.set_shape([None, None, None] if image.shape.rank is None else image.shape)
    return result


def _flipped(image: Any, axis: int, scope_name: str) -> Tensor:
    """`image` with the order of `axis`, as a single image counts it, reversed."""
    with name_scope(None, scope_name, [image]):
        image = with_three_axes(convert_to_tensor(image, name="image"))
        return by_rank(image, lambda: _of_image(reverse(image, [axis]), image), lambda: reverse(image, [axis + 1]))


@tf_export("image.flip_left_right")
def flip_left_right(image: Any) -> Tensor:
    """Images [..., height, width, channels], of rank 3 or 4, with their columns in reverse order."""
    return _flipped(image, 1, "flip_left_right")


@tf_export("image.flip_up_down")
def flip_up_down(image: Any) -> Tensor:
    """Images [..., height, width, channels], of rank 3 or 4, with their rows in reverse order."""
    return _flipped(image, 0, "flip_up_down")


def _random_flip(image: Any, axis: int, seed: int | None, scope_name: str) -> Tensor:
    with name_scope(None, scope_name, [image]) as scope:
        image = with_three_axes(convert_to_tensor(image, name="image"))

        def single() -> Tensor:
            pick = raw_ops.Less(x=random_uniform([], 0, 1.0, seed=seed), y=0.5)
            return _of_image(cond(pick, lambda: reverse(image, [axis]), lambda: image, name=scope), image)

        def batch() -> Tensor:
            count = shape(image)[0]  # type: ignore[index]
            chances = random_uniform([count], 0, 1.0, seed=seed)
            flips = cast(raw_ops.Round(x=reshape(chances, [count, 1, 1, 1])), image.dtype)
            flipped = reverse(image, [axis + 1])
            return flips * flipped + (1 - flips) * image  # type: ignore[no-any-return]

        return by_rank(image, single, batch)


@tf_export("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """Images of rank 3 or 4, each with its columns in reverse order with a chance of one half."""
    return _random_flip(image, 1, seed, "random_flip_left_right")


@tf_export("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """Images of rank 3 or 4, each with its rows in reverse order with a chance of one half."""
    return _random_flip(image, 0, seed, "random_flip_up_down")


@tf_export("image.transpose", "image.transpose_image")
def transpose_image(image: Any, name: str | None = None) -> Tensor:
    """Images of rank 3 or 4 with rows and columns exchanged."""
    label = name or "transpose"
    with name_scope(name, "transpose", [image]):
        image = with_three_axes(convert_to_tensor(image, name="image"))
        return by_rank(
            image,
            lambda: transpose(image, [1, 0, 2], name=label),
            lambda: transpose(image, [0, 2, 1, 3], name=label),
        )


@tf_export("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """Images of rank 3 or 4 turned counter-clockwise by `k` quarter turns, an int or int32 scalar."""
    with name_scope(name, "rot90", [image, k]) as scope:
        image = with_three_axes(convert_to_tensor(image, name="image"))
        k = convert_to_tensor(k, dtypes.int32, name="k")
        k.shape.assert_has_rank(0)
        k = raw_ops.FloorMod(x=k, y=4, name="mod")
        return by_rank(image, lambda: _turned(image, k, 0, scope), lambda: _turned(image, k, 1, scope))


def _turned(image: Tensor, k: Tensor, rows: int, scope: str) -> Tensor:
    """`image`, whose rows are axis `rows`, after `k` quarter turns."""
    exchanged = [1, 0, 2] if rows == 0 else [0, 2, 1, 3]
    turns: list[Callable[[], Tensor]] = [
        lambda: transpose(reverse(image, [rows + 1]), exchanged),
        lambda: reverse(image, [rows, rows + 1]),
        lambda: reverse(transpose(image, exchanged), [rows + 1]),
    ]
    cases = [(equal(k, number + 1), turn) for number, turn in enumerate(turns)]
    result: Tensor = case(cases, default=lambda: image, exclusive=True, name=scope)
    dims = [None] * (3 + rows) if image.shape.rank is None else image.shape.as_list()
    result.set_shape([*dims[:rows], None, None, dims[-1]])
    return result
