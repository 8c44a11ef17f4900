"""`Builder`: emits ONNX nodes for one TensorFlow operation after another.

    b.Softmax(x, axis=-1)                 one output
    values, indices = b.TopK(x, [k], outputs=2)
    b.Reshape(x, [0, -1])                 a list of ints is an int64 vector
    b.Mul(x, 2.0)                         a number has the type of the first Value

Nodes go to the current fragment; constants travel with the `Value`s and become initializers of models that use them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from converters.kernel_types import bind_types, signature
from converters.registry import NeedsFullShapes, NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType

Dims = tuple[int | None, ...]


class Value:
    """A tensor of the model being built.

    Attributes:
        name: its name in the model.
        dtype: element type.
        shape: dimensions (None: not known), or None when the rank is not known.
        const: its value when it is known while building, else None.
        split, joined: where it comes from, between SpaceToBatchND and BatchToSpaceND; see converters/dilated.py.
    """

    __slots__ = ("const", "dtype", "joined", "name", "shape", "split")

    def __init__(self, name: str, dtype: DType, shape: Dims | None = None, const: np.ndarray | None = None):
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.const = const
        self.split: Any = None
        self.joined: Any = None

    @property
    def rank(self) -> int:
        """The rank; NotConvertible when it is not known."""
        if self.shape is None:
            raise NeedsFullShapes(f"the rank of {self.name} is not known while the model is built")
        return len(self.shape)

    @property
    def full_shape(self) -> tuple[int, ...]:
        """All dimensions; NeedsFullShapes when one is not known."""
        if self.shape is None or None in self.shape:
            raise NeedsFullShapes(f"the shape of {self.name} is not known while the model is built")
        return self.shape  # type: ignore[return-value]

    @property
    def components(self) -> tuple[Value, ...]:
        """The tensors of the model it is made of: itself."""
        return (self,)

    def __repr__(self) -> str:
        return f"Value({self.name!r}, {self.dtype.name}, {self.shape})"


class UnusedValue(Value):
    """Stands in a branch for what only another branch gives; nothing computes with it when its branch has run."""

    __slots__ = ()


@dataclass(slots=True)
class Node:
    """One ONNX node; an input that is None is left out."""

    op_type: str
    domain: str
    inputs: list[Value | None]
    outputs: list[Value]
    attrs: dict[str, Any]
    name: str
    subgraphs: dict[str, Subgraph] = field(default_factory=dict)


@dataclass(slots=True)
class Subgraph:
    """A body of an ONNX If, Loop or Scan."""

    inputs: list[Value]
    outputs: list[Value]
    nodes: list[Node]


class Builder:
    """Emits nodes into `nodes`; `scope` prefixes the names of what it makes.

    Attributes:
        for_export: whether the nodes are for a file, for which other tools' habits count.
        random_streams: whether that file keeps the exact streams of random operations.
        strict: whether the nodes do what the reference does for NaN and for what it refuses, and keep every digit of
            long sums; files may do without, for fewer nodes.
    """

    def __init__(
        self,
        scope: str = "",
        counter: list[int] | None = None,
        for_export: bool = False,
        random_streams: bool = False,
        strict: bool = True,
    ):
        self.nodes: list[Node] = []
        self.scope = scope
        self.for_export = for_export
        self.random_streams = random_streams
        self.strict = strict
        self._counter = [0] if counter is None else counter

    def inside(self) -> Builder:
        """A builder of the same settings for the nodes of a body."""
        return Builder(self.scope, self._counter, self.for_export, self.random_streams, self.strict)

    # ---------------------------------------------------------------- emission

    def __getattr__(self, op_type: str) -> Callable[..., Any]:
        if not op_type[:1].isupper():
            raise AttributeError(op_type)

        def emit(*inputs: Any, outputs: int = 1, dtype: DType | None = None, **attrs: Any) -> Any:
            return self.node(op_type, inputs, outputs=outputs, dtype=dtype, **attrs)

        return emit

    def contrib(self, op_type: str, *inputs: Any, outputs: int = 1, dtype: DType | None = None, **attrs: Any) -> Any:
        """Emits an operator of the domain `com.microsoft`, which only ONNX Runtime has."""
        return self.node(op_type, inputs, domain="com.microsoft", outputs=outputs, dtype=dtype, **attrs)

    def node(
        self,
        op_type: str,
        inputs: Sequence[Any],
        *,
        domain: str = "",
        outputs: int = 1,
        dtype: DType | None = None,
        subgraphs: dict[str, Subgraph] | None = None,
        **attrs: Any,
    ) -> Any:
        """Emits one node.

        Inputs of a type without a kernel are cast to a wider exact one, and the outputs back.

        Args:
            op_type: ONNX operator.
            inputs: Values, or what `const` takes; None leaves an optional input out.
            domain: operator domain.
            outputs: number of outputs.
            dtype: type of the outputs that the schema does not tie to an input.
            subgraphs: bodies, by attribute name.
            attrs: ONNX attributes; None means absent.

        Returns:
            A Value, or a list of them when `outputs` is not 1.

        Raises:
            NotConvertible: ONNX Runtime has no kernel for the types.
        """
        like = next((v.dtype for v in inputs if isinstance(v, Value)), None)
        values = [None if v is None else self._value(v, like) for v in inputs]
        binding = bind_types(op_type, domain, [None if v is None else v.dtype for v in values], not self.strict)
        sig = signature(op_type, domain)
        for index, value in enumerate(values):
            if value is not None:
                original, running = binding[sig.input_variable(index)]
                if running is not original and value.dtype is original:
                    values[index] = self.cast(value, running)
        results = [self._result(op_type, sig.output_variable(i), binding, dtype) for i in range(outputs)]
        made = [Value(self._fresh(op_type), running) for _, running in results]
        self.nodes.append(
            Node(
                op_type,
                domain,
                values,
                list(made),
                {k: v for k, v in attrs.items() if v is not None},
                made[0].name,
                subgraphs or {},
            )
        )
        made = [v if final is v.dtype else self.cast(v, final) for v, (final, _) in zip(made, results, strict=True)]
        return made[0] if outputs == 1 else made

    def _result(
        self, op_type: str, variable: str, binding: dict[str, tuple[DType, DType]], dtype: DType | None
    ) -> tuple[DType, DType]:
        """(final type, type the node gives) of an output."""
        if variable in binding:
            return binding[variable]
        fixed = {"int64": dtypes.int64, "bool": dtypes.bool, "float32": dtypes.float32}.get(variable)
        if fixed is None:
            allowed = signature(op_type).types.get(variable) if dtype is None else None
            fixed = dtypes.as_dtype(next(iter(allowed))) if allowed and len(allowed) == 1 else dtype
        if fixed is None:
            raise TypeError(f"the result type of {op_type} does not follow from its inputs; pass dtype=")
        return fixed, fixed

    def _fresh(self, hint: str) -> str:
        self._counter[0] += 1
        return f"{self.scope}/{hint}_{self._counter[0]}"

    def _value(self, value: Any, like: DType | None) -> Value:
        if isinstance(value, Value):
            return value
        if isinstance(value, (bool, int, float, complex)) and like is not None:
            return self.const(np.array(value).astype(like.as_numpy_dtype))
        return self.const(value)

    # ---------------------------------------------------------------- values

    def const(self, value: Any, dtype: DType | None = None) -> Value:
        """A constant: an array keeps its type; Python ints and lists of them are int64, floats float32."""
        if not isinstance(value, (np.ndarray, np.generic)):
            array = np.array(value, None if dtype is None else dtype.as_numpy_dtype)
            if dtype is None:
                array = array.astype({"f": np.float32, "i": np.int64}.get(array.dtype.kind, array.dtype))
            if array.size == 0 and dtype is None:
                array = array.astype(np.int64)
            value = array
        elif dtype is not None:
            value = np.asarray(value).astype(dtype.as_numpy_dtype)
        value = np.asarray(value)
        if value.dtype == object:
            value = _as_bytes(value)
        return Value(self._fresh("const"), dtype or dtypes.as_dtype(value.dtype), value.shape, value)

    def cast(self, value: Value, dtype: DType) -> Value:
        """`value` as `dtype`; itself when it has that type."""
        if value.dtype is dtype:
            return value
        if value.const is not None and dtype is not dtypes.string and value.dtype is not dtypes.string:
            with np.errstate(all="ignore"):
                return Value(self._fresh("const"), dtype, value.shape, value.const.astype(dtype.as_numpy_dtype))
        result = Value(self._fresh("Cast"), dtype, value.shape)
        self.nodes.append(Node("Cast", "", [value], [result], {"to": onnx_type(dtype)}, result.name))
        return result

    def int64(self, value: Value) -> Value:
        """`value`, an integer tensor, as int64, which ONNX wants for shapes, axes and many indices."""
        return self.cast(value, dtypes.int64)

    def constant(self, value: Value, what: str) -> np.ndarray:
        """The constant array of `value`; NotConvertible naming `what` when it is not known while building."""
        if value.const is None:
            raise NeedsFullShapes(f"{what} must be known before the run, and it is computed in it")
        return value.const

    def identity(self, value: Value, name: str) -> Value:
        """Emits an Identity called `name` (for outputs whose name is prescribed)."""
        result = Value(name, value.dtype, value.shape)
        self.nodes.append(Node("Identity", "", [value], [result], {}, name))
        return result


def _as_bytes(array: np.ndarray) -> np.ndarray:
    """Texts as bytes, which strings are made of here; the zero of strings is the empty one."""
    items = [item.encode() if isinstance(item, str) else item or b"" for item in array.reshape(-1)]
    out = np.empty(array.size, object)
    out[:] = items
    return out.reshape(array.shape)


_ONNX_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "string": 8,
               "bool": 9, "float16": 10, "float64": 11, "uint32": 12, "uint64": 13, "bfloat16": 16,
               "float8_e4m3fn": 17, "float8_e5m2": 19, "uint4": 21, "int4": 22}  # fmt: skip


def onnx_type(dtype: DType) -> int:
    """The number of `dtype` in ONNX's TensorProto.DataType; quantized types count as the integers they hold.

    Raises:
        NotConvertible: ONNX has no such type (complex numbers, resources).
    """
    name = dtype.base_dtype.name
    number = _ONNX_TYPES.get(name.removeprefix("q") if name.startswith("q") else name)
    if number is None:
        raise NotConvertible(f"ONNX has no tensors of {name} that ONNX Runtime runs")
    return number
