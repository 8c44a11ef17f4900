"""One operation to its ONNX nodes, by converter or by decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from converters import registry
from converters.builder import Builder, Node, Value
from converters.complex_value import PART_BY_PART, as_complex, is_in_model, pair, part_of
from converters.registry import NotConvertible, converts, converts_complex, converts_lists, converts_state
from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant_op
from tfcompat.graph.errors import InternalError
from tfcompat.graph.graph import Graph
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import decomposes
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape


@dataclass(slots=True)
class Fragment:
    """The nodes of one operation, and the values of its outputs."""

    nodes: list[Node]
    outputs: list[Value]


@dataclass(slots=True)
class StateFragment(Fragment):
    """The same for an operation that writes variables: input position -> the variable's new value."""

    writes: dict[int, Value]


class Lowering:
    """Translates operations; names of what it makes are unique over its lifetime.

    Args:
        for_export: whether what it makes goes to a file.
        random_streams: whether that file keeps the exact streams of random operations.
        strict: see `Builder`.
    """

    def __init__(self, for_export: bool = False, random_streams: bool = False, strict: bool = True) -> None:
        registry.load_families()
        self._counter = [0]
        self.for_export = for_export
        self.random_streams = random_streams
        self.strict = strict

    def builder(self, scope: str) -> Builder:
        """A builder whose names start with `scope`."""
        return Builder(scope, self._counter, self.for_export, self.random_streams, self.strict)

    def lower(self, op: Operation, inputs: Sequence[Value | None], scope: str = "") -> Fragment:
        """The nodes of `op` on `inputs`; `scope` goes before all names.

        Raises:
            NotConvertible: it has no ONNX form for these types, shapes and attributes.
        """
        builder = self.builder(scope + op.name)
        outputs = self._outputs(builder, op, inputs)
        for index, (value, tensor) in enumerate(zip(outputs, op._outputs, strict=True)):
            if value.dtype is not tensor.dtype.base_dtype and tensor.dtype.base_dtype is not dtypes.variant:
                raise InternalError(
                    None,
                    op,
                    f"The converter of {op.type} gave {value.dtype.name} for output {index}, "
                    f"which is {tensor.dtype.base_dtype.name}.",
                )
        _name_outputs(builder.nodes, outputs, [scope + t.name for t in op._outputs])
        return Fragment(builder.nodes, outputs)

    def lower_state(self, op: Operation, inputs: Sequence[Value | None], scope: str = "") -> StateFragment:
        """The nodes of `op`, which writes variables whose old values are among `inputs`; see `converts_state`.

        Raises:
            NotConvertible: it has no ONNX form.
        """
        converter = converts_state.get(op.type)
        if converter is None:
            raise NotConvertible(f"there is no converter for the op type {op.type}")
        builder = self.builder(scope + op.name)
        result: dict[Any, Any] = converter(builder, op, *inputs)
        outputs = result.pop("outputs", [])
        return StateFragment(builder.nodes, outputs, result)

    def _outputs(self, b: Builder, op: Operation, inputs: Sequence[Value | None]) -> list[Value]:
        handles = any(t.dtype.base_dtype is dtypes.variant for t in (*op._inputs, *op._outputs))
        if any(t.dtype.base_dtype.is_complex for t in (*op._inputs, *op._outputs)) and op.type not in decomposes:
            if handles:
                raise NotConvertible("lists of complex numbers stay on the host")
            return self._complex_outputs(b, op, inputs)
        converter = (converts_lists if handles else converts).get(op.type)
        if converter is not None:
            return _as_list(converter(b, op, *inputs))
        if op.type in decomposes:
            return self._decomposed(b, op, inputs)
        raise NotConvertible(f"there is no converter for the op type {op.type}")

    def _complex_outputs(self, b: Builder, op: Operation, inputs: Sequence[Value | None]) -> list[Value]:
        """The outputs of an operation on complex numbers, by its converter or part by part."""
        if not all(map(is_in_model, inputs)):
            raise NotConvertible("complex numbers that are fed, or made on the host, stay there")
        values = [as_complex(b, v) if v is not None and v.dtype.is_complex else v for v in inputs]
        converter = converts_complex.get(op.type)
        if converter is not None:
            return _as_list(converter(b, op, *values))
        if op.type not in PART_BY_PART:
            raise NotConvertible(f"there is no converter of complex numbers for the op type {op.type}")
        convert = converts.get(op.type)
        halves = [_as_list(convert(b, op, *(part_of(v, part) for v in values))) for part in ("real", "imag")]
        return [
            pair(b, real, imag) if tensor.dtype.is_complex else real
            for tensor, real, imag in zip(op._outputs, *halves, strict=True)
        ]

    def _decomposed(self, b: Builder, op: Operation, inputs: Sequence[Value | None]) -> list[Value]:
        """Records the decomposition in a graph of its own, with the inputs as placeholders, and lowers that."""
        scratch = Graph()
        env: dict[Tensor, Value] = {}
        with scratch.as_default(), scratch.name_scope(op.name):
            tensors = []
            for index, value in enumerate(inputs):
                assert value is not None
                tensor = self._stand_in(scratch, f"input_{index}", value)
                env[tensor] = value
                tensors.append(tensor)
            result = decomposes.get(op.type)(op, *tensors)
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        for inner in scratch._ops:
            if any(t in env for t in inner._outputs):
                continue
            outputs = self._constant_outputs(b, inner)
            if outputs is None:
                outputs = self._outputs(b, inner, [env[t] for t in inner._inputs])
            for tensor, value in zip(inner._outputs, outputs, strict=True):
                if value.shape is None:
                    value.shape = tensor._shape.tuple
                env[tensor] = value
        return [env[t] for t in results]

    @staticmethod
    def _stand_in(graph: Graph, name: str, value: Value) -> Tensor:
        if value.const is not None:
            return constant_op(value.const, value.dtype, name)
        shape = TensorShape.of(value.shape)
        op = graph.add_op(op_def("Placeholder"), [], {"dtype": value.dtype, "shape": shape}, [value.dtype], name)
        op.outputs[0]._shape = shape
        return op.outputs[0]

    @staticmethod
    def _constant_outputs(b: Builder, op: Operation) -> list[Value] | None:
        values = [GRAPH_VALUES.constant(t) for t in op._outputs]
        if not values or any(v is None for v in values):
            return None
        return [b.const(v, t.dtype.base_dtype) for v, t in zip(values, op._outputs, strict=True)]


def _as_list(result: Any) -> list[Value]:
    return list(result) if isinstance(result, (list, tuple)) else [result]


def _name_outputs(nodes: list[Node], outputs: Sequence[Value], names: Sequence[str]) -> None:
    """Gives the values made by `nodes` the names of the tensors they are."""
    made = {id(v) for node in nodes for v in node.outputs}
    for value, name in zip(outputs, names, strict=True):
        if id(value) in made:
            made.discard(id(value))
            value.name = name
