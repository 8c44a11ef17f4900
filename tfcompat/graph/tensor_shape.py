"""Static shapes: `Dimension` (an int or unknown) and `TensorShape` (a list of dimensions or of unknown rank)."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any

from tfcompat.graph.export import tf_export


@tf_export("Dimension")
class Dimension:
    """The size of one axis: a non-negative int, or None when it is not known before a run."""

    __slots__ = ("_value",)

    def __init__(self, value: Any):
        self._value = _dim_value(value)

    @property
    def value(self) -> int | None:
        """The size, or None."""
        return self._value

    def __repr__(self) -> str:
        return f"Dimension({self._value})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __int__(self) -> int:
        return self._value  # type: ignore[return-value]  # int(Dimension(None)) must raise TypeError, as None does

    def __index__(self) -> int:
        return self._value  # type: ignore[return-value]

    def __long__(self) -> int | None:
        return self._value

    def __eq__(self, other: object) -> Any:
        try:
            value = _dim_value(other)
        except (TypeError, ValueError):
            return NotImplemented
        return None if self._value is None or value is None else self._value == value

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is None or equal is NotImplemented else not equal

    def __hash__(self) -> int:
        if self._value is None:
            raise ValueError("Unable to hash Dimension with value 'None'")
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both can be the same size."""
        value = _dim_value(other)
        return self._value is None or value is None or self._value == value

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless `is_compatible_with(other)`."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """The more precise of two compatible dimensions; ValueError when they are not."""
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return Dimension(other._value if self._value is None else self._value)

    def _arithmetic(self, other: Any, fn: Any, swap: bool = False) -> Any:
        try:
            value = _dim_value(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or value is None:
            return Dimension(None)
        return Dimension(fn(value, self._value) if swap else fn(self._value, value))

    def __add__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.add)

    def __radd__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.add, swap=True)

    def __sub__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.sub, swap=True)

    def __mul__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.mul)

    def __rmul__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.mul, swap=True)

    def __floordiv__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.floordiv, swap=True)

    def __div__(self, other: Any) -> Any:
        return self // other

    def __truediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', please use // instead"
        )

    def __rtruediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: '{type(other).__name__}' and 'Dimension', please use // instead"
        )

    def __mod__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.mod)

    def __rmod__(self, other: Any) -> Any:
        return self._arithmetic(other, operator.mod, swap=True)

    def _compare(self, other: Any, fn: Any) -> Any:
        value = _dim_value(other)
        return None if self._value is None or value is None else fn(self._value, value)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __reduce__(self) -> Any:
        return Dimension, (self._value,)


def _dim_value(value: Any) -> int | None:
    if type(value) is int:
        if value < 0:
            raise ValueError(f"Dimension {value} must be >= 0")
        return value
    if value is None:
        return None
    if isinstance(value, Dimension):
        return value._value
    if isinstance(value, (bytes, str)):
        return _dim_value(int(value))
    try:
        number = value.__index__()
    except AttributeError:
        raise TypeError(
            f"Dimension value must be integer or None or have an __index__ method, got value '{value!r}' "
            f"with type '{type(value)!r}'"
        ) from None
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return int(number)


def as_dimension(value: Any) -> Dimension:
    """`value` (int, None or Dimension) as a Dimension."""
    return value if isinstance(value, Dimension) else Dimension(value)


@tf_export("dimension_value", "compat.dimension_value")
def dimension_value(dimension: Any) -> int | None:
    """The int (or None) in a Dimension; an int passes through."""
    return dimension.value if isinstance(dimension, Dimension) else dimension


_v2_behavior = False


@tf_export("enable_v2_tensorshape")
def enable_v2_tensorshape() -> None:
    """From now on the elements of shapes are ints and None instead of `Dimension`s."""
    global _v2_behavior
    _v2_behavior = True


@tf_export("disable_v2_tensorshape")
def disable_v2_tensorshape() -> None:
    """From now on the elements of shapes are `Dimension`s, which is the default."""
    global _v2_behavior
    _v2_behavior = False


def _public(size: int | None) -> Any:
    """An element of a shape as programs see it."""
    return size if _v2_behavior else Dimension(size)


@tf_export("dimension_at_index", "compat.dimension_at_index")
def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """The Dimension of `shape` at `index`; an unknown one when the rank is unknown."""
    return Dimension(None) if shape.rank is None else shape.dims[index]  # type: ignore[index]


@tf_export("TensorShape")
class TensorShape:
    """What is known of a tensor's shape before a run.

    `TensorShape([2, None])` has rank 2 and an unknown second dimension; `TensorShape(None)` has unknown rank.
    """

    __slots__ = ("_dims",)

    def __init__(self, dims: Any):
        self._dims: tuple[int | None, ...] | None
        if dims is None:
            self._dims = None
        elif isinstance(dims, TensorShape):
            self._dims = dims._dims
        elif isinstance(dims, (tuple, list)):
            self._dims = tuple([_dim_value(d) for d in dims])
        else:
            self._dims = _dims_of_other(dims)

    @classmethod
    def of(cls, dims: tuple[int | None, ...] | None) -> TensorShape:
        """Makes a shape from a tuple of checked ints and Nones, without the checks of the constructor."""
        shape = object.__new__(cls)
        shape._dims = dims
        return shape

    @property
    def dims(self) -> list[Dimension] | None:
        """A list of Dimensions, or None when the rank is unknown."""
        return None if self._dims is None else [Dimension(d) for d in self._dims]

    @property
    def _v2_behavior(self) -> bool:
        """Whether elements are ints instead of Dimensions."""
        return _v2_behavior

    @property
    def tuple(self) -> tuple[int | None, ...] | None:
        """The dimensions as a tuple of ints and Nones, or None when the rank is unknown."""
        return self._dims

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None."""
        return None if self._dims is None else len(self._dims)

    @property
    def ndims(self) -> int | None:
        """Same as `rank`."""
        return self.rank

    def __repr__(self) -> str:
        return f"TensorShape({self.dims})"

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        inner = ", ".join("?" if d is None else str(d) for d in self._dims)
        return f"({inner},)" if len(self._dims) == 1 else f"({inner})"

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    __nonzero__ = __bool__

    def __iter__(self) -> Iterator[Any]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([_public(d) for d in self._dims])

    def __getitem__(self, key: Any) -> Any:
        if self._dims is not None:
            return TensorShape.of(self._dims[key]) if isinstance(key, slice) else _public(self._dims[key])
        if not isinstance(key, slice):
            return _public(None)
        start, stop = key.start or 0, key.stop
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        if stop is None or start < 0 or stop < 0:
            return TensorShape(None)
        return TensorShape.of((None,) * max(stop - start, 0))

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return as_shape(other).concatenate(self)

    def __concat__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def num_elements(self) -> int | None:
        """The product of the dimensions, or None when one is unknown."""
        if self._dims is None:
            return None
        total = 1
        for dim in self._dims:
            if dim is None:
                return None
            total *= dim
        return total

    def merge_with(self, other: Any) -> TensorShape:
        """What is known when both shapes describe the same tensor.

        Raises:
            ValueError: they cannot.
        """
        other = as_shape(other)
        if self._dims is None or self._dims == other._dims:
            return other
        if other._dims is None:
            return self
        try:
            self.assert_same_rank(other)
            return TensorShape.of(tuple(_merge_dim(a, b) for a, b in zip(self._dims, other._dims, strict=True)))
        except ValueError:
            raise ValueError(f"Shapes {self} and {other} are not compatible") from None

    def concatenate(self, other: Any) -> TensorShape:
        """This shape's dimensions followed by `other`'s; unknown rank when either's rank is unknown."""
        other = as_shape(other)
        if self._dims is None or other._dims is None:
            return TensorShape(None)
        return TensorShape.of(self._dims + other._dims)

    def assert_same_rank(self, other: Any) -> None:
        """Raises ValueError when both ranks are known and differ."""
        other = as_shape(other)
        if self.rank is not None and other.rank is not None and self.rank != other.rank:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank: int | None) -> None:
        """Raises ValueError when the rank is known and is not `rank`."""
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int | None) -> TensorShape:
        """This shape, or `rank` unknown dimensions when its rank is unknown; ValueError when it has another rank."""
        try:
            return self.merge_with(unknown_shape(rank))
        except ValueError:
            raise ValueError(f"Shape {self} must have rank {rank}") from None

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape; ValueError when its rank is known and lower."""
        if self.rank is not None and self.rank < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape; ValueError when its rank is known and higher."""
        if self.rank is not None and self.rank > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def is_compatible_with(self, other: Any) -> bool:
        """Whether some full shape fits both."""
        other = as_shape(other)
        if self._dims is None or other._dims is None:
            return True
        if len(self._dims) != len(other._dims):
            return False
        return all(a is None or b is None or a == b for a, b in zip(self._dims, other._dims, strict=True))

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless `is_compatible_with(other)`."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every tensor of this shape also fits `other`."""
        if not isinstance(other, TensorShape):
            return False
        if other._dims is None:
            return True
        if self._dims is None or len(self._dims) != len(other._dims):
            return False
        return all(o is None or s == o for s, o in zip(self._dims, other._dims, strict=True))

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """The most precise shape that fits all tensors of both shapes."""
        other = as_shape(other)
        if self._dims is None or other._dims is None or len(self._dims) != len(other._dims):
            return TensorShape(None)
        return TensorShape.of(tuple(a if a == b else None for a, b in zip(self._dims, other._dims, strict=True)))

    def most_specific_common_supertype(self, others: Iterable[Any]) -> TensorShape | None:
        """The most precise shape that fits this one and all `others`; None when one is no shape."""
        shape = self
        for other in others:
            if not isinstance(other, TensorShape):
                return None
            shape = shape.most_specific_compatible_shape(other)
        return shape

    def is_fully_defined(self) -> bool:
        """Whether the rank and every dimension are known."""
        return self._dims is not None and None not in self._dims

    def assert_is_fully_defined(self) -> None:
        """Raises ValueError unless `is_fully_defined()`."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def as_list(self) -> list[int | None]:
        """The dimensions as ints and Nones; ValueError when the rank is unknown."""
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def as_proto(self) -> Any:
        """A `TensorShapeProto`; unknown dimensions are -1."""
        from tfcompat import protos

        if self._dims is None:
            return protos.TensorShapeProto(unknown_rank=True)
        dim = protos.TensorShapeProto.Dim
        return protos.TensorShapeProto(dim=[dim(size=-1 if d is None else d) for d in self._dims])

    def __eq__(self, other: object) -> bool:
        try:
            other = as_shape(other)
        except (TypeError, ValueError):
            return NotImplemented
        return self._dims == other._dims

    def __ne__(self, other: object) -> bool:
        try:
            other = as_shape(other)
        except (TypeError, ValueError):
            return NotImplemented
        return self._dims != other._dims

    def __hash__(self) -> int:
        return hash(self._dims)

    def __reduce__(self) -> Any:
        return TensorShape, (None if self._dims is None else list(self._dims),)


def _dims_of_other(dims: Any) -> tuple[int | None, ...] | None:
    """Dimensions of a TensorShapeProto, of any iterable, or of a lone int."""
    if hasattr(dims, "unknown_rank") and hasattr(dims, "dim"):
        if dims.unknown_rank:
            return None
        return tuple(None if d.size == -1 else _dim_value(d.size) for d in dims.dim)
    try:
        iterator = iter(dims)
    except TypeError:
        return (_dim_value(dims),)
    return tuple(_dim_value(d) for d in iterator)


def _merge_dim(a: int | None, b: int | None) -> int | None:
    if a is None:
        return b
    if b is None or a == b:
        return a
    raise ValueError(f"Dimensions {a} and {b} are not compatible")


def as_shape(shape: Any) -> TensorShape:
    """`shape` (TensorShape, list, int, TensorShapeProto or None) as a TensorShape."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(rank: int | None = None) -> TensorShape:
    """A shape of `rank` unknown dimensions, or of unknown rank."""
    return TensorShape.of(None if rank is None else (None,) * rank)


UNKNOWN = TensorShape.of(None)
SCALAR = TensorShape.of(())
