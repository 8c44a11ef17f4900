"""Operators that shift: circulant matrices, by Fourier transforms, and Toeplitz matrices."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.linear_operators.base import LinearOperator, flipped
from tfcompat.linear_operators.util import conj, public, tensor
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import log
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_max, reduce_min, reduce_prod, reduce_sum

_TRANSFORMS = {1: ("fft", "ifft"), 2: ("fft2d", "ifft2d"), 3: ("fft3d", "ifft3d")}


class _Circulant(LinearOperator):
    """F^H diag(spectrum) F with the unitary Fourier transform F of `_DEPTH` dimensions."""

    _DEPTH = 1

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str | None = None,
    ):
        """Takes the eigenvalues [..., n1, ...], in the order of the transform, and the type of vectors."""
        parameters = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        name = name or type(self).__name__
        with name_scope(name, None, [spectrum]):
            self._spectrum = tensor(spectrum, name="spectrum")
            rank = self._spectrum.shape.rank
            if rank is not None and rank < self._DEPTH:
                raise ValueError(
                    f"Argument spectrum must have at least {self._DEPTH} dimensions.  Found: {self._spectrum}"
                )
            if not self._spectrum.dtype.is_complex:
                if is_self_adjoint is False:
                    raise ValueError("A real spectrum always corresponds to a self-adjoint operator.")
                is_self_adjoint = True
            if is_square is False:
                raise ValueError("A circulant operator is always square.")
            super().__init__(input_output_dtype, [self._spectrum], is_non_singular, is_self_adjoint,
                             is_positive_definite, True, name, parameters)  # fmt: skip

    @property
    def block_depth(self) -> int:
        """The number of dimensions of the transform."""
        return self._DEPTH

    @property
    def spectrum(self) -> Any:
        """The eigenvalues."""
        return self._spectrum

    @property
    def block_shape(self) -> TensorShape:
        """What is known of the sizes of the transform."""
        return self._spectrum.shape[-self._DEPTH :]  # type: ignore[no-any-return]

    def block_shape_tensor(self) -> Any:
        """The sizes of the transform, an int32 vector."""
        if self.block_shape.is_fully_defined():
            return tensor(self.block_shape.as_list(), dtype=dtypes.int32, name="block_shape")
        return shape(self._spectrum)[-self._DEPTH :]

    def convolution_kernel(self, name: str = "convolution_kernel") -> Any:
        """The function that the operator convolves with: the inverse transform of the spectrum."""
        with self._scope(name):
            return cast(self._backward(self._complex(self._spectrum)), self.dtype)

    def assert_hermitian_spectrum(self, name: str = "assert_hermitian_spectrum") -> Any:
        """An operation that fails where the operator is not real."""
        with self._scope(name):
            limit = 1e-5 if self.dtype.real_dtype == dtypes.float32 else 1e-12
            imaginary = absolute(public("imag")(self._backward(self._complex(self._spectrum))))
            return public("assert_less")(imaginary, tensor(limit, dtype=self.dtype.real_dtype),
                                         message="Spectrum was not Hermitian")  # fmt: skip

    def _shape(self) -> TensorShape:
        own = self._spectrum.shape
        if own.rank is None:
            return TensorShape(None)
        sizes = own.as_list()[-self._DEPTH :]
        size = None if None in sizes else math.prod(sizes)
        return own[: own.rank - self._DEPTH].concatenate([size, size])  # type: ignore[no-any-return]

    def _shape_tensor(self) -> Any:
        own = shape(self._spectrum)
        size = reduce_prod(own[-self._DEPTH :])
        return concat([own[: -self._DEPTH], [size, size]], 0)

    def _complex(self, x: Any) -> Any:
        return x if x.dtype.is_complex else cast(x, dtypes.complex64 if x.dtype.size <= 4 else dtypes.complex128)

    def _forward(self, x: Any) -> Any:
        return public(_TRANSFORMS[self._DEPTH][0])(self._complex(x))

    def _backward(self, x: Any) -> Any:
        return public(_TRANSFORMS[self._DEPTH][1])(x)

    def _through(self, x: Any, factor: Any, flip_x: bool) -> Any:
        """The columns of `x`, transformed, times `factor`, transformed back."""
        x = flipped(x, flip_x)
        columns = public("matrix_transpose")(x)
        sizes = shape(columns)
        blocks = reshape(columns, concat([sizes[:-1], self.block_shape_tensor()], 0))
        changed = self._backward(factor * self._forward(blocks))
        rows = shape(changed)[: -self._DEPTH]
        flat = reshape(changed, concat([rows, [sizes[-1]]], 0))
        result = cast(public("matrix_transpose")(flat), self.dtype)
        if x.shape.rank is not None and self.shape.rank is not None:
            batch = public("broadcast_static_shape")(x.shape[:-2], self.batch_shape)
            result.set_shape(batch.concatenate([self.shape[-1], x.shape[-1]]))
        return result

    def _factor(self, flip: bool) -> Any:
        """The spectrum, with an axis for the columns of what is multiplied."""
        spectrum = self._complex(self._spectrum)
        spectrum = conj(spectrum) if flip else spectrum
        return public("expand_dims")(spectrum, -self._DEPTH - 1)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._through(x, self._factor(adjoint), adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._through(rhs, 1.0 / self._factor(adjoint), adjoint_arg)

    def _axes(self) -> list[int]:
        return list(range(-self._DEPTH, 0))

    def _determinant(self) -> Any:
        return cast(reduce_prod(self._spectrum, axis=self._axes()), self.dtype)

    def _log_abs_determinant(self) -> Any:
        return cast(reduce_sum(log(absolute(self._spectrum)), axis=self._axes()), self.dtype)

    def _trace(self) -> Any:
        return cast(reduce_sum(self._spectrum, axis=self._axes()), self.dtype)

    def _diag_part(self) -> Any:
        trace = self._trace()
        size = cast(self.domain_dimension_tensor(), self.dtype)
        ones = public("ones")(self.shape_tensor()[:-1], dtype=self.dtype)
        return ones * (trace / size)[..., None]

    def _flat_spectrum(self) -> Any:
        return reshape(self._spectrum, concat([self.batch_shape_tensor(), [-1]], 0))

    def _eigvals(self) -> Any:
        return cast(self._flat_spectrum(), self.dtype)

    def _singular_sizes(self) -> Any:
        return absolute(self._flat_spectrum())

    def _cond(self) -> Any:
        sizes = self._singular_sizes()
        return cast(reduce_max(sizes, axis=-1) / reduce_min(sizes, axis=-1), self.dtype)

    def _assert_non_singular(self) -> Any:
        size = absolute(self._spectrum)
        limit = 1e-5 if size.dtype == dtypes.float32 else 1e-12
        return public("assert_less")(
            tensor(limit, dtype=size.dtype), size, message="Singular operator: zero in spectrum"
        )

    def _assert_positive_definite(self) -> Any:
        real = public("real")(self._spectrum) if self._spectrum.dtype.is_complex else self._spectrum
        return public("assert_positive")(
            real, message="Not positive definite:  Real part of spectrum was not all positive."
        )

    def _assert_self_adjoint(self) -> Any:
        if not self._spectrum.dtype.is_complex:
            return public("no_op")("assert_self_adjoint")
        imaginary = public("imag")(self._spectrum)
        return public("assert_near")(imaginary, public("zeros_like")(imaginary), message="Spectrum was not real")

    def _adjoint(self) -> LinearOperator:
        return type(self)(conj(self._spectrum), self.dtype, **self._hints())

    def _inverse(self) -> LinearOperator:
        return type(self)(1.0 / self._spectrum, self.dtype, **{**self._hints(), "is_non_singular": True})

    def _times(self, right: LinearOperator) -> LinearOperator:
        if type(right) is type(self):
            return type(self)(self._spectrum * right._spectrum, self.dtype)  # type: ignore[attr-defined]
        return super()._times(right)


@tf_export("linalg.LinearOperatorCirculant")
class LinearOperatorCirculant(_Circulant):
    """Circulant matrices: A[i, j] = h[(i - j) mod n], with the convolution kernel h."""


@tf_export("linalg.LinearOperatorCirculant2D")
class LinearOperatorCirculant2D(_Circulant):
    """Block circulant matrices with circulant blocks: convolutions of images that wrap around."""

    _DEPTH = 2


@tf_export("linalg.LinearOperatorCirculant3D")
class LinearOperatorCirculant3D(_Circulant):
    """Convolutions of volumes that wrap around."""

    _DEPTH = 3


@tf_export("linalg.LinearOperatorToeplitz")
class LinearOperatorToeplitz(LinearOperator):
    """Matrices that are constant along their diagonals."""

    def __init__(
        self,
        col: Any,
        row: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorToeplitz",
    ):
        """Takes the first column and the first row, [..., n] both; the first element of the row is not read."""
        parameters = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        if is_square is False:
            raise ValueError("Only square Toeplitz operators currently supported.")
        with name_scope(name, None, [row, col]):
            self._row, self._col = tensor(row, name="row"), tensor(col, name="col")
            for side, given in (("row", self._row), ("col", self._col)):
                if given.shape.rank == 0:
                    raise ValueError(f"Argument {side} must have at least 1 dimension.  Found: {given}")
            super().__init__(self._row.dtype, [self._row, self._col], is_non_singular, is_self_adjoint,
                             is_positive_definite, True, name, parameters)  # fmt: skip

    @property
    def row(self) -> Any:
        """The first row."""
        return self._row

    @property
    def col(self) -> Any:
        """The first column."""
        return self._col

    def _shape(self) -> TensorShape:
        joint = public("broadcast_static_shape")(self._row.shape, self._col.shape)
        return joint.concatenate(joint[-1:]) if joint.rank is not None else TensorShape(None)

    def _shape_tensor(self) -> Any:
        joint = public("broadcast_dynamic_shape")(shape(self._row), shape(self._col))
        return concat([joint, joint[-1:]], 0)

    def _to_dense(self) -> Any:
        """Element [i, j] is element n - 1 + i - j of the reversed row followed by the rest of the column."""
        dims = self._shape_tensor()[:-1]
        row, col = (public("broadcast_to")(x, dims) for x in (self._row, self._col))
        values = concat([public("reverse")(row[..., 1:], [-1]), col], axis=-1)
        size = self.domain_dimension_tensor()
        numbers = public("range")(size)
        places = numbers[:, None] - numbers + (size - 1)
        result = public("gather")(values, places, axis=-1)
        if self.shape.rank is not None:
            result.set_shape(self.shape)
        return result

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self.to_dense(), x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _diag_part(self) -> Any:
        return self._col[..., 0:1] + public("zeros")(self.shape_tensor()[:-1], dtype=self.dtype)

    def _trace(self) -> Any:
        return cast(self.domain_dimension_tensor(), self.dtype) * self._col[..., 0]
