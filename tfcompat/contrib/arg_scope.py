"""Default arguments of functions within a `with` block."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tfcompat.graph.export import tf_export

Scope = dict[Any, dict[str, Any]]


class _Stack(threading.local):
    def __init__(self) -> None:
        self.scopes: list[Scope] = [{}]


_STACK = _Stack()
_DECORATED: dict[Any, tuple[str, ...]] = {}


def _key(function: Any) -> Any:
    return getattr(function, "_key_op", str(function))


@tf_export("contrib.framework.add_arg_scope", "contrib.slim.add_arg_scope")
def add_arg_scope(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a function whose arguments `arg_scope` may set."""

    @functools.wraps(func)
    def with_defaults(*args: Any, **kwargs: Any) -> Any:
        defaults = _STACK.scopes[-1].get(_key(func))
        return func(*args, **({**defaults, **kwargs} if defaults else kwargs))

    key = _key(func)
    code = func.__code__
    defaults = len(func.__defaults__ or ())
    _DECORATED[key] = code.co_varnames[code.co_argcount - defaults : code.co_argcount] if defaults else ()
    with_defaults._key_op = key  # type: ignore[attr-defined]
    return with_defaults


@tf_export("contrib.framework.has_arg_scope")
def has_arg_scope(func: Any) -> bool:
    """Whether `add_arg_scope` decorates `func`."""
    return _key(func) in _DECORATED


@tf_export("contrib.framework.arg_scoped_arguments")
def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """Names of the arguments of `func` that have defaults; AssertionError unless it is decorated."""
    assert has_arg_scope(func)
    return _DECORATED[_key(func)]


@tf_export("contrib.framework.current_arg_scope")
def current_arg_scope() -> Scope:
    """The default arguments in force, by function."""
    return _STACK.scopes[-1]


@tf_export("contrib.framework.arg_scope", "contrib.slim.arg_scope")
@contextlib.contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[Scope]:
    """Within the block, functions take default arguments from here.

    Args:
        list_ops_or_scope: list of functions decorated with `add_arg_scope`, or a scope that another block gave.
        kwargs: the arguments; none with a scope.

    Raises:
        TypeError: it is neither a list nor a scope.
        ValueError: a function is not decorated, or a scope comes with arguments.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs must be empty.")
        scope = list_ops_or_scope.copy()
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
        scope = dict(_STACK.scopes[-1])
        for function in list_ops_or_scope:
            if not has_arg_scope(function):
                raise ValueError(f"{_key(function)} is not decorated with @add_arg_scope")
            scope[_key(function)] = {**scope.get(_key(function), {}), **kwargs}
    _STACK.scopes.append(scope)
    try:
        yield scope
    finally:
        _STACK.scopes.pop()
