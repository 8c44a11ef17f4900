"""Python structures as `StructuredValue` messages, in which SavedModels keep the arguments and results of functions."""

from __future__ import annotations

import collections
import collections.abc
from collections.abc import Callable
from typing import Any

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.export import export_internal
from tfcompat.graph.tensor_shape import Dimension, TensorShape, as_shape
from tfcompat.graph.type_spec import IndexedSlicesSpec, SparseTensorSpec, TensorSpec, TypeSpec
from tfcompat.ops.ragged.spec import RaggedTensorSpec

_SPECS: dict[int, type[TypeSpec]] = {1: SparseTensorSpec, 2: IndexedSlicesSpec, 3: RaggedTensorSpec}
"""Classes of specs by their number in `TypeSpecProto`."""

_NUMBERS = {kind: number for number, kind in _SPECS.items()}


class NotEncodableError(Exception):
    """A structure has something that messages have no form for."""


class UnknownSpecError(ValueError):
    """A structure has the spec of values that do not exist here."""


def encoded(structure: Any) -> Any:
    """A structure as a message.

    Args:
        structure: lists, tuples, named tuples and dictionaries of None, numbers, strings, booleans, shapes, types
            and specs.

    Raises:
        NotEncodableError: there is something else in it.
    """
    message = protos.StructuredValue()
    _encode(structure, message)
    return message


def _encode(value: Any, message: Any) -> None:
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            write(value, message)
            return
    raise NotEncodableError(f"No encoder for object {value} of type {type(value)}.")


def _none(value: Any, message: Any) -> None:
    message.none_value.SetInParent()


def _tensor_spec(value: TensorSpec, message: Any) -> None:
    spec = message.tensor_spec_value
    spec.name = value.name or ""
    spec.shape.CopyFrom(value.shape.as_proto())
    spec.dtype = value.dtype.as_datatype_enum


def _type_spec(value: TypeSpec, message: Any) -> None:
    number = _NUMBERS.get(type(value))
    if number is None:
        raise NotEncodableError(f"No encoder for a spec of type {type(value).__name__}.")
    spec = message.type_spec_value
    spec.type_spec_class = number
    spec.type_spec_class_name = type(value).__name__
    parts = value._component_specs
    spec.num_flat_components = len(parts) if isinstance(parts, (list, tuple)) else 1
    _encode(value._serialize(), spec.type_state)


def _mapping(value: Any, message: Any) -> None:
    message.dict_value.SetInParent()
    for key in value:
        if not isinstance(key, str):
            raise NotEncodableError(f"No encoder for the key {key!r} of a dictionary.")
        _encode(value[key], message.dict_value.fields[key])


def _tuple(value: tuple[Any, ...], message: Any) -> None:
    fields = getattr(value, "_fields", None)
    if fields is None:
        message.tuple_value.SetInParent()
        for item in value:
            _encode(item, message.tuple_value.values.add())
        return
    message.named_tuple_value.name = type(value).__name__
    for field in fields:
        pair = message.named_tuple_value.values.add(key=field)
        _encode(getattr(value, field), pair.value)


def _list(value: list[Any], message: Any) -> None:
    message.list_value.SetInParent()
    for item in value:
        _encode(item, message.list_value.values.add())


def _set(field: str) -> Callable[[Any, Any], None]:
    def write(value: Any, message: Any) -> None:
        setattr(message, field, value)

    return write


_WRITERS: tuple[tuple[Any, Callable[[Any, Any], None]], ...] = (
    (type(None), _none),
    (bool, _set("bool_value")),
    (int, _set("int64_value")),
    (float, _set("float64_value")),
    (str, _set("string_value")),
    (DType, lambda v, m: setattr(m, "tensor_dtype_value", v.as_datatype_enum)),
    (TensorShape, lambda v, m: m.tensor_shape_value.CopyFrom(v.as_proto())),
    (Dimension, lambda v, m: _encode(v.value, m)),
    (TensorSpec, _tensor_spec),
    (TypeSpec, _type_spec),
    (collections.abc.Mapping, _mapping),
    (tuple, _tuple),
    (list, _list),
)


def decoded(message: Any, depth: int = 0) -> Any:
    """The structure of a message.

    Raises:
        UnknownSpecError: it has the spec of values that do not exist here.
        ValueError: it has a part that cannot be read, or is nested too deeply.
    """
    if depth > 100:
        raise ValueError("A structure of a SavedModel is nested more than 100 levels deep.")
    kind = message.WhichOneof("kind")
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(getattr(message, kind), depth + 1)
    if kind in ("float64_value", "int64_value", "string_value", "bool_value"):
        return getattr(message, kind)
    raise ValueError(f"A structure of a SavedModel has a part of an unknown kind ({kind}).")


def _read_spec(message: Any, depth: int) -> Any:
    kind = _SPECS.get(message.type_spec_class)
    if kind is None:
        raise UnknownSpecError(
            f"A function of a SavedModel takes or gives values of a type that is not known here "
            f"({message.type_spec_class_name or message.type_spec_class})."
        )
    try:
        return kind(*decoded(message.type_state, depth))
    except (TypeError, AttributeError) as error:
        raise ValueError(f"A spec of a SavedModel is damaged: {error}") from None


def _read_named_tuple(message: Any, depth: int) -> Any:
    names = [pair.key for pair in message.values]
    try:
        kind = collections.namedtuple(message.name, names)  # type: ignore[misc]
    except ValueError as error:
        raise ValueError(f"A named tuple of a SavedModel: {error}") from None
    return kind(*[decoded(pair.value, depth) for pair in message.values])


_READERS: dict[Any, Callable[[Any, int], Any]] = {
    "none_value": lambda m, d: None,
    "tensor_dtype_value": lambda m, d: dtypes.as_dtype(m),
    "tensor_shape_value": lambda m, d: as_shape(m),
    "tensor_spec_value": lambda m, d: TensorSpec(as_shape(m.shape), dtypes.as_dtype(m.dtype), m.name or None),
    "bounded_tensor_spec_value": lambda m, d: TensorSpec(as_shape(m.shape), dtypes.as_dtype(m.dtype), m.name or None),
    "type_spec_value": _read_spec,
    "list_value": lambda m, d: [decoded(v, d) for v in m.values],
    "tuple_value": lambda m, d: tuple(decoded(v, d) for v in m.values),
    "dict_value": lambda m, d: {k: decoded(v, d) for k, v in m.fields.items()},
    "named_tuple_value": _read_named_tuple,
}


class StructureCoder:
    """Python structures and `StructuredValue` messages."""

    def can_encode(self, nested: Any) -> bool:
        """Whether `encode_structure` has a form for it."""
        try:
            encoded(nested)
        except NotEncodableError:
            return False
        return True

    def encode_structure(self, nested_structure: Any) -> Any:
        """See `encoded`."""
        return encoded(nested_structure)

    def decode_proto(self, proto: Any) -> Any:
        """See `decoded`."""
        return decoded(protos.StructuredValue.FromString(proto.SerializeToString()))


export_internal("python.saved_model.nested_structure_coder.StructureCoder", StructureCoder)
export_internal("python.saved_model.nested_structure_coder.NotEncodableError", NotEncodableError)
