"""Assertions about arrays, tensors and nested structures of them, and about protocol messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfcompat.graph.device import canonical_name
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.errors import InvalidArgumentError, OpError
from tfcompat.testing.plain_assertions import PlainAssertions


class ArrayAssertions(PlainAssertions):
    """Mixin; tensors among the arguments are evaluated."""

    def evaluate(self, tensors: Any) -> Any:
        """The value of tensors."""
        raise NotImplementedError

    def _array(self, value: Any) -> np.ndarray:
        if hasattr(value, "graph") and hasattr(value, "dtype"):
            value = self.evaluate(value)
        return value if isinstance(value, np.ndarray) else np.array(value)

    # ---------------------------------------------------------------- equality

    def assertAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Fails unless `a` and `b` have the same shape and equal elements; NaN equals NaN."""
        a, b = self._array(a), self._array(b)
        self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg or ''}")
        unequal = np.logical_not(_same(a, b))
        if np.any(unequal):
            self.fail(
                f"{np.count_nonzero(unequal)} of {unequal.size} elements differ.\nnot equal where = "
                f"{np.argwhere(unequal)[:10].tolist()}\nleft: {a[unequal][:10]}\nright: {b[unequal][:10]}\n"
                f"{msg or ''}"
            )

    def assertNotAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Fails when `assertAllEqual` would not."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        self.fail(f"The two values are equal at all elements. {msg or ''}")

    # ---------------------------------------------------------------- closeness

    def assertAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None) -> None:
        """Fails unless |a - b| <= atol + rtol * |b| everywhere; the two may be nested structures.

        Raises:
            ValueError: only one of the two is a dictionary.
        """
        self._compare(a, b, rtol, atol, msg, "")

    def _compare(self, a: Any, b: Any, rtol: float, atol: float, msg: Any, path: str) -> None:
        a, b = (x._asdict() if hasattr(x, "_asdict") else x for x in (a, b))
        if isinstance(a, Mapping) != isinstance(b, Mapping):
            raise ValueError(f"Can't compare dict to non-dict, a{path} vs b{path}. {msg or ''}")
        if isinstance(a, Mapping):
            self.assertEqual(set(a), set(b), f"mismatched keys: a{path} has keys {list(a)}, b{path} {list(b)}. {msg}")
            for key in a:
                self._compare(a[key], b[key], rtol, atol, msg, f"{path}[{key}]")
        elif isinstance(a, (list, tuple)) and self._is_structure(a, b):
            self.assertEqual(len(a), len(b), f"Mismatched length: a{path} has {len(a)} items, b{path} {len(b)}. {msg}")
            for index, (x, y) in enumerate(zip(a, b, strict=True)):
                self._compare(x, y, rtol, atol, msg, f"{path}[{index}]")
        else:
            self._close(self._array(a), self._array(b), rtol, atol, f"{path} {msg or ''}")

    def _is_structure(self, a: Any, b: Any) -> bool:
        """Whether sequences hold things that are no one array together."""
        try:
            a, b = self._array(a), self._array(b)
        except (ValueError, TypeError):
            return True
        return a.dtype == object or b.dtype == object

    def _close(self, a: np.ndarray, b: np.ndarray, rtol: float, atol: float, msg: str) -> None:
        self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg}")
        a, b = (x.astype(np.float32) if x.dtype.kind == "V" or x.dtype.name == "bfloat16" else x for x in (a, b))
        if np.allclose(a, b, rtol=rtol, atol=atol):
            return
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=msg, equal_nan=True)

    def assertNotAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None) -> None:
        """Fails when `assertAllClose` would not."""
        try:
            self.assertAllClose(a, b, rtol, atol)
        except AssertionError:
            return
        self.fail(f"The two values are close at all elements. {msg or ''}")

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: Any = None,
    ) -> None:
        """`assertAllClose` with the widest of the limits of the two element types."""
        limits = {"float32": (float_rtol, float_atol), "complex64": (float_rtol, float_atol),
                  "float16": (half_rtol, half_atol), "bfloat16": (bfloat16_rtol, bfloat16_atol)}  # fmt: skip
        a, b = self._array(a), self._array(b)
        for array in (a, b):
            r, t = limits.get(array.dtype.name, (rtol, atol))
            rtol, atol = max(rtol, r), max(atol, t)
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNear(self, f1: Any, f2: Any, err: float, msg: Any = None) -> None:
        """Fails unless f1 == f2 or |f1 - f2| <= err."""
        self.assertTrue(f1 == f2 or math.fabs(f1 - f2) <= err, f"{f1!r} != {f2!r} +/- {err!r} {msg or ''}")

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float, msg: Any = None) -> None:
        """Fails unless the sequences are as long and their items within `err` of each other."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for x, y in zip(farray1, farray2, strict=True):
            self.assertNear(float(x), float(y), err, msg)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float, msg: Any = None) -> None:
        """Fails unless the norm of the difference is below `err`."""
        self.assertLess(np.linalg.norm(self._array(ndarray1) - self._array(ndarray2)), err, msg)

    # ---------------------------------------------------------------- ranges

    def _require_all(self, holds: np.ndarray, array: np.ndarray, what: str) -> None:
        if not np.all(holds):
            self.fail(
                f"{np.count_nonzero(~holds)} of {holds.size} elements are not {what}: {array[~holds][:10].tolist()}"
            )

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Fails unless all elements are above the target."""
        array = self._array(a)
        self._require_all(np.asarray(array > comparison_target), array, f"greater than {comparison_target}")

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Fails unless all elements are below the target."""
        array = self._array(a)
        self._require_all(np.asarray(array < comparison_target), array, f"less than {comparison_target}")

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Fails unless no element is below the target."""
        array = self._array(a)
        self._require_all(np.asarray(array >= comparison_target), array, f"at least {comparison_target}")

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Fails unless no element is above the target."""
        array = self._array(a)
        self._require_all(np.asarray(array <= comparison_target), array, f"at most {comparison_target}")

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Fails unless all elements are between the bounds, which belong to the range unless it is open there."""
        array = self._array(target)
        above = array > lower_bound if open_lower_bound else array >= lower_bound
        below = array < upper_bound if open_upper_bound else array <= upper_bound
        self._require_all(np.asarray(above & below), array, f"between {lower_bound} and {upper_bound}")

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Fails unless all elements are in the set."""
        array = self._array(target)
        self._require_all(np.isin(array, list(expected_set)), array, f"in {expected_set}")

    # ---------------------------------------------------------------- shapes, types, devices, messages, errors

    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: Any = None) -> None:
        """Fails unless the (static) shapes are equal.

        Raises:
            TypeError: an argument is neither an array nor a tensor.
        """
        for value in (input_a, input_b):
            if not isinstance(value, np.ndarray) and not hasattr(value, "get_shape"):
                raise TypeError(f"Expected an array or a Tensor, got {type(value)}")
        a, b = (
            tuple(v.shape) if isinstance(v, np.ndarray) else tuple(v.get_shape().as_list()) for v in (input_a, input_b)
        )
        self.assertEqual(a, b, msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Fails unless the elements have that type."""
        array = self._array(target)
        self.assertEqual(as_dtype(array.dtype), as_dtype(expected_dtype))

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: Any = None) -> None:
        """Fails unless both name the same device."""
        a, b = (canonical_name(d.to_string() if hasattr(d, "to_string") else d or "") for d in (device1, device2))
        self.assertEqual(a, b, f"Devices {device1} and {device2} are not equal. {msg or ''}")

    def assertProtoEquals(
        self, expected_message_maybe_ascii: Any, message: Any, msg: Any = None, relative_tolerance: float | None = None
    ) -> None:
        """Fails unless two messages are equal; the expected one may be in text format.

        Args:
            expected_message_maybe_ascii: a message or its text.
            message: what is checked.
            msg: added to the failure.
            relative_tolerance: how far floating-point fields may be apart.
        """
        from tfcompat import protos

        expected = expected_message_maybe_ascii
        if isinstance(expected, (str, bytes)):
            expected = protos.parse_text(expected, type(message))
        self.assertEqual(type(expected).DESCRIPTOR.full_name, type(message).DESCRIPTOR.full_name, msg)
        if relative_tolerance is None:
            if expected.SerializeToString(deterministic=True) != message.SerializeToString(deterministic=True):
                self.assertMultiLineEqual(protos.to_text(expected), protos.to_text(message), msg)
            return
        self._messages_close(expected, message, relative_tolerance, msg)

    def _messages_close(self, expected: Any, message: Any, tolerance: float, msg: Any) -> None:
        self.assertEqual([f.name for f, _ in expected.ListFields()], [f.name for f, _ in message.ListFields()], msg)
        for (field, a), (_, b) in zip(expected.ListFields(), message.ListFields(), strict=True):
            pairs = zip(a, b, strict=True) if isinstance(a, (list, tuple)) or hasattr(a, "append") else [(a, b)]
            for x, y in pairs:
                if hasattr(x, "ListFields"):
                    self._messages_close(x, y, tolerance, msg)
                elif isinstance(x, float):
                    self.assertTrue(math.isclose(x, y, rel_tol=tolerance), f"{field.name}: {x} != {y}. {msg or ''}")
                else:
                    self.assertEqual(x, y, msg)

    def assertProtoEqualsVersion(
        self, expected: str, actual: Any, producer: int | None = None, min_consumer: int | None = None, msg: Any = None
    ) -> None:
        """`assertProtoEquals` of a GraphDef, with the versions added to `expected`."""
        from tfcompat.graph.versions import GRAPH_DEF_VERSION, MIN_CONSUMER

        producer = GRAPH_DEF_VERSION if producer is None else producer
        min_consumer = MIN_CONSUMER if min_consumer is None else min_consumer
        versions = f"versions {{ producer: {producer} min_consumer: {min_consumer} }};\n"
        self.assertProtoEquals(versions + expected, actual, msg=msg)

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """`assertRaisesWithPredicateMatch` for `OpError`."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)

    def assertRaisesIncompatibleShapesError(self, exception_type: Any = InvalidArgumentError) -> Any:
        """`assertRaisesWithPredicateMatch` for shapes that cannot be broadcast together."""
        return self.assertRaisesWithPredicateMatch(
            exception_type, r"Incompatible shapes|Dimensions must be equal|required broadcastable shapes"
        )


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Elementwise equality, with NaN equal to NaN and text equal to its bytes."""
    equal = np.asarray(a == b)
    if a.dtype.kind in "fc" and b.dtype.kind in "fc":
        equal = equal | np.isnan(a) & np.isnan(b)
    elif (a.dtype.kind in "SUO" or b.dtype.kind in "SUO") and not np.all(equal):
        equal = np.array([_plain(x) == _plain(y) for x, y in zip(a.flat, b.flat, strict=True)], bool).reshape(a.shape)
    return equal


def _plain(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
