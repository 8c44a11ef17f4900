"""`tf.while_loop`, recorded as a `While` operation with a condition and a body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.func_graph import FuncGraph, unique_function_name
from tfcompat.graph.op_def import op_def
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, TensorShape, as_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.control_flow import _align_inputs, _registered
from tfcompat.ops.identity import identity


@tf_export("while_loop")
def while_loop(cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, shape_invariants: Any = None,
               parallel_iterations: int = 10, back_prop: bool = True, swap_memory: bool = False,
               name: str | None = None, maximum_iterations: Any = None, return_same_structure: bool = False) -> Any:
    """Repeats `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` is true.

    Args:
        cond: gives a scalar bool for the loop variables.
        body: gives new loop variables, of the same structure and types.
        loop_vars: a (nested) list or tuple of tensors, or values that convert to tensors.
        shape_invariants: shapes that hold in every iteration, in the structure of `loop_vars`; the initial ones by
            default.
        parallel_iterations: accepted; iterations run one after the other.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted.
        name: name scope.
        maximum_iterations: scalar int, a limit.
        return_same_structure: whether a single loop variable comes back inside its structure.

    Returns:
        The last loop variables.

    Raises:
        TypeError: `cond` or `body` is not callable, or a type changes.
        ValueError: there are no loop variables, the structure changes, or a shape is not invariant.
    """
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if loop_vars is None or (isinstance(loop_vars, (list, tuple)) and not loop_vars):
        raise ValueError("'loop_vars' must be provided.")
    if not isinstance(parallel_iterations, int) or parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    single = not isinstance(loop_vars, (list, tuple))
    variables = [loop_vars] if single else loop_vars
    with name_scope(name, "while", nest.flatten(variables, expand_composites=True)) as scope:
        variables = nest.map_structure(_initial, variables)
        results = _Loop(scope, cond, body, variables, shape_invariants, maximum_iterations, back_prop).record()
    if (single or len(variables) == 1) and not return_same_structure:
        return results[0]
    return results


def _initial(value: Any) -> Any:
    if isinstance(value, (IndexedSlices, SparseTensor)) or hasattr(value, "_loop_components"):
        return value
    tensor = convert_to_tensor(value)
    return identity(tensor) if tensor.dtype._is_ref_dtype else tensor


class _Loop:
    """One loop being recorded: a counter, the limit, then the loop variables."""

    def __init__(self, scope: str, cond: Any, body: Any, variables: Any, invariants: Any, limit: Any, back_prop: bool):
        self._scope = scope
        self._cond, self._body = cond, body
        self._structure = variables
        self._initials: list[Tensor] = nest.flatten(variables, expand_composites=True)
        self._shapes = self._invariant_shapes(invariants)
        self._limit = limit
        self._back_prop = back_prop

    def _invariant_shapes(self, invariants: Any) -> list[TensorShape]:
        if invariants is None:
            return [t.shape for t in self._initials]
        flat = nest.flatten(_shapes_as_leaves(invariants))
        if len(flat) != len(self._initials):
            raise ValueError(f"shape_invariants has {len(flat)} shapes for {len(self._initials)} loop variables.")
        shapes = [as_shape(s.shape if isinstance(s, _ShapeLeaf) else s) for s in flat]
        for tensor, shape in zip(self._initials, shapes, strict=True):
            if not _fits(tensor.shape, shape):
                raise ValueError(f"The shape invariant specified for {tensor.name} is not compatible with the initial "
                                 f"shape of the loop variable. It enters the loop with shape {tensor.shape}, but the "
                                 f"specified shape invariant is {shape}.")
        return shapes

    def record(self) -> Any:
        """Records the operation; returns the final loop variables in the structure of the initial ones."""
        outer = get_default_graph()
        counter = constant(0, dtypes.int32, name="loop_counter")
        limit = constant(-1, dtypes.int32, name="maximum_iterations") if self._limit is None else \
            convert_to_tensor(self._limit, dtypes.int32, name="maximum_iterations")
        initials = [counter, limit, *self._initials]
        shapes = [SCALAR, SCALAR, *self._shapes]
        base = self._scope[:-1].replace("/", "_")
        body_graph, cond_graph = self._body_graph(base, initials, shapes), self._cond_graph(base, initials, shapes)
        captured = list(dict.fromkeys([*cond_graph.external_captures, *body_graph.external_captures]))
        for graph in (cond_graph, body_graph):
            arguments = graph.inputs[: len(initials)]
            _align_inputs(graph, captured)
            graph.inputs = arguments + graph.inputs
        body_graph.outputs += body_graph.inputs[len(initials) :]
        inputs = initials + [outer.capture(t, "While", self._scope) if t.graph is not outer else t for t in captured]
        types = [t.dtype.base_dtype for t in inputs]
        stateful = body_graph.is_stateful or cond_graph.is_stateful
        attrs = {"T": types, "cond": _registered(outer, cond_graph), "body": _registered(outer, body_graph),
                 "output_shapes": shapes + [t.shape for t in captured], "parallel_iterations": 10,
                 "_lower_using_switch_merge": True, "_num_original_outputs": len(inputs)}
        op = outer.add_op(op_def("While" if stateful else "StatelessWhile"), inputs, attrs, types, self._scope)
        op._function_graphs = [cond_graph, body_graph]  # type: ignore[attr-defined]
        op._back_prop = self._back_prop  # type: ignore[attr-defined]
        results = [identity(t) for t in op.outputs[2 : len(initials)]]
        for result, shape in zip(results, self._shapes, strict=True):
            result.set_shape(shape)
        return nest.pack_sequence_as(self._structure, results, expand_composites=True)

    def _arguments(self, graph: FuncGraph, initials: Sequence[Tensor], shapes: Sequence[TensorShape]) -> list[Tensor]:
        return [graph.argument(t.dtype.base_dtype, s, t.op.name.rpartition("/")[2])
                for t, s in zip(initials, shapes, strict=True)]

    def _cond_graph(self, base: str, initials: Sequence[Tensor], shapes: Sequence[TensorShape]) -> FuncGraph:
        graph = FuncGraph(unique_function_name(get_default_graph(), base + "_cond"))
        arguments = self._arguments(graph, initials, shapes)

        def condition() -> Tensor:
            wanted = convert_to_tensor(self._cond(*self._packed(arguments[2:])))
            if wanted.dtype.base_dtype != dtypes.bool:
                raise TypeError(f"cond must return a boolean scalar tensor, got {wanted!r}.")
            if wanted.shape.rank not in (0, None):
                wanted = raw_ops.Reshape(tensor=wanted, shape=[])
            if self._limit is not None:
                wanted = raw_ops.LogicalAnd(x=raw_ops.Less(x=arguments[0], y=arguments[1]), y=wanted)
            return wanted

        result = graph.build(condition, ())
        graph.outputs = [_inside(graph, result)]
        return graph

    def _body_graph(self, base: str, initials: Sequence[Tensor], shapes: Sequence[TensorShape]) -> FuncGraph:
        graph = FuncGraph(unique_function_name(get_default_graph(), base + "_body"))
        arguments = self._arguments(graph, initials, shapes)

        def step() -> list[Tensor]:
            result = self._body(*self._packed(arguments[2:]))
            values = self._checked(result)
            counter = raw_ops.AddV2(x=arguments[0], y=1)
            return [counter, arguments[1], *values]

        graph.outputs = [_inside(graph, t) for t in graph.build(step, ())]
        return graph

    def _packed(self, tensors: Sequence[Tensor]) -> Any:
        return nest.pack_sequence_as(self._structure, list(tensors), expand_composites=True)

    def _checked(self, result: Any) -> list[Tensor]:
        """The new loop variables as tensors; see `while_loop` for errors."""
        structure = self._structure
        if not isinstance(result, (list, tuple)) or (len(structure) == 1 and len(result) != 1):
            result = [result]
        if isinstance(result, list) and isinstance(structure, tuple) or isinstance(result, tuple) and isinstance(structure, list):
            result = type(structure)(result) if not hasattr(structure, "_fields") else type(structure)(*result)
        converted = nest.map_structure(_initial, result)
        nest.assert_same_structure(structure, converted, expand_composites=True, check_types=False)
        flat: list[Tensor] = nest.flatten(converted, expand_composites=True)
        for tensor, initial, shape in zip(flat, self._initials, self._shapes, strict=True):
            if tensor.dtype.base_dtype != initial.dtype.base_dtype:
                raise TypeError(f"Loop variable {initial.name} enters the loop with type {initial.dtype.base_dtype.name} "
                                f"but has type {tensor.dtype.base_dtype.name} after 1 iteration.")
            if not _fits(tensor.shape, shape):
                raise ValueError(f"Input tensor '{initial.name}' enters the loop with shape {initial.shape}, but has shape "
                                 f"{tensor.shape} after one iteration. To allow the shape to vary across iterations, "
                                 "use the `shape_invariants` argument of tf.while_loop to specify a less-specific shape.")
        return flat


class _ShapeLeaf:
    """A shape among shape invariants, so that its dimensions are not taken for structure."""

    def __init__(self, shape: TensorShape):
        self.shape = shape


def _shapes_as_leaves(invariants: Any) -> Any:
    if isinstance(invariants, TensorShape):
        return _ShapeLeaf(invariants)
    if isinstance(invariants, (list, tuple)):
        parts = [_shapes_as_leaves(i) for i in invariants]
        return type(invariants)(*parts) if hasattr(invariants, "_fields") else type(invariants)(parts)
    return _ShapeLeaf(as_shape(invariants.shape if hasattr(invariants, "shape") else invariants))


def _fits(shape: TensorShape, invariant: TensorShape) -> bool:
    """Whether everything of `shape` is allowed by `invariant`."""
    return invariant.rank is None or shape.is_subtype_of(invariant)


def _inside(graph: FuncGraph, tensor: Tensor) -> Tensor:
    """`tensor` as an output of `graph`, which must be made inside."""
    if tensor.graph is graph and not tensor.dtype._is_ref_dtype:
        return tensor
    with graph.as_default():
        return identity(tensor)
