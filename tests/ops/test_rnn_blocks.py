"""Rows of recurrent networks as one operation: LSTMBlockCell, GRUBlockCell, BlockLSTM and their gradients."""

import numpy as np
import pytest

from tests.cases import arr, expr, f32
from tests.runner import run_cases

STEPS, ROWS, DEPTH, UNITS = 5, 2, 3, 4
X, CS, H = f32(STEPS, ROWS, DEPTH), f32(ROWS, UNITS), f32(ROWS, UNITS, salt=1)
W, BIAS = f32(DEPTH + UNITS, 4 * UNITS, lo=-0.7, hi=0.7), f32(4 * UNITS)
DIAGONALS = [f32(UNITS, salt=salt) for salt in range(3)]
GIVEN = {"x": X, "c": CS, "h": H, "w": W, "b": BIAS, "di": DIAGONALS[0], "df": DIAGONALS[1], "do": DIAGONALS[2]}
CELL = {**GIVEN, "x": X[0]}
WEIGHTS = "w=w, wci=di, wcf=df, wco=do, b=b"
GATES = {
    name: f32(ROWS, UNITS, salt=10 + i, lo=0.1, hi=0.9) for i, name in enumerate(("i", "cs", "f", "o", "ci", "co"))
}
GRU = {
    "x": X[0],
    "h": H,
    "wru": f32(DEPTH + UNITS, 2 * UNITS),
    "wc": f32(DEPTH + UNITS, UNITS),
    "bru": f32(2 * UNITS),
    "bc": f32(UNITS),
}
OFF = {"unknown_rank": False, "unknown_batch": False, "grad2": False}


def _block(version, length, peephole, outputs="[1], r[6]", **options):
    bias = ", forget_bias=0.5" if version == "" else ""
    return expr(
        f"(lambda r: [r{outputs}])(tf.raw_ops.BlockLSTM{version}(seq_len_max=n, x=x, cs_prev=c, h_prev=h, {WEIGHTS}, "
        f"cell_clip=0.9, use_peephole={peephole}{bias}))",
        n=arr(length, "int64"), label=f"{version} {length} {peephole}", **GIVEN, **{**OFF, **options},
    )  # fmt: skip


CASES = [
    *[_block("", length, peephole) for length in (STEPS, 3) for peephole in (True, False)],
    _block("", STEPS, True, outputs="[0], r[2], r[3], r[4], r[5]", grad=False, graph=False),
    *[_block("V2", length, peephole, grad=False) for length in (STEPS, 3) for peephole in (True, False)],
    *[expr(f"tf.raw_ops.LSTMBlockCell(x=x, cs_prev=c, h_prev=h, {WEIGHTS}, forget_bias=0.5, cell_clip=1.5, "
           f"use_peephole={peephole})", label=str(peephole), grad=False, **CELL, **OFF) for peephole in (True, False)],
    expr(f"tf.raw_ops.LSTMBlockCellGrad(x=x, cs_prev=c, h_prev=h, {WEIGHTS}, i=i, cs=cs, f=f, o=o, ci=ci, co=co, "
         "cs_grad=c, h_grad=h, use_peephole=True)", grad=False, **CELL, **GATES, **OFF),
    expr("tf.raw_ops.GRUBlockCell(x=x, h_prev=h, w_ru=wru, w_c=wc, b_ru=bru, b_c=bc)", grad=False, **GRU, **OFF),
    expr("tf.raw_ops.GRUBlockCellGrad(x=x, h_prev=h, w_ru=wru, w_c=wc, b_ru=bru, b_c=bc, r=i, u=f, c=o, d_h=cs)",
         grad=False, **GRU, **GATES, **OFF),
    expr(f"tf.raw_ops.BlockLSTM(seq_len_max=n, x=x, cs_prev=c, h_prev=h, {WEIGHTS})", n=arr(1, "int64"),
         label="x of rank 2", raises="ValueError", **CELL, **OFF),
]  # fmt: skip

test_rows = run_cases("rnn_blocks", CASES)


@pytest.mark.parametrize("version", ["", "V2"])
def test_gradients_of_all_steps_are_those_of_differences(version):
    import tfcompat.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session():
        given = {name: tf.constant(value.astype(np.float32)) for name, value in GIVEN.items()}
        results = getattr(tf.raw_ops, f"BlockLSTM{version}")(
            seq_len_max=tf.constant(STEPS, tf.int64), x=given["x"], cs_prev=given["c"], h_prev=given["h"], w=given["w"],
            wci=given["di"], wcf=given["df"], wco=given["do"], b=given["b"], cell_clip=0, use_peephole=True,
        )  # fmt: skip
        for tensor in (given["w"], given["x"], given["di"]):
            shape = tensor.shape.as_list()
            error = tf.test.compute_gradient_error(tensor, shape, results.h, [STEPS, ROWS, UNITS], delta=1e-2)
            assert error < 5e-3
