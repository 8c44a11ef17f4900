"""`tf.experimental.Optional`: a value that may be absent."""

from __future__ import annotations

from typing import Any

from tfcompat.data import structure, trees
from tfcompat.data.iterators import Iterator
from tfcompat.data.structure import from_tensors, to_tensors, types_and_shapes
from tfcompat.data.trees import flatten
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import scalar
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import TensorSpec, TypeSpec
from tfcompat.ops import raw_ops

_MAKERS = ("OptionalFromValue", "OptionalNone", "OptionalHasValue", "IteratorGetNextAsOptional")
shape_of(*_MAKERS)(scalar)
not_differentiable("OptionalNone", "OptionalHasValue", "IteratorGetNextAsOptional")


@gradient_of("OptionalFromValue")
def _gradient_of_making(op: Operation, grad: Tensor) -> list[Tensor]:
    """The gradients arrive as an optional, too."""
    types, shapes = [t.dtype for t in op.inputs], [t.shape for t in op.inputs]
    return list(raw_ops.OptionalGetValue(optional=grad, output_types=types, output_shapes=shapes))


@gradient_of("OptionalGetValue")
def _gradient_of_taking(op: Operation, *grads: Tensor) -> list[Tensor]:
    return [raw_ops.OptionalFromValue(components=list(grads))]


@shape_of("OptionalGetValue")
def _value_shapes(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    return list(c.attr("output_shapes"))


@tf_export("experimental.Optional", "data.experimental.Optional")
class Optional:
    """A structure of tensors, or nothing, which is known when it is run.

    Args:
        variant_tensor: what carries it.
        element_spec: structure of specs of its value.
    """

    def __init__(self, variant_tensor: Tensor, element_spec: Any):
        self._variant_tensor, self._element_spec = variant_tensor, element_spec

    @staticmethod
    def from_value(value: Any) -> Optional:
        """One that has `value`, a structure of tensors."""
        with name_scope("optional") as scope:
            with name_scope("value"):
                element = trees.pack(value, [structure.as_component(part) for part in flatten(value)])
                spec = structure.specs_of(element)
                parts = to_tensors(spec, element)
            return Optional(raw_ops.OptionalFromValue(components=parts, name=scope), spec)

    @staticmethod
    def empty(element_spec: Any) -> Optional:
        """One without a value, where one would be of `element_spec` (structure of specs)."""
        return Optional(raw_ops.OptionalNone(), element_spec)

    none_from_structure = empty

    def has_value(self, name: str | None = None) -> Tensor:
        """Whether it has a value, a bool scalar."""
        return raw_ops.OptionalHasValue(optional=self._variant_tensor, name=name)  # type: ignore[no-any-return]

    def get_value(self, name: str | None = None) -> Any:
        """Its value; the run fails with InvalidArgumentError where there is none."""
        types, shapes = types_and_shapes(self._element_spec)
        with name_scope(name, "OptionalGetValue", [self._variant_tensor]) as scope:
            made = raw_ops.OptionalGetValue(
                optional=self._variant_tensor, output_types=types, output_shapes=shapes, name=scope
            )
        return from_tensors(self._element_spec, made)

    @property
    def element_spec(self) -> Any:
        """Structure of the specs of its value."""
        return self._element_spec

    @property
    def value_structure(self) -> Any:
        """`element_spec`, under the name it had."""
        return self._element_spec

    @property
    def _spec(self) -> OptionalSpec:
        return OptionalSpec(self._element_spec)

    def __repr__(self) -> str:
        return f"<Optional element_spec={self._element_spec}>"


@tf_export("OptionalSpec", "data.experimental.OptionalStructure")
class OptionalSpec(TypeSpec):
    """Describes components that are an `Optional`.

    Args:
        element_spec: structure of the specs of their values.
    """

    def __init__(self, element_spec: Any):
        self._element_spec = element_spec

    @property
    def value_type(self) -> type:
        return Optional

    @staticmethod
    def from_value(value: Any) -> OptionalSpec:
        """The spec of an `Optional`."""
        return OptionalSpec(value.element_spec)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether the other's values have the same structure and specs that fit."""
        other = spec_or_value if isinstance(spec_or_value, TypeSpec) else OptionalSpec.from_value(spec_or_value)
        if not isinstance(other, OptionalSpec):
            return False
        own, theirs = flatten(self._element_spec), flatten(other._element_spec)
        return len(own) == len(theirs) and all(a.is_compatible_with(b) for a, b in zip(own, theirs, strict=True))

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    def _key(self) -> Any:
        return OptionalSpec, repr(self._element_spec)

    @property
    def _component_specs(self) -> Any:
        return TensorSpec((), dtypes.variant)

    def _to_components(self, value: Any) -> Any:
        return value._variant_tensor

    def _from_components(self, components: Any) -> Any:
        return Optional(components, self._element_spec)


@tf_export("data.experimental.get_next_as_optional")
def get_next_as_optional(iterator: Iterator) -> Optional:
    """The next element of an iterator; without a value at the end."""
    types, shapes = types_and_shapes(iterator.element_spec)
    made = raw_ops.IteratorGetNextAsOptional(
        iterator=iterator._iterator_resource, output_types=types, output_shapes=shapes
    )
    return Optional(made, iterator.element_spec)
