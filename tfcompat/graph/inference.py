"""Static inference: shapes of outputs, and values that are known before a run.

Shape functions see an `InferenceContext`. The same functions serve the recording of a graph and the planning of a run;
what differs is the `Values` they ask: the graph's own knowledge, or what a plan knows of the shapes that are fed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph import registry
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape

MAX_FOLDED_ELEMENTS = 1 << 20
_UNSET = object()

Partial = list[int | None] | int | None
"""A vector of ints some of which are unknown, or such a scalar."""


class KernelContext:
    """What a host kernel may ask of the operation it runs for."""

    __slots__ = ("op", "run", "state")

    def __init__(self, op: Operation, state: Any = None, run: Any = None):
        self.op = op
        self.state = state
        self.run = run

    def attr(self, name: str) -> Any:
        """The attribute `name` as a Python value."""
        return self.op.attrs[name]

    def memory(self) -> dict[str, Any]:
        """A dictionary of this operation's own that lives as long as the session."""
        return self.state.memory_of(self.op)  # type: ignore[no-any-return]

    def resources(self) -> Any:
        """The resource manager of the operation's task: queues, tables and the like, by container and name."""
        return self.state.resources_of(self.op)

    def wait_for(self, condition: Any, predicate: Any, cancelled: str, retriable: bool = True) -> None:
        """Waits on `condition` (a held `threading.Condition`) until `predicate()` is true.

        Declare the op type with `registry.may_wait`: the run may then end the wait by an exception, to run other
        operations first and this one from the start later, if it has done nothing yet (`retriable`).

        Raises:
            CancelledError: with the text `cancelled`, when the session is closed meanwhile.
            DeadlineExceededError: the time that the run may take has passed.
        """
        self.state.wait_for(self.run, condition, predicate, self.op, cancelled, retriable)

    def output_dtype(self, index: int = 0) -> DType:
        """The type of output `index`."""
        return self.op.outputs[index].dtype.base_dtype

    def input_dtype(self, index: int = 0) -> DType:
        """The type of input `index`."""
        return self.op.inputs[index].dtype.base_dtype


def run_kernel(op: Operation, inputs: Sequence[np.ndarray], state: Any = None) -> tuple[np.ndarray, ...]:
    """Runs the host kernel of `op`; the result is one array per output."""
    result = registry.kernel.get(op.type)(KernelContext(op, state), *inputs)
    return result if isinstance(result, tuple) else (result,)


class Values:
    """Shapes and constant values of a graph's tensors."""

    def shape(self, tensor: Tensor) -> TensorShape:
        """What is known of the tensor's shape."""
        return tensor._shape

    def constant(self, tensor: Tensor) -> np.ndarray | None:
        """The tensor's value when it follows from constants and known shapes, else None."""
        found = self._cached(tensor)
        if found is not _UNSET:
            return found
        pending = [tensor]
        while pending:
            current = pending[-1]
            if self._cached(current) is not _UNSET:
                pending.pop()
                continue
            own = self._own_value(current)
            if own is not _UNSET:
                self._store(current, own)
                pending.pop()
                continue
            missing = [t for t in current.op.inputs if self._cached(t) is _UNSET]
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            self._evaluate(current.op)
        return self._cached(tensor)

    def partial(self, tensor: Tensor) -> Partial | bool:
        """The known elements of an integer vector or scalar; False when nothing is known, not even its size."""
        value = self.constant(tensor)
        if value is not None:
            return value.tolist() if value.ndim <= 1 else False
        rule = _PARTIAL_RULES.get(tensor.op.type)
        return rule(self, tensor) if rule is not None else False

    def _cached(self, tensor: Tensor) -> Any:
        return getattr(tensor, "_static_value", _UNSET)

    def _store(self, tensor: Tensor, value: np.ndarray | None) -> None:
        tensor._static_value = value

    def _own_value(self, tensor: Tensor) -> Any:
        """A value that needs no input values, None when there will be none, or _UNSET when the inputs decide."""
        op = tensor.op
        if op.type == "Const":
            return op.attrs["value"]
        if op.type == "Placeholder":
            return self._captured_value(op)
        if op.type == "PlaceholderWithDefault":
            return self._default_value(op)
        rule = _SHAPE_RULES.get(op.type)
        if rule is not None:
            shape = self.shape(op.inputs[tensor.value_index if op.type == "ShapeN" else 0])
            return rule(op, shape)
        if op.type == "StridedSlice" and op.inputs[0].op.type in ("Shape", "ShapeN"):
            sizes = _partial_strided_slice(self, tensor)
            if sizes is not False and sizes is not None and (isinstance(sizes, int) or None not in sizes):
                return np.array(sizes, tensor.dtype.base_dtype.as_numpy_dtype)
        if op.definition.is_stateful or op.type not in registry.kernel or not op.inputs or _holds_handles(op):
            return None
        return _UNSET

    def _captured_value(self, op: Operation) -> np.ndarray | None:
        """The value of what a function's placeholder stands for."""
        source_of = getattr(op.graph, "source_of", None)
        source = None if source_of is None else source_of(op)
        return None if source is None else self.constant(source)

    def _default_value(self, op: Operation) -> Any:
        """None: a run may feed another value than the default."""
        return None

    def _evaluate(self, op: Operation) -> None:
        inputs = [self._cached(t) for t in op.inputs]
        results: Sequence[np.ndarray | None] = [None] * len(op.outputs)
        if all(v is not None and v.size <= MAX_FOLDED_ELEMENTS for v in inputs) and self._worth_folding(op):
            with contextlib.suppress(Exception):  # a constant that fails to evaluate fails when it is run
                results = run_kernel(op, inputs)
        for output, value in zip(op.outputs, results, strict=True):
            self._store(output, value)

    def _worth_folding(self, op: Operation) -> bool:
        sizes = [self.shape(t).num_elements() for t in op.outputs]
        return all(s is None or s <= MAX_FOLDED_ELEMENTS for s in sizes)


GRAPH_VALUES = Values()


def _holds_handles(op: Operation) -> bool:
    return any(
        t.dtype.base_dtype.name in ("resource", "variant") or t.dtype._is_ref_dtype for t in (*op.inputs, *op.outputs)
    )


def _shape_value(op: Operation, shape: TensorShape) -> np.ndarray | None:
    return _numbers(op, shape.tuple) if shape.is_fully_defined() else None


def _size_value(op: Operation, shape: TensorShape) -> np.ndarray | None:
    count = shape.num_elements()
    return None if count is None else _numbers(op, count)


def _numbers(op: Operation, value: Any) -> np.ndarray | None:
    """Sizes in the type that the operation gives them in; None where they do not fit it."""
    try:
        return np.array(value, op.attrs["out_type"].as_numpy_dtype)
    except OverflowError:
        return None


def _rank_value(op: Operation, shape: TensorShape) -> np.ndarray | None:
    return None if shape.rank is None else np.array(shape.rank, np.int32)


_SHAPE_RULES = {"Shape": _shape_value, "ShapeN": _shape_value, "Size": _size_value, "Rank": _rank_value}


def _partial_shape(values: Values, tensor: Tensor) -> Partial | bool:
    dims = values.shape(tensor.op.inputs[tensor.value_index if tensor.op.type == "ShapeN" else 0]).tuple
    return False if dims is None else list(dims)


def _partial_same(values: Values, tensor: Tensor) -> Partial | bool:
    source = tensor.op.inputs[0]
    return values.partial(source) if source.dtype.is_integer and tensor.dtype.is_integer else False


def _partial_pack(values: Values, tensor: Tensor) -> Partial | bool:
    out: list[int | None] = []
    for part in tensor.op.inputs:
        known = values.partial(part)
        if isinstance(known, list) or (known is False and values.shape(part).rank not in (0, None)):
            return False
        out.append(None if known is False or known is None else int(known))
    return out


def _partial_concat(values: Values, tensor: Tensor) -> Partial | bool:
    parts = tensor.op.inputs[1:] if tensor.op.type == "Concat" else tensor.op.inputs[:-1]
    out: list[int | None] = []
    for part in parts:
        known = values.partial(part)
        if known is False:
            shape = values.shape(part)
            if shape.rank != 1 or shape.tuple[0] is None:  # type: ignore[index]
                return False
            known = [None] * shape.tuple[0]  # type: ignore[index]
        if not isinstance(known, list):
            return False
        out += known
    return out


def _partial_strided_slice(values: Values, tensor: Tensor) -> Partial | bool:
    op = tensor.op
    known = values.partial(op.inputs[0])
    if not isinstance(known, list):
        return False
    begin, end, strides = (values.constant(t) for t in op.inputs[1:4])
    masks = [op.attrs[m + "_mask"] for m in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")]
    if begin is None or end is None or strides is None or begin.size != 1 or masks[2] or masks[3]:
        return False
    if masks[4] & 1:
        index = int(begin[0])
        return known[index] if -len(known) <= index < len(known) else False
    start = None if masks[0] & 1 else int(begin[0])
    stop = None if masks[1] & 1 else int(end[0])
    return known[start : stop : int(strides[0])]


_PARTIAL_RULES: dict[str, Any] = {
    "Shape": _partial_shape,
    "ShapeN": _partial_shape,
    "Cast": _partial_same,
    "Identity": _partial_same,
    "Pack": _partial_pack,
    "Concat": _partial_concat,
    "ConcatV2": _partial_concat,
    "StridedSlice": _partial_strided_slice,
}


class InferenceContext:
    """What a shape function may ask besides the shapes of the inputs."""

    __slots__ = ("_values", "op")

    def __init__(self, op: Operation, values: Values = GRAPH_VALUES):
        self.op = op
        self._values = values

    def attr(self, name: str) -> Any:
        """The attribute `name` as a Python value."""
        return self.op.attrs[name]

    def shape(self, index: int) -> TensorShape:
        """What is known of the shape of input `index`."""
        return self._values.shape(self.op.inputs[index])

    def value(self, index: int) -> np.ndarray | None:
        """The constant value of input `index`, or None when it is not known before a run."""
        return self._values.constant(self.op.inputs[index])

    def shape_value(self, index: int) -> TensorShape:
        """Input `index`, a vector of sizes, as a shape: what is known of it; -1 and unknown elements are None."""
        tensor = self.op.inputs[index]
        known = self._values.partial(tensor)
        if isinstance(known, list):
            if any(d is not None and d < -1 for d in known):
                raise ValueError(f"Invalid value in tensor used for shape: {min(d for d in known if d is not None)}")
            return TensorShape.of(tuple(None if d is None or d < 0 else d for d in known))
        if known is not False:
            if known is None or known == -1:
                return UNKNOWN
            raise ValueError(
                f"Input {index} must be rank 1 (or the scalar -1) to be used as a shape, got the scalar {known}"
            )
        shape = self._values.shape(tensor)
        if shape.rank is not None and shape.rank > 1:
            raise ValueError(f"Input {index} must be rank 1 to be used as a shape, got rank {shape.rank}")
        dims = shape.tuple
        return UNKNOWN if not dims or dims[0] is None else TensorShape.of((None,) * dims[0])


def output_shapes(op: Operation, input_shapes: Sequence[TensorShape], values: Values) -> list[TensorShape]:
    """The shapes that the op type's shape function gives; unknown ones when it has none.

    Raises:
        ValueError: the input shapes do not fit the operation.
    """
    function = registry.shape_of.get(op.type)
    if function is None:
        return [UNKNOWN] * len(op.outputs)
    return function(InferenceContext(op, values), *input_shapes)  # type: ignore[no-any-return]


def infer_shapes(op: Operation) -> None:
    """Sets the static shapes of a new operation's outputs; ValueError when the inputs' shapes do not fit it."""
    shapes = [t._shape for t in op._inputs]
    try:
        results = output_shapes(op, shapes, GRAPH_VALUES)
    except ValueError as error:
        raise ValueError(
            f"{error} for '{describe(op)}' with input shapes: {', '.join(map(_bracketed, shapes))}."
        ) from None
    for tensor, shape in zip(op._outputs, results, strict=True):
        tensor._shape = shape


def describe(op: Operation) -> str:
    """`{{node name}} = Type[attr=value, ...](input, ...)`."""
    attrs = ", ".join(f"{k}={_attr_text(v)}" for k, v in sorted(op.attrs.items()) if not k.startswith("_"))
    inputs = ", ".join(t.op.name if t.value_index == 0 else t.name for t in op._inputs)
    return f"{{{{node {op.name}}}}} = {op.type}[{attrs}]({inputs})"


def _attr_text(value: Any) -> str:
    if isinstance(value, DType):
        return "DT_" + {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}.get(value.name, value.name.upper())
    if isinstance(value, bytes):
        return '"' + value.decode(errors="replace") + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_attr_text, value))}]"
    return _bracketed(value) if isinstance(value, TensorShape) else str(value)


def _bracketed(shape: TensorShape) -> str:
    return "<unknown>" if shape.tuple is None else f"[{','.join('?' if d is None else str(d) for d in shape.tuple)}]"
