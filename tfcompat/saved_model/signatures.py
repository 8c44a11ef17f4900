"""Signatures: which tensors a model takes and gives, under which names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_util import make_tensor_proto
from tfcompat.graph.type_spec import type_spec_from_value
from tfcompat.saved_model import constants
from tfcompat.saved_model.structures import decoded, encoded


@tf_export("saved_model.build_tensor_info", "saved_model.utils.build_tensor_info")
def build_tensor_info(tensor: Any) -> Any:
    """The `TensorInfo` message of a tensor, variable or sparse tensor: name, dtype and static shape.

    That of a ragged tensor has its spec, and a message for each of its parts.
    """
    if isinstance(tensor, CompositeTensor) and not isinstance(tensor, SparseTensor):
        return _composite_info(tensor)
    info = protos.TensorInfo(dtype=dtypes.as_dtype(tensor.dtype).as_datatype_enum)
    shape = tensor.get_shape() if hasattr(tensor, "get_shape") else tensor.shape
    info.tensor_shape.CopyFrom(shape.as_proto())
    if isinstance(tensor, SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


def _composite_info(value: CompositeTensor) -> Any:
    spec = type_spec_from_value(value)
    info = protos.TensorInfo()
    info.composite_tensor.type_spec.CopyFrom(encoded(spec).type_spec_value)
    for part in spec._to_components(value):
        info.composite_tensor.components.add().CopyFrom(build_tensor_info(part))
    return info


def _composite_value(message: Any, components: list[Any]) -> Any:
    """The value of a `TensorInfo.composite_tensor` with these parts; ValueError when they do not fit."""
    structure = protos.StructuredValue()
    structure.type_spec_value.CopyFrom(message.type_spec)
    spec = decoded(structure)
    parts = spec._component_specs
    if len(components) != (len(parts) if isinstance(parts, (list, tuple)) else 1):
        raise ValueError(f"A TensorInfo has {len(components)} parts for a value described by {spec}.")
    return spec._from_components(components)


@tf_export("saved_model.get_tensor_from_tensor_info", "saved_model.utils.get_tensor_from_tensor_info")
def get_tensor_from_tensor_info(tensor_info: Any, graph: Any = None, import_scope: str | None = None) -> Any:
    """The tensor, sparse or ragged tensor that a `TensorInfo` names in `graph` (the default one), below `import_scope`.

    Raises:
        KeyError: the graph has no such tensor.
        ValueError: the message names nothing, or describes a value of a kind that does not exist here.
    """
    graph = graph or get_default_graph()
    prefix = f"{import_scope}/" if import_scope else ""

    def find(name: str) -> Tensor:
        return graph.as_graph_element(prefix + name, allow_operation=False)  # type: ignore[no-any-return]

    encoding = tensor_info.WhichOneof("encoding")
    if encoding == "name":
        return find(tensor_info.name)
    if encoding == "coo_sparse":
        sparse = tensor_info.coo_sparse
        return SparseTensor(
            find(sparse.indices_tensor_name), find(sparse.values_tensor_name), find(sparse.dense_shape_tensor_name)
        )
    if encoding == "composite_tensor":
        components = [
            get_tensor_from_tensor_info(c, graph, import_scope) for c in tensor_info.composite_tensor.components
        ]
        return _composite_value(tensor_info.composite_tensor, components)
    raise ValueError(
        f"Invalid TensorInfo.encoding: {encoding}. Expected `coo_sparse`, `composite_tensor`, or `name` for a dense "
        "tensor."
    )


def tensor_names(info: Any) -> list[str]:
    """The names of the tensors that a `TensorInfo` is made of."""
    encoding = info.WhichOneof("encoding")
    if encoding == "coo_sparse":
        sparse = info.coo_sparse
        return [sparse.indices_tensor_name, sparse.values_tensor_name, sparse.dense_shape_tensor_name]
    if encoding == "composite_tensor":
        return [name for part in info.composite_tensor.components for name in tensor_names(part)]
    return [info.name]


@tf_export("saved_model.build_signature_def", "saved_model.signature_def_utils.build_signature_def")
def build_signature_def(
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    method_name: str | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Any:
    """A `SignatureDef`.

    Args:
        inputs: name -> `TensorInfo`.
        outputs: name -> `TensorInfo`.
        method_name: what kind of signature it is.
        defaults: name of an input -> the value it has when it is not given, a `TensorProto` or array.
    """
    signature = protos.SignatureDef()
    for name, info in (inputs or {}).items():
        signature.inputs[name].CopyFrom(info)
    for name, info in (outputs or {}).items():
        signature.outputs[name].CopyFrom(info)
    if method_name is not None:
        signature.method_name = method_name
    for name, value in (defaults or {}).items():
        if not hasattr(value, "SerializeToString"):
            value = make_tensor_proto(value, dtype=signature.inputs[name].dtype)
        signature.defaults[name].CopyFrom(value)
    return signature


def _infos(tensors: Mapping[str, Any]) -> dict[str, Any]:
    return {name: build_tensor_info(tensor) for name, tensor in tensors.items()}


@tf_export("saved_model.predict_signature_def", "saved_model.signature_def_utils.predict_signature_def")
def predict_signature_def(inputs: Mapping[str, Any] | None, outputs: Mapping[str, Any] | None) -> Any:
    """The signature of a model that maps named tensors to named tensors.

    Raises:
        ValueError: `inputs` or `outputs` are None or empty.
    """
    for name, tensors in (("inputs", inputs), ("outputs", outputs)):
        if not tensors:
            raise ValueError(f"Prediction `{name}` cannot be None or empty.")
    return build_signature_def(_infos(inputs or {}), _infos(outputs or {}), constants.PREDICT_METHOD)


def _examples(examples: Any, kind: str) -> Tensor:
    if examples is None:
        raise ValueError(f"{kind} `examples` cannot be None.")
    if not isinstance(examples, Tensor):
        raise ValueError(
            f"Expected {kind.lower()} `examples` to be of type Tensor. Found `examples` of type {type(examples)}."
        )
    if examples.dtype.base_dtype != dtypes.string:
        raise ValueError(
            f"{kind} input tensors must be of type string. Found tensor {examples.name} with type {examples.dtype}."
        )
    return examples


@tf_export("saved_model.regression_signature_def", "saved_model.signature_def_utils.regression_signature_def")
def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """The signature of a model that maps serialized examples (strings) to float32 `predictions`.

    Raises:
        ValueError: an argument is None or has the wrong type.
    """
    examples = _examples(examples, "Regression")
    if predictions is None:
        raise ValueError("Regression `predictions` cannot be None.")
    predictions = convert_to_tensor(predictions)
    if predictions.dtype.base_dtype != dtypes.float32:
        raise ValueError(
            "Regression output tensors must be of type float. "
            f"Found tensor with name {predictions.name} with type {predictions.dtype}."
        )
    return build_signature_def(
        _infos({constants.INPUTS: examples}), _infos({constants.OUTPUTS: predictions}), constants.REGRESS_METHOD
    )


@tf_export("saved_model.classification_signature_def", "saved_model.signature_def_utils.classification_signature_def")
def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """The signature of a model that maps serialized examples (strings) to `classes` (strings), `scores` (float32).

    Raises:
        ValueError: an argument has the wrong type, or both outputs are None.
    """
    examples = _examples(examples, "Classification")
    if classes is None and scores is None:
        raise ValueError("Classification `classes` and `scores` cannot both be None.")
    outputs = {}
    rows = (
        (constants.CLASSES, classes, dtypes.string, "classes must be of type string Tensor."),
        (constants.SCORES, scores, dtypes.float32, "scores must be a float Tensor."),
    )
    for name, value, dtype, complaint in rows:
        if value is None:
            continue
        tensor = convert_to_tensor(value)
        if tensor.dtype.base_dtype != dtype:
            raise ValueError(f"Classification {complaint} Found tensor {tensor.name} with type {tensor.dtype}.")
        outputs[name] = tensor
    return build_signature_def(_infos({constants.INPUTS: examples}), _infos(outputs), constants.CLASSIFY_METHOD)


@tf_export("saved_model.is_valid_signature", "saved_model.signature_def_utils.is_valid_signature")
def is_valid_signature(signature_def: Any) -> bool:
    """Whether the names and types of a signature are what its method asks for."""
    if signature_def is None:
        return False
    inputs, outputs = _types(signature_def.inputs), _types(signature_def.outputs)
    if signature_def.method_name == constants.PREDICT_METHOD:
        return bool(inputs and outputs)
    if inputs != {constants.INPUTS: dtypes.string.as_datatype_enum}:
        return False
    floats = dtypes.float32.as_datatype_enum
    if signature_def.method_name == constants.REGRESS_METHOD:
        return outputs == {constants.OUTPUTS: floats}
    if signature_def.method_name == constants.CLASSIFY_METHOD:
        allowed = {constants.CLASSES: dtypes.string.as_datatype_enum, constants.SCORES: floats}
        return bool(outputs) and outputs.items() <= allowed.items()
    return False


def _types(infos: Mapping[str, Any]) -> dict[str, int]:
    return {name: info.dtype for name, info in infos.items()}
