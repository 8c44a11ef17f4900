"""`Lambda`: a function as a layer, written into configurations as its byte code."""

from __future__ import annotations

import base64
import inspect
import marshal
import sys
from types import CellType, FunctionType
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.graph import Graph
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer


@keras_layer("Lambda")
class Lambda(FromArguments):
    """function(inputs, **arguments).

    Args:
        function: takes the inputs, and `mask` and `training` where it has arguments of these names.
        output_shape: shape of the outputs without the batch, or a function of the shape of the inputs; what `function`
            gives by default.
        mask: the mask of the outputs, or a function of inputs and mask.
        arguments: more arguments of the function, by name.
        kwargs: see `Layer`.
    """

    def __init__(self, function: Any, output_shape: Any = None, mask: Any = None, arguments: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.function = function
        self.arguments = dict(arguments or {})
        self._output_shape, self.mask = output_shape, mask
        self.supports_masking = mask is not None

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """The function of `inputs`."""
        takes, given = _parameters(self.function), dict(self.arguments)
        for name, value in (("mask", mask), ("training", training)):
            if name in takes:
                given[name] = value
        return self.function(inputs, **given)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The given shape, or that of what the function gives for inputs of `input_shape`."""
        if callable(self._output_shape):
            return TensorShape(self._output_shape(input_shape))
        if self._output_shape is not None:
            first = input_shape[0] if isinstance(input_shape, list) else input_shape
            return TensorShape([TensorShape(first).as_list()[0], *self._output_shape])
        with Graph().as_default(), name_scope(self.name):
            inputs = PUBLIC["nest.map_structure"](
                lambda shape: PUBLIC["placeholder"](self.dtype or "float32", shape), _shapes(input_shape)
            )
            return PUBLIC["nest.map_structure"](lambda t: t.shape, self.call(inputs))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The given mask, or what the function of the mask gives."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """The arguments with which `from_config` makes a layer like this one, functions as their byte code."""
        config = super(FromArguments, self).get_config()
        config.update(_written("function", self.function))
        config.update(_written("output_shape", self._output_shape))
        if self.mask is not None:
            config.update(_written("mask", self.mask))
        return {**config, "arguments": self.arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Lambda:
        """The layer that `get_config` described, which runs code from the configuration."""
        config = dict(config)
        for name in ("function", "output_shape", "mask"):
            if f"{name}_type" in config:
                config[name] = _read(config, name, custom_objects)
        # arrays are written as dictionaries by JSON
        arguments = config.get("arguments") or {}
        config["arguments"] = {
            key: PUBLIC["constant"](value["value"])
            if isinstance(value, dict) and value.get("type") == "ndarray"
            else value
            for key, value in arguments.items()
        }
        return cls(**config)


def _parameters(function: Any) -> list[str]:
    """The names of the arguments of a function; none when it does not tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _shapes(input_shape: Any) -> Any:
    if isinstance(input_shape, list):
        return [TensorShape(shape) for shape in input_shape]
    return TensorShape(input_shape)


def _written(name: str, value: Any) -> dict[str, Any]:
    """What a configuration says of a function, or of a plain value in its place."""
    if isinstance(value, FunctionType):
        code = base64.encodebytes(marshal.dumps(value.__code__)).decode("ascii")
        cells = None if value.__closure__ is None else tuple(cell.cell_contents for cell in value.__closure__)
        written: Any = code, value.__defaults__, cells
        kind, module = "lambda", value.__module__
    elif callable(value):
        written, kind, module = value.__name__, "function", value.__module__
    else:
        written, kind, module = value, "raw", None
    return {name: written, f"{name}_type": kind, "module" if name == "function" else f"{name}_module": module}


def _read(config: dict[str, Any], name: str, custom_objects: Any) -> Any:
    """The function, or the plain value, that `_written` described; its keys are taken out of `config`."""
    value, kind = config.pop(name, None), config.pop(f"{name}_type")
    module = config.pop("module" if name == "function" else f"{name}_module", None)
    space = dict(vars(sys.modules[module])) if module in sys.modules else {}
    space.update(custom_objects or {})
    if kind == "function":
        return PUBLIC["keras.utils.deserialize_keras_object"](
            value, custom_objects={**space, **(custom_objects or {})}, printable_module_name="function in Lambda layer"
        )
    if kind != "lambda":
        return tuple(value) if isinstance(value, list) else value
    code, defaults, cells = value
    defaults = tuple(defaults) if isinstance(defaults, list) else defaults
    closure = None if cells is None else tuple(CellType(value) for value in cells)
    return FunctionType(marshal.loads(base64.b64decode(code)), {**globals(), **space}, None, defaults, closure)
