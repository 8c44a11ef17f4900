"""ONNX forms of special functions, for files: the formulas of the host kernels, which sessions run."""

from __future__ import annotations

import math

import numpy as np

from converters.builder import Builder, Value
from converters.formulas import Term, Trace
from converters.registry import NotConvertible, converts, converts_for_files
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation
from tfcompat.graph.special.functions import FUNCTIONS


@converts_for_files(*(FUNCTIONS.keys() - {"Erf"}))
def _special(b: Builder, op: Operation, *inputs: Value) -> Value:
    trace = Trace(b)
    result: Term = FUNCTIONS[op.type](*map(trace.of, inputs))
    return b.cast(result.value, op.outputs[0].dtype.base_dtype)


@converts("Erf")
def _erf(b: Builder, op: Operation, x: Value) -> Value:
    if x.dtype is not dtypes.float64:
        return b.Erf(x)
    if not b.for_export:
        raise NotConvertible("the host computes it exactly")
    return _special(b, op, x)


@converts_for_files("NextAfter")
def _next_after(b: Builder, op: Operation, x: Value, towards: Value) -> Value:
    """x and the distance of floats there: a power of two, half of it on the way from one towards zero."""
    limits = np.finfo(x.dtype.as_numpy_dtype)
    wide, to = b.cast(x, dtypes.float64), b.cast(towards, dtypes.float64)
    size, up, down = b.Abs(wide), b.Less(wide, to), b.Greater(wide, to)
    exponent = b.Min(b.Floor(b.Div(b.Log(size), math.log(2))), b.const(np.float64(1023)))
    power = b.Pow(b.const(np.float64(2)), exponent)
    power = b.Where(b.Greater(power, size), b.Mul(power, 0.5), power)
    power = b.Where(b.LessOrEqual(b.Add(power, power), size), b.Add(power, power), power)
    least = float(limits.smallest_normal)
    inwards = b.Less(b.Mul(b.Sign(wide), b.Sub(b.cast(up, dtypes.float64), b.cast(down, dtypes.float64))), 0)
    halved = b.And(b.And(inwards, b.Equal(power, size)), b.Greater(size, least))
    step = b.Mul(b.Max(power, b.const(least, dtypes.float64)), float(limits.eps))
    step = b.Where(halved, b.Mul(step, 0.5), step)
    moved = b.Where(up, b.Add(wide, step), b.Where(down, b.Sub(wide, step), b.Add(wide, to)))
    moved = b.Where(b.And(b.IsInf(wide), b.Not(b.IsNaN(to))), b.Mul(b.Sign(wide), float(limits.max)), moved)
    return b.cast(b.Where(b.Equal(wide, to), to, moved), x.dtype)
