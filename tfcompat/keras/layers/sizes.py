"""Layers that repeat, pad or crop along spatial axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, data_format_of, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.layers.windows import normalized
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.array import transpose
from tfcompat.ops.repeat import repeat
from tfcompat.ops.tiling import pad

Pairs = tuple[tuple[int, int], ...]


class _Spatial(FromArguments):
    """Base of layers that change sizes of `rank` spatial axes."""

    rank = 2
    data_format = "channels_last"

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self) -> range:
        """The spatial axes."""
        first = 2 if self.data_format == "channels_first" else 1
        return range(first, first + self.rank)

    def _resized(self, input_shape: Any, new: Callable[[int, int], int]) -> TensorShape:
        """`input_shape` where spatial axis number i, of size n, has size `new(i, n)`."""
        dims: list[Any] = TensorShape(input_shape).as_list()
        for index, axis in enumerate(self._axes):
            if dims[axis] is not None:
                dims[axis] = new(index, dims[axis])
        return TensorShape(dims)


def _pairs(value: Any, rank: int, name: str) -> Pairs:
    """What is added or cut before and behind each axis, from one number, one per axis or a pair per axis."""
    if isinstance(value, int):
        return ((value, value),) * rank
    if not hasattr(value, "__len__"):
        raise ValueError(f"`{name}` should be either an int or a tuple. Received: {value}")
    if len(value) != rank:
        raise ValueError(f"`{name}` should have {'two' if rank == 2 else rank} elements. Received: {value}.")
    if all(isinstance(v, int) for v in value):
        return tuple((v, v) for v in value)
    return tuple(normalized(v, 2, f"entry {i} of {name}", least=0) for i, v in enumerate(value))  # type: ignore[misc]


class _Padding(_Spatial):
    """Base of layers that add zeros around."""

    padding: Any

    def _each(self) -> Pairs:
        return self.padding  # type: ignore[no-any-return]

    def call(self, inputs: Any) -> Tensor:
        """`inputs` with zeros around."""
        pairs = [[0, 0] for _ in range(self.rank + 2)]
        for axis, pair in zip(self._axes, self._each(), strict=True):
            pairs[axis] = list(pair)
        return pad(inputs, pairs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes with the zeros."""
        return self._resized(input_shape, lambda i, n: n + sum(self._each()[i]))


@keras_layer("ZeroPadding1D")
class ZeroPadding1D(_Padding):
    """Adds zeros before and behind the second axis.

    Args:
        padding: how many, one number or a pair.
        kwargs: see `Layer`.
    """

    rank = 1

    def __init__(self, padding: Any = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.padding = normalized(padding, 2, "padding", least=0)

    def _each(self) -> Pairs:
        return (self.padding,)


@keras_layer("ZeroPadding2D")
class ZeroPadding2D(_Padding):
    """Adds zeros around images.

    Args:
        padding: how many: one number, one for each spatial axis, or a pair for each.
        data_format: "channels_last" or "channels_first".
        kwargs: see `Layer`.
    """

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.padding = _pairs(padding, 2, "padding")


@keras_layer("ZeroPadding3D")
class ZeroPadding3D(_Padding):
    """Adds zeros around volumes; see `ZeroPadding2D`."""

    rank = 3

    def __init__(self, padding: Any = (1, 1, 1), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.padding = _pairs(padding, 3, "padding")


class _Cropping(_Spatial):
    """Base of layers that cut edges off."""

    cropping: Any

    def _each(self) -> Pairs:
        return self.cropping  # type: ignore[no-any-return]

    def call(self, inputs: Any) -> Tensor:
        """`inputs` without its edges; ValueError when nothing would be left."""
        self._check_sizes(inputs.shape)
        places = [slice(None)] * (self.rank + 2)
        for axis, (before, behind) in zip(self._axes, self._each(), strict=True):
            places[axis] = slice(before, -behind if behind else None)
        return inputs[tuple(places)]  # type: ignore[no-any-return]

    def _check_sizes(self, shape: TensorShape) -> None:
        if shape.rank is None:
            return
        sizes = [shape.as_list()[axis] for axis in self._axes]
        if any(n is not None and sum(pair) >= n for n, pair in zip(sizes, self._each(), strict=True)):
            raise ValueError(
                "Argument `cropping` must be greater than the input shape. Received: "
                f"inputs.shape={tuple(shape.as_list())}, and cropping={self.cropping}"
            )

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes without the edges."""
        return self._resized(input_shape, lambda i, n: n - sum(self._each()[i]))


@keras_layer("Cropping1D")
class Cropping1D(_Cropping):
    """Cuts places off the begin and the end of the second axis.

    Args:
        cropping: how many, one number or a pair.
        kwargs: see `Layer`.
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        super().__init__(**kwargs)
        self.cropping = normalized(cropping, 2, "cropping", least=0)

    def _each(self) -> Pairs:
        return (self.cropping,)


@keras_layer("Cropping2D")
class Cropping2D(_Cropping):
    """Cuts the edges off images.

    Args:
        cropping: how much: one number, one for each spatial axis, or a pair for each.
        data_format: "channels_last" or "channels_first".
        kwargs: see `Layer`.
    """

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.cropping = _pairs(cropping, 2, "cropping")


@keras_layer("Cropping3D")
class Cropping3D(_Cropping):
    """Cuts the edges off volumes; see `Cropping2D`."""

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.cropping = _pairs(cropping, 3, "cropping")


class _UpSampling(_Spatial):
    """Base of layers that repeat places."""

    size: Any

    def _sizes(self) -> tuple[int, ...]:
        return self.size  # type: ignore[no-any-return]

    def call(self, inputs: Any) -> Tensor:
        """`inputs` with its places repeated."""
        for axis, times in zip(self._axes, self._sizes(), strict=True):
            inputs = repeat(inputs, times, axis=axis)
        return inputs  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes with the repeats."""
        return self._resized(input_shape, lambda i, n: n * self._sizes()[i])


@keras_layer("UpSampling1D")
class UpSampling1D(_UpSampling):
    """Repeats each place of the second axis.

    Args:
        size: how often.
        kwargs: see `Layer`.
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = int(size)

    def _sizes(self) -> tuple[int, ...]:
        return (self.size,)


@keras_layer("UpSampling3D")
class UpSampling3D(_UpSampling):
    """Repeats the places of volumes.

    Args:
        size: how often, one number or one per spatial axis.
        data_format: "channels_last" or "channels_first".
        kwargs: see `Layer`.
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.size = normalized(size, 3, "size")


_INTERPOLATIONS = {
    "area": "resize_area",
    "bicubic": "resize_bicubic",
    "bilinear": "resize_bilinear",
    "nearest": "resize_nearest_neighbor",
}


@keras_layer("UpSampling2D")
class UpSampling2D(_UpSampling):
    """Images of a multiple of their size.

    Args:
        size: factors of height and width, one number or two.
        data_format: "channels_last" or "channels_first".
        interpolation: "nearest", "bilinear", "bicubic" or "area".
        kwargs: see `Layer`.

    Raises:
        ValueError: an unknown interpolation.
    """

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.size = normalized(size, 2, "size")
        if interpolation not in _INTERPOLATIONS:
            raise ValueError(
                f"`interpolation` argument should be one of: {sorted(_INTERPOLATIONS)}. Received: {interpolation!r}"
            )
        self.interpolation = interpolation

    def call(self, inputs: Any) -> Tensor:
        """The larger images."""
        first = self.data_format == "channels_first"
        known = [inputs.shape.as_list()[axis] for axis in self._axes]
        if None in known:
            space = tensor_shape(inputs)[self._axes.start : self._axes.stop]  # type: ignore[index]
        else:
            space = constant(known, dtype="int32")
        wanted = space * constant(self.size, dtype="int32")
        images = transpose(inputs, [0, 2, 3, 1]) if first else inputs
        resize = PUBLIC[f"image.{_INTERPOLATIONS[self.interpolation]}"]
        smooth = {} if self.interpolation == "area" else {"half_pixel_centers": True}
        outputs = resize(images, wanted, **smooth)
        outputs = transpose(outputs, [0, 3, 1, 2]) if first else outputs
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return outputs  # type: ignore[no-any-return]
