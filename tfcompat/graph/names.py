"""Name scopes and unique names of one graph."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator

_VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


class Names(threading.local):
    """The names of a graph: the current scope (per thread), and a counter per name that was asked for.

    Uniqueness ignores case: after `foo`, `Foo` becomes `Foo_1`.
    """

    scope = ""

    def __init__(self, used: dict[str, int], lock: threading.Lock) -> None:
        self._used = used
        self._lock = lock

    def unique(self, name: str, mark_as_used: bool = True) -> str:
        """`name` below the current scope, with `_1`, `_2`, ... appended when it is taken.

        Raises:
            TypeError: it is neither str nor bytes.
        """
        if type(name) is not str:
            name = _text(name)
        if self.scope:
            name = f"{self.scope}/{name}"
        with self._lock:
            return self._taken(name, mark_as_used)

    def _taken(self, name: str, mark_as_used: bool) -> str:
        key = name.lower()
        count = self._used.get(key, 0)
        if mark_as_used:
            self._used[key] = count + 1
        if count:
            base = key
            while key in self._used:
                key = f"{base}_{count}"
                count += 1
            if mark_as_used:
                self._used[base] = count
                self._used[key] = 1
            name = f"{name}_{count - 1}"
        return name

    def reserve(self, name: str) -> None:
        """Marks a complete name as used."""
        self._used[name.lower()] = max(1, self._used.get(name.lower(), 0))

    def is_used(self, name: str) -> bool:
        """Whether a complete name is taken."""
        return name.lower() in self._used

    @contextlib.contextmanager
    def enter(self, name: str | None) -> Iterator[str]:
        """Opens the scope `name` (made unique); `a/b/` re-enters `a/b`; "" or None goes to the root.

        Yields the scope's name with a trailing slash, or an empty string at the root.

        Raises:
            ValueError: the name has characters that names may not have.
        """
        if name and self.scope and not _VALID_SCOPE_NAME.match(name):
            raise ValueError(
                f"'{name}' is not a valid scope name. A scope name has to match the following pattern: "
                f"{_VALID_SCOPE_NAME.pattern}"
            )
        if name and not self.scope and not _VALID_OP_NAME.match(name):
            raise ValueError(
                f"'{name}' is not a valid root scope name. A root scope name has to match the following "
                f"pattern: {_VALID_OP_NAME.pattern}"
            )
        outer = self.scope
        if not name:
            inner = ""
        elif name[-1] == "/":
            inner = name[:-1]
        else:
            inner = self.unique(name)
        self.scope = inner
        try:
            yield inner + "/" if name else ""
        finally:
            self.scope = outer


def _text(name: str | bytes) -> str:
    """`name` as str; TypeError when it is neither str nor bytes."""
    if not isinstance(name, (str, bytes)):
        raise TypeError(f"A name must be a string, got {name!r} of type {type(name).__name__}.")
    return name.decode() if isinstance(name, bytes) else name


def check_op_name(name: str) -> None:
    """Raises ValueError when `name` is no valid operation name."""
    if not _VALID_OP_NAME.match(name):
        raise ValueError(f"'{name}' is not a valid node name. Accepted names conform to Regex {_VALID_OP_NAME.pattern}")


_PREFIX = r"([\^]|loc:@|^)"


def strip_scope(name: str, scope: str | None) -> str:
    """`name` (of an operation, tensor, control input or colocation group) without the leading `scope`."""
    if not scope:
        return name
    return re.sub(f"{_PREFIX}{re.escape(scope.rstrip('/'))}/+(.*)", r"\1\2", name, count=1)


def prepend_scope(name: str, scope: str | None) -> str:
    """`name` with `scope` put in front, behind a `^` or `loc:@`."""
    if not scope:
        return name
    return re.sub(f"{_PREFIX}(.*)", lambda m: f"{m[1]}{scope.rstrip('/')}/{m[2]}", name, count=1)
