"""Variables that are made of slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tfcompat.graph.convert import register_tensor_conversion_function
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import concat, raw_ops


class PartitionedVariable:
    """A variable made of slices along one dimension; as a tensor it is their concatenation.

    Args:
        name: its name; the slices are called `<name>/part_<i>`.
        shape: shape of the whole.
        dtype: its type.
        variable_list: the slices in order.
        partitions: number of slices along each dimension.

    Raises:
        TypeError: `variable_list` or `partitions` is no list.
        ValueError: the slices do not fit.
    """

    def __init__(self, name: str, shape: Any, dtype: Any, variable_list: Sequence[Any], partitions: Sequence[int]):
        if not isinstance(variable_list, (list, tuple)):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(f"partitions is not a list or tuple: {partitions}")
        if not all(p >= 1 for p in partitions):
            raise ValueError(f"partition values must be positive: {partitions}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        for variable in variable_list:
            info = variable._get_save_slice_info()
            if info is None or not info.full_name == name:
                raise ValueError(f"All variables must be slices of {name}: {variable}")
        self._name = name
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)
        self._variable_list = sorted(variable_list, key=lambda v: v._get_save_slice_info().var_offset)
        self._partitions = list(partitions)

    @property
    def name(self) -> str:
        """The name of the whole."""
        return self._name

    @property
    def dtype(self) -> Any:
        """Its type."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole."""
        return self._shape

    def get_shape(self) -> TensorShape:
        """Same as `shape`."""
        return self._shape

    def __iter__(self) -> Iterator[Any]:
        """The slices in order."""
        return iter(self._variable_list)

    def __len__(self) -> int:
        return len(self._variable_list)

    def _get_variable_list(self) -> list[Any]:
        return self._variable_list

    def _get_partitions(self) -> list[int]:
        return self._partitions

    def _partition_axes(self) -> list[int]:
        return [i for i, p in enumerate(self._partitions) if p > 1] or [0]

    def as_tensor(self) -> Tensor:
        """The whole as one tensor, read whatever control dependencies are around, as variables are."""
        with name_scope(None), control_dependencies(None):
            return self._concatenated()

    def _concatenated(self) -> Tensor:
        if len(self._variable_list) == 1:
            return raw_ops.Identity(input=self._variable_list[0], name=self._name)  # type: ignore[no-any-return]
        with name_scope(self._name + "/ConcatPartitions/"):
            whole = concat.concat(self._variable_list, self._partition_axes()[0])
        return raw_ops.Identity(input=whole, name=self._name)  # type: ignore[no-any-return]

    def _each_with_part(self, change: Callable[[Any, Any], Any], value: Any) -> list[Any]:
        if isinstance(value, (list, PartitionedVariable)):
            parts = list(value)
            if len(parts) != len(self._variable_list):
                raise AssertionError(f"{self._name} has {len(self._variable_list)} slices, got {len(parts)} values.")
        else:
            axis = self._partition_axes()[0]
            parts = concat.split(value, [v.shape.as_list()[axis] for v in self._variable_list], axis)
        return [change(v, part) for v, part in zip(self._variable_list, parts, strict=True)]

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Assigns the parts of `value` (a tensor, a list of parts, a PartitionedVariable) to the slices.

        Returns what `assign` of each slice gives, as a list.
        """
        return self._each_with_part(lambda v, part: v.assign(part, use_locking, name, read_value), value)

    def assign_add(
        self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Adds the parts of `value` to the slices."""
        return self._each_with_part(lambda v, part: v.assign_add(part, use_locking, name, read_value), value)

    def assign_sub(
        self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtracts the parts of `value` from the slices."""
        return self._each_with_part(lambda v, part: v.assign_sub(part, use_locking, name, read_value), value)


def _to_tensor(value: PartitionedVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if dtype is not None and not as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{as_dtype(dtype).name}' for variable of "
            f"type '{value.dtype.name}'"
        )
    if as_ref:
        raise NotImplementedError("PartitionedVariable doesn't support being used as a reference.")
    return value.as_tensor()


register_tensor_conversion_function(PartitionedVariable, _to_tensor)
