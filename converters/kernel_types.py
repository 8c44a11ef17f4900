"""What ONNX Runtime's kernels take, and the exact widening cast where they lack a type.

The table (`kernel_types.json`) is written by `scripts/make_kernel_table.py` from ONNX Runtime 1.32.0 at `OPSET`.
"""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

import onnx

from converters.opset import OPSET
from converters.registry import NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType

_TABLE = pathlib.Path(__file__).with_suffix(".json")

# fmt: off
_WIDER: dict[str, tuple[str, ...]] = {
    # every value of the type is exact in each wider one, and casting back wraps as the type's own arithmetic does
    "float16":  ("float32",),
    "bfloat16": ("float32",),
    "int8":     ("int32", "int64"),
    "uint8":    ("int32", "int64"),
    "int16":    ("int32", "int64"),
    "uint16":   ("int32", "int64"),
    "uint32":   ("int64",),
    "bool":     ("uint8", "int32", "int64", "float32"),
}
# fmt: on

_BOOL_WIDENS = frozenset({"Where", "Tile", "Expand", "OneHot", "EyeLike", "TopK", "DepthToSpace", "SpaceToDepth",
                          "Trilu", "CumSum", "Pad", "ArgMax", "ArgMin", "ReverseSequence", "Max", "Min",
                          "Unique"})  # fmt: skip
"""Operators for which a bool is as good as 0 and 1."""


@dataclass(frozen=True, slots=True)
class KernelSignature:
    """Type variables (or fixed type names) of an operator's inputs and outputs, and the types each variable may be."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    types: dict[str, frozenset[str]]
    variadic: bool

    def input_variable(self, index: int) -> str:
        """The type variable of input `index`; the last one repeats when the operator is variadic."""
        return self.inputs[min(index, len(self.inputs) - 1)]

    def output_variable(self, index: int) -> str:
        """The type variable of output `index`; the last one repeats."""
        return self.outputs[min(index, len(self.outputs) - 1)]


@functools.cache
def _table() -> dict[str, KernelSignature]:
    records = json.loads(_TABLE.read_text())
    return {
        name: KernelSignature(
            tuple(r["inputs"]),
            tuple(r["outputs"]),
            {v: frozenset(t) for v, t in r["types"].items()},
            r.get("variadic", False),
        )
        for name, r in records.items()
    }


def signature(op_type: str, domain: str = "") -> KernelSignature:
    """The signature of an ONNX operator; NotConvertible when ONNX Runtime cannot run it."""
    found = _table().get(f"{domain}.{op_type}" if domain else op_type)
    if found is None:
        raise NotConvertible(f"ONNX Runtime has no CPU kernel for the operator {op_type}")
    return found


@functools.cache
def running_type(op_type: str, domain: str, variable: str, dtype: DType) -> DType:
    """`dtype` where the kernel takes it, else the narrowest type that holds its values exactly and that it takes.

    Raises:
        NotConvertible: there is none.
    """
    allowed = signature(op_type, domain).types.get(variable)
    if allowed is None or dtype.name in allowed:
        return dtype
    if dtype is not dtypes.bool or op_type in _BOOL_WIDENS:
        for wider in _WIDER.get(dtype.name, ()):
            if wider in allowed:
                return dtypes.as_dtype(wider)
    raise NotConvertible(f"ONNX Runtime has no {op_type} kernel for {dtype.name}, and no wider type is exact")


@functools.cache
def _defined_for_halves(op_type: str, variable: str) -> bool:
    """Whether ONNX has the operator for float16."""
    constraints = onnx.defs.get_schema(op_type, OPSET).type_constraints
    return any(c.type_param_str == variable and "tensor(float16)" in c.allowed_type_strs for c in constraints)


def bind_types(
    op_type: str, domain: str, inputs: Sequence[DType | None], halves: bool = False
) -> dict[str, tuple[DType, DType]]:
    """Type variable -> (type of the inputs bound to it, type to run in).

    Args:
        op_type: ONNX operator.
        domain: its domain.
        inputs: types of the inputs; None for one that is left out.
        halves: whether float16 stays wherever ONNX has it: ONNX Runtime casts by itself when it loads a model.
    """
    found: dict[str, tuple[DType, DType]] = {}
    sig = signature(op_type, domain)
    for index, dtype in enumerate(inputs):
        if dtype is None:
            continue
        variable = sig.input_variable(index)
        if variable not in found:
            kept = halves and dtype is dtypes.float16 and not domain and _defined_for_halves(op_type, variable)
            found[variable] = (dtype, dtype if kept else running_type(op_type, domain, variable, dtype))
    return found
