"""The namespace of `tf.compat.v1`: `import tfcompat.compat.v1 as tf`. Names are found when they are first used."""

from typing import Any

from tfcompat import namespace as _namespace

_root = _namespace.build(__name__)
globals().update({name: value for name, value in vars(_root).items() if not name.startswith("_")})


def __getattr__(name: str) -> Any:
    value = getattr(_root, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_root)})
