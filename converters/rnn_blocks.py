"""ONNX forms of BlockLSTM and its gradient: what does not depend on the step before is one product, the rest a Scan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.branches import scan
from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph.operation import Operation

_ORDER = {"BlockLSTM": "icfo", "BlockLSTMV2": "ifco", "BlockLSTMGrad": "icfo", "BlockLSTMGradV2": "ifco"}
"""The order of the parts of the gates: input, candidate, forget, output."""


def _first_steps(b: Builder, length: Value, *values: Value) -> list[Value]:
    """`values` without the steps from `length` on."""
    end = b.Reshape(length, [1])
    made = [b.Slice(v, [0], end, [0]) for v in values]
    for value, source in zip(made, values, strict=True):
        known = None if length.const is None or source.shape is None else source.shape[0]
        steps = None if known is None or length.const is None else min(known, int(length.const))
        value.shape = None if source.shape is None else (steps, *source.shape[1:])
    return made


def _all_steps(b: Builder, x: Value, values: Sequence[Value]) -> list[Value]:
    """`values` with zeros for the steps of `x` that they lack."""
    made = []
    for value in values:
        lacking = b.Sub(b.Shape(x, start=0, end=1), b.Shape(value, start=0, end=1))
        pads = b.Concat([0] * value.rank, lacking, [0] * (value.rank - 1), axis=0)
        made.append(b.Pad(value, pads))
    return made


def _parts(b: Builder, gates: Value, order: str) -> dict[str, Value]:
    return dict(zip(order, b.Split(gates, axis=1, outputs=4, num_outputs=4), strict=True))


def _halves(b: Builder, weights: Value, x: Value) -> tuple[Value, Value]:
    """The rows of `weights` for the inputs, and those for h."""
    if x.shape is None or x.shape[-1] is None:
        raise NotConvertible("the depth of the inputs is not known")
    depth = x.shape[-1]
    return b.Slice(weights, [0], [depth], [0]), b.Slice(weights, [depth], [np.iinfo(np.int64).max], [0])


@converts("BlockLSTM", "BlockLSTMV2")
def _block_lstm(
    b: Builder,
    op: Operation,
    length: Value,
    x: Value,
    cs: Value,
    h: Value,
    w: Value,
    wci: Value,
    wcf: Value,
    wco: Value,
    bias: Value,
) -> list[Value]:
    """Of every step: the gates i, the memory cs, f, o, the candidate ci, co = tanh(cs), and h = o co."""
    order, peephole = _ORDER[op.type], op.attrs["use_peephole"]
    forget_bias, clip = op.attrs.get("forget_bias", 0.0), op.attrs["cell_clip"]
    (used,) = _first_steps(b, length, x)
    of_inputs, of_h = _halves(b, w, x)
    ready = b.Add(b.MatMul(used, of_inputs), bias)

    def step(s: Builder, cs_prev: Value, h_prev: Value, from_inputs: Value) -> tuple[list[Value], list[Value]]:
        gates = _parts(s, s.Add(from_inputs, s.MatMul(h_prev, of_h)), order)
        i, f, o = gates["i"], gates["f"], gates["o"]
        f = s.Add(f, forget_bias) if forget_bias else f
        if peephole:
            i, f = s.Add(i, s.Mul(cs_prev, wci)), s.Add(f, s.Mul(cs_prev, wcf))
        i, f, ci = s.Sigmoid(i), s.Sigmoid(f), s.Tanh(gates["c"])
        memory = s.Add(s.Mul(ci, i), s.Mul(cs_prev, f))
        if clip > 0:
            memory = s.Clip(memory, -clip, clip)
        o = s.Sigmoid(s.Add(o, s.Mul(memory, wco)) if peephole else o)
        co = s.Tanh(memory)
        out = s.Mul(o, co)
        return [memory, out], [i, memory, f, o, ci, co, out]

    _, steps = scan(b, [cs, h], [ready], step)
    for value in steps:
        value.shape = (None, *(cs.shape or h.shape or (None, None)))
    return _all_steps(b, x, steps)


@converts("BlockLSTMGrad", "BlockLSTMGradV2")
def _block_lstm_gradient(
    b: Builder,
    op: Operation,
    length: Value,
    x: Value,
    cs_prev: Value,
    h_prev: Value,
    w: Value,
    wci: Value,
    wcf: Value,
    wco: Value,
    bias: Value,
    i: Value,
    cs: Value,
    f: Value,
    o: Value,
    ci: Value,
    co: Value,
    h: Value,
    cs_grad: Value,
    h_grad: Value,
) -> list[Value]:
    """Gradients of x, cs_prev, h_prev, w, wci, wcf, wco and b, from the last step to the first."""
    order, peephole = _ORDER[op.type], op.attrs["use_peephole"]
    of_inputs, of_h = _halves(b, w, x)
    back = b.Transpose(of_h, perm=[1, 0])
    x_used, i, cs, f, o, ci, co, h, cs_grad, h_grad = _first_steps(
        b, length, x, i, cs, f, o, ci, co, h, cs_grad, h_grad
    )
    cs_before, h_before = _before(b, cs_prev, cs), _before(b, h_prev, h)

    def step(s: Builder, dcs: Value, dh: Value, *elements: Value) -> tuple[list[Value], list[Value]]:
        i, cs_before, f, o, ci, co, cs_grad, h_grad = elements
        dh = s.Add(dh, h_grad)
        do = s.Mul(_of_sigmoid(s, o), s.Mul(dh, co))
        dcs = s.Add(s.Add(dcs, cs_grad), s.Mul(_of_tanh(s, co), s.Mul(dh, o)))
        if peephole:
            dcs = s.Add(dcs, s.Mul(do, wco))
        di = s.Mul(_of_sigmoid(s, i), s.Mul(dcs, ci))
        df = s.Mul(_of_sigmoid(s, f), s.Mul(dcs, cs_before))
        dci = s.Mul(_of_tanh(s, ci), s.Mul(dcs, i))
        dcs = s.Mul(dcs, f)
        if peephole:
            dcs = s.Add(dcs, s.Add(s.Mul(di, wci), s.Mul(df, wcf)))
        parts = {"i": di, "c": dci, "f": df, "o": do}
        gates = s.Concat(*(parts[letter] for letter in order), axis=1)
        return [dcs, s.MatMul(gates, back)], [gates, di, df, do]

    zero = b.Mul(cs_prev, 0.0)
    sequences = [i, cs_before, f, o, ci, co, cs_grad, h_grad]
    (dcs, dh), (gates, di, df, do) = scan(b, [zero, zero], sequences, step, backwards=True)
    both = b.Concat(x_used, h_before, axis=2)
    rows = b.Reshape(b.Transpose(both, perm=[2, 0, 1]), b.Concat(b.Shape(w, start=0, end=1), [-1], axis=0))
    flat_gates = b.Reshape(gates, b.Concat([-1], b.Shape(w, start=1, end=2), axis=0))
    dx = b.MatMul(gates, b.Transpose(of_inputs, perm=[1, 0]))
    dx.shape = (None, *(x.shape or ())[1:])
    diagonals = [b.Mul(v, 0.0) for v in (wci, wcf, wco)]
    if peephole:
        pairs = ((di, cs_before), (df, cs_before), (do, cs))
        diagonals = [b.ReduceSum(b.Mul(g, m), [0, 1], keepdims=0) for g, m in pairs]
    return [
        *_all_steps(b, x, [dx]),
        dcs,
        dh,
        b.MatMul(rows, flat_gates),
        *diagonals,
        b.ReduceSum(gates, [0, 1], keepdims=0),
    ]


def _before(b: Builder, first: Value, steps: Value) -> Value:
    """What each step found: `first`, and then `steps` but the last."""
    return b.Slice(b.Concat(b.Unsqueeze(first, [0]), steps, axis=0), [0], [-1], [0])  # type: ignore[no-any-return]


def _of_sigmoid(b: Builder, y: Value) -> Value:
    return b.Mul(y, b.Sub(1.0, y))  # type: ignore[no-any-return]


def _of_tanh(b: Builder, y: Value) -> Value:
    return b.Sub(1.0, b.Mul(y, y))  # type: ignore[no-any-return]
