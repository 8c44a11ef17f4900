"""LSTMBlockCell and GRUBlockCell, a step of a recurrent network as one operation; BlockLSTM, all steps as one."""

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
from tfcompat.ops.shape_checks import exact_rank
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
    x, cs_prev, h_prev, w, wci, wcf, wco, b = op.inputs
    i, cs, f, o, ci, co, _ = op.outputs
    dcs_prev, gates, *diagonals = raw_ops.LSTMBlockCellGrad(
        x=x, cs_prev=cs_prev, h_prev=h_prev, w=w, wci=wci, wcf=wcf, wco=wco, b=b, i=i, cs=cs, f=f, o=o, ci=ci, co=co,
        cs_grad=grads[1], h_grad=grads[6], use_peephole=op.attrs["use_peephole"],
    )  # fmt: skip
    dx, dh_prev = _halves(matmul(gates, w, transpose_b=True), x, h_prev)
    dw = matmul(concat([x, h_prev], 1), gates, transpose_a=True)
    return [dx, dcs_prev, dh_prev, dw, *diagonals, raw_ops.BiasAddGrad(out_backprop=gates)]


@decomposes("LSTMBlockCellGrad")
def _lstm_block_cell_back(op: Operation, *inputs: Tensor) -> list[Tensor]:
    """Gradients of cs_prev, of the gates before their functions (i, ci, f, o), and of the diagonal weights."""
    _, cs_prev, _, _, wci, wcf, wco, _, i, cs, f, o, ci, co, dcs, dh = inputs
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
    return [dcs_prev, concat([di, dci, df, do], 1), *diagonals]


@shape_of("LSTMBlockCellGrad")
def _lstm_block_cell_back_shape(c: InferenceContext, x: TensorShape, cs_prev: TensorShape, *_: TensorShape) -> Any:
    rows, units = exact_rank(x, 2).as_list()[0], exact_rank(cs_prev, 2).as_list()[1]
    gates = None if units is None else 4 * units
    return [cs_prev, TensorShape([rows, gates]), *[TensorShape([units])] * 3]


# ---------------------------------------------------------------- all steps of an LSTM


@shape_of("BlockLSTM", "BlockLSTMV2")
def _block_lstm_shape(c: InferenceContext, length: TensorShape, x: TensorShape, *rest: TensorShape) -> Any:
    steps, rows, _ = exact_rank(x, 3).as_list()
    gates = exact_rank(rest[-1], 1).as_list()[0]
    if gates is not None and gates % 4:
        raise ValueError(f"Dimension size must be evenly divisible by 4 but is {gates}")
    return [TensorShape([steps, rows, None if gates is None else gates // 4])] * 7


@shape_of("BlockLSTMGrad", "BlockLSTMGradV2")
def _block_lstm_back_shape(c: InferenceContext, length: TensorShape, *inputs: TensorShape) -> Any:
    return list(inputs[:8])


@gradient_of("BlockLSTM", "BlockLSTMV2")
def _block_lstm_grad(op: Operation, *grads: Any) -> list[Any]:
    """From the gradients of cs and h; those of the gates count for nothing."""
    names = ("seq_len_max", "x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b")
    given = dict(zip(names, op.inputs, strict=True)) | dict(
        zip(("i", "cs", "f", "o", "ci", "co", "h"), op.outputs, strict=True)
    )
    record = raw_ops.BlockLSTMGrad if op.type == "BlockLSTM" else raw_ops.BlockLSTMGradV2
    found = record(**given, cs_grad=grads[1], h_grad=grads[6], use_peephole=op.attrs["use_peephole"])
    return [None, *found]


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
    names = ("x", "h_prev", "w_ru", "w_c", "b_ru", "b_c")
    given = dict(zip(names, op.inputs, strict=True))
    r, u, c, _ = op.outputs
    x, h_prev = given["x"], given["h_prev"]
    dx, dh_prev, dc, dru = raw_ops.GRUBlockCellGrad(**given, r=r, u=u, c=c, d_h=grads[3])
    dw_ru = matmul(concat([x, h_prev], 1), dru, transpose_a=True)
    dw_c = matmul(concat([x, h_prev * r], 1), dc, transpose_a=True)
    biases = [raw_ops.BiasAddGrad(out_backprop=gates) for gates in (dru, dc)]
    return [dx, dh_prev, dw_ru, dw_c, *biases]


@decomposes("GRUBlockCellGrad")
def _gru_block_cell_back(op: Operation, *inputs: Tensor) -> list[Tensor]:
    """Gradients of x and h_prev, and of the candidate and the gates before their functions."""
    x, h_prev, w_ru, w_c, _, _, r, u, c, dh = inputs
    dc = dh * (1 - u) * (1 - c * c)
    du = dh * (h_prev - c) * u * (1 - u)
    dx_c, dhr = _halves(matmul(dc, w_c, transpose_b=True), x, h_prev)
    dr = dhr * h_prev * r * (1 - r)
    dru = concat([dr, du], 1)
    dx_ru, dh_ru = _halves(matmul(dru, w_ru, transpose_b=True), x, h_prev)
    return [dx_ru + dx_c, dh_ru + dhr * r + dh * u, dc, dru]


@shape_of("GRUBlockCellGrad")
def _gru_block_cell_back_shape(c: InferenceContext, x: TensorShape, h_prev: TensorShape, *_: TensorShape) -> Any:
    rows, units = exact_rank(h_prev, 2).as_list()
    return [x, h_prev, h_prev, TensorShape([rows, None if units is None else 2 * units])]
