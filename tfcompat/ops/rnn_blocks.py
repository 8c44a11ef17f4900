"""LSTMBlockCell and GRUBlockCell: one step of a recurrent network as one operation."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import decomposes, gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.clip import clip_by_value
from tfcompat.ops.concat import concat, split
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.slicing import slice_ as slice


@shape_of("LSTMBlockCell")
def _lstm_block_cell_shape(c: InferenceContext, x: TensorShape, cs_prev: TensorShape, *_: TensorShape) -> Any:
    rows, units = x.with_rank(2)[0], cs_prev.with_rank(2)[1]
    return [TensorShape([rows, units])] * 7


@shape_of("GRUBlockCell")
def _gru_block_cell_shape(c: InferenceContext, x: TensorShape, h_prev: TensorShape, *_: TensorShape) -> Any:
    rows, units = x.with_rank(2)[0], h_prev.with_rank(2)[1]
    return [TensorShape([rows, units])] * 4


def _sigmoid(x: Any) -> Tensor:
    return raw_ops.Sigmoid(x=x)  # type: ignore[no-any-return]


def _tanh(x: Any) -> Tensor:
    return raw_ops.Tanh(x=x)  # type: ignore[no-any-return]


@decomposes("LSTMBlockCell")
def _lstm_block_cell(
    op: Operation,
    x: Tensor,
    cs_prev: Tensor,
    h_prev: Tensor,
    w: Tensor,
    wci: Tensor,
    wcf: Tensor,
    wco: Tensor,
    b: Tensor,
) -> list[Tensor]:
    """The gates i, f and o, the candidate ci, the memory cs, co = tanh(cs), and the output h = o * co."""
    forget_bias, clip, peephole = (op.attrs[name] for name in ("forget_bias", "cell_clip", "use_peephole"))
    i, ci, f, o = split(bias_add(matmul(concat([x, h_prev], 1), w), b), 4, axis=1)
    f = f + forget_bias
    if peephole:
        i, f = i + cs_prev * wci, f + cs_prev * wcf
    i, ci, f = _sigmoid(i), _tanh(ci), _sigmoid(f)
    cs = ci * i + cs_prev * f
    if clip > 0:
        cs = clip_by_value(cs, -clip, clip)
    o = _sigmoid(o + cs * wco if peephole else o)
    co = _tanh(cs)
    return [i, cs, f, o, ci, co, o * co]


@gradient_of("LSTMBlockCell")
def _lstm_block_cell_grad(op: Operation, *grads: Any) -> list[Any]:
    """From the gradients of cs and h, as if the memory were not clipped; those of the gates count for nothing."""
    x, cs_prev, h_prev, w, wci, wcf, wco, _ = op.inputs
    i, cs, f, o, ci, co, _ = op.outputs
    dcs, dh = grads[1], grads[6]
    peephole = op.attrs["use_peephole"]
    do = o * (1 - o) * dh * co
    dcs = (1 - co * co) * dh * o + dcs
    if peephole:
        dcs = dcs + do * wco
    di = i * (1 - i) * dcs * ci
    df = f * (1 - f) * dcs * cs_prev
    dci = (1 - ci * ci) * dcs * i
    dcs_prev = dcs * f
    diagonals: list[Any] = [wci * 0, wcf * 0, wco * 0]
    if peephole:
        dcs_prev = dcs_prev + di * wci + df * wcf
        diagonals = [reduce_sum(di * cs_prev, 0), reduce_sum(df * cs_prev, 0), reduce_sum(do * cs, 0)]
    gates = concat([di, dci, df, do], 1)
    dx, dh_prev = _halves(matmul(gates, w, transpose_b=True), x, h_prev)
    dw = matmul(concat([x, h_prev], 1), gates, transpose_a=True)
    return [dx, dcs_prev, dh_prev, dw, *diagonals, reduce_sum(gates, 0)]


def _halves(joined: Tensor, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """The columns of `joined` that belong to x, and those that belong to h."""
    known = x.shape.as_list()[1]
    depth: Any = shape(x)[1] if known is None else known
    left, right = slice(joined, [0, 0], [-1, depth]), slice(joined, [0, depth], [-1, -1])
    left.set_shape(x.shape)
    right.set_shape(h.shape)
    return left, right


@decomposes("GRUBlockCell")
def _gru_block_cell(
    op: Operation, x: Tensor, h_prev: Tensor, w_ru: Tensor, w_c: Tensor, b_ru: Tensor, b_c: Tensor
) -> list[Tensor]:
    """The gates r and u, the candidate c, and the state h."""
    r, u = split(_sigmoid(bias_add(matmul(concat([x, h_prev], 1), w_ru), b_ru)), 2, axis=1)
    c = _tanh(bias_add(matmul(concat([x, h_prev * r], 1), w_c), b_c))
    return [r, u, c, u * h_prev + (1 - u) * c]


@gradient_of("GRUBlockCell")
def _gru_block_cell_grad(op: Operation, *grads: Any) -> list[Any]:
    """From the gradient of h; those of the gates count for nothing."""
    x, h_prev, w_ru, w_c, _, _ = op.inputs
    r, u, c, _ = op.outputs
    dh = grads[3]
    dc = dh * (1 - u) * (1 - c * c)
    du = dh * (h_prev - c) * u * (1 - u)
    dx_c, dhr = _halves(matmul(dc, w_c, transpose_b=True), x, h_prev)
    dr = dhr * h_prev * r * (1 - r)
    dru = concat([dr, du], 1)
    dx_ru, dh_ru = _halves(matmul(dru, w_ru, transpose_b=True), x, h_prev)
    dw_ru = matmul(concat([x, h_prev], 1), dru, transpose_a=True)
    dw_c = matmul(concat([x, h_prev * r], 1), dc, transpose_a=True)
    return [dx_ru + dx_c, dh_ru + dhr * r + dh * u, dw_ru, dw_c, reduce_sum(dru, 0), reduce_sum(dc, 0)]
