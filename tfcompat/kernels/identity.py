"""Host kernels of operations that pass their input through, after checking it where they say so."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.graph.tensor_shape import TensorShape


@kernel(
    "Identity",
    "StopGradient",
    "PreventGradient",
    "GuaranteeConst",
    "Snapshot",
    "DeepCopy",
    "DebugGradientIdentity",
    "DebugGradientRefIdentity",
    "PlaceholderWithDefault",
    "RefIdentity",
)
def _identity(k: KernelContext, x: np.ndarray) -> np.ndarray:
    return x


@kernel("IdentityN")
def _identity_n(k: KernelContext, *values: np.ndarray) -> tuple[np.ndarray, ...]:
    return values


@kernel("Placeholder", "PlaceholderV2")
def _placeholder(k: KernelContext) -> np.ndarray:
    shape: TensorShape = k.attr("shape")
    sizes = "" if shape.rank is None else ",".join("?" if d is None else str(d) for d in shape.as_list())
    known = "" if shape.rank is None else f" and shape [{sizes}]"
    raise InvalidArgumentError(
        None,
        k.op,
        f"You must feed a value for placeholder tensor '{k.op.name}' with dtype "
        f"{_dtype_text(k.output_dtype().name)}{known}",
    )


def _dtype_text(name: str) -> str:
    return {"float32": "float", "float64": "double", "float16": "half"}.get(name, name)


@kernel("EnsureShape")
def _ensure_shape(k: KernelContext, x: np.ndarray) -> np.ndarray:
    wanted: TensorShape = k.attr("shape")
    if not wanted.is_compatible_with(TensorShape(x.shape)):
        sizes = ",".join("?" if d is None else str(d) for d in wanted.as_list())
        raise InvalidArgumentError(
            None,
            k.op,
            f"Shape of tensor {k.op.inputs[0].op.name} "
            f"[{','.join(map(str, x.shape))}] is not compatible with expected shape [{sizes}].",
        )
    return x


@kernel("CheckNumerics", "CheckNumericsV2")
def _check_numerics(k: KernelContext, x: np.ndarray) -> np.ndarray:
    values = x if x.dtype.kind == "f" else x.astype(np.float32)
    found = [what for what, present in (("Inf", np.isinf(values).any()), ("NaN", np.isnan(values).any())) if present]
    if found:
        raise InvalidArgumentError(
            None, k.op, f"{k.attr('message').decode()} : Tensor had {' and '.join(found)} values"
        )
    return x
