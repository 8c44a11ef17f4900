"""What programs import from `tensorflow.python.util` to look at functions and to decorate them."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from tfcompat.graph.export import export_internal


class ArgSpec(NamedTuple):
    """The positional arguments of a function.

    Attributes:
        args: their names.
        varargs: the name of *args, or None.
        keywords: the name of **kwargs, or None.
        defaults: of the last arguments; None for none.
    """

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def getargspec(obj: Any) -> ArgSpec:
    """The positional arguments of a function; ValueError where it has keyword-only ones."""
    spec = inspect.getfullargspec(obj)
    if spec.kwonlyargs:
        raise ValueError(f"{obj} has keyword-only arguments, use getfullargspec().")
    return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


def fn_args(fn: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the arguments of a function, callable or partial, without those bound and without `self`."""
    if isinstance(fn, functools.partial):
        bound = set(fn.keywords)
        return tuple(name for name in fn_args(fn.func)[len(fn.args) :] if name not in bound)
    if not inspect.isfunction(fn) and not inspect.ismethod(fn) and hasattr(fn, "__call__"):  # noqa: B004
        fn = fn.__call__
    names = inspect.getfullargspec(fn).args
    return tuple(names[1:] if inspect.ismethod(fn) else names)


def has_kwargs(fn: Callable[..., Any]) -> bool:
    """Whether a function takes **kwargs."""
    fn = fn.func if isinstance(fn, functools.partial) else fn
    return inspect.getfullargspec(fn).varkw is not None


def make_decorator(
    target: Any,
    decorator_func: Any,
    decorator_name: str | None = None,
    decorator_doc: str = "",
    decorator_argspec: Any = None,
) -> Any:
    """`decorator_func` with the name, docstring and attributes of `target`, the function that it stands for."""
    return functools.update_wrapper(decorator_func, target)


def unwrap(maybe_tf_decorator: Any) -> tuple[list[Any], Any]:
    """The decorators around a function, outermost first, and the function itself."""
    around, inner = [], maybe_tf_decorator
    while hasattr(inner, "__wrapped__"):
        around.append(inner)
        inner = inner.__wrapped__
    return around, inner


def remove_undocumented(module_name: str, allowed_exception_list: Any = None, doc_string_modules: Any = None) -> None:
    """Nothing: all names of the module stay."""


def make_all(module_name: str, doc_string_modules: Any = None) -> list[str]:
    """The public names of an imported module."""
    import sys

    return [name for name in dir(sys.modules[module_name]) if not name.startswith("_")]


_INSPECT = ("getfile", "getmembers", "getmodule", "getmro", "getsource", "isbuiltin", "isclass", "isfunction",
            "isgenerator", "ismethod", "ismodule", "isroutine", "currentframe", "stack", "getdoc", "getcallargs",
            "getfullargspec", "Parameter", "signature")  # fmt: skip

for _name in _INSPECT:
    export_internal(f"python.util.tf_inspect.{_name}", getattr(inspect, _name))
export_internal("python.util.tf_inspect.FullArgSpec", inspect.FullArgSpec)
for _module, _objects in (
    ("tf_inspect", (ArgSpec, getargspec)),
    ("function_utils", (fn_args, has_kwargs)),
    ("tf_decorator", (make_decorator, unwrap)),
    ("tf_contextlib", (contextlib.contextmanager,)),
    ("all_util", (remove_undocumented, make_all)),
):
    for _object in _objects:
        export_internal(f"python.util.{_module}.{_object.__name__}", _object)
