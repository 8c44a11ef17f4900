"""The state of an iterator as a message: a tree in JSON, whose arrays are the message's tensors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.data.elements import ElementsState, Source, WordsState, holding
from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.tensor_util import make_ndarray, make_tensor_proto

_TYPE = "tfcompat::IteratorState"
_PLAIN = (bool, int, float, str, type(None))


def to_message(state: ElementsState) -> Any:
    """A `VariantTensorDataProto`; UnimplementedError when something in the state has no form in one."""
    message = protos.VariantTensorDataProto(type_name=_TYPE)
    tree = _tree(state, message)
    message.metadata = json.dumps(tree).encode()
    return message


def from_message(message: Any) -> ElementsState:
    """The state that `to_message` wrote; InvalidArgumentError for any other message."""
    if getattr(message, "type_name", None) != _TYPE:
        raise InvalidArgumentError(None, None, "the variant tensor holds no state of an iterator of this program")
    state = _value(json.loads(message.metadata.decode()), message)
    assert isinstance(state, ElementsState)
    return state


def _tree(value: Any, message: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, ElementsState):
        values = {name: _tree(v, message) for name, v in value.values.items()}
        return {"elements": values, "argument": _tree(value.argument, message)}
    if isinstance(value, WordsState):
        return {"words": [value.key, value.counter, value.at]}
    if isinstance(value, Source) and value.held is not None:
        return {"dataset": [_tree(v, message) for v in value.held]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_tree(v, message) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[_tree(k, message), _tree(v, message)] for k, v in value.items()]}
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype == object and not all(isinstance(v, bytes) for v in array.flat):
            return {"objects": [_tree(v, message) for v in array.flat], "shape": list(array.shape)}
        message.tensors.append(make_tensor_proto(array))
        return {"tensor": len(message.tensors) - 1}
    raise UnimplementedError(None, None, f"An iterator that holds a {type(value).__name__} cannot be saved.")


def _value(tree: Any, message: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    kind, held = next(iter(tree.items()))
    if kind == "elements":
        return ElementsState(_value(tree["argument"], message), {n: _value(v, message) for n, v in held.items()})
    if kind == "words":
        return WordsState(*held)
    if kind == "dict":
        return {_value(k, message): _value(v, message) for k, v in held}
    if kind == "bytes":
        return held.encode("latin-1")
    if kind == "tensor":
        return make_ndarray(message.tensors[held])
    if kind == "objects":
        out = np.empty(len(held), object)
        for i, v in enumerate(held):
            out[i] = _value(v, message)
        return out.reshape(tree["shape"])
    parts = [_value(v, message) for v in held]
    if kind == "dataset":
        return holding(parts)
    return tuple(parts) if kind == "tuple" else parts
