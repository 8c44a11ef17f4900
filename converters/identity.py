"""ONNX forms of operations that pass their input through."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, UnusedValue, Value
from converters.guards import only_if
from converters.registry import NeedsFullShapes, converts, converts_for_files
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts(
    "Identity",
    "StopGradient",
    "PreventGradient",
    "GuaranteeConst",
    "Snapshot",
    "DeepCopy",
    "DebugGradientIdentity",
    "PlaceholderWithDefault",
    "RefIdentity",
    "DebugGradientRefIdentity",
)
def _identity(b: Builder, op: Operation, x: Value) -> Value:
    return x


@converts_for_files("CheckNumerics", "CheckNumericsV2")
def _check_numerics(b: Builder, op: Operation, x: Value) -> Value:
    """In a run in which all elements are finite."""
    odd = b.ReduceSum(b.cast(b.Or(b.IsNaN(x), b.IsInf(x)), dtypes.int64), keepdims=0)
    return only_if(b, b.Equal(odd, 0), x)


@converts("FakeParam")
def _fake_param(b: Builder, op: Operation) -> Value:
    dims = op.attrs["shape"].tuple or ()
    array = np.zeros(tuple(d or 0 for d in dims), op.attrs["dtype"].as_numpy_dtype)
    return UnusedValue(b._fresh("unused"), op.attrs["dtype"], array.shape, array)


@converts("IdentityN")
def _identity_n(b: Builder, op: Operation, *values: Value) -> list[Value]:
    return list(values)


@converts("EnsureShape")
def _ensure_shape(b: Builder, op: Operation, x: Value) -> Value:
    """`x` itself where its shape is known to fit; the host checks otherwise."""
    wanted = op.attrs["shape"].tuple
    if wanted is None:
        return x
    if x.rank != len(wanted) or any(w is not None and w != d for w, d in zip(wanted, x.shape or (), strict=True)):
        raise NeedsFullShapes("whether the shape fits is known only when it is fed")
    return x
