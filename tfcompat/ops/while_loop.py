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
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import SCALAR, TensorShape, as_shape
from tfcompat.graph.type_spec import TensorSpec, TypeSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.identity import identity
from tfcompat.ops.looping import COUNTERS, arguments_for, record_while


@tf_export("while_loop")
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeats `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` is true.

    Args:
        cond: gives a scalar bool for the loop variables.
        body: gives new loop variables, of the same structure and types.
        loop_vars: a (nested) list or tuple of tensors, or values that convert to tensors.
        shape_invariants: shapes that hold in every iteration, in the structure of `loop_vars`; the initial ones by
            default. For a SparseTensor the shape of its `dense_shape`, for IndexedSlices the shape of `values`.
        parallel_iterations: accepted; iterations run one after the other.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted.
        name: name scope.
        maximum_iterations: scalar int32 or int64, a limit.
        return_same_structure: whether a single loop variable comes back inside its structure.

    Returns:
        The last loop variables, in the structure that `body` returns.

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
    variables = loop_vars if isinstance(loop_vars, (list, tuple)) else [loop_vars]
    with name_scope(name or None, "while", nest.flatten(variables, expand_composites=True)) as scope:
        variables = nest.map_structure(_initial, variables)
        limit = _limit(maximum_iterations)
        loop = _Loop(scope, cond, body, variables, shape_invariants, limit, parallel_iterations, back_prop)
        results = loop.record()
    if return_same_structure or (limit is not None and len(variables) > 1):
        return results
    return results[0] if len(nest.flatten(results)) == 1 else results


def _initial(value: Any) -> Any:
    if isinstance(value, CompositeTensor):
        return value
    tensor = convert_to_tensor(value)
    return identity(tensor) if tensor.dtype._is_ref_dtype else tensor


def _limit(maximum_iterations: Any) -> Tensor | None:
    if maximum_iterations is None:
        return None
    limit = convert_to_tensor(maximum_iterations, name="maximum_iterations")
    if limit.shape.rank not in (0, None):
        raise ValueError(f"'maximum_iterations' must be a scalar. Received shape: {limit.shape}")
    return limit


class _Loop:
    """One loop being recorded: a counter, the limit, then the loop variables."""

    def __init__(
        self,
        scope: str,
        cond: Any,
        body: Any,
        variables: Any,
        invariants: Any,
        limit: Tensor | None,
        parallel_iterations: int,
        back_prop: bool,
    ):
        self._scope = scope
        self._cond, self._body = cond, body
        self._structure = variables
        self._result_structure = variables
        self._initials: list[Tensor] = nest.flatten(variables, expand_composites=True)
        self._shapes = _invariant_shapes(variables, invariants)
        self._limit = limit
        self._parallel_iterations = parallel_iterations
        self._back_prop = back_prop

    def record(self) -> Any:
        """Records the operation; returns the final loop variables in the structure that the body gives."""
        limited = self._limit is not None
        limit = self._limit if self._limit is not None else constant(-1, dtypes.int32, name="maximum_iterations")
        counter = constant(0, limit.dtype.base_dtype, name="loop_counter")
        initials = [counter, limit, *self._initials]
        shapes = [SCALAR, SCALAR, *self._shapes]
        base = self._scope[:-1].replace("/", "_")
        body = self._body_graph(base, initials, shapes)
        cond = self._cond_graph(base, initials, shapes, limited)
        op = record_while(cond, body, initials, shapes, self._scope, self._parallel_iterations)
        op._back_prop = self._back_prop  # type: ignore[attr-defined]
        results = [identity(t) for t in op.outputs][COUNTERS : len(initials)]
        return nest.pack_sequence_as(self._result_structure, results, expand_composites=True)

    def _cond_graph(
        self, base: str, initials: Sequence[Tensor], shapes: Sequence[TensorShape], limited: bool
    ) -> FuncGraph:
        graph = FuncGraph(unique_function_name(get_default_graph(), base + "_cond"), in_line=True)
        arguments = arguments_for(graph, initials, shapes)

        def condition() -> Tensor:
            wanted = convert_to_tensor(self._cond(*self._packed(arguments[COUNTERS:])))
            if wanted.dtype.base_dtype != dtypes.bool:
                raise TypeError(f"cond must return a boolean scalar tensor, got {wanted!r}.")
            if wanted.shape.rank not in (0, None):
                raise ValueError(
                    f"Shape must be rank 0 but is rank {wanted.shape.rank}: cond must return a boolean scalar "
                    f"tensor, got {wanted!r}."
                )
            if limited:
                wanted = raw_ops.LogicalAnd(x=raw_ops.Less(x=arguments[0], y=arguments[1]), y=wanted)
            return wanted

        graph.outputs = [_inside(graph, graph.build(condition, ()))]
        return graph

    def _body_graph(self, base: str, initials: Sequence[Tensor], shapes: Sequence[TensorShape]) -> FuncGraph:
        graph = FuncGraph(unique_function_name(get_default_graph(), base + "_body"), in_line=True)
        arguments = arguments_for(graph, initials, shapes)

        def step() -> list[Tensor]:
            values = self._checked(self._body(*self._packed(arguments[COUNTERS:])))
            counter = raw_ops.AddV2(x=arguments[0], y=1, name="add")
            return [counter, arguments[1], *values]

        graph.outputs = [_inside(graph, t) for t in graph.build(step, ())]
        return graph

    def _packed(self, tensors: Sequence[Tensor]) -> Any:
        return nest.pack_sequence_as(self._structure, list(tensors), expand_composites=True)

    def _checked(self, result: Any) -> list[Tensor]:
        """The new loop variables as tensors; see `while_loop` for errors."""
        if not isinstance(result, (list, tuple)) or (len(self._structure) == 1 and len(result) != 1):
            result = [result]
        nest.assert_same_structure(list(self._structure), list(result), check_types=False)
        converted = nest.map_structure(_initial, result)
        self._result_structure = converted
        flat: list[Tensor] = nest.flatten(converted, expand_composites=True)
        if len(flat) != len(self._initials):
            raise ValueError(
                "The two structures don't have the same nested structure: the loop variables are made of "
                f"{len(self._initials)} tensors, and what the body returns of {len(flat)}."
            )
        for tensor, initial, shape in zip(flat, self._initials, self._shapes, strict=True):
            _check_variable(tensor, initial, shape)
        return flat


def _check_variable(tensor: Tensor, initial: Tensor, shape: TensorShape) -> None:
    if tensor.dtype.base_dtype != initial.dtype.base_dtype:
        raise TypeError(
            f"Loop variable {initial.name} enters the loop with type {initial.dtype.base_dtype.name} but has "
            f"type {tensor.dtype.base_dtype.name} after 1 iteration."
        )
    if not _fits(tensor.shape, shape):
        raise ValueError(
            f"Input tensor '{initial.name}' enters the loop with shape {initial.shape}, but has shape "
            f"{tensor.shape} after one iteration. To allow the shape to vary across iterations, use the "
            "`shape_invariants` argument of tf.while_loop to specify a less-specific shape."
        )


def _invariant_shapes(variables: Any, invariants: Any) -> list[TensorShape]:
    """The shapes of the loop variables' tensors in every iteration."""
    if invariants is None:
        return [s for v in nest.flatten(variables) for s in _own_shapes(v)]
    leaves = nest.flatten(variables)
    given = nest.flatten(_shapes_as_leaves(invariants))
    if len(given) != len(leaves):
        raise ValueError(f"shape_invariants has {len(given)} shapes for {len(leaves)} loop variables.")
    shapes = []
    for leaf, shape in zip(leaves, given, strict=True):
        for tensor, part in zip(nest.flatten(leaf, expand_composites=True), _part_shapes(leaf, shape), strict=True):
            if not _fits(tensor.shape, part):
                raise ValueError(
                    f"The shape invariant specified for {tensor.name} is not compatible with the initial "
                    f"shape of the loop variable. It enters the loop with shape {tensor.shape}, but the "
                    f"specified shape invariant is {part}."
                )
            shapes.append(part)
    return shapes


def _own_shapes(value: Any) -> list[TensorShape]:
    """The shapes that a loop variable without an invariant keeps."""
    if isinstance(value, SparseTensor):
        return [TensorShape([None, value.dense_shape.shape[0]]), TensorShape([None]), value.dense_shape.shape]
    if hasattr(value, "_loop_shapes"):
        return value._loop_shapes()  # type: ignore[no-any-return]
    if _is_ragged(value):
        return _spec_shapes(value._type_spec)
    return [t.shape for t in nest.flatten(value, expand_composites=True)]


def _is_ragged(value: Any) -> bool:
    return isinstance(value, CompositeTensor) and hasattr(getattr(value, "_type_spec", None), "_with_shape")


def _spec_shapes(spec: Any) -> list[TensorShape]:
    """The shapes of the tensors that values of a spec are made of."""
    return [part.shape for part in nest.flatten(spec._component_specs)]


def _part_shapes(value: Any, leaf: _ShapeLeaf) -> list[TensorShape]:
    """The shapes of the tensors of a loop variable with an invariant; TypeError when that is a spec of others."""
    shape = leaf.shape
    if leaf.spec is not None and not isinstance(leaf.spec, TensorSpec):
        if not isinstance(value, leaf.spec.value_type):
            raise TypeError(f"The shape invariant {leaf.spec} is not compatible with the loop variable {value}.")
        return _spec_shapes(leaf.spec)
    if _is_ragged(value):
        return _spec_shapes(value._type_spec._with_shape(shape))
    if isinstance(value, SparseTensor):
        if shape.rank not in (1, None):
            raise ValueError(f"Expected a shape with 1 dimension. Obtained: {shape} which has {shape.rank} dimensions.")
        rank = None if shape.rank is None else shape[0]
        return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]
    if isinstance(value, IndexedSlices):
        rows = None if shape.rank is None else shape[0]
        parts = [shape, TensorShape([rows])]
        return parts if value.dense_shape is None else [*parts, TensorShape([shape.rank])]
    return [shape] * len(nest.flatten(value, expand_composites=True))


class _ShapeLeaf:
    """A shape or spec among shape invariants, so that its dimensions are not taken for structure."""

    def __init__(self, invariant: Any):
        self.spec = invariant if isinstance(invariant, TypeSpec) else None
        self.shape = as_shape(invariant.shape if hasattr(invariant, "shape") else invariant)


def _shapes_as_leaves(invariants: Any) -> Any:
    if isinstance(invariants, TensorShape):
        return _ShapeLeaf(invariants)
    if nest.is_nested(invariants) and not (isinstance(invariants, dict) and not invariants):
        if isinstance(invariants, dict):
            return {k: _shapes_as_leaves(v) for k, v in invariants.items()}
        return [_shapes_as_leaves(i) for i in invariants]
    return _ShapeLeaf(invariants)


def _fits(shape: TensorShape, invariant: TensorShape) -> bool:
    """Whether everything of `shape` is allowed by `invariant`."""
    return invariant.rank is None or shape.is_subtype_of(invariant)


def _inside(graph: FuncGraph, tensor: Tensor) -> Tensor:
    """`tensor` as an output of `graph`, which must be made inside."""
    if tensor.graph is graph and not tensor.dtype._is_ref_dtype:
        return tensor
    with graph.as_default():
        return identity(tensor)
