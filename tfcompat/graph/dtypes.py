"""Element types of tensors: `DType`, its instances (`float32`, ...), and `as_dtype`.

Numbers and names are those of the `tensorflow.DataType` enum; a reference type is its base type's number plus 100.
"""

from __future__ import annotations

import builtins
from typing import Any

import ml_dtypes
import numpy as np

from tfcompat.graph.export import export, tf_export

_REF = 100

_quantized = {
    name: np.dtype([(name, code)])
    for name, code in (("qint8", "i1"), ("quint8", "u1"), ("qint16", "i2"), ("quint16", "u2"), ("qint32", "i4"))
}

# fmt: off
_TABLE: list[tuple[str, int, Any]] = [
    # name, number, numpy type
    ("float32",       1, np.float32),
    ("float64",       2, np.float64),
    ("int32",         3, np.int32),
    ("uint8",         4, np.uint8),
    ("int16",         5, np.int16),
    ("int8",          6, np.int8),
    ("string",        7, np.object_),
    ("complex64",     8, np.complex64),
    ("int64",         9, np.int64),
    ("bool",         10, np.bool_),
    ("qint8",        11, _quantized["qint8"]),
    ("quint8",       12, _quantized["quint8"]),
    ("qint32",       13, _quantized["qint32"]),
    ("bfloat16",     14, ml_dtypes.bfloat16),
    ("qint16",       15, _quantized["qint16"]),
    ("quint16",      16, _quantized["quint16"]),
    ("uint16",       17, np.uint16),
    ("complex128",   18, np.complex128),
    ("float16",      19, np.float16),
    ("resource",     20, np.object_),
    ("variant",      21, np.object_),
    ("uint32",       22, np.uint32),
    ("uint64",       23, np.uint64),
    ("float8_e5m2",  24, ml_dtypes.float8_e5m2),
    ("float8_e4m3fn", 25, ml_dtypes.float8_e4m3fn),
    ("int4",         29, ml_dtypes.int4),
    ("uint4",        30, ml_dtypes.uint4),
]
# fmt: on

_FLOATING = frozenset({"float16", "float32", "float64", "bfloat16", "float8_e5m2", "float8_e4m3fn"})
_INTEGER = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "int4", "uint4"})
_UNSIGNED = frozenset({"uint8", "uint16", "uint32", "uint64", "uint4"})
_COMPLEX = frozenset({"complex64", "complex128"})
_QUANTIZED = frozenset(_quantized)
_NO_NUMPY_LIMITS = frozenset({"bfloat16", "float8_e5m2", "float8_e4m3fn"})


@tf_export("DType", "dtypes.DType")
class DType:
    """The type of a tensor's elements.

    Instances are unique per number: `tf.as_dtype("float32") is tf.float32`. A reference type (`tf.float32_ref`) is the
    type of a `Variable`'s mutable output; `base_dtype` leads back.
    """

    __slots__ = ("_name", "_number", "_numpy")
    _name: str
    _number: int
    _numpy: Any

    def __init__(self, type_enum: int):
        known = _BY_NUMBER.get(int(type_enum))
        if known is None:
            raise TypeError(f"Cannot convert {type_enum!r} to a DType: no such number")
        self._name, self._number, self._numpy = known._name, known._number, known._numpy

    @classmethod
    def _make(cls, name: str, number: int, numpy_type: Any) -> DType:
        dtype = object.__new__(cls)
        dtype._name, dtype._number, dtype._numpy = name, number, numpy_type
        return dtype

    @property
    def name(self) -> str:
        """Its name, such as `float32` or `float32_ref`."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """Its number in the `tensorflow.DataType` enum."""
        return self._number

    @property
    def as_numpy_dtype(self) -> Any:
        """The numpy type of its values; `object` for strings, resources and variants."""
        return self._numpy

    @property
    def is_numpy_compatible(self) -> builtins.bool:
        """Whether numpy arrays can hold its values (all but resource and variant)."""
        return self.base_dtype._name not in ("resource", "variant")

    @property
    def _is_ref_dtype(self) -> builtins.bool:
        return self._number > _REF

    @property
    def _as_ref(self) -> DType:
        return self if self._is_ref_dtype else _BY_NUMBER[self._number + _REF]

    @property
    def base_dtype(self) -> DType:
        """The type itself, or what a reference type refers to."""
        return _BY_NUMBER[self._number - _REF] if self._number > _REF else self

    @property
    def real_dtype(self) -> DType:
        """float32 for complex64, float64 for complex128, else the base type."""
        base = self.base_dtype
        return {"complex64": float32, "complex128": float64}.get(base._name, self)

    @property
    def is_bool(self) -> builtins.bool:
        """Whether it is `bool`."""
        return self.base_dtype._name == "bool"

    @property
    def is_integer(self) -> builtins.bool:
        """Whether it is a plain (not quantized) integer type."""
        return self.base_dtype._name in _INTEGER

    @property
    def is_floating(self) -> builtins.bool:
        """Whether it is a real floating-point type."""
        return self.base_dtype._name in _FLOATING

    @property
    def is_numeric(self) -> builtins.bool:
        """Whether it is a type of numbers, quantized ones included."""
        return self.base_dtype._name not in ("bool", "string", "resource", "variant")

    @property
    def is_complex(self) -> builtins.bool:
        """Whether it is complex64 or complex128."""
        return self.base_dtype._name in _COMPLEX

    @property
    def is_quantized(self) -> builtins.bool:
        """Whether it is one of qint8, quint8, qint16, quint16, qint32."""
        return self.base_dtype._name in _QUANTIZED

    @property
    def is_unsigned(self) -> builtins.bool:
        """Whether it is an unsigned integer type; False for quantized and non-numeric types."""
        return self.base_dtype._name in _UNSIGNED

    @property
    def size(self) -> int:
        """Bytes per element; 1 for types without a fixed size."""
        return 1 if self._numpy is np.object_ else int(np.dtype(self._numpy).itemsize)

    @property
    def min(self) -> Any:
        """The lowest finite value.

        Raises:
            TypeError: the type is quantized, complex, a string, a resource or a variant.
        """
        return self._limit("min")

    @property
    def max(self) -> Any:
        """The highest finite value; raises `TypeError` as `min` does."""
        return self._limit("max")

    def _limit(self, which: str) -> Any:
        base = self.base_dtype
        if base._name in _FLOATING:
            info = ml_dtypes.finfo if base._name in _NO_NUMPY_LIMITS else np.finfo
            return getattr(info(base._numpy), which)
        if base._name in ("int4", "uint4"):
            return int(getattr(ml_dtypes.iinfo(base._numpy), which))
        if base._name in _INTEGER:
            return getattr(np.iinfo(base._numpy), which)
        if base._name == "bool":
            return which == "max"
        raise TypeError(f"Cannot find {'minimum' if which == 'min' else 'maximum'} value of {self}.")

    @property
    def limits(self) -> tuple[Any, Any]:
        """(low, high) of the values images of this type take: (0, 1) for floats, the full range for integers."""
        return self._limits(clip_negative=True)

    def _limits(self, clip_negative: builtins.bool) -> tuple[Any, Any]:
        if self.is_floating or self.is_bool:
            return (0, 1) if self.is_floating else (False, True)
        low, high = self.min, self.max
        return (0 if clip_negative else low), high

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Whether `other` is this type or this type's reference type."""
        other = as_dtype(other)
        return self._number in (other._number, other.base_dtype._number)

    def __eq__(self, other: object) -> builtins.bool:
        if other is self:
            return True
        if other is None:
            return False
        if not isinstance(other, DType):
            try:
                other = as_dtype(other)
            except TypeError:
                return False
        return self._number == other._number

    def __ne__(self, other: object) -> builtins.bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._number)

    def __str__(self) -> str:
        return f"<dtype: {self._name!r}>"

    def __repr__(self) -> str:
        return "tf." + self._name

    def __reduce__(self) -> Any:
        return as_dtype, (self._name,)


_BY_NUMBER: dict[int, DType] = {}
_LOOKUP: dict[Any, DType] = {}


def _populate() -> None:
    for name, number, numpy_type in _TABLE:
        for dtype in (DType._make(name, number, numpy_type), DType._make(name + "_ref", number + _REF, numpy_type)):
            _BY_NUMBER[dtype._number] = dtype
            _LOOKUP[dtype._name] = dtype
            _LOOKUP[dtype] = dtype
            globals()[dtype._name] = dtype
            export(dtype._name, dtype)
            export("dtypes." + dtype._name, dtype)
        if numpy_type is not np.object_:
            _LOOKUP[np.dtype(numpy_type)] = _BY_NUMBER[number]
            if isinstance(numpy_type, type):
                _LOOKUP[numpy_type] = _BY_NUMBER[number]
    for alias, name in (
        ("half", "float16"),
        ("float", "float32"),
        ("double", "float64"),
        ("half_ref", "float16_ref"),
        ("float_ref", "float32_ref"),
        ("double_ref", "float64_ref"),
    ):
        _LOOKUP[alias] = _LOOKUP[name]
    for alias, name in (("half", "float16"), ("double", "float64")):
        export(alias, _LOOKUP[name])
        export("dtypes." + alias, _LOOKUP[name])
    _LOOKUP[np.object_] = _LOOKUP[np.dtype(object)] = _LOOKUP["string"]
    _LOOKUP.update(
        {
            builtins.float: _LOOKUP["float32"],
            builtins.bool: _LOOKUP["bool"],
            builtins.complex: _LOOKUP["complex128"],
            builtins.object: _LOOKUP["string"],
        }
    )


_populate()

float32: DType = _LOOKUP["float32"]
float64: DType = _LOOKUP["float64"]
float16: DType = _LOOKUP["float16"]
half: DType = float16
double: DType = float64
bfloat16: DType = _LOOKUP["bfloat16"]
int8: DType = _LOOKUP["int8"]
int16: DType = _LOOKUP["int16"]
int32: DType = _LOOKUP["int32"]
int64: DType = _LOOKUP["int64"]
uint8: DType = _LOOKUP["uint8"]
uint16: DType = _LOOKUP["uint16"]
uint32: DType = _LOOKUP["uint32"]
uint64: DType = _LOOKUP["uint64"]
bool: DType = _LOOKUP["bool"]
string: DType = _LOOKUP["string"]
resource: DType = _LOOKUP["resource"]
variant: DType = _LOOKUP["variant"]
complex64: DType = _LOOKUP["complex64"]
complex128: DType = _LOOKUP["complex128"]
qint8: DType = _LOOKUP["qint8"]
quint8: DType = _LOOKUP["quint8"]
qint16: DType = _LOOKUP["qint16"]
quint16: DType = _LOOKUP["quint16"]
qint32: DType = _LOOKUP["qint32"]

for _name in ("float8_e5m2", "float8_e4m3fn", "int4", "uint4"):
    export(f"dtypes.experimental.{_name}", _LOOKUP[_name])
    export(f"experimental.{_name}", _LOOKUP[_name])

QUANTIZED_DTYPES = frozenset(_LOOKUP[n + suffix] for n in _QUANTIZED for suffix in ("", "_ref"))
export("QUANTIZED_DTYPES", QUANTIZED_DTYPES)
export("dtypes.QUANTIZED_DTYPES", QUANTIZED_DTYPES)


@tf_export("as_dtype", "dtypes.as_dtype")
def as_dtype(type_value: Any) -> DType:
    """The `DType` that `type_value` means.

    Args:
        type_value: a `DType`, a name ("float32", "half"), a `DataType` number, a numpy dtype or scalar type, or the
            Python types `float` (float32), `bool`, `complex` (complex128) and `object` (string).

    Raises:
        TypeError: it means none.
    """
    if isinstance(type_value, DType):
        return _BY_NUMBER[type_value._number]
    if isinstance(type_value, builtins.int) and not isinstance(type_value, builtins.bool):
        found = _BY_NUMBER.get(int(type_value))
    else:
        try:
            found = _LOOKUP.get(type_value)
        except TypeError:
            found = None
    if found is None:
        found = _from_numpy_like(type_value)
    if found is None:
        raise TypeError(f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType.")
    return found


def _from_numpy_like(value: Any) -> DType | None:
    """Numpy's remaining spellings: byte-order variants, fixed-width strings, objects with a `dtype`."""
    if isinstance(value, str) or value is None:
        return None
    inner = getattr(value, "dtype", value)
    if isinstance(inner, DType):
        return inner
    try:
        dtype = np.dtype(inner)
    except (TypeError, ValueError):
        return None
    if dtype.kind in "SU":
        return _LOOKUP["string"]
    return _LOOKUP.get(dtype.newbyteorder("=") if dtype.kind in "iufc" else dtype)
