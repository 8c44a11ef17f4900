"""Assertions about plain Python values, beyond those of unittest."""

from __future__ import annotations

import contextlib
import re
import unittest
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


class PlainAssertions(unittest.TestCase):
    """Mixin of assertions about containers, text and exceptions."""

    def _require(self, condition: Any, what: str, msg: Any) -> None:
        if not condition:
            self.fail(f"{what}. {msg}" if msg else what)

    def assertLen(self, container: Any, expected_len: int, msg: Any = None) -> None:
        """Fails unless `container` has `expected_len` items."""
        self._require(
            len(container) == expected_len,
            f"{container!r} has length of {len(container)}, expected {expected_len}",
            msg,
        )

    def assertEmpty(self, container: Any, msg: Any = None) -> None:
        """Fails when `container` has items."""
        self._require(not len(container), f"{container!r} has length of {len(container)}, expected 0", msg)

    def assertNotEmpty(self, container: Any, msg: Any = None) -> None:
        """Fails when `container` has no items."""
        self._require(len(container), f"{container!r} has length of 0", msg)

    def assertStartsWith(self, actual: Any, expected_start: Any, msg: Any = None) -> None:
        """Fails unless `actual` starts with `expected_start`."""
        self._require(actual.startswith(expected_start), f"{actual!r} does not start with {expected_start!r}", msg)

    def assertNotStartsWith(self, actual: Any, unexpected_start: Any, msg: Any = None) -> None:
        """Fails when `actual` starts with `unexpected_start`."""
        self._require(not actual.startswith(unexpected_start), f"{actual!r} does start with {unexpected_start!r}", msg)

    def assertEndsWith(self, actual: Any, expected_end: Any, msg: Any = None) -> None:
        """Fails unless `actual` ends with `expected_end`."""
        self._require(actual.endswith(expected_end), f"{actual!r} does not end with {expected_end!r}", msg)

    def assertNotEndsWith(self, actual: Any, unexpected_end: Any, msg: Any = None) -> None:
        """Fails when `actual` ends with `unexpected_end`."""
        self._require(not actual.endswith(unexpected_end), f"{actual!r} does end with {unexpected_end!r}", msg)

    def assertBetween(self, value: Any, minv: Any, maxv: Any, msg: Any = None) -> None:
        """Fails unless minv <= value <= maxv."""
        self._require(minv <= value <= maxv, f"{value!r} unexpectedly not between {minv!r} and {maxv!r}", msg)

    def assertItemsEqual(self, first: Any, second: Any, msg: Any = None) -> None:
        """Fails unless both have the same items, each as often."""
        self.assertCountEqual(first, second, msg)

    def assertSameElements(self, expected_seq: Any, actual_seq: Any, msg: Any = None) -> None:
        """Fails unless both have the same items, however often."""
        missing = [x for x in expected_seq if x not in actual_seq]
        unexpected = [x for x in actual_seq if x not in expected_seq]
        self._require(
            not missing and not unexpected,
            f"Expected, but missing: {missing!r}; unexpected, but present: {unexpected!r}",
            msg,
        )

    def assertContainsSubset(self, expected_subset: Any, actual_set: Any, msg: Any = None) -> None:
        """Fails unless `actual_set` has all of `expected_subset`."""
        missing = set(expected_subset) - set(actual_set)
        self._require(not missing, f"Missing elements {missing}; expected {expected_subset}, got {actual_set}", msg)

    def assertNoCommonElements(self, expected_seq: Any, actual_seq: Any, msg: Any = None) -> None:
        """Fails when both have an item in common."""
        common = set(expected_seq) & set(actual_seq)
        self._require(not common, f"Common elements {common}", msg)

    def assertContainsInOrder(self, strings: Any, target: str, msg: Any = None) -> None:
        """Fails unless `target` contains `strings` one after the other."""
        position = 0
        for string in [strings] if isinstance(strings, str) else strings:
            found = target.find(string, position)
            self._require(found >= 0, f"Did not find {string!r} after position {position} of {target!r}", msg)
            position = found + len(string)

    def assertContainsSubsequence(self, container: Any, subsequence: Any, msg: Any = None) -> None:
        """Fails unless `container` has the items of `subsequence` in their order, perhaps with others between."""
        rest = iter(container)
        self._require(
            all(item in rest for item in subsequence), f"{subsequence!r} not a subsequence of {container!r}", msg
        )

    def assertContainsExactSubsequence(self, container: Any, subsequence: Any, msg: Any = None) -> None:
        """Fails unless `container` has the items of `subsequence` in a row."""
        items, wanted = list(container), list(subsequence)
        found = any(items[i : i + len(wanted)] == wanted for i in range(len(items) - len(wanted) + 1))
        self._require(found, f"{subsequence!r} not a contiguous part of {container!r}", msg)

    def assertSequenceStartsWith(self, prefix: Any, whole: Any, msg: Any = None) -> None:
        """Fails unless the first items of `whole` are those of `prefix` (one item, or several)."""
        wanted = list(prefix) if isinstance(prefix, Sequence) and not isinstance(prefix, str) else [prefix]
        self._require(list(whole[: len(wanted)]) == wanted, f"{whole!r} does not start with {wanted!r}", msg)

    def assertSequenceAlmostEqual(
        self, expected_seq: Any, actual_seq: Any, places: int | None = None, msg: Any = None, delta: float | None = None
    ) -> None:
        """Fails unless the numbers of both are nearly equal, see `assertAlmostEqual`."""
        self.assertLen(actual_seq, len(expected_seq), msg)
        for expected, actual in zip(expected_seq, actual_seq, strict=True):
            self.assertAlmostEqual(expected, actual, places=places, msg=msg, delta=delta)  # type: ignore[arg-type]

    def assertDictContainsSubset(
        self, subset: Mapping[Any, Any], dictionary: Mapping[Any, Any], msg: Any = None
    ) -> None:
        """Fails unless `dictionary` has the items of `subset`."""
        for key, value in subset.items():
            self.assertIn(key, dictionary, msg)
            self.assertEqual(value, dictionary[key], msg)

    def assertRegexMatch(self, actual_str: str, regexes: Any, message: Any = None) -> None:
        """Fails unless one of `regexes` is found in `actual_str`."""
        self.assertNotIsInstance(regexes, str)
        self._require(
            any(re.search(r, actual_str) for r in regexes), f"{actual_str!r} matches none of {regexes!r}", message
        )

    def assertIsSubclass(self, cls: Any, superclass: Any, msg: Any = None) -> None:
        """Fails unless `cls` is a subclass of `superclass`."""
        self._require(issubclass(cls, superclass), f"{cls!r} is not a subclass of {superclass!r}", msg)

    # unittest dropped these names of its own.

    def assertEquals(self, first: Any, second: Any, msg: Any = None) -> None:
        """Same as `assertEqual`."""
        self.assertEqual(first, second, msg)

    def assertNotEquals(self, first: Any, second: Any, msg: Any = None) -> None:
        """Same as `assertNotEqual`."""
        self.assertNotEqual(first, second, msg)

    def assertAlmostEquals(self, first: Any, second: Any, *args: Any, **kwargs: Any) -> None:
        """Same as `assertAlmostEqual`."""
        self.assertAlmostEqual(first, second, *args, **kwargs)

    def assert_(self, expr: Any, msg: Any = None) -> None:
        """Same as `assertTrue`."""
        self.assertTrue(expr, msg)

    def assertRegexpMatches(self, text: Any, expected_regex: Any, msg: Any = None) -> None:
        """Same as `assertRegex`."""
        self.assertRegex(text, expected_regex, msg)

    def assertNotRegexpMatches(self, text: Any, unexpected_regex: Any, msg: Any = None) -> None:
        """Same as `assertNotRegex`."""
        self.assertNotRegex(text, unexpected_regex, msg)

    def assertRaisesRegexp(self, expected_exception: Any, expected_regex: Any, *args: Any, **kwargs: Any) -> Any:
        """Same as `assertRaisesRegex`."""
        return self.assertRaisesRegex(expected_exception, expected_regex, *args, **kwargs)

    # Exceptions.

    @contextlib.contextmanager
    def _raises(self, kind: Any, accept: Callable[[BaseException], bool]) -> Iterator[None]:
        try:
            yield
        except kind as error:
            if not accept(error):
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
        else:
            self.fail(f"{getattr(kind, '__name__', kind)} not raised")

    def assertRaisesWithPredicateMatch(self, exception_type: Any, expected_err_re_or_predicate: Any) -> Any:
        """A context manager that fails unless an exception is raised that fits.

        Args:
            exception_type: its class, or a tuple of classes.
            expected_err_re_or_predicate: a regular expression to be found in its text and in the names of the
                operations it comes from, or a function of the exception.
        """
        if callable(expected_err_re_or_predicate):
            return self._raises(exception_type, expected_err_re_or_predicate)
        return self._raises(exception_type, lambda e: bool(re.search(expected_err_re_or_predicate, _described(e))))

    def assertRaisesWithLiteralMatch(
        self,
        expected_exception: Any,
        expected_exception_message: str,
        callable_obj: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Fails unless an exception with exactly that text is raised; a context manager without `callable_obj`."""
        context = self._raises(expected_exception, lambda e: str(e) == expected_exception_message)
        if callable_obj is None:
            return context
        with context:
            return callable_obj(*args, **kwargs)


def _described(error: BaseException) -> str:
    """The text of an exception, and the operations that it comes from."""
    text = str(getattr(error, "message", error))
    op = getattr(error, "op", None)
    while op is not None:
        text += f"\nCaused by: {op.name}"
        op = op._original_op
    return text
