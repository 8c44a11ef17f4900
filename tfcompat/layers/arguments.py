"""Layers that are made of their arguments: attributes, variables and configurations by the arguments' names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.layers.base_layer import Layer

C = TypeVar("C", bound=type)

_KINDS = {
    "activation": "activations",
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
}
_NOT_ARGUMENTS = ("self", "kwargs", "__class__")


def _kind(argument: str) -> str | None:
    """The module below `tf.keras` that knows the values of an argument; None for plain ones."""
    return _KINDS.get(argument.rpartition("_")[2])


def data_format_of(value: Any) -> str:
    """`value` in lower case, the default of `tf.keras.backend` for None; ValueError for an unknown format."""
    found = PUBLIC["keras.backend.image_data_format"]() if value is None else str(value).lower()
    if found not in ("channels_first", "channels_last"):
        raise ValueError(
            f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {value}'
        )
    return found  # type: ignore[no-any-return]


def _resolved(argument: str, value: Any) -> Any:
    if argument == "data_format":
        return data_format_of(value)
    kind = _kind(argument)
    return value if kind is None else PUBLIC[f"keras.{kind}.get"](value)


def keras_layer(*names: str, without: Sequence[str] = (), first: Sequence[str] = ()) -> Callable[[C], C]:
    """Decorator that publishes a layer as `tf.keras.layers.<name>`; its arguments make its configuration.

    Args:
        names: what the layer is called there.
        without: arguments, its own or those of its bases, that the configuration leaves out.
        first: arguments with which it begins; the others come in their order, those of the bases first.
    """

    def register(cls: C) -> C:
        left_out = {*_NOT_ARGUMENTS, "name", "trainable", *without}
        cls._arguments = tuple(a for a in dict.fromkeys((*first, *_arguments_of(cls))) if a not in left_out)  # type: ignore[attr-defined]
        return tf_export(*(f"keras.layers.{name}" for name in names))(cls)

    return register


def _arguments_of(cls: type) -> dict[str, None]:
    """The names of what `__init__` of a layer and of its bases takes, those of the bases first."""
    bases = [base for base in reversed(cls.__mro__) if issubclass(base, FromArguments) and "__init__" in vars(base)]
    parameters = [p for base in bases for p in inspect.signature(base.__init__).parameters.values()]  # type: ignore[misc]
    return dict.fromkeys(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)


class FromArguments(Layer):
    """Base of layers whose configuration is the arguments of their class; see `keras_layer`."""

    _arguments: tuple[str, ...] = ()

    if TYPE_CHECKING:  # the attributes that `take` makes

        def __getattr__(self, name: str) -> Any: ...

    def take(self, values: Mapping[str, Any]) -> None:
        """Makes the arguments of an `__init__`, its `locals()`, attributes.

        Names of activations, initializers, regularizers and constraints become what they name, and a `data_format`
        that is None the default one.
        """
        for name, value in values.items():
            if name not in _NOT_ARGUMENTS:
                setattr(self, name, _resolved(name, value))

    def add_part(self, name: str, shape: Any, after: str | None = None, **options: Any) -> Any:
        """Makes a variable with the initializer, the regularizer and the constraint that are attributes named after it.

        Args:
            name: its name.
            shape: its shape.
            after: what the attributes' names begin with; `name` by default.
            options: see `add_weight`.
        """
        made = {
            key: getattr(self, f"{after or name}_{key}", None) for key in ("initializer", "regularizer", "constraint")
        }
        return self.add_weight(name=name, shape=shape, **made, **options)

    def get_config(self) -> dict[str, Any]:
        """The arguments with which `from_config` makes a layer like this one."""
        return {**super().get_config(), **{name: self._described(name) for name in self._arguments}}

    def _described(self, argument: str) -> Any:
        kind, value = _kind(argument), getattr(self, argument)
        return value if kind is None else PUBLIC[f"keras.{kind}.serialize"](value)
