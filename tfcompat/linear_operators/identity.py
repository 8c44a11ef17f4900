"""Operators that need no numbers: the identity, multiples of it, and zero."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.linear_operators.base import LinearOperator, flipped
from tfcompat.linear_operators.util import conj, known, public, refuse_references, tensor
from tfcompat.ops.array import shape
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import eye, ones, zeros
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import log


class _Sized(LinearOperator):
    """An operator that is given by the sizes of its matrix and its batch."""

    _checks: bool

    def _set_sizes(self, num_rows: Any, num_columns: Any, batch_shape: Any, checks: bool) -> None:
        refuse_references(num_rows, "num_rows")
        refuse_references(num_columns, "num_columns")
        refuse_references(batch_shape, "batch_shape")
        self._checks = checks
        self._rows = self._size(num_rows, "num_rows")
        self._columns = self._rows if num_columns is None else self._size(num_columns, "num_columns")
        self._batch: Any = None
        if batch_shape is not None:
            self._batch = tensor(batch_shape, dtype=_int32_if_empty(batch_shape), name="batch_shape_arg")
            self._batch = self._checked(self._batch, "batch_shape", 1, "1-D Tensor")

    def _size(self, value: Any, name: str) -> Any:
        return self._checked(tensor(value, name=name), name, 0, "0-D Tensor")

    def _checked(self, value: Any, name: str, rank: int, form: str) -> Any:
        """`value`, an integer tensor of `rank`, not negative; what is not known now is checked in the run."""
        if not value.dtype.base_dtype.is_integer:
            raise TypeError(f"Argument {name} must be integer type. Found: {value}")
        if value.shape.rank is not None and value.shape.rank != rank:
            raise ValueError(f"Argument {name} must be a {form}. Found: {value}")
        static = known(value)
        if static is not None:
            if (static < 0).any():
                raise ValueError(f"Argument {name} must be non-negative. Found: {static}")
            return value
        if not self._checks:
            return value
        checks = [
            public("assert_rank")(value, rank, message=f"Argument {name} must be a {form}."),
            public("assert_non_negative")(value, message=f"Argument {name} must be non-negative."),
        ]
        with get_default_graph().control_dependencies(checks):
            return public("identity")(value)

    def _shape(self) -> TensorShape:
        sizes = [None if v is None else int(v) for v in map(known, (self._rows, self._columns))]
        if self._batch is None:
            return TensorShape(sizes)
        batch = known(self._batch)
        if batch is None:
            size = self._batch.shape.as_list()[0] if self._batch.shape.rank == 1 else None
            return TensorShape(None) if size is None else TensorShape([None] * size + sizes)
        return TensorShape([*batch.tolist(), *sizes])

    def _shape_tensor(self) -> Any:
        sizes = public("stack")([self._rows, self._columns])
        return sizes if self._batch is None else concat([self._batch, sizes], 0)

    def _spread(self, x: Any) -> Any:
        """`x` with the batch of the operator."""
        if self._batch is None:
            return x
        known_batch, own = self.batch_shape, x.shape
        if known_batch.is_fully_defined() and own.rank is not None and own[:-2].is_fully_defined():
            joint = public("broadcast_static_shape")(known_batch, own[:-2])
            if joint.as_list() == own[:-2].as_list():
                return x
        return x + zeros(concat([self._batch, [1, 1]], 0), dtype=self.dtype)

    def _check_product(self, x: Any, axis: int) -> Any:
        """`x`, once its size is known to fit, if that was asked for."""
        if not self._checks:
            return x
        check = public("assert_equal")(shape(x)[axis], self._columns, message="Dimensions are not compatible")
        with get_default_graph().control_dependencies([check]):
            return public("identity")(x)


def _int32_if_empty(value: Any) -> Any:
    return dtypes.int32 if isinstance(value, (list, tuple)) and not len(value) else None


def _forced(given: bool | None, needed: bool, what: str) -> None:
    if given is not needed:
        raise ValueError(what)


@tf_export("linalg.LinearOperatorIdentity")
class LinearOperatorIdentity(_Sized):
    """The identity of `num_rows` rows, with a batch."""

    def __init__(
        self,
        num_rows: Any,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = True,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = True,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorIdentity",
    ):
        """Takes an integer, and optionally a vector; `assert_proper_shapes` checks them and shapes in the run."""
        parameters = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        with name_scope(name):
            _forced(is_self_adjoint, True, "An identity operator is always self adjoint.")
            _forced(is_non_singular, True, "An identity operator is always non-singular.")
            _forced(is_positive_definite, True, "An identity operator is always positive-definite.")
            _forced(is_square, True, "An identity operator is always square.")
            super().__init__(dtype or dtypes.float32, None, is_non_singular, is_self_adjoint, is_positive_definite,
                             is_square, name, parameters)  # fmt: skip
            self._set_sizes(num_rows, None, batch_shape, assert_proper_shapes)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = flipped(x, adjoint_arg)
        return self._spread(self._check_product(x, -2))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, adjoint_arg=adjoint_arg)

    def _ones(self, dims: Any) -> Any:
        return ones(dims, dtype=self.dtype)

    def _determinant(self) -> Any:
        return self._ones(self.batch_shape_tensor())

    def _log_abs_determinant(self) -> Any:
        return zeros(self.batch_shape_tensor(), dtype=self.dtype)

    def _diag_part(self) -> Any:
        return self._ones(self.shape_tensor()[:-1])

    def _to_dense(self) -> Any:
        static = self.shape
        if static.is_fully_defined():
            return eye(static.as_list()[-1], batch_shape=static.as_list()[:-2], dtype=self.dtype)
        return eye(self._rows, batch_shape=self.batch_shape_tensor(), dtype=self.dtype)

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _cond(self) -> Any:
        return self._ones(self.batch_shape_tensor())

    def _add_to_tensor(self, x: Any) -> Any:
        x = self._spread(x)
        return public("matrix_set_diag")(x, 1 + public("matrix_diag_part")(x))

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """`mat` with 1 added to its diagonal."""
        return super().add_to_tensor(mat, name)

    def _assert_non_singular(self) -> Any:
        return public("no_op")("assert_non_singular")

    def _assert_positive_definite(self) -> Any:
        return public("no_op")("assert_positive_definite")

    def _assert_self_adjoint(self) -> Any:
        return public("no_op")("assert_self_adjoint")

    def _inverse(self) -> LinearOperator:
        return self

    def _cholesky(self) -> LinearOperator:
        return self


@tf_export("linalg.LinearOperatorScaledIdentity")
class LinearOperatorScaledIdentity(_Sized):
    """The identity of `num_rows` rows times `multiplier`, whose shape is the batch."""

    def __init__(
        self,
        num_rows: Any,
        multiplier: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorScaledIdentity",
    ):
        """Takes an integer and a tensor; real multipliers make self-adjoint operators."""
        parameters = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        with name_scope(name):
            self._multiplier = tensor(multiplier, name="multiplier")
            if not self._multiplier.dtype.is_complex:
                if is_self_adjoint is False:
                    raise ValueError("A real diagonal operator is always self adjoint.")
                is_self_adjoint = True
            if not is_square:
                raise ValueError("A ScaledIdentity operator is always square.")
            super().__init__(self._multiplier.dtype, [self._multiplier], is_non_singular, is_self_adjoint,
                             is_positive_definite, is_square, name, parameters)  # fmt: skip
            self._set_sizes(num_rows, None, None, assert_proper_shapes)

    @property
    def multiplier(self) -> Any:
        """The factor, of the shape of the batch."""
        return self._multiplier

    def _matrix_factor(self, flip: bool) -> Any:
        factor = conj(self._multiplier) if flip else self._multiplier
        return factor[..., None, None]

    def _shape(self) -> TensorShape:
        rows = known(self._rows)
        sizes = [None if rows is None else int(rows)] * 2
        return self._multiplier.shape.concatenate(sizes)  # type: ignore[no-any-return]

    def _shape_tensor(self) -> Any:
        return concat([shape(self._multiplier), public("stack")([self._rows, self._rows])], 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return flipped(self._check_product(x, -1 if adjoint_arg else -2), adjoint_arg) * self._matrix_factor(adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return flipped(rhs, adjoint_arg) / self._matrix_factor(adjoint)

    def _determinant(self) -> Any:
        return self._multiplier ** public("cast")(self.domain_dimension_tensor(), self.dtype)

    def _log_abs_determinant(self) -> Any:
        size = absolute(self._multiplier)
        result = public("cast")(self.domain_dimension_tensor(), size.dtype) * log(size)
        return public("cast")(result, self.dtype)

    def _diag_part(self) -> Any:
        return self._multiplier[..., None] + zeros(self.shape_tensor()[:-1], dtype=self.dtype)

    def _to_dense(self) -> Any:
        return public("matrix_diag")(self._diag_part())

    def _trace(self) -> Any:
        return public("cast")(self.domain_dimension_tensor(), self.dtype) * self._multiplier

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _assert_positive_definite(self) -> Any:
        real = public("real")(self._multiplier)
        return public("assert_positive")(real, message="LinearOperator was not positive definite.")

    def _assert_self_adjoint(self) -> Any:
        imaginary = public("imag")(self._multiplier)
        zero = public("zeros_like")(imaginary)
        return public("assert_equal")(zero, imaginary, message="LinearOperator was not self-adjoint")

    def _add_to_tensor(self, x: Any) -> Any:
        return x + self._to_dense()

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """`mat` with the multiplier added to its diagonal."""
        return super().add_to_tensor(mat, name)

    def _assert_non_singular(self) -> Any:
        zero = tensor(0, dtype=dtypes.float32 if self.dtype is None else self.dtype.real_dtype)
        return public("assert_less")(zero, absolute(self._multiplier), message="LinearOperator was singular")

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorScaledIdentity(self._rows, conj(self._multiplier), **self._hints())

    def _inverse(self) -> LinearOperator:
        hints = {**self._hints(), "is_non_singular": True}
        return LinearOperatorScaledIdentity(self._rows, 1.0 / self._multiplier, **hints)

    def _cholesky(self) -> LinearOperator:
        root = public("sqrt")(self._multiplier)
        return LinearOperatorScaledIdentity(self._rows, root, is_non_singular=True, is_self_adjoint=True,
                                            is_positive_definite=True)  # fmt: skip


@tf_export("linalg.LinearOperatorZeros")
class LinearOperatorZeros(_Sized):
    """Matrices of zeros, with a batch."""

    def __init__(
        self,
        num_rows: Any,
        num_columns: Any = None,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = False,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = False,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorZeros",
    ):
        """Takes integers, and optionally a vector; `assert_proper_shapes` checks them and shapes in the run."""
        parameters = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        with name_scope(name):
            if not is_self_adjoint and is_square:
                raise ValueError("A zero operator is always self adjoint.")
            if is_non_singular:
                raise ValueError("A zero operator is always singular.")
            if is_positive_definite:
                raise ValueError("A zero operator is always not positive-definite.")
            super().__init__(dtype or dtypes.float32, None, is_non_singular, is_self_adjoint, is_positive_definite,
                             is_square, name, parameters)  # fmt: skip
            self._set_sizes(num_rows, num_columns, batch_shape, assert_proper_shapes)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = flipped(x, adjoint_arg)
        if self._checks:
            x = self._check_product(x, -2)
        rows = self.domain_dimension_tensor() if adjoint else self.range_dimension_tensor()
        batch: Any = shape(x)[:-2]
        if self._batch is not None:
            batch = public("broadcast_dynamic_shape")(batch, self.batch_shape_tensor())
        result = zeros(concat([batch, [rows, shape(x)[-1]]], 0), dtype=x.dtype)
        if x.shape.rank is not None and self.shape.rank is not None:
            static = public("broadcast_static_shape")(x.shape[:-2], self.batch_shape)
            size = (self.domain_dimension if adjoint else self.range_dimension).value
            result.set_shape(static.concatenate([size, x.shape.as_list()[-1]]))
        return result

    def _batch_zeros(self) -> Any:
        return zeros(self.batch_shape_tensor(), dtype=self.dtype)

    def _determinant(self) -> Any:
        return self._batch_zeros()

    def _trace(self) -> Any:
        return self._batch_zeros()

    def _diag_part(self) -> Any:
        sizes: Any = self.shape.as_list()[-2:] if self.shape.rank is not None else [None]
        if None in sizes:
            size: Any = public("minimum")(self.range_dimension_tensor(), self.domain_dimension_tensor())
        else:
            size = min(sizes)
        dims = concat([self.batch_shape_tensor(), [size]], 0)
        return zeros(dims, dtype=self.dtype)

    def _to_dense(self) -> Any:
        return zeros(self.shape_tensor(), dtype=self.dtype)

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _add_to_tensor(self, x: Any) -> Any:
        return self._spread(x)

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """`mat`, with the batch of the operator."""
        return super().add_to_tensor(mat, name)

    def _assert_non_singular(self) -> Any:
        raise public("errors.InvalidArgumentError")(None, None, "Zeros operators are always non-invertible.")

    def _assert_positive_definite(self) -> Any:
        raise public("errors.InvalidArgumentError")(None, None, "Zeros operators are always non-positive definite.")

    def _assert_self_adjoint(self) -> Any:
        return public("no_op")("assert_self_adjoint")
