"""`tf.contrib.framework.deprecated` and its kin: decorators of functions and arguments that are to go away."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from tfcompat.graph.export import export, export_internal
from tfcompat.platform import logging

Function = TypeVar("Function", bound=Callable[..., Any])
_warned: set[tuple[str, str]] = set()
_UNSET = object()


def _check(date: str | None, instructions: str) -> None:
    parts = [] if date is None else date.split("-")
    if date is not None and (len(parts) != 3 or not all(p.isdigit() for p in parts) or len(parts[0]) != 4):
        raise ValueError("Date must be YYYY-MM-DD.")
    if not instructions:
        raise ValueError("Don't deprecate things without conversion instructions!")


def _warn(function: Callable[..., Any], what: str, date: str | None, instructions: str) -> None:
    """Warns of `what` once for each function."""
    key = (f"{function.__module__}.{function.__qualname__}", what)
    if key in _warned:
        return
    _warned.add(key)
    when = "in a future version" if date is None else f"after {date}"
    logging.get_logger().warning(
        "From %s: %s is deprecated and will be removed %s.\nInstructions for updating:\n%s",
        key[0], what or "it", when, instructions,
    )  # fmt: skip


def deprecated(date: str | None, instructions: str, warn_once: bool = True) -> Callable[[Function], Function]:
    """Decorator of a function whose first call logs a warning with `instructions`.

    Args:
        date: "YYYY-MM-DD" after which the function may be gone; None for some day.
        instructions: what to use instead.
        warn_once: kept for compatibility; one warning is logged in any case.

    Raises:
        ValueError: the date has another form, or there are no instructions.
    """
    _check(date, instructions)

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def warning(*args: Any, **kwargs: Any) -> Any:
            _warn(function, "", date, instructions)
            return function(*args, **kwargs)

        return warning  # type: ignore[return-value]

    return decorate


def deprecated_args(
    date: str | None, instructions: str, *deprecated_arg_names_or_tuples: Any, **kwargs: Any
) -> Callable[[Function], Function]:
    """Decorator of a function that logs a warning when some of its arguments are given.

    Args:
        date: as of `deprecated`.
        instructions: what to use instead.
        deprecated_arg_names_or_tuples: names, or pairs of a name and the value that is no use of it.
        kwargs: `warn_once`.

    Raises:
        ValueError: as `deprecated` does, no argument is named, or the function has none of that name.
    """
    _check(date, instructions)
    if not deprecated_arg_names_or_tuples:
        raise ValueError("Specify which argument is deprecated.")
    named = [(n, _UNSET) if isinstance(n, str) else (n[0], n[1]) for n in deprecated_arg_names_or_tuples]
    return _warning_of(named, date, instructions, lambda value, fine: fine is _UNSET or value != fine)


def deprecated_arg_values(
    date: str | None, instructions: str, warn_once: bool = True, **deprecated_kwargs: Any
) -> Callable[[Function], Function]:
    """Decorator of a function that logs a warning when an argument has the value that `deprecated_kwargs` gives for it.

    Raises:
        ValueError: as `deprecated` does, or no argument is named.
    """
    _check(date, instructions)
    if not deprecated_kwargs:
        raise ValueError("Specify which argument values are deprecated.")
    return _warning_of(list(deprecated_kwargs.items()), date, instructions, lambda value, bad: value == bad)


def _warning_of(
    named: list[tuple[str, Any]], date: str | None, instructions: str, bad: Callable[[Any, Any], bool]
) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        variadic = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values())
        absent = [name for name, _ in named if name not in signature.parameters]
        if absent and not variadic:
            raise ValueError(f"The following deprecated arguments are not present in the function signature: {absent}")

        @functools.wraps(function)
        def warning(*args: Any, **kwargs: Any) -> Any:
            try:
                given = signature.bind(*args, **kwargs).arguments
            except TypeError:
                return function(*args, **kwargs)
            for name, value in named:
                if name in given and bad(given[name], value):
                    _warn(function, f"calling it with {name}", date, instructions)
            return function(*args, **kwargs)

        return warning  # type: ignore[return-value]

    return decorate


def deprecated_argument_lookup(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """The value of an argument with two names; ValueError where both are given."""
    if old_value is not None:
        if new_value is not None:
            raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
        return old_value
    return new_value


_function: Any
for _function in (deprecated, deprecated_args, deprecated_arg_values):
    export(f"contrib.framework.{_function.__name__}", _function)
for _function in (deprecated, deprecated_args, deprecated_arg_values, deprecated_argument_lookup):
    export_internal(f"python.util.deprecation.{_function.__name__}", _function)
