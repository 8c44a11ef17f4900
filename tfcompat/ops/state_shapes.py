"""Shape functions of the op types that hold, read and write variables."""

from __future__ import annotations

from tfcompat.graph import dtypes
from tfcompat.graph.handles import handle_type
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.shape_functions import merge_dims, no_outputs, scalar
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape, unknown_shape
from tfcompat.graph.update_rules import UPDATE_RULES

SCATTER_KINDS = ("Add", "Sub", "Mul", "Div", "Min", "Max", "Update")
SCATTER_ND_KINDS = ("Add", "Sub", "Min", "Max", "Update")


def merged(a: TensorShape, b: TensorShape) -> TensorShape:
    """What is known of a shape from two places; ValueError when they contradict each other."""
    if a.tuple is None or b.tuple is None:
        return b if a.tuple is None else a
    if len(a.tuple) != len(b.tuple):
        raise ValueError(f"Shapes must be equal rank, but are {len(a.tuple)} and {len(b.tuple)}")
    for i, (x, y) in enumerate(zip(a.tuple, b.tuple, strict=True)):
        if x is not None and y is not None and x != y:
            raise ValueError(
                f"Dimension {i} in both shapes must be equal, but are {x} and {y}. Shapes are "
                f"{_brackets(a)} and {_brackets(b)}."
            )
    return TensorShape.of(tuple(map(merge_dims, a.tuple, b.tuple)))


def _brackets(shape: TensorShape) -> str:
    return f"[{','.join('?' if d is None else str(d) for d in shape.tuple or ())}]"


def variable_input_shape(c: InferenceContext, index: int, shape: TensorShape) -> TensorShape:
    """The shape of the variable at input `index`, which is a reference or a handle."""
    tensor = c.op._inputs[index]
    if tensor.dtype.base_dtype.name != "resource":
        return shape
    known = handle_type(tensor)
    return known[0] if known is not None else UNKNOWN


# ---------------------------------------------------------------- variables


@shape_of("VariableV2", "TemporaryVariable")
def _variable(c: InferenceContext) -> list[TensorShape]:
    return [c.attr("shape")]


@shape_of("Variable")
def _old_variable(c: InferenceContext) -> list[TensorShape]:
    """A scalar shape meant "unknown" in the first version."""
    shape: TensorShape = c.attr("shape")
    return [UNKNOWN if shape.rank in (None, 0) else shape]


shape_of("VarHandleOp", "IsVariableInitialized", "VarIsInitializedOp")(scalar)


@shape_of("DestroyTemporaryVariable")
def _destroy(c: InferenceContext, ref: TensorShape) -> list[TensorShape]:
    return [ref]


@shape_of("ReadVariableOp")
def _read(c: InferenceContext, handle: TensorShape) -> list[TensorShape]:
    known = handle_type(c.op._inputs[0])
    if known is not None and known[1] is not c.attr("dtype"):
        raise ValueError(
            f"Trying to read variable with wrong dtype. Expected {known[1].name} got {c.attr('dtype').name}"
        )
    return [variable_input_shape(c, 0, handle)]


@shape_of("VariableShape")
def _variable_shape(c: InferenceContext, handle: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((variable_input_shape(c, 0, handle).rank,))]


@shape_of("Assign")
def _assign(c: InferenceContext, ref: TensorShape, value: TensorShape) -> list[TensorShape]:
    return [merged(ref, value) if c.attr("validate_shape") else value]


@shape_of("AssignAdd", "AssignSub")
def _assign_arithmetic(c: InferenceContext, ref: TensorShape, value: TensorShape) -> list[TensorShape]:
    return [merged(ref, value)]


@shape_of("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp")
def _assign_resource(c: InferenceContext, handle: TensorShape, value: TensorShape) -> list[TensorShape]:
    known = handle_type(c.op._inputs[0])
    dtype = c.op._inputs[1].dtype.base_dtype
    if known is not None and known[1] != dtype:
        raise ValueError(
            f"Trying to assign variable with wrong dtype. Expected {known[1].name} got {dtype.name} for '{c.op.name}'"
        )
    merged(variable_input_shape(c, 0, handle), value)
    return []


@shape_of("CountUpTo", "ResourceCountUpTo")
def _count_up_to(c: InferenceContext, ref: TensorShape) -> list[TensorShape]:
    return [merged(variable_input_shape(c, 0, ref), SCALAR)]


# ---------------------------------------------------------------- slices


def _scatter(c: InferenceContext, ref: TensorShape, indices: TensorShape, updates: TensorShape) -> list[TensorShape]:
    """Updates have the shape indices + variable[1:], or are one scalar."""
    shape = variable_input_shape(c, 0, ref).with_rank_at_least(1)
    if updates.rank != 0:
        merged(updates, indices.concatenate(shape[1:] if shape.rank is not None else UNKNOWN))
    return [shape] if c.op._outputs else []


def _scatter_nd(c: InferenceContext, ref: TensorShape, indices: TensorShape, updates: TensorShape) -> list[TensorShape]:
    """Updates have the shape indices[:-1] + variable[depth:], depth being the last dimension of indices."""
    shape = variable_input_shape(c, 0, ref)
    check_scatter_nd(shape, indices, updates)
    return [shape] if c.op._outputs else []


def check_scatter_nd(shape: TensorShape, indices: TensorShape, updates: TensorShape) -> None:
    """ValueError when slices of the shape of `updates` do not fit at `indices` into a tensor of `shape`."""
    if indices.tuple is None or updates.tuple is None:
        return
    outer = len(indices.tuple) - 1
    if outer < 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if len(updates.tuple) < outer:
        raise ValueError(
            f"Dimensions [0,{outer}) of indices[shape={_brackets(indices)}] must match dimensions "
            f"[0,{outer}) of updates[shape={_brackets(updates)}]: Shapes must be equal rank, but are "
            f"{outer} and {len(updates.tuple)}"
        )
    _must_match(
        indices.tuple[:outer],
        updates.tuple[:outer],
        f"Dimensions [0,{outer}) of indices[shape={_brackets(indices)}] must match dimensions "
        f"[0,{outer}) of updates[shape={_brackets(updates)}]",
    )
    depth = indices.tuple[-1]
    if shape.tuple is None or depth is None:
        return
    rest = len(updates.tuple) - outer
    what = (
        f"Dimensions [{depth},{len(shape.tuple)}) of input[shape={_brackets(shape)}] must match dimensions "
        f"[{outer},{len(updates.tuple)}) of updates[shape={_brackets(updates)}]"
    )
    if len(shape.tuple) - depth != rest:
        raise ValueError(f"{what}: Shapes must be equal rank, but are {len(shape.tuple) - depth} and {rest}")
    _must_match(shape.tuple[depth:], updates.tuple[outer:], what)


def _must_match(a: tuple[int | None, ...], b: tuple[int | None, ...], what: str) -> None:
    try:
        merged(TensorShape.of(a), TensorShape.of(b))
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None


for _kind in SCATTER_KINDS:
    shape_of(f"Scatter{_kind}", f"ResourceScatter{_kind}")(_scatter)
for _kind in SCATTER_ND_KINDS:
    shape_of(f"ScatterNd{_kind}", f"ResourceScatterNd{_kind}")(_scatter_nd)


@shape_of("ResourceGather")
def _resource_gather(c: InferenceContext, handle: TensorShape, indices: TensorShape) -> list[TensorShape]:
    shape = variable_input_shape(c, 0, handle).with_rank_at_least(1)
    batch = c.attr("batch_dims")
    if shape.rank is None or indices.tuple is None:
        return [UNKNOWN]
    leading = merged(shape[:batch], indices[:batch])
    return [leading.concatenate(indices[batch:]).concatenate(shape[batch + 1 :])]


@shape_of("ResourceGatherNd")
def _resource_gather_nd(c: InferenceContext, handle: TensorShape, indices: TensorShape) -> list[TensorShape]:
    shape = variable_input_shape(c, 0, handle)
    if shape.rank is None or indices.tuple is None or indices.tuple[-1] is None:
        return [UNKNOWN]
    depth = indices.tuple[-1]
    if depth > shape.rank:
        raise ValueError(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: {_brackets(indices)} and "
            f"params shape: {_brackets(shape)}"
        )
    return [indices[:-1].concatenate(shape[depth:])]


@shape_of("StridedSliceAssign")
def _strided_slice_assign(c: InferenceContext, ref: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    return [ref]


shape_of("ResourceStridedSliceAssign")(no_outputs)


# ---------------------------------------------------------------- optimizers


def _apply(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """Variable and slots have one shape; the gradient has it too, or the rows of it that `indices` names."""
    shape = UNKNOWN
    gradient = indices = None
    for index, (arg, given) in enumerate(zip(c.op.definition.inputs, shapes, strict=True)):
        if arg.is_ref or arg.type is dtypes.resource:
            shape = merged(shape, variable_input_shape(c, index, given))
        elif arg.name in ("grad", "delta"):
            gradient = given
        elif arg.name == "indices":
            indices = merged(given, unknown_shape(1))
        else:
            merged(given, SCALAR)
    assert gradient is not None
    if indices is None:
        shape = merged(shape, gradient)
    elif gradient.rank is not None:
        merged(gradient[:1], indices)
        merged(gradient[1:], shape[1:] if shape.rank is not None else UNKNOWN)
    return [shape] if c.op._outputs else []


shape_of(*UPDATE_RULES)(_apply)
