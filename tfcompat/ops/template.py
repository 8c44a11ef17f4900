"""`tf.make_template`: functions whose variables are made once and shared by all calls."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from tfcompat.graph import tracebacks
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_collection
from tfcompat.graph.export import tf_export
from tfcompat.ops.variable_scope import VariableScope, pure_variable_scope, unique_variable_scope, variable_scope


@tf_export("make_template")
def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Template:
    """`func_` as a function whose `get_variable` calls give the same variables each time.

    Args:
        name_: name of its variable scope, made unique.
        func_: the function.
        create_scope_now_: whether the scope is opened now, not at the first call.
        unique_name_: name to use as it is.
        custom_getter_: custom getter of its variables.
        kwargs: arguments to bind.

    Raises:
        ValueError: the name is None.
    """
    if kwargs:
        func_ = functools.wraps(func_)(functools.partial(func_, **kwargs))
    return Template(name_, func_, create_scope_now_, unique_name_, custom_getter_)


_running: ContextVar[Template | None] = ContextVar("running", default=None)


class Template:
    """A function with variables of its own; see `make_template`."""

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Any = None,
    ):
        if name is None:
            raise ValueError("name cannot be None.")
        self._func = func
        self._name = name
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._frames = tracebacks.capture()
        self._variables_created = False
        self._variable_scope: VariableScope | None = None
        self._nested: dict[str, Template] = {}
        if create_scope_now:
            with pure_variable_scope(unique_name or unique_variable_scope(name), custom_getter=custom_getter) as scope:
                self._variable_scope = scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._variable_scope is not None:
            with variable_scope(self._variable_scope, reuse=self._variables_created):
                return self._call(args, kwargs)
        with variable_scope(self._unique_name, self._name, custom_getter=self._custom_getter) as scope:
            self._variable_scope = scope
            return self._call(args, kwargs)

    def _call(self, args: Any, kwargs: Any) -> Any:
        outer = _running.get()
        if outer is not None and not self._variables_created:
            outer._nested.setdefault(outer._relative(str(self.variable_scope_name)).rstrip("/"), self)
        token = _running.set(self)
        try:
            return self._result(args, kwargs)
        finally:
            _running.reset(token)

    def _relative(self, name: str) -> str:
        """A name without that of the scope before it."""
        return name.removeprefix(self.variable_scope_name or "")

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        """(name in checkpoints of objects, object): its variables, and the templates that it has called."""
        inner = {id(v) for template in self._nested.values() for v in template.variables}
        own = [(self._relative(v.op.name), v) for v in self.variables if id(v) not in inner]
        return own + list(self._nested.items())

    def _result(self, args: Any, kwargs: Any) -> Any:
        before = len(get_collection(GraphKeys.TRAINABLE_VARIABLES))
        try:
            result = self._func(*args, **kwargs)
            if self._variables_created:
                made = get_collection(GraphKeys.TRAINABLE_VARIABLES)[before:]
                if made:
                    raise ValueError(
                        "Trainable variable created when calling a template after the first time, perhaps "
                        f"you used tf.Variable when you meant tf.get_variable: {made}"
                    )
            self._variables_created = True
        except Exception as error:
            text = error.args[0] if error.args else ""
            where = tracebacks.creation_site(self._frames)
            error.args = (f"{text}\n\noriginally defined at:\n{where}", *error.args[1:])
            raise
        return result

    @property
    def name(self) -> str:
        """The name given."""
        return self._name

    @property
    def func(self) -> Callable[..., Any]:
        """The function given."""
        return self._func

    @property
    def variable_scope(self) -> VariableScope | None:
        """Its variable scope; None before the first call unless made with `create_scope_now_`."""
        return self._variable_scope

    @property
    def variable_scope_name(self) -> str | None:
        """The name of its variable scope with a slash behind it, unless it is empty."""
        name = None if self._variable_scope is None else self._variable_scope.name
        return name + "/" if name and not name.endswith("/") else name

    def _collected(self, key: str) -> list[Any]:
        name = self.variable_scope_name
        return [] if name is None else get_collection(key, name)

    @property
    def variables(self) -> list[Any]:
        """Its global and local variables."""
        return self.global_variables + self.local_variables

    @property
    def global_variables(self) -> list[Any]:
        """Its global variables."""
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Any]:
        """Its local variables."""
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def trainable_variables(self) -> list[Any]:
        """Its trainable variables."""
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Its variables that are not trainable."""
        trainable = {id(v) for v in self.trainable_variables}
        return [v for v in self.variables if id(v) not in trainable]

    weights = variables
    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables
