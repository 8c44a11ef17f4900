"""The namespace of `tf.compat.v1`: `import tfcompat.compat.v1 as tf`."""

from typing import Any

from tfcompat import namespace as _namespace

globals().update(_namespace.build(__name__))

_root = _namespace.PublicModule(__name__, "")


def __getattr__(name: str) -> Any:
    value = getattr(_root, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_root)})
