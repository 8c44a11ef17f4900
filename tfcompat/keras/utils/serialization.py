"""Keras objects as dictionaries of a class name and a configuration, and back.

Names are looked up in the innermost `custom_object_scope`, among the objects given to a call, among the registered
ones, and in the table of the kind of object (losses, layers, ...), in this order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tfcompat.graph.export import tf_export

T = TypeVar("T")

_custom: dict[str, Any] = {}
_registered_names: dict[Any, str] = {}
_NESTED = "__passive_serialization__"


@tf_export("keras.utils.get_custom_objects", "keras.saving.get_custom_objects")
def get_custom_objects() -> dict[str, Any]:
    """The table of names that all programs' own objects are looked up in; a live dictionary, to be changed."""
    return _custom


@tf_export("keras.utils.CustomObjectScope", "keras.utils.custom_object_scope", "keras.saving.custom_object_scope")
class CustomObjectScope:
    """A scope in which names mean given objects; leaving it restores the table.

    Args:
        args: dictionaries from names to classes or functions.
    """

    def __init__(self, *args: Mapping[str, Any]):
        self.custom_objects = args
        self._before: dict[str, Any] = {}

    def __enter__(self) -> CustomObjectScope:
        self._before = dict(_custom)
        for objects in self.custom_objects:
            _custom.update(objects)
        return self

    def __exit__(self, *args: Any) -> None:
        _custom.clear()
        _custom.update(self._before)


@tf_export("keras.utils.register_keras_serializable", "keras.saving.register_keras_serializable")
def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """A decorator that makes a class or function known as "<package>>\\<name>" when objects are written and read.

    Args:
        package: first part of the name.
        name: second part; the object's own name by default.

    Raises:
        ValueError: a class without `get_config`, or a name that is taken.
    """

    def register(item: T) -> T:
        own = name or item.__name__  # type: ignore[attr-defined]
        full = f"{package}>{own}"
        if inspect.isclass(item) and not hasattr(item, "get_config"):
            raise ValueError("Cannot register a class that does not have a get_config() method.")
        if full in _custom:
            raise ValueError(f"{full} has already been registered to {_custom[full]}")
        if item in _registered_names:
            raise ValueError(f"{item} has already been registered to {_registered_names[item]}")
        _custom[full] = item
        _registered_names[item] = full
        return item

    return register


@tf_export("keras.utils.get_registered_name", "keras.saving.get_registered_name")
def get_registered_name(obj: Any) -> str:
    """The name under which a class or function is written: the registered one, else its own."""
    try:
        return _registered_names.get(obj) or obj.__name__
    except TypeError:
        return obj.__name__  # type: ignore[no-any-return]


@tf_export("keras.utils.get_registered_object", "keras.saving.get_registered_object")
def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """What `name` means, None for an unknown one.

    Args:
        name: name of a class or function.
        custom_objects: table that goes before the registered names.
        module_objects: table that comes last.
    """
    for table in (custom_objects, _custom, module_objects):
        if table and name in table:
            return table[name]
    return None


@tf_export(
    "keras.utils.serialize_keras_object", "keras.saving.serialize_keras_object",
    "keras.utils.legacy.serialize_keras_object",
)  # fmt: skip
def serialize_keras_object(instance: Any) -> Any:
    """{"class_name", "config"} of an object with `get_config`; the name of a function; None for None.

    Objects among the values of the configuration are written in the same way.

    Raises:
        ValueError: it has neither a configuration nor a name.
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        config = {key: _nested(value) for key, value in instance.get_config().items()}
        return {"class_name": get_registered_name(type(instance)), "config": config}
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    raise ValueError(f"Cannot serialize {instance} because it doesn't implement `get_config()`.")


def _nested(value: Any) -> Any:
    if isinstance(value, str):
        return value
    try:
        made = serialize_keras_object(value)
    except ValueError:
        return value
    if isinstance(made, dict) and not isinstance(value, dict):
        made[_NESTED] = True
    return made


def resolved(identifier: Any, deserialize: Callable[[Any], Any], what: str) -> Any:
    """The object that `identifier` stands for: what `deserialize` makes of a name or dictionary, or a function itself.

    Raises:
        ValueError: it is nothing of these; the message calls it the identifier of `what`.
    """
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret {what} identifier: {identifier}")


@tf_export(
    "keras.utils.deserialize_keras_object", "keras.saving.deserialize_keras_object",
    "keras.utils.legacy.deserialize_keras_object",
)  # fmt: skip
def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
    safe_mode: bool = True,
) -> Any:
    """The object that `serialize_keras_object` wrote.

    Args:
        identifier: such a dictionary; a name, of a function or of a class to call without arguments; a function, which
            is the result itself; None.
        module_objects: table of the names of this kind of object.
        custom_objects: table that goes before it and the registered names.
        printable_module_name: what to call the kind in messages.
        safe_mode: has no effect, code is never read.

    Raises:
        ValueError: an unknown name, or an argument of another form.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return _from_config(identifier, module_objects, custom_objects, printable_module_name)
    if isinstance(identifier, str):
        found = _looked_up(identifier, module_objects, custom_objects, printable_module_name)
        return found() if inspect.isclass(found) else found
    if inspect.isfunction(identifier):
        return identifier
    raise ValueError(f"Could not interpret serialized {printable_module_name}: {identifier}")


def _from_config(
    written: dict[str, Any],
    module_objects: Mapping[str, Any] | None,
    custom_objects: Mapping[str, Any] | None,
    kind: str,
) -> Any:
    cls, config = class_and_config(written, module_objects, custom_objects, kind)
    if not hasattr(cls, "from_config"):
        with CustomObjectScope(custom_objects or {}):
            return cls(**config)
    if "custom_objects" in inspect.signature(cls.from_config).parameters:
        return cls.from_config(config, custom_objects={**_custom, **(custom_objects or {})})
    with CustomObjectScope(custom_objects or {}):
        return cls.from_config(config)


def class_and_config(
    written: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    kind: str = "object",
) -> tuple[Any, dict[str, Any]]:
    """The class that a dictionary names, and its configuration with the objects in it made.

    Raises:
        ValueError: an unknown class, or no such dictionary.
    """
    if not isinstance(written, dict) or "class_name" not in written or "config" not in written:
        raise ValueError(
            f"Improper config format for {written}. Expecting python dict contains `class_name` and `config` as keys"
        )
    cls = _looked_up(written["class_name"], module_objects, custom_objects, kind)
    config = written["config"]
    if not isinstance(config, dict):
        return cls, config
    return cls, {key: _made(value, custom_objects, kind) for key, value in config.items()}


def _made(value: Any, custom_objects: Mapping[str, Any] | None, kind: str) -> Any:
    """A value of a configuration: objects that were written are made, names of registered functions looked up."""
    if isinstance(value, dict) and _NESTED in value:
        bare = {k: v for k, v in value.items() if k != _NESTED}
        return deserialize_keras_object(
            bare, module_objects={}, custom_objects=custom_objects, printable_module_name="config_item"
        )
    if isinstance(value, str):
        found = get_registered_object(value, custom_objects)
        return found if inspect.isfunction(found) else value
    return value


def _looked_up(
    name: str, module_objects: Mapping[str, Any] | None, custom_objects: Mapping[str, Any] | None, kind: str
) -> Any:
    found = get_registered_object(name, custom_objects, module_objects)
    if found is None:
        raise ValueError(
            f"Unknown {kind}: {name!r}. An object of your own has to be given in `custom_objects`, or in a "
            "`tf.keras.utils.custom_object_scope`."
        )
    return found
