"""`tf.Module`: an object that owns variables and other modules."""

from __future__ import annotations

import abc
import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.ops.variable_base import Variable
from tfcompat.training.tracking import AutoTrackable


@tf_export("Module")
class Module(AutoTrackable, metaclass=abc.ABCMeta):
    """An object whose variables and modules are found through its attributes; layers count as modules.

    Args:
        name: a Python identifier, from which its name scope is made; the class's name in lower case when None.

    Raises:
        ValueError: the name is no identifier.
    """

    def __init__(self, name: str | None = None):
        if name is None:
            name = re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", type(self).__name__).lower()
        if not name.isidentifier():
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python identifiers (e.g. a valid "
                "class name)."
            )
        self._name = name
        with name_scope(name) as scope:
            self._scope_name = scope

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A context manager that enters its name scope again."""
        return name_scope(self._scope_name)

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables of it and its modules, by the names of attributes."""
        return tuple(self._flatten(predicate=lambda v: isinstance(v, Variable)))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of `variables` that are trained."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """Those of `variables` that are not trained."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self) -> tuple[Module, ...]:
        """The modules that it owns, directly or not."""
        return tuple(self._flatten(predicate=lambda v: isinstance(v, Module)))

    def _flatten(self, recursive: bool = True, predicate: Callable[[Any], bool] | None = None) -> Iterator[Any]:
        """The leaves of attributes that satisfy `predicate`, each once; those of modules after its own."""
        seen: set[int] = set()
        modules = [self]
        for module in modules:  # grows while it is walked
            ignored = getattr(type(module), "_TF_MODULE_IGNORED_PROPERTIES", ())
            for attribute, value in sorted(vars(module).items()):
                if attribute in ignored:
                    continue
                for leaf in _leaves(value):
                    if id(leaf) in seen:
                        continue
                    seen.add(id(leaf))
                    if predicate is None or predicate(leaf):
                        yield leaf
                    if recursive and isinstance(leaf, Module):
                        modules.append(leaf)

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator that lets a method run in the module's name scope."""

        @functools.wraps(method)
        def scoped(self: Module, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return scoped


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in sorted(value, key=str):
            yield from _leaves(value[key])
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
