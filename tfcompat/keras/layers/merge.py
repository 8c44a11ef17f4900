"""Layers of several inputs: sums, products, means, extremes, joined."""

from __future__ import annotations

import functools
import operator
from typing import Any

from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, transpose
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones_like
from tfcompat.ops.reduction import reduce_all, reduce_prod


def _sizes(shape: Any) -> list[Any]:
    return TensorShape(shape).as_list()


class _Merge(FromArguments):
    """Base of layers that combine inputs elementwise, with broadcasting behind the batch."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    count: int | None = None

    def build(self, input_shape: Any) -> None:
        """Checks that the inputs fit together; ValueError when they do not."""
        if (
            not isinstance(input_shape, (list, tuple))
            or not input_shape
            or isinstance(input_shape[0], (int, type(None)))
        ):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: input_shape={input_shape} (not a list "
                "of shapes)"
            )
        self._check_count(input_shape)
        shapes = [_sizes(s) for s in input_shape if TensorShape(s).rank is not None]
        batches = {s[0] for s in shapes} - {None}
        if len(batches) > 1:
            raise ValueError(
                f"Cannot merge tensors with different batch sizes. Received tensors with shapes {input_shape}"
            )
        if len(shapes) == len(input_shape):
            functools.reduce(_broadcast, [s[1:] for s in shapes])
        self._reshapes = len(shapes) < len(input_shape) or len({len(s) for s in shapes}) > 1
        self.built = True

    def _check_count(self, shapes: Any) -> None:
        if len(shapes) < 1:
            raise ValueError(
                "A merge layer should be called on a list of at least 1 input. Received "
                f"{len(shapes)} inputs. Full input_shape received: {shapes}"
            )

    def call(self, inputs: Any) -> Any:
        """The inputs, a list, combined."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: inputs={inputs} (not a list of tensors)"
            )
        if not self._reshapes:
            return self._merged(list(inputs))
        if all(t.shape.rank is not None for t in inputs):
            rank = max(t.shape.rank for t in inputs)
            return self._merged([functools.reduce(_wider, range(rank - t.shape.rank), t) for t in inputs])
        return self._of_unknown_ranks(list(inputs))

    def _of_unknown_ranks(self, inputs: list[Any]) -> Any:
        """The combination of inputs whose batch is moved behind the other axes, so that these broadcast."""
        turned = []
        for x in inputs:
            if x.shape.rank is None:
                sizes = tensor_shape(x)
                flat = reshape(x, [sizes[0], reduce_prod(sizes[1:])])  # type: ignore[index]
                x = reshape(transpose(flat), concat([sizes[1:], sizes[:1]], 0))  # type: ignore[index]
            elif x.shape.rank > 1:
                x = transpose(x, [*range(1, x.shape.rank), 0])
            turned.append(x)
        made = self._merged(turned)
        sizes = tensor_shape(made)
        flat = transpose(reshape(made, [-1, sizes[-1]]))  # type: ignore[index]
        return reshape(flat, concat([sizes[-1:], sizes[:-1]], 0))  # type: ignore[index]

    def _merged(self, inputs: list[Any]) -> Any:
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape to which the inputs broadcast."""
        shapes = [_sizes(s) for s in input_shape]
        batches = {s[0] for s in shapes} - {None}
        return TensorShape(
            [batches.pop() if len(batches) == 1 else None, *functools.reduce(_broadcast, [s[1:] for s in shapes])]
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Tensor | None:
        """Where all inputs that have masks are true; None without any."""
        if mask is None:
            return None
        if not isinstance(mask, (list, tuple)):
            raise ValueError(f"`mask` should be a list. Received: mask={mask}")
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(f"`inputs` should be a list. Received: inputs={inputs}")
        if len(mask) != len(inputs):
            raise ValueError(
                "The lists `inputs` and `mask` should have the same length. Received: "
                f"inputs={inputs} of length {len(inputs)}, and mask={mask} of length {len(mask)}"
            )
        given = [expand_dims(m, axis=0) for m in mask if m is not None]
        return reduce_all(concat(given, axis=0), axis=0, keepdims=False) if given else None


def _wider(x: Any, _: int) -> Tensor:
    return expand_dims(x, 1)


def _broadcast(one: list[Any], other: list[Any]) -> list[Any]:
    """The shape to which two shapes broadcast."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    made = longer[: len(longer) - len(shorter)]
    for i, j in zip(longer[len(made) :], shorter, strict=True):
        if i is None or j is None:
            made.append(None)
        elif i == 1 or j == 1 or i == j:
            made.append(max(i, j) if 0 not in (i, j) else 0)
        else:
            raise ValueError(f"Inputs have incompatible shapes. Received shapes {tuple(longer)} and {tuple(shorter)}")
    return made


@keras_layer("Add")
class Add(_Merge):
    """The sum of the inputs."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(operator.add, inputs)


@keras_layer("Multiply")
class Multiply(_Merge):
    """The product of the inputs."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(operator.mul, inputs)


@keras_layer("Average")
class Average(_Merge):
    """The mean of the inputs."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(operator.add, inputs) / len(inputs)


@keras_layer("Maximum")
class Maximum(_Merge):
    """The largest of the inputs at each place."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(lambda x, y: raw_ops.Maximum(x=x, y=y), inputs)


@keras_layer("Minimum")
class Minimum(_Merge):
    """The smallest of the inputs at each place."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(lambda x, y: raw_ops.Minimum(x=x, y=y), inputs)


@keras_layer("Subtract")
class Subtract(_Merge):
    """The first of two inputs minus the second."""

    def _check_count(self, shapes: Any) -> None:
        if len(shapes) != 2:
            raise ValueError(f"A `Subtract` layer should be called on exactly 2 inputs. Received: input_shape={shapes}")

    def _merged(self, inputs: list[Any]) -> Any:
        return inputs[0] - inputs[1]


@keras_layer("Concatenate")
class Concatenate(_Merge):
    """The inputs one behind the other along an axis.

    Args:
        axis: the axis.
        kwargs: see `Layer`.
    """

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        """Checks that the inputs have the same sizes along the other axes; ValueError when they do not."""
        if (
            not isinstance(input_shape, (list, tuple))
            or not input_shape
            or isinstance(input_shape[0], (int, type(None)))
        ):
            raise ValueError(
                "A `Concatenate` layer should be called on a list of at least 1 input. "
                f"Received: input_shape={input_shape}"
            )
        shapes = [_sizes(s) if TensorShape(s).rank is not None else None for s in input_shape]
        self._reshapes, self.built = False, True
        if None in shapes:
            return
        known = [s for s in shapes if s is not None]
        if len({len(s) for s in known}) > 1 or not _equal_but_along(self.axis, known):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. "
                f"Received: input_shape={[tuple(s) for s in known]}"
            )

    def _merged(self, inputs: list[Any]) -> Any:
        rank = inputs[0].shape.rank
        axis = self.axis if rank is None else self.axis % rank
        return inputs[0] if len(inputs) == 1 else concat(inputs, axis)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes of the first input, with the sum along the axis."""
        shapes = [_sizes(s) for s in input_shape]
        lengths = [s[self.axis] for s in shapes]
        made = list(shapes[0])
        made[self.axis] = None if None in lengths else sum(lengths)
        return TensorShape(made)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Tensor | None:
        """The masks one behind the other, true for inputs without one."""
        if mask is None or all(m is None for m in mask):
            return None
        masks = []
        for x, m in zip(inputs, mask, strict=True):
            if m is None:
                m = cast(ones_like(x), "bool")
            masks.append(expand_dims(m, axis=-1) if m.shape.rank < x.shape.rank else m)
        return reduce_all(concat(masks, axis=self.axis), axis=-1, keepdims=False)


def _equal_but_along(axis: int, shapes: list[list[Any]]) -> bool:
    for index, sizes in enumerate(zip(*shapes, strict=True)):
        if index != axis % len(shapes[0]) and len({s for s in sizes if s is not None}) > 1:
            return False
    return True


def _function(name: str, cls: type) -> None:
    @tf_export(f"keras.layers.{name}")
    def merged(inputs: Any, **kwargs: Any) -> Any:
        return cls(**kwargs)(inputs)

    merged.__name__ = merged.__qualname__ = name
    merged.__doc__ = f"`{cls.__name__}`, with the arguments of the layer, of a list of inputs."


for _cls in (Add, Average, Maximum, Minimum, Multiply, Subtract):
    _function(_cls.__name__.lower(), _cls)


@tf_export("keras.layers.concatenate")
def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate` along `axis` of a list of inputs."""
    return Concatenate(axis=axis, **kwargs)(inputs)


@keras_layer("Dot")
class Dot(_Merge):
    """The sums of products of two inputs along an axis of each.

    Args:
        axes: the axis of both, or a pair of axes.
        normalize: whether the inputs are scaled to length 1 along these axes before, which gives their cosine.
        kwargs: see `Layer`.

    Raises:
        TypeError: `axes` is neither an int nor a pair.
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(axes, (int, list, tuple)):
            raise TypeError(f"Invalid type for argument `axes`: it should be a list or an int. Received: axes={axes}")
        if not isinstance(axes, int) and (len(axes) != 2 or not all(isinstance(a, int) for a in axes)):
            raise ValueError(
                "Invalid format for argument `axes`: list elements should be integers, two of them. "
                f"Received: axes={axes}"
            )
        self.axes, self.normalize = axes, normalize

    def build(self, input_shape: Any) -> None:
        """Checks that two inputs of equal sizes along the axes are given; ValueError otherwise."""
        if (
            not isinstance(input_shape, (list, tuple))
            or len(input_shape) != 2
            or isinstance(input_shape[0], (int, type(None)))
        ):
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        self._reshapes, self.built = False, True
        if any(TensorShape(s).rank is None for s in input_shape):
            return
        one, other = (_sizes(s) for s in input_shape)
        a, b = self._pair(len(one), len(other))
        if one[a] != other[b]:
            raise ValueError(
                "Incompatible input shapes: axis values "
                f"{one[a]} (at axis {a}) != {other[b]} (at axis {b}). Full input shapes: {tuple(one)}, {tuple(other)}"
            )

    def _pair(self, rank: int, other_rank: int) -> tuple[int, int]:
        """The axes counted from the front."""
        a, b = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        return a % rank, b % other_rank

    def _merged(self, inputs: list[Any]) -> Any:
        if len(inputs) != 2:
            raise ValueError(f"A `Dot` layer should be called on exactly 2 inputs. Received: inputs={inputs}")
        axes = list(self._pair(*(t.shape.rank for t in inputs)))
        if self.normalize:
            inputs = [PUBLIC["nn.l2_normalize"](t, axis=axis) for t, axis in zip(inputs, axes, strict=True)]
        return PUBLIC["keras.backend.batch_dot"](*inputs, axes)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes of both without the axes and without the second batch; at least two axes."""
        one, other = (_sizes(s) for s in input_shape)
        a, b = self._pair(len(one), len(other))
        made = [*(n for i, n in enumerate(one) if i != a), *(n for i, n in enumerate(other) if i not in (b, 0))]
        return TensorShape(made if len(made) > 1 else [*made, 1])

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None."""
        return


@tf_export("keras.layers.dot")
def dot(inputs: Any, axes: Any, normalize: bool = False, **kwargs: Any) -> Any:
    """`Dot` along `axes` of two inputs."""
    return Dot(axes=axes, normalize=normalize, **kwargs)(inputs)
