"""`cond`, `case`, `switch_case` and `while_loop`, recorded as `If`, `Case` and `While` operations with bodies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.func_graph import FuncGraph, unique_function_name
from tfcompat.graph.graph import Graph
from tfcompat.graph.inference import GRAPH_VALUES, InferenceContext
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.registry import shape_of
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.identity import identity


@tf_export("cond")
def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, strict: bool = False, name: str | None = None,
         fn1: Any = None, fn2: Any = None) -> Any:
    """The result of `true_fn()` where `pred` is true, of `false_fn()` where it is not; only that one runs.

    Args:
        pred: scalar bool tensor.
        true_fn: function without arguments; returns a tensor, or a nested structure of tensors.
        false_fn: the same; both return the same structure of the same types.
        strict: whether a structure of one element is returned as such.
        name: name scope.
        fn1: deprecated name of `true_fn`.
        fn2: deprecated name of `false_fn`.

    Raises:
        TypeError: a branch is no function, `pred` is a Python bool, or the branches' types differ.
        ValueError: the branches' structures differ.
    """
    true_fn, false_fn = fn1 if true_fn is None else true_fn, fn2 if false_fn is None else false_fn
    for argument, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(f"'{argument}' must be callable.")
    if isinstance(pred, bool):
        raise TypeError("'pred' must not be a Python bool.")
    with name_scope(name, "cond", [pred]) as scope:
        pred = convert_to_tensor(pred, dtypes.bool, name="pred")
        branches = [_branch(f"{scope[:-1]}_{kind}".replace("/", "_"), fn) for kind, fn in
                    (("true", true_fn), ("false", false_fn))]
        results = _branching("If", pred, branches, {"Tcond": pred.dtype.base_dtype}, ("then_branch", "else_branch"), scope)
    return _unpacked(results, strict)


@tf_export("switch_case")
def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case") -> Any:
    """The result of the function at `branch_index`.

    Args:
        branch_index: scalar int32.
        branch_fns: functions by index: a list, (index, function) pairs, or a dict.
        default: function for every other index; the last one by default.
        name: name scope.
    """
    pairs = branch_fns.items() if isinstance(branch_fns, dict) else branch_fns
    pairs = [p if isinstance(p, tuple) else (i, p) for i, p in enumerate(pairs)]
    if sorted(i for i, _ in pairs) != list(range(len(pairs))):
        raise ValueError(f"branch indices must form contiguous range of [0 to {len(pairs)}) but found "
                         f"{{{', '.join(str(i) for i, _ in sorted(pairs))}}}")
    functions = [fn for _, fn in sorted(pairs, key=lambda p: p[0])]
    functions.append(default if default is not None else functions[-1])
    for function in functions:
        if not callable(function):
            raise TypeError(f"Argument `branch_fns` must contain callables; got {function!r}.")
    with name_scope(name, "switch_case", [branch_index]) as scope:
        index = convert_to_tensor(branch_index, dtypes.int32, name="branch_index")
        return _unpacked(_switch(index, functions, scope), strict=False)


def _switch(index: Tensor, functions: Sequence[Callable[[], Any]], scope: str) -> Any:
    branches = [_branch(f"{scope[:-1]}_branch{i}".replace("/", "_"), fn) for i, fn in enumerate(functions)]
    return _branching("Case", index, branches, {}, ("branches",), scope)


@tf_export("case")
def case(pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False,
         name: str = "case") -> Any:
    """The result of the first function whose predicate is true.

    Args:
        pred_fn_pairs: (scalar bool tensor, function) pairs, or a dict of them.
        default: function for when none is true; without it that is an error.
        exclusive: whether more than one true predicate is an error.
        strict: as in `cond`.
        name: name scope.
    """
    from tfcompat.ops.grouping import group

    pairs = list(pred_fn_pairs.items()) if isinstance(pred_fn_pairs, dict) else list(pred_fn_pairs)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple.")
        if not isinstance(pair[0], Tensor) or pair[0].dtype.base_dtype != dtypes.bool:
            raise TypeError(f"pred must be Tensor of type bool: {pair[0]!r}")
        if not callable(pair[1]):
            raise TypeError("fn for pred must be callable.")
    if default is not None and not callable(default):
        raise TypeError("default must be callable.")
    with name_scope(name, "case", [p for p, _ in pairs]):
        checks = _case_checks([p for p, _ in pairs], exclusive, default is None)
        with control_dependencies([group(*checks)] if checks else []):
            if default is None:
                *pairs, (_, default) = pairs
            result = default
            for pred, fn in reversed(pairs):
                result = _either(pred, fn, result, strict)
            return result()


def _either(pred: Tensor, fn: Callable[[], Any], otherwise: Callable[[], Any], strict: bool) -> Callable[[], Any]:
    return lambda: cond(pred, fn, otherwise, strict=strict)


def _case_checks(preds: Sequence[Tensor], exclusive: bool, needs_one: bool) -> list[Any]:
    from tfcompat.ops import raw_ops

    if not (exclusive or needs_one):
        return []
    stacked = raw_ops.Pack(values=list(preds), axis=0)
    checks = []
    if exclusive:
        true = raw_ops.Sum(input=raw_ops.Cast(x=stacked, DstT=dtypes.int32), reduction_indices=[0])
        checks.append(raw_ops.Assert(condition=raw_ops.LessEqual(x=true, y=1),
                                     data=["Input error: exclusive=True: more than 1 conditions evaluated as True:", stacked]))
    if needs_one:
        checks.append(raw_ops.Assert(condition=raw_ops.Any(input=stacked, reduction_indices=[0]),
                                     data=["None of the conditions evaluated as True. Conditions:", stacked]))
    return checks


# ---------------------------------------------------------------- branches


class _Branch:
    """A branch traced into a graph; `structure` is what it returned."""

    def __init__(self, graph: FuncGraph, structure: Any):
        self.graph = graph
        self.structure = structure


def _branch(name: str, function: Callable[[], Any]) -> _Branch:
    graph = FuncGraph(unique_function_name(get_default_graph(), name))
    structure = graph.build(lambda: _as_tensors(function()), ())
    return _Branch(graph, structure)


def _as_tensors(structure: Any) -> Any:
    """The result of a branch with every leaf a tensor of the branch's graph; operations become None."""
    graph = get_default_graph()

    def leaf(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Operation):
            graph.__dict__.setdefault("_effects", []).append(value)
            return None
        if isinstance(value, (IndexedSlices, SparseTensor)):
            return value
        tensor = convert_to_tensor(value)
        if tensor.graph is not graph or tensor.dtype._is_ref_dtype or tensor in graph.inputs:  # type: ignore[attr-defined]
            tensor = identity(tensor)
        return tensor

    return nest.map_structure(leaf, structure) if nest.is_nested(structure) else leaf(structure)


def _components(structure: Any) -> list[Tensor]:
    return [t for t in nest.flatten(structure, expand_composites=True) if t is not None]


def _branching(op_type: str, selector: Tensor, branches: Sequence[_Branch], attrs: dict[str, Any],
               slots: tuple[str, ...], scope: str) -> Any:
    """Records an If or Case; returns the structure of the branches with its outputs."""
    first = branches[0]
    for other in branches[1:]:
        _check_same(first.structure, other.structure)
    outer = get_default_graph()
    captured: dict[Tensor, None] = {}
    for branch in branches:
        branch.graph.outputs = _components(branch.structure)
        captured.update(dict.fromkeys(branch.graph.external_captures))
    for branch in branches:
        _align_inputs(branch.graph, list(captured))
    inputs = [outer.capture(t, op_type, scope) if t.graph is not outer else t for t in captured]
    types = [t.dtype.base_dtype for t in first.graph.outputs]
    shapes = [_common_shape([b.graph.outputs[i].shape for b in branches]) for i in range(len(types))]
    functions = [_registered(outer, b.graph) for b in branches]
    attrs = {**attrs, "Tin": [t.dtype.base_dtype for t in inputs], "Tout": types, "output_shapes": shapes,
             "_lower_using_switch_merge": True}
    if slots == ("branches",):
        attrs["branches"] = functions
    else:
        attrs.update(zip(slots, functions, strict=True))
    stateful = any(b.graph.is_stateful for b in branches)
    op = outer.add_op(op_def(op_type if stateful else f"Stateless{op_type}"), [selector, *inputs], attrs, types, scope)
    op._function_graphs = [b.graph for b in branches]  # type: ignore[attr-defined]
    if not types:
        return op
    outputs = [identity(t) for t in op.outputs]
    return nest.pack_sequence_as(first.structure, outputs, expand_composites=True) if nest.is_nested(first.structure) \
        or isinstance(first.structure, (IndexedSlices, SparseTensor)) else outputs[0]


def _check_same(first: Any, other: Any) -> None:
    try:
        nest.assert_same_structure(first, other, expand_composites=True)
    except (ValueError, TypeError) as error:
        raise TypeError("true_fn and false_fn arguments to tf.cond must have the same number, type, and overall structure "
                        f"of return values.\n\ntrue_fn output:  {first}\nfalse_fn output: {other}\n\nError details:\n"
                        f"{error}") from None
    ones, others = _components(first), _components(other)
    if len(ones) != len(others):
        raise ValueError(f"true_fn returned {len(ones)} values and false_fn {len(others)}.")
    for a, b in zip(ones, others, strict=True):
        if a.dtype.base_dtype != b.dtype.base_dtype:
            raise TypeError("true_fn and false_fn arguments to tf.cond must have the same number, type, and overall "
                            f"structure of return values. Types differ: {a.dtype.name} and {b.dtype.name}.")


def _common_shape(shapes: Sequence[TensorShape]) -> TensorShape:
    common = shapes[0]
    for shape in shapes[1:]:
        common = common.most_specific_compatible_shape(shape)
    return common


def _align_inputs(graph: FuncGraph, captured: list[Tensor]) -> None:
    """Gives `graph` the inputs `captured`, in that order."""
    graph.inputs = [graph.capture(t) for t in captured]


def _registered(outer: Graph, graph: FuncGraph) -> FuncRef:
    """Puts `graph` into the function library of the outermost graph."""
    while isinstance(outer, FuncGraph):
        outer = outer.outer_graph
    outer._functions[graph.name] = graph
    return FuncRef(graph.name)


def _unpacked(result: Any, strict: bool) -> Any:
    """A list or tuple of one element as that element, unless `strict`."""
    if not strict and isinstance(result, (list, tuple)) and len(result) == 1 and not hasattr(result, "_fields"):
        return result[0]
    return result


@shape_of("If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile")
def _declared_shapes(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    declared = c.op.attrs.get("output_shapes") or []
    return declared if len(declared) == len(c.op.outputs) else [TensorShape(None)] * len(c.op.outputs)


def static_predicate(pred: Any) -> bool | None:
    """The value of a predicate that is known before a run, else None; TypeError for what is no predicate."""
    if isinstance(pred, Tensor):
        value = GRAPH_VALUES.constant(pred)
        return None if value is None else bool(value)
    if pred in (0, 1):
        return bool(pred)
    raise TypeError(f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Received: {pred!r}")


def smart_cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any], name: str | None = None) -> Any:
    """`cond`, or a plain call of the right function when `pred` is known before a run."""
    known = static_predicate(pred)
    if known is not None:
        return true_fn() if known else false_fn()
    return cond(pred, true_fn, false_fn, name=name)
