"""Complex tensors inside a model: a tensor of real parts and one of imaginary parts."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Dims, Value
from converters.registry import NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType


class ComplexValue(Value):
    """A complex tensor as its parts, two Values of one shape.

    Attributes:
        real: the real parts, float32 or float64.
        imag: the imaginary parts.
    """

    __slots__ = ("imag", "real")

    def __init__(self, name: str, real: Value, imag: Value):
        self.real = real
        self.imag = imag
        super().__init__(name, complex_of(real.dtype), real.shape if real.shape is not None else imag.shape)

    @property
    def shape(self) -> Dims | None:  # type: ignore[override]
        """What is known of the shape."""
        return self.real.shape

    @shape.setter
    def shape(self, dims: Dims | None) -> None:
        self.real.shape = self.imag.shape = dims

    @property
    def components(self) -> tuple[Value, ...]:
        """The plain Values it is made of."""
        return self.real, self.imag


def complex_of(part: DType) -> DType:
    """The complex type whose parts are of the type `part`."""
    return dtypes.complex128 if part is dtypes.float64 else dtypes.complex64


def pair(b: Builder, real: Value, imag: Value) -> ComplexValue:
    """The complex tensor of two parts of one shape."""
    return ComplexValue(b._fresh("complex"), real, imag)


def as_complex(b: Builder, value: Value) -> ComplexValue:
    """`value`, a complex tensor, as parts in this model.

    Raises:
        NotConvertible: it comes from the host, where complex numbers are whole.
    """
    if isinstance(value, ComplexValue):
        return value
    if value.const is None:
        raise NotConvertible("complex numbers that are fed, or made by an operation on the host, are not in the model")
    return pair(b, b.const(np.real(value.const)), b.const(np.imag(value.const)))


def is_in_model(value: Value | None) -> bool:
    """Whether `value` is no complex number of the host."""
    return value is None or not value.dtype.is_complex or isinstance(value, ComplexValue) or value.const is not None


def part_of(value: Value | None, name: str) -> Value | None:
    """The part "real" or "imag" of a complex tensor; other values as they are."""
    return getattr(value, name) if isinstance(value, ComplexValue) else value


# fmt: off
PART_BY_PART = frozenset({
    "Add", "AddN", "AddV2", "BatchToSpace", "BatchToSpaceND", "BroadcastTo", "Concat", "ConcatV2", "Cumsum",
    "DepthToSpace", "Diag", "DiagPart", "ExpandDims", "Fill", "Gather", "GatherNd", "GatherV2", "Identity",
    "InvertPermutation", "MatrixBandPart", "MatrixDiag", "MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3",
    "MatrixDiagV2", "MatrixDiagV3", "Mean", "MirrorPad", "Neg", "Pack", "Pad", "PadV2", "PreventGradient", "Reshape",
    "Reverse", "ReverseSequence", "ReverseV2", "Roll", "ScatterNd", "Select", "SelectV2", "Slice", "Snapshot",
    "SpaceToBatch", "SpaceToBatchND", "SpaceToDepth", "Split", "SplitV", "Squeeze", "StopGradient", "StridedSlice",
    "StridedSliceGrad", "Sub", "Sum", "TensorScatterAdd", "TensorScatterSub", "TensorScatterUpdate", "Tile",
    "Transpose", "UnsortedSegmentSum", "Unpack", "ZerosLike",
})
"""Op types with converters that act on real and imaginary parts alike."""
# fmt: on
