"""`TensorArraySpec`: how TensorArrays take part in structures."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import as_shape
from tfcompat.graph.type_spec import TensorSpec, TypeSpec, register_type_spec_from_value
from tfcompat.ops.tensor_array import TensorArray


@tf_export("TensorArraySpec")
class TensorArraySpec(TypeSpec):
    """Describes TensorArrays.

    Args:
        element_shape: what is known of the shape of the elements; None when nothing is.
        dtype: type of the elements.
        dynamic_size: whether writes may make it longer.
        infer_shape: whether all elements have one shape.
    """

    def __init__(
        self,
        element_shape: Any = None,
        dtype: Any = dtypes.float32,
        dynamic_size: bool = False,
        infer_shape: bool = True,
    ):
        self._element_shape = as_shape(element_shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._dynamic_size = dynamic_size
        self._infer_shape = infer_shape

    @property
    def value_type(self) -> type:
        return TensorArray

    @classmethod
    def from_value(cls, value: Any) -> TensorArraySpec:
        """The spec of a TensorArray; TypeError for anything else."""
        if not isinstance(value, TensorArray):
            raise TypeError(f"Expected a TensorArray, but got {value!r}.")
        return cls(value.element_shape, value.dtype, value.dynamic_size, value._infer_shape)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether the other holds elements of the same type and of shapes that fit."""
        other = spec_or_value if isinstance(spec_or_value, TypeSpec) else TensorArraySpec.from_value(spec_or_value)
        return (
            isinstance(other, TensorArraySpec)
            and self._dtype.is_compatible_with(other._dtype)
            and self._element_shape.is_compatible_with(other._element_shape)
            and self._dynamic_size == other._dynamic_size
        )

    def _serialize(self) -> tuple[Any, ...]:
        return self._element_shape, self._dtype, self._dynamic_size, self._infer_shape

    @property
    def _component_specs(self) -> Any:
        return [TensorSpec([], dtypes.variant)]

    def _to_components(self, value: Any) -> Any:
        return [value.flow]

    def _from_components(self, components: Any) -> Any:
        return TensorArray(
            dtype=self._dtype,
            flow=components[0],
            dynamic_size=self._dynamic_size,
            infer_shape=self._infer_shape,
            element_shape=self._element_shape,
        )


register_type_spec_from_value(TensorArray, TensorArraySpec.from_value)
