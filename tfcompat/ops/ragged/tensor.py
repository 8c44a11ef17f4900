"""`RaggedTensor`: a tensor with axes along which its rows have different lengths."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, Ragged, tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.packing import stack
from tfcompat.ops.ragged.partition import RowPartition
from tfcompat.ops.ragged.value import RaggedTensorValue
from tfcompat.ops.reduction import reduce_max

_INTERNAL: Any = object()


@tf_export("RaggedTensor")
class RaggedTensor(CompositeTensor, Ragged):
    """Values in rows of different lengths: `values`, and a partition that says where rows begin and end.

    `values` may be ragged in turn, for several ragged axes. The factories `from_row_splits`, `from_row_lengths`,
    `from_value_rowids`, `from_row_starts`, `from_row_limits`, `from_uniform_row_length`, `from_tensor` and
    `from_sparse`, and `tf.ragged.constant`, make them.

    Raises:
        ValueError: the constructor is called by others.
    """

    def __init__(self, values: Any, row_partition: Any, internal: Any = False):
        if internal is not _INTERNAL:
            raise ValueError(
                "RaggedTensor constructor is private; please use one of the factory methods instead (e.g., "
                "RaggedTensor.from_row_lengths())"
            )
        self._values = values
        self._row_partition: RowPartition = row_partition

    # ------------------------------------------------------------ factories

    @classmethod
    def _from_row_partition(cls, values: Any, partition: RowPartition, validate: bool = True) -> RaggedTensor:
        """`values` cut by `partition`; with `validate`, a run checks that their numbers agree."""
        values, partition = _values_and_partition(values, partition)
        if validate:
            message = "Arguments to _from_row_partition do not form a valid RaggedTensor"
            count = values.nrows() if isinstance(values, RaggedTensor) else shape(values, out_type=partition.dtype)[0]
            checks = [PUBLIC["debugging.assert_equal"](partition.row_splits()[-1], count, message=message)]
            if not isinstance(values, RaggedTensor):
                checks.append(PUBLIC["debugging.assert_rank_at_least"](values, 1))
            partition = partition.with_row_splits(with_dependencies(checks, partition.row_splits()))
        return cls(values, partition, _INTERNAL)

    @classmethod
    def from_value_rowids(
        cls, values: Any, value_rowids: Any, nrows: Any = None, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """`values[i]` goes to row `value_rowids[i]`, which must ascend; `nrows` rows, or as many as are needed."""
        _check_bool(validate)
        with name_scope(name, "RaggedFromValueRowIds", [values, value_rowids, nrows]):
            partition = RowPartition.from_value_rowids(value_rowids, nrows, validate, dtype_hint=_splits_dtype(values))
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Row i has `values[row_splits[i] : row_splits[i + 1]]`; the first of `row_splits` must be 0."""
        _check_bool(validate)
        with name_scope(name, "RaggedFromRowSplits", [values, row_splits]):
            partition = RowPartition.from_row_splits(row_splits, validate, dtype_hint=_splits_dtype(values))
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Row i has the next `row_lengths[i]` of `values`."""
        _check_bool(validate)
        with name_scope(name, "RaggedFromRowLengths", [values, row_lengths]):
            partition = RowPartition.from_row_lengths(row_lengths, validate, dtype_hint=_splits_dtype(values))
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Row i has the `values` from `row_starts[i]` to the start of the next row; the first must start at 0."""
        _check_bool(validate)
        with name_scope(name, "RaggedFromRowStarts", [values, row_starts]):
            values = as_ragged_or_tensor(values, name="values")
            count = values.nrows() if isinstance(values, RaggedTensor) else shape(values)[0]
            partition = RowPartition.from_row_starts(row_starts, count, validate, dtype_hint=_splits_dtype(values))
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Row i has the `values` from the end of the row before to `row_limits[i]`."""
        _check_bool(validate)
        with name_scope(name, "RaggedFromRowLimits", [values, row_limits]):
            values = as_ragged_or_tensor(values, name="values")
            partition = RowPartition.from_row_limits(row_limits, validate, dtype_hint=_splits_dtype(values))
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_uniform_row_length(
        cls, values: Any, uniform_row_length: Any, nrows: Any = None, validate: bool = True, name: str | None = None
    ) -> RaggedTensor:
        """Rows of one length; `nrows` of them, which must be given when the length is 0 and there are any."""
        _check_bool(validate)
        with name_scope(name, "RaggedFromUniformRowLength", [values, uniform_row_length, nrows]):
            values = as_ragged_or_tensor(values, name="values")
            kind = _splits_dtype(values)
            length = _converted_length(uniform_row_length, kind)
            count = _count_of(values, length.dtype)
            partition = RowPartition.from_uniform_row_length(length, count, nrows, validate, dtype_hint=kind)
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_nested_value_rowids(
        cls, flat_values: Any, nested_value_rowids: Any, nested_nrows: Any = None, name: str | None = None,
        validate: bool = True,
    ) -> RaggedTensor:  # fmt: skip
        """`from_value_rowids` for each of `nested_value_rowids`, the last, which cuts `flat_values`, first."""
        _check_list(nested_value_rowids, "nested_value_rowids")
        if nested_nrows is None:
            nested_nrows = [None] * len(nested_value_rowids)
        _check_list(nested_nrows, "nested_nrows")
        if len(nested_nrows) != len(nested_value_rowids):
            raise ValueError(
                "Argument `nested_nrows` must have the same length as argument `nested_value_rowids`. "
                f"len(nested_nrows) = {len(nested_nrows)} vs. len(nested_values_rowids) = {len(nested_value_rowids)}."
            )
        return _nested(
            cls.from_value_rowids, flat_values, list(zip(nested_value_rowids, nested_nrows, strict=True)),
            "RaggedFromNestedValueRowIds", name, validate,
        )  # fmt: skip

    @classmethod
    def from_nested_row_splits(
        cls, flat_values: Any, nested_row_splits: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """`from_row_splits` for each of `nested_row_splits`, the last, which cuts `flat_values`, first."""
        _check_list(nested_row_splits, "nested_row_splits")
        return _nested(
            cls.from_row_splits,
            flat_values,
            [(s,) for s in nested_row_splits],
            "RaggedFromNestedRowSplits",
            name,
            validate,
        )

    @classmethod
    def from_nested_row_lengths(
        cls, flat_values: Any, nested_row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """`from_row_lengths` for each of `nested_row_lengths`, the last, which cuts `flat_values`, first."""
        _check_list(nested_row_lengths, "nested_row_lengths")
        return _nested(
            cls.from_row_lengths, flat_values, [(n,) for n in nested_row_lengths], "RaggedFromNestedRowlengths", name,
            validate,
        )  # fmt: skip

    @classmethod
    def from_tensor(
        cls, tensor: Any, lengths: Any = None, padding: Any = None, ragged_rank: int = 1, name: str | None = None,
        row_splits_dtype: Any = dtypes.int64,
    ) -> RaggedTensor:  # fmt: skip
        """The rows of a tensor, without their padding.

        Args:
            tensor: of rank ragged_rank + 1 or more.
            lengths: length of each row, or a list of nested row lengths; whole rows by default.
            padding: value that is left out at the end of rows, instead of `lengths`.
            ragged_rank: how many axes become ragged.
            name: name scope.
            row_splits_dtype: int32 or int64.

        Raises:
            ValueError: both `lengths` and `padding` are given, or ranks do not fit.
        """
        from tfcompat.ops.ragged.from_tensor import from_tensor

        return from_tensor(tensor, lengths, padding, ragged_rank, name, dtypes.as_dtype(row_splits_dtype))

    @classmethod
    def from_sparse(cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = dtypes.int64) -> RaggedTensor:
        """The explicit elements of a sparse matrix, row by row; each row's must be its first ones.

        Raises:
            TypeError: `st_input` is no SparseTensor.
            ValueError: it is of another rank than 2.
            InvalidArgumentError: in a run, for rows with gaps.
        """
        from tfcompat.ops.ragged.from_tensor import from_sparse

        return from_sparse(st_input, name, dtypes.as_dtype(row_splits_dtype))

    # ------------------------------------------------------------ what it is made of

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the values."""
        return self._values.dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> TensorShape:
        """What is statically known of the shape; ragged axes have size None."""
        partition = self._row_partition
        outer = TensorShape([partition.static_nrows, partition.static_uniform_row_length])
        return outer.concatenate(self._values.shape[1:])

    def get_shape(self) -> TensorShape:
        """Same as `shape`."""
        return self.shape

    @property
    def ragged_rank(self) -> int:
        """How many times values are cut into rows."""
        return self._values.ragged_rank + 1 if isinstance(self._values, RaggedTensor) else 1

    @property
    def values(self) -> Any:
        """The rows, joined: a tensor or RaggedTensor of one axis less."""
        return self._values

    @property
    def row_splits(self) -> Tensor:
        """Where rows begin in `values`, and at the end the number of values."""
        return self._row_partition.row_splits()

    @property
    def uniform_row_length(self) -> Tensor | None:
        """The length of every row when it is one, else None."""
        return self._row_partition.uniform_row_length()

    @property
    def flat_values(self) -> Tensor:
        """The innermost values."""
        values = self._values
        while isinstance(values, RaggedTensor):
            values = values._values
        return values  # type: ignore[no-any-return]

    @property
    def nested_row_splits(self) -> tuple[Tensor, ...]:
        """The row splits of all ragged axes, outermost first."""
        return tuple(p.row_splits() for p in self._nested_row_partitions)

    @property
    def _nested_row_partitions(self) -> list[RowPartition]:
        found, values = [self._row_partition], self._values
        while isinstance(values, RaggedTensor):
            found.append(values._row_partition)
            values = values._values
        return found

    @property
    def graph(self) -> Any:
        """The graph that holds it."""
        return self.flat_values.graph

    @property
    def name(self) -> str | None:
        """None: a ragged tensor has no name of its own."""
        return None

    def consumers(self) -> list[Operation]:
        """The operations that take one of its parts."""
        return list(dict.fromkeys(op for part in self.component_tensors() for op in part.consumers()))

    def component_tensors(self) -> list[Tensor]:
        """flat_values and nested_row_splits."""
        return [self.flat_values, *self.nested_row_splits]

    def with_component_tensors(self, tensors: list[Tensor]) -> RaggedTensor:
        """One of the same ragged axes made of other tensors."""
        result: Any = tensors[0]
        for partition, splits in zip(self._nested_row_partitions[::-1], tensors[:0:-1], strict=True):
            made = RowPartition.from_row_splits(splits, validate=False)
            length = partition.static_uniform_row_length
            result = RaggedTensor(result, made if length is None else made.with_static_length(length), _INTERNAL)
        return result  # type: ignore[no-any-return]

    def value_of(self, values: list[Any]) -> RaggedTensorValue:
        result = values[0]
        for splits in reversed(values[1:]):
            result = RaggedTensorValue(result, splits)
        return result  # type: ignore[no-any-return]

    def feed_values(self, value: Any) -> list[Any]:
        if not isinstance(value, RaggedTensorValue):
            raise TypeError(f"A RaggedTensor is fed with a RaggedTensorValue, not with {value!r}.")
        return [value.flat_values, *value.nested_row_splits]

    # ------------------------------------------------------------ other encodings

    def value_rowids(self, name: str | None = None) -> Tensor:
        """The row of each of `values`."""
        with name_scope(name, "RaggedValueRowIds", [self]):
            return self._row_partition.value_rowids()

    def nested_value_rowids(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The `value_rowids` of all ragged axes."""
        with name_scope(name, "RaggedNestedValueRowIds", [self]):
            return tuple(p.value_rowids() for p in self._nested_row_partitions)

    def nrows(self, out_type: Any = None, name: str | None = None) -> Tensor:
        """The number of rows."""
        with name_scope(name, "RaggedNRows", [self]):
            rows = self._row_partition.nrows()
            return rows if out_type is None else cast(rows, dtypes.as_dtype(out_type))  # type: ignore[no-any-return]

    def row_starts(self, name: str | None = None) -> Tensor:
        """Where each row begins in `values`."""
        with name_scope(name, "RaggedRowStarts", [self]):
            return self._row_partition.row_starts()

    def row_limits(self, name: str | None = None) -> Tensor:
        """Where each row ends in `values`."""
        with name_scope(name, "RaggedRowLimits", [self]):
            return self._row_partition.row_limits()

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Any:
        """The lengths of rows: of axis 1 a vector, of a deeper one a RaggedTensor of one axis less."""
        if axis == 0:
            return self._row_partition.nrows()
        if axis == 1:
            return self._row_partition.row_lengths()
        with name_scope(name, "RaggedRowLengths", [self]):
            axis = positive_axis(axis, self.shape.rank, ndims_name="rank(self)")
            if axis == 0:
                return self.nrows()
            if axis == 1:
                return self._row_partition.row_lengths()
            if isinstance(self._values, RaggedTensor):
                return self.with_values(self._values.row_lengths(axis - 1))
            sizes = shape(self._values, out_type=self._row_partition.dtype)
            return self.with_values(PUBLIC["ones"](sizes[: axis - 1], self._row_partition.dtype) * sizes[axis - 1])

    def nested_row_lengths(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The `row_lengths` of all ragged axes."""
        with name_scope(name, "RaggedNestedRowLengths", [self]):
            return tuple(p.row_lengths() for p in self._nested_row_partitions)

    def bounding_shape(self, axis: Any = None, name: str | None = None, out_type: Any = None) -> Tensor:
        """The shape of the smallest tensor that holds all values; of one axis, or several, when `axis` is given."""
        out_type = self._row_partition.dtype if out_type is None else dtypes.as_dtype(out_type)
        with name_scope(name, "RaggedBoundingBox", [self, axis]):
            splits = self.nested_row_splits
            if isinstance(axis, int):
                if axis == 0:
                    return shape(splits[0], out_type=out_type)[0] - 1
                if axis == 1:
                    return cast(_longest(self.row_lengths()), out_type)  # type: ignore[no-any-return]
            rows = shape(splits[0], out_type=self._row_partition.dtype)
            values = shape(self.flat_values, out_type=self._row_partition.dtype)
            outer = [rows[0] - 1]
            lengths = [_longest(s[1:] - s[:-1]) for s in splits]
            box = concat([stack(outer + lengths), values[1:]], axis=0)
            if axis is not None:
                box = PUBLIC["gather"](box, axis)
            return cast(box, out_type)  # type: ignore[no-any-return]

    # ------------------------------------------------------------ other tensors of the same form

    def with_values(self, new_values: Any) -> RaggedTensor:
        """The same rows of other values, as many as there are.

        Raises:
            ValueError: it is known that their number differs, or types of row splits do.
        """
        new_values = as_ragged_or_tensor(new_values)
        new_values.shape.with_rank_at_least(1)
        self._values.shape[:1].assert_is_compatible_with(new_values.shape[:1])
        if isinstance(new_values, RaggedTensor) and self._row_partition.dtype != new_values.row_splits.dtype:
            raise ValueError(_MISMATCH)
        return RaggedTensor(new_values, self._row_partition, _INTERNAL)

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """The same rows of other innermost values."""
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.with_flat_values(new_values))
        new_values = as_ragged_or_tensor(new_values)
        return self.with_values(new_values)

    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """The same with row splits of int32 or int64."""
        dtype = dtypes.as_dtype(dtype)
        if dtype not in (dtypes.int32, dtypes.int64):
            raise ValueError(f"Argument `row_splits` dtype must be int32 or int64. Received {dtype}.")
        if self._row_partition.dtype == dtype:
            return self
        values = self._values.with_row_splits_dtype(dtype) if isinstance(self._values, RaggedTensor) else self._values
        return RaggedTensor(values, self._row_partition.with_dtype(dtype), _INTERNAL)

    def merge_dims(self, outer_axis: int, inner_axis: int) -> Any:
        """The axes from `outer_axis` to `inner_axis` as one."""
        outer = positive_axis(outer_axis, self.shape.rank, "outer_axis", "rank(self)")
        inner = positive_axis(inner_axis, self.shape.rank, "inner_axis", "rank(self)")
        if not outer <= inner:
            raise ValueError(
                f"Expected outer_axis ({outer_axis}) to be less than or equal to inner_axis ({inner_axis})."
            )
        return merge_dims(self, outer, inner)

    # ------------------------------------------------------------ to other kinds

    def to_tensor(self, default_value: Any = None, name: str | None = None, shape: Any = None) -> Tensor:
        """A tensor whose rows are filled up with `default_value` (zero or the empty string).

        Args:
            default_value: scalar, or a tensor that broadcasts to the values below the ragged axes.
            name: name scope.
            shape: of the result; rows are cut or filled up to it, None leaves an axis as it is.
        """
        from tfcompat.ops.ragged.to_tensor import to_tensor

        return to_tensor(self, default_value, name, shape)

    def to_sparse(self, name: str | None = None) -> SparseTensor:
        """A SparseTensor whose explicit elements are the values, each row's the first ones."""
        with name_scope(name, "RaggedToSparse", [self]):
            parts = raw_ops.RaggedTensorToSparse(
                rt_nested_splits=self.nested_row_splits, rt_dense_values=self.flat_values, name=name
            )
            return SparseTensor(*parts)

    def numpy(self) -> Any:
        """ValueError: values exist in runs only."""
        raise ValueError("RaggedTensor.numpy() is only supported in eager mode.")

    def to_list(self) -> Any:
        """ValueError unless it is known before a run."""
        raise ValueError(
            "RaggedTensor.to_list() is only supported in eager mode; in graph mode, evaluate the RaggedTensor first "
            "and then use RaggedTensorValue.to_list()."
        )

    def eval(self, feed_dict: Any = None, session: Any = None) -> RaggedTensorValue:
        """Runs the graph for it in `session` (default: the default session)."""
        result: RaggedTensorValue = self.graph.session_for(session, self.flat_values).run(self, feed_dict)
        return result

    def __getitem__(self, key: Any) -> Any:
        from tfcompat.ops.ragged.getitem import getitem

        return getitem(self, key)

    def __iter__(self) -> Any:
        raise TypeError("RaggedTensor is not iterable in graph mode.")

    def __bool__(self) -> bool:
        raise TypeError("RaggedTensor may not be used as a boolean.")

    __nonzero__ = __bool__

    def __str__(self) -> str:
        return f"tf.RaggedTensor(values={self._values}, row_splits={self.row_splits})"

    __repr__ = __str__


_MISMATCH = (
    "Input RaggedTensors have mismatched row_splits dtypes; use RaggedTensor.with_row_splits_dtype() to convert them "
    "to compatible dtypes."
)


def make(values: Any, partition: RowPartition) -> RaggedTensor:
    """`values` cut by `partition`, nothing checked."""
    return RaggedTensor(values, partition, _INTERNAL)


def _longest(lengths: Tensor) -> Tensor:
    return raw_ops.Maximum(x=reduce_max(lengths), y=0)  # type: ignore[no-any-return]


def _check_bool(validate: Any) -> None:
    if not isinstance(validate, bool):
        raise TypeError(f"Argument `validate` must have type bool. Received {validate}.")


def _check_list(value: Any, name: str) -> None:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"Argument `{name}` must be a list of Tensors. Received {value}.")


def _nested(factory: Any, flat_values: Any, cuts: list[Any], scope: str, name: str | None, validate: bool) -> Any:
    with name_scope(name, scope, [flat_values, *[c[0] for c in cuts]]):
        result = flat_values
        for cut in reversed(cuts):
            result = factory(result, *cut, validate=validate)
        return result


def _splits_dtype(values: Any) -> Any:
    return values.row_splits.dtype if isinstance(values, (RaggedTensor, RaggedTensorValue)) else None


def _converted_length(length: Any, hint: Any) -> Tensor:
    if isinstance(length, Tensor) or hasattr(length, "dtype"):
        tensor = convert_to_tensor(length, name="UniformRowLength")
    else:
        tensor = convert_to_tensor(length, dtype_hint=hint or dtypes.int64, name="UniformRowLength")
    tensor.shape.assert_has_rank(0)
    return tensor


def _count_of(values: Any, dtype: Any) -> Tensor:
    """The number of values, a constant when it is known."""
    if isinstance(values, RaggedTensor):
        return cast(values.nrows(), dtype)  # type: ignore[no-any-return]
    values.shape.with_rank_at_least(1)
    size = values.shape.as_list()[0] if values.shape.rank else None
    return shape(values, out_type=dtype)[0] if size is None else constant(size, dtype)


def _values_and_partition(values: Any, partition: RowPartition) -> tuple[Any, RowPartition]:
    """Both with row splits of one type."""
    if isinstance(values, RaggedTensorValue):
        values = as_ragged_or_tensor(values)
    if isinstance(values, RaggedTensor):
        if values.row_splits.dtype != partition.dtype:
            raise ValueError(
                "Argument `row_partition` of RaggedTensor with name: partition must have same dtype as Argument "
                f"`values`. ({partition.dtype} vs. {values.row_splits.dtype})."
            )
        return values, partition
    return convert_to_tensor(values, name="values"), partition


def is_ragged(value: Any) -> bool:
    """Whether `value` is a RaggedTensor or a RaggedTensorValue."""
    return isinstance(value, (RaggedTensor, RaggedTensorValue))


def as_ragged_or_tensor(value: Any, dtype: Any = None, preferred_dtype: Any = None, name: str | None = None) -> Any:
    """`value` as a RaggedTensor when it is one (or a RaggedTensorValue), else as a tensor.

    Raises:
        ValueError: a ragged value has another type than `dtype`.
    """
    if isinstance(value, RaggedTensor):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for RaggedTensor with dtype "
                f"{value.dtype.name}: {value}."
            )
        return value
    if isinstance(value, RaggedTensorValue):
        with name_scope(name, "ConvertToTensorOrRaggedTensor", []):
            flat = convert_to_tensor(value.flat_values, dtype=dtype, dtype_hint=preferred_dtype, name="flat_values")
            return RaggedTensor.from_nested_row_splits(flat, value.nested_row_splits, validate=False)
    return convert_to_tensor(value, dtype=dtype, dtype_hint=preferred_dtype, name=name)


def match_row_splits_dtypes(*tensors: Any, return_dtype: bool = False) -> Any:
    """The ragged ones among `tensors` all with row splits of one type; others as they are.

    Raises:
        ValueError: they differ.
    """
    found = {t.row_splits.dtype for t in tensors if isinstance(t, RaggedTensor)}
    if len(found) > 1:
        raise ValueError(_MISMATCH)
    return (next(iter(found), None), tensors) if return_dtype else tensors


def positive_axis(axis: Any, rank: int | None, axis_name: str = "axis", ndims_name: str = "ndims") -> int:
    """`axis` counted from the front.

    Raises:
        TypeError: it is no int.
        ValueError: it is out of bounds, or negative while the rank is not known.
    """
    if not isinstance(axis, int):
        raise TypeError(f"{axis_name} must be an int; got {type(axis).__name__}")
    if rank is not None:
        if 0 <= axis < rank:
            return axis
        if -rank <= axis < 0:
            return axis + rank
        raise ValueError(f"{axis_name}={axis} out of bounds: expected {-rank}<={axis_name}<{rank}")
    if axis < 0:
        raise ValueError(f"{axis_name}={axis} may only be negative if {ndims_name} is statically known.")
    return axis


def merge_dims(value: Any, outer_axis: int, inner_axis: int) -> Any:
    """`value` with the axes from `outer_axis` to `inner_axis`, counted from the front, as one."""
    if outer_axis == inner_axis:
        return value
    while outer_axis == 0 and isinstance(value, RaggedTensor):
        value = value.values
        inner_axis -= 1
        if inner_axis == 0:
            return value
    if not isinstance(value, RaggedTensor):
        return _merged_tensor(value, outer_axis, inner_axis)
    if outer_axis > 1:
        return value.with_values(merge_dims(value.values, outer_axis - 1, inner_axis - 1))
    # the first cut stays, but its rows are made of the rows of those below
    splits, inner = value.row_splits, value.values
    for _ in range(inner_axis - 1):
        if isinstance(inner, RaggedTensor):
            splits = PUBLIC["gather"](inner.row_splits, splits)
            inner = inner.values
        else:
            size = shape(inner, out_type=splits.dtype)[1]
            splits = splits * size
            inner = _merged_tensor(inner, 0, 1)
    return RaggedTensor.from_row_splits(inner, splits, validate=False)


def _merged_tensor(value: Any, outer_axis: int, inner_axis: int) -> Tensor:
    sizes = shape(value)
    new = concat([sizes[:outer_axis], [-1], sizes[inner_axis + 1 :]], axis=0)
    result: Tensor = reshape(value, new)
    known_sizes = value.shape
    if known_sizes.rank is not None:
        sizes_list = known_sizes.as_list()
        middle: int | None = 1
        for size in sizes_list[outer_axis : inner_axis + 1]:
            middle = None if size is None or middle is None else middle * size
        result.set_shape(sizes_list[:outer_axis] + [middle] + sizes_list[inner_axis + 1 :])
    return result
