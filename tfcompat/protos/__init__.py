"""TensorFlow's protocol messages, made on first use from a table of fields, without generated code.

A class or enum of the package `tensorflow` is an attribute here (`protos.GraphDef`, `protos.DataType`), one of another
package is found along its dotted name (`protos.tfprof.AdviceProto`). Bytes and text equal those of the real messages.
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any, TypeVar

_MessageT = TypeVar("_MessageT")
_SUBMODULES = ("pb2", "pool", "public", "tensor_proto")


def _pool() -> Any:
    return importlib.import_module("tfcompat.protos.pool")


class _Package:
    """A package, such as `tensorflow.tfprof`; its messages, enums and packages are attributes."""

    def __init__(self, full_name: str) -> None:
        self.__name__ = full_name

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = _lookup(f"{self.__name__}.{name}")
        return value

    def __repr__(self) -> str:
        return f"<package {self.__name__} of protocol messages>"


def _lookup(full_name: str) -> Any:
    pool = _pool()
    kind = pool.kind_of(full_name)
    if kind == "package":
        return _Package(full_name)
    if kind is None:
        raise AttributeError(f"no protocol message, enum or package {full_name!r}")
    return pool.message_class(full_name) if kind == "messages" else pool.enum(full_name)


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES or name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    inside = f"tensorflow.{name}"
    value = globals()[name] = _lookup(name if _pool().kind_of(inside) is None and name.islower() else inside)
    return value


def __dir__() -> list[str]:
    pool = _pool()
    full_names = pool.names("messages") + pool.names("enums")
    return sorted({*globals(), *(name.split(".")[1] for name in full_names if name.startswith("tensorflow."))})


def parse_text(text: str | bytes, cls: type[_MessageT]) -> _MessageT:
    """The message of class `cls` that `text` in protobuf's text format describes.

    Names inside `google.protobuf.Any` are looked up among these messages. Raises
    `google.protobuf.text_format.ParseError`, with the line and column, when the text does not parse.
    """
    from google.protobuf import text_format

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # escapes that Python does not know
            message: _MessageT = text_format.Parse(text, cls(), descriptor_pool=_pool().POOL)
    except RecursionError:
        raise text_format.ParseError("The text has messages in messages, too many to be read.") from None
    return message


def to_text(message: Any, **options: Any) -> str:
    """The message in protobuf's text format; `options` go to `text_format.MessageToString` (`as_one_line`, ...)."""
    from google.protobuf import text_format

    options.setdefault("as_utf8", False)
    text: str = text_format.MessageToString(message, descriptor_pool=_pool().POOL, **options)
    return text
