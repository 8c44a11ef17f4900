"""Export: parts of a TensorFlow 1 program as `.onnx` files that plain ONNX Runtime runs.

import tfcompat.onnx
tfcompat.onnx.export(outputs=[logits], inputs=[images], session=sess, path="net.onnx")
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import onnx

from converters.builder import Builder, Node, Value
from converters.complex_value import ComplexValue, as_complex
from converters.lowering import Lowering
from converters.model import build_model
from converters.opset import OPSET
from converters.opsets import at_opset
from converters.passes import optimized_for_file
from converters.passes.compact import compact
from converters.random import stream_values
from converters.random_native import STREAMED
from converters.registry import NotConvertible
from converters.tables import TableValue
from tfcompat.graph import dtypes
from tfcompat.graph.default import get_default_session
from tfcompat.graph.errors import FailedPreconditionError, InvalidArgumentError, UnimplementedError
from tfcompat.graph.graph import Graph
from tfcompat.graph.inference import run_kernel
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape
from tfcompat.graph.upstream import model_inputs
from tfcompat.kernels.tables import TABLE_MAKERS
from tfcompat.planner.variables import Access
from tfcompat.runtime.arrays import shape_of, to_numpy
from tfcompat.runtime.compiler import Compiler, FullShapesWanted, HostCall, ModelStep, Recipe
from tfcompat.runtime.devices import DevicePolicy
from tfcompat.runtime.program import uninitialized

__all__ = ["NotExportable", "export", "to_model"]

_MESSAGE_LIMIT = 1_900_000_000


def export(
    outputs: Any,
    inputs: Any = None,
    session: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    opset: int | None = None,
    shapes: Mapping[Any, Any] | None = None,
    external_data: bool = False,
    random_streams: bool = False,
    strict: bool = False,
    progress: Callable[[int], None] | None = None,
    finish: Callable[[onnx.ModelProto], None] | None = None,
) -> onnx.ModelProto:
    """Writes what computes `outputs` from `inputs` as an ONNX model.

    Variables become constants with their values in `session`; a variable that the outputs assign to (a training step)
    becomes an input called like the variable and an output called `<variable>/next`. Unknown dimensions stay symbolic.
    Complex inputs and outputs have a last dimension of 2 more, for real and imaginary parts.
    Inputs and outputs are called like their tensors ("x:0").

    Args:
        outputs: tensors, operations (for a training step) or names; one, a list, or a dict from output name to tensor.
        inputs: tensors or names to feed; one, a list, or a dict from input name to tensor. By default every placeholder
            that `outputs` need, and what they take from datasets and queues.
        session: where variables have their values; the default session when None.
        path: file to write; a model of more than 2 GB keeps its weights in `<path>.data`. None writes nothing.
        opset: ONNX opset of the file; by default the one converters write, see `converters.opsets` for others.
        shapes: input tensor or name -> shape that is better known than the tensor's.
        external_data: whether the weights go to `<path>.data` whatever their size.
        random_streams: whether random operations with seeds give the session's exact numbers. Each then has an input
            `<operation>/counter` (uint64, shape [1]; 0 for the first run of a stream) and an output
            `<operation>/counter/next` for the next run. Without, they become ONNX's random operators: the same
            distributions, other numbers.
        strict: whether the file also does what a session does at the price of more nodes: fail where TensorFlow refuses
            values (an index out of range), give NaN for extremes of what has a NaN, add long sums in stages, round
            float16 after each operation. Without, such checks are left out, and what TensorFlow accepts and holds no
            NaN gives the same up to rounding.
        progress: called with the number of operations translated so far.
        finish: changes the model before it is written.

    Returns:
        The model.

    Raises:
        NotExportable: operations have no ONNX form; the message lists each with its type, line and reason.
        FailedPreconditionError: a variable is not initialized.
        ValueError: there is no session, there are no outputs, a name means nothing in its graph, or the model has no
            form in `opset`.
    """
    session = session or get_default_session()
    if session is None:
        raise ValueError("No session: pass session=, or call export inside `with sess.as_default()`.")
    model = to_model(session, outputs, inputs, shapes or {}, progress, random_streams, strict)
    if finish is not None:
        finish(model)
    if opset is not None and opset != OPSET:
        model = at_opset(model, opset)
    if path is not None:
        _write(model, pathlib.Path(path), external_data)
    return model


class NotExportable(UnimplementedError):
    """Operations have no ONNX form.

    Attributes:
        problems: each of them, with the reason (empty when there is no more to say than that).
    """

    def __init__(self, problems: Sequence[tuple[Operation, str]]):
        self.problems = list(problems)
        lines = "\n".join(_described(op, reason) for op, reason in problems)
        super().__init__(None, problems[0][0], f"{len(problems)} operation(s) cannot be expressed in ONNX:\n{lines}")


def to_model(
    session: Any,
    outputs: Any,
    inputs: Any,
    shapes: Mapping[Any, Any],
    progress: Callable[[int], None] | None = None,
    random_streams: bool = False,
    strict: bool = False,
) -> onnx.ModelProto:
    """The model of `export` before it is written or brought to another opset."""
    graph: Graph = session.graph
    named_outputs, targets = _outputs(graph, outputs)
    fetches = list(named_outputs.values())
    if not fetches and not targets:
        raise ValueError("There is nothing to export: no outputs are given.")
    named_inputs = _named(graph, inputs) if inputs is not None else _placeholders(fetches, targets)
    known = {graph.as_graph_element(k, allow_operation=False): as_shape(s) for k, s in shapes.items()}
    feeds = {t: known.get(t, t.shape) for t in named_inputs.values()}
    recipe = _compile(session, fetches, targets, feeds, progress, Lowering(True, random_streams, strict))
    _refuse_host_calls(recipe)
    try:
        return _assemble(session, recipe, named_inputs, named_outputs)
    except NotConvertible as error:
        raise UnimplementedError(None, None, f"The model cannot be expressed in ONNX: {error}") from None


def _outputs(graph: Graph, outputs: Any) -> tuple[dict[str, Tensor], list[Operation]]:
    """Output names and tensors, and operations to run for their effects."""
    tensors: dict[str, Tensor] = {}
    targets: list[Operation] = []
    for name, value in _items(outputs):
        element = graph.as_graph_element(value)
        if isinstance(element, Operation):
            targets.append(element)
        else:
            tensors[name or element.name] = element
    return tensors, targets


def _named(graph: Graph, inputs: Any) -> dict[str, Tensor]:
    named = {}
    for name, value in _items(inputs):
        tensor = graph.as_graph_element(value, allow_operation=False)
        named[name or tensor.name] = tensor
    return named


def _items(values: Any) -> list[tuple[str | None, Any]]:
    if isinstance(values, Mapping):
        return list(values.items())
    return [(None, v) for v in (values if isinstance(values, (list, tuple)) else [values])]


def _placeholders(fetches: Sequence[Tensor], targets: Sequence[Operation]) -> dict[str, Tensor]:
    return {t.name: t for t in model_inputs(fetches, targets)}


def _compile(
    session: Any,
    fetches: list[Tensor],
    targets: list[Operation],
    feeds: dict[Tensor, TensorShape],
    progress: Callable[[int], None] | None,
    lowering: Lowering,
) -> Recipe:
    variables = session.variables

    def present(key: Any) -> tuple[int, ...] | None:
        value = variables.get(key)
        return None if value is None else shape_of(value)

    try:
        compiler = _ExportCompiler(lowering, DevicePolicy(), present)
        compiler.progress = progress
        compiler.session = session
        return compiler.compile(fetches, targets, feeds)
    except FullShapesWanted as error:
        raise UnimplementedError(
            None,
            None,
            f"The model cannot be exported with unknown dimensions: {error}. Give the "
            "inputs' shapes with shapes={...}.",
        ) from None


class _ExportCompiler(Compiler):
    """A compiler whose complex inputs are in the model, and that goes on after operations that cannot run at all.

    Attributes:
        progress: called with the number of operations taken, every hundred.
        session: where tables have their entries.
    """

    progress: Callable[[int], None] | None = None
    session: Any = None
    _count = 0

    def _take(self, op: Operation) -> None:
        self._count += 1
        if self.progress is not None and self._count % 100 == 0:
            self.progress(self._count)
        super()._take(op)

    def _run(self, op: Operation, access: Access, requirement: list[Mapping[str, int]]) -> None:
        if op.type in TABLE_MAKERS:
            self._finish(op, None, requirement, [self._table(op)])
        else:
            super()._run(op, access, requirement)

    def _table(self, op: Operation) -> TableValue:
        """The table that `op` makes, with its entries in the session; they are part of the model as weights are."""
        inputs = [self._values.constant(t) for t in op.inputs]
        if any(i is None for i in inputs):
            raise UnimplementedError(
                None, op, f"The table {op.name} cannot be exported: its marking keys are computed."
            )
        (handle,) = run_kernel(op, [i for i in inputs if i is not None], self.session._open_engine().state)
        table = handle.item()
        if not getattr(table, "initialized", True):
            raise FailedPreconditionError(None, op, f"Table not initialized: {op.name}; run tf.tables_initializer().")
        return TableValue(op.name, *table.entries())

    def _translate(self, op: Operation, inputs: list[Value | None]) -> tuple[str | None, list[Value]]:
        if not self._lowering.random_streams or op.type not in STREAMED:
            return super()._translate(op, inputs)
        builder = self._lowering.builder(op.name)
        counter = Value(f"{op.name}/counter", dtypes.uint64, (1,))
        try:
            values, following = stream_values(builder, op, counter, *(v for v in inputs if v is not None))
        except NotConvertible as error:
            return self._without_kernel(op, inputs, str(error))
        following.shape = counter.shape
        self._recipe.streams[counter.name] = counter, following
        self._annotate(op, [values])
        return self._emit(op, builder.nodes), [values]

    def _without_kernel(self, op: Operation, inputs: list[Value | None], reason: str) -> tuple[str | None, list[Value]]:
        outputs = self._output_values(op)
        return self._on_host(HostCall(op, inputs, outputs, reason=reason)), outputs

    def _fed_value(self, tensor: Tensor) -> Value:
        whole = super()._fed_value(tensor)
        if not whole.dtype.is_complex or whole.shape is None:
            return whole
        parts = [Value(f"{whole.name}/{name}", whole.dtype.real_dtype, whole.shape) for name in ("real", "imag")]
        return ComplexValue(whole.name, *parts)


def _input_value(builder: Builder, name: str, value: Value) -> Value:
    """The input of the model called `name`; complex ones are taken apart."""
    if not isinstance(value, ComplexValue):
        value.name = name
        return value
    assert value.shape is not None
    rank = len(value.shape)
    whole = Value(name, value.real.dtype, (*value.shape, 2))
    for part, half in zip(value.components, builder.Split(whole, [1, 1], axis=rank, outputs=2), strict=True):
        part.name = builder.Squeeze(half, [rank]).name
    return whole


def _refuse_host_calls(recipe: Recipe) -> None:
    calls = [call for step in recipe.steps if not isinstance(step, ModelStep) for call in step]
    if calls:
        raise NotExportable([(call.op, _reason(call)) for call in calls])


def _reason(call: HostCall) -> str:
    dtypes = {t.dtype.base_dtype.name for t in (*call.op.inputs, *call.op.outputs)}
    return call.reason or (
        "byte strings have no form of this in ONNX: feed what it gives instead" if "string" in dtypes else ""
    )


def _described(op: Operation, reason: str) -> str:
    types = ", ".join(f"{k}={v.name}" for k, v in op.attrs.items() if hasattr(v, "as_numpy_dtype"))
    return f"- {op.name} ({op.type}; {types}){': ' * bool(reason)}{reason}\n  {op.creation_site().strip()}"


def _assemble(
    session: Any, recipe: Recipe, named_inputs: dict[str, Tensor], named_outputs: dict[str, Tensor]
) -> onnx.ModelProto:
    opening, builder = Builder("inputs"), Builder("export")
    inputs = [_input_value(opening, name, recipe.feeds[tensor]) for name, tensor in named_inputs.items()]
    nodes: list[Node] = opening.nodes
    nodes += [node for step in recipe.steps if isinstance(step, ModelStep) for node in step.nodes]
    for key, (value, variable, reader) in recipe.initial.items():
        present = session.variables.get(key)
        if present is None:
            raise uninitialized(key, variable, reader)
        value.name = f"{variable.name}:0"
        value.shape = shape_of(present)
        if key in recipe.commits:
            inputs.append(value)
        else:
            value.const = to_numpy(present)
    inputs += [counter for counter, _ in recipe.streams.values()]
    outputs = _final_values(builder, dict(zip(named_outputs, recipe.fetches, strict=True)), nodes)
    nexts = {f"{_variable_name(recipe, key)}/next": value for key, (value, _) in recipe.commits.items()}
    nexts |= {f"{name}/next": following for name, (_, following) in recipe.streams.items()}
    outputs += _final_values(builder, nexts, nodes)
    nodes = optimized_for_file([*nodes, *builder.nodes], [v.name for v in outputs])
    nodes = compact(nodes, {v.name for v in (*inputs, *outputs)})
    dims = {
        name: [f"{tensor.op.name}_{axis}" for axis in range(tensor.shape.rank or 0)]
        for name, tensor in named_inputs.items()
    }
    return build_model(nodes, inputs, outputs, dim_names=dims, constants_in_bodies=False)


def _variable_name(recipe: Recipe, key: Any) -> str:
    return f"{recipe.initial[key][1].name}:0" if key in recipe.initial else f"{key.name}:0"


def _final_values(builder: Builder, named: Mapping[str, Value], nodes: Sequence[Node]) -> list[Value]:
    """The outputs under their names, through an Identity where no node makes the value under that name.

    An output that is an input of the same name becomes `<name>/identity`: names are unique in a model.
    """
    made = {id(v) for node in nodes for v in node.outputs}
    finals = []
    for name, value in named.items():
        if value.dtype.is_complex:
            value = _stacked(builder, as_complex(builder, value))
        if value.name != name or id(value) not in made:
            if value.const is not None and value.name == name:
                value.name = f"{name}/value"
            value = builder.identity(value, f"{name}/identity" if value.name == name else name)
        if value.shape is None:
            raise InvalidArgumentError(None, None, f"The rank of output {name} is not known; set_shape() can state it.")
        made.discard(id(value))
        finals.append(value)
    return finals


def _stacked(builder: Builder, value: ComplexValue) -> Value:
    """Real and imaginary parts along a last dimension."""
    rank = value.real.rank
    whole: Value = builder.Concat(*[builder.Unsqueeze(part, [rank]) for part in value.components], axis=rank)
    whole.shape = None if value.shape is None else (*value.shape, 2)
    return whole


def _write(model: onnx.ModelProto, path: pathlib.Path, external_data: bool) -> None:
    large = external_data or model.ByteSize() > _MESSAGE_LIMIT
    temporary = path.with_name(path.name + ".part")
    if large:
        path.with_name(path.name + ".data").unlink(missing_ok=True)
        onnx.save_model(model, str(path), save_as_external_data=True, location=path.name + ".data")
    else:
        temporary.write_bytes(model.SerializeToString())
        os.replace(temporary, path)
    onnx.checker.check_model(str(path), full_check=True)
