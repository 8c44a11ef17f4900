"""Message classes built from the field table, in a private descriptor pool.

A class is made when its name is first asked for, together with the proto files its own file depends on. Nothing is
registered in the default pool of google.protobuf, so the generated modules of a real TensorFlow can be loaded in the
same process; classes of the two differ, their bytes and text are the same.

The table (`fields.jsonl`, one proto file a line) is written by `scripts/make_proto_table.py`, which describes it.
"""

from __future__ import annotations

import copyreg
import functools
import json
import pathlib
import threading
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import enum_type_wrapper

_TABLE = pathlib.Path(__file__).with_name("fields.jsonl")
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS: dict[str, int] = {
    name.removeprefix("TYPE_").lower(): number
    for name, number in _FIELD.Type.items()
    if name not in ("TYPE_MESSAGE", "TYPE_ENUM", "TYPE_GROUP")
}
_LABELS = {"repeated": _FIELD.LABEL_REPEATED, "required": _FIELD.LABEL_REQUIRED}
_lock = threading.RLock()
_named_files: set[str] = set()


@functools.cache
def table() -> dict[str, dict[str, Any]]:
    """The field table: path of a proto file -> its record."""
    records = map(json.loads, _TABLE.read_text(encoding="utf-8").splitlines())
    return {record["file"]: record for record in records}


@functools.cache
def _kind_and_file() -> dict[str, tuple[str, str]]:
    """Full name of every message and enum -> ("messages" or "enums", path of the file that declares it)."""
    return {
        f"{record['package']}.{name}": (kind, path)
        for path, record in table().items()
        for kind in ("messages", "enums")
        for name in record.get(kind, ())
    }


@functools.cache
def _packages() -> frozenset[str]:
    """Every package of the table and the packages around it."""
    parts = (record["package"].split(".") for record in table().values())
    return frozenset(".".join(part[: i + 1]) for part in parts for i in range(len(part)))


def kind_of(full_name: str) -> str | None:
    """What a full name is: "messages", "enums", "package", or None when the table does not have it."""
    if full_name in _kind_and_file():
        return _kind_and_file()[full_name][0]
    return "package" if full_name in _packages() else None


def names(kind: str = "messages") -> list[str]:
    """Full names of all messages (`kind="messages"`) or enums (`kind="enums"`) of the table, nested ones included."""
    return [name for name, (its_kind, _) in _kind_and_file().items() if its_kind == kind]


def _file_with(full_name: str, kind: str) -> dict[str, Any]:
    """The record of the file that declares a message or enum; KeyError when there is none."""
    if kind_of(full_name) != kind:
        raise KeyError(f"no {kind.removesuffix('s')} {full_name!r} in the table of protocol messages")
    return table()[_kind_and_file()[full_name][1]]


@functools.cache
def message_class(full_name: str) -> type[Any]:
    """The class of a message, such as `message_class("tensorflow.GraphDef")`; KeyError when the table has none."""
    _file_with(full_name, "messages")
    with _lock:
        descriptor = POOL.FindMessageTypeByName(full_name)
        _name_classes(descriptor.file)
        cls: type[Any] = message_factory.GetMessageClass(descriptor)
        return cls


@functools.cache
def enum(full_name: str) -> enum_type_wrapper.EnumTypeWrapper:
    """An enum as protobuf's wrapper (`.Name`, `.Value`, values as attributes); KeyError when the table has none."""
    _file_with(full_name, "enums")
    with _lock:
        return enum_type_wrapper.EnumTypeWrapper(POOL.FindEnumTypeByName(full_name))


def enum_value(full_name: str) -> int:
    """Number of an enum value, such as `enum_value("tensorflow.DataType.DT_FLOAT")`; KeyError when there is none."""
    enum_name, _, value_name = full_name.rpartition(".")
    record = _file_with(enum_name, "enums")
    values: dict[str, int] = record["enums"][enum_name.removeprefix(record["package"] + ".")]
    return values[value_name]


def _name_classes(file: Any) -> None:
    """Gives the classes of a file and of the files it needs their public names, and pickling by full name.

    Protobuf itself pickles nested messages through the default pool, where these are not.
    """
    if file.name in _named_files:
        return
    _named_files.add(file.name)
    for dependency in file.dependencies:
        _name_classes(dependency)
    todo = list(file.message_types_by_name.values())
    while todo:
        descriptor = todo.pop()
        todo += descriptor.nested_types
        cls = message_factory.GetMessageClass(descriptor)
        cls.__module__ = __package__
        cls.__qualname__ = descriptor.full_name.removeprefix("tensorflow.")
        copyreg.pickle(cls, _reduce)


def _reduce(message: Any) -> tuple[Any, ...]:
    return _from_bytes, (message.DESCRIPTOR.full_name, message.SerializePartialToString())


def _from_bytes(full_name: str, serialized: bytes) -> Any:
    return message_class(full_name).FromString(serialized)


class _TableDatabase:
    """What a DescriptorPool asks for files that it does not hold yet."""

    def FindFileByName(self, path: str) -> descriptor_pb2.FileDescriptorProto:
        return file_descriptor_proto(table()[path])

    def FindFileContainingSymbol(self, symbol: str) -> descriptor_pb2.FileDescriptorProto:
        while symbol and symbol not in _kind_and_file():
            symbol = symbol.rpartition(".")[0]
        return self.FindFileByName(_kind_and_file()[symbol][1])


POOL = descriptor_pool.DescriptorPool(_TableDatabase())
"""The private pool; it takes files from the table as they are needed."""


def file_descriptor_proto(record: dict[str, Any]) -> descriptor_pb2.FileDescriptorProto:
    """The descriptor of one proto file, from its record in the table."""
    file = descriptor_pb2.FileDescriptorProto(name=record["file"], package=record["package"], syntax=record["syntax"])
    builders: dict[str, Any] = {}
    used: set[str] = set()
    for name, fields in record.get("messages", {}).items():
        parent, _, short = name.rpartition(".")
        message = builders[parent].nested_type.add() if parent else file.message_type.add()
        message.name = short
        builders[name] = message
        for row in fields:
            used.update(_add_field(message, f"{record['package']}.{name}", row, record["syntax"]))
    for name, values in record.get("enums", {}).items():
        parent, _, short = name.rpartition(".")
        _add_enum((builders[parent] if parent else file).enum_type.add(), short, values)
    file.dependency.extend(sorted({_kind_and_file()[name][1] for name in used} - {record["file"]}))
    return file


def _add_enum(enum_type: Any, name: str, values: dict[str, int]) -> None:
    enum_type.name = name
    for value_name, number in values.items():
        enum_type.value.add(name=value_name, number=number)
    if len(set(values.values())) < len(values):
        enum_type.options.allow_alias = True


def _add_field(message: Any, full_name: str, row: list[Any], syntax: str) -> list[str]:
    """Adds the field of a table row to a message; returns the full names of the messages and enums it mentions."""
    number, name, type_name, *flags = row
    if type_name.startswith("map<"):
        return _add_map_field(message, full_name, number, name, type_name)
    field = message.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL)
    for flag in flags:
        _apply_flag(message, field, flag)
    if syntax == "proto3" and "unpacked" in flags:
        field.options.packed = False
    return _set_type(field, type_name, is_enum="enum" in flags)


def _apply_flag(message: Any, field: Any, flag: str) -> None:
    key, _, value = flag.partition(":")
    if key in _LABELS:
        field.label = _LABELS[key]
    elif key == "oneof":
        field.oneof_index = _oneof_index(message, value)
    elif key == "optional":
        field.proto3_optional = True
        field.oneof_index = _oneof_index(message, f"_{field.name}")
    elif key == "packed":
        field.options.packed = True
    elif key == "deprecated":
        field.options.deprecated = True
    elif key == "default":
        field.default_value = value


def _oneof_index(message: Any, name: str) -> int:
    """Index of a oneof of the message, declared when it is new."""
    declared = [oneof.name for oneof in message.oneof_decl]
    if name not in declared:
        message.oneof_decl.add(name=name)
        return len(declared)
    return declared.index(name)


def _add_map_field(message: Any, full_name: str, number: int, name: str, type_name: str) -> list[str]:
    """A map is a repeated field of a nested entry message with the fields key and value."""
    entry_name = "".join(part.capitalize() for part in name.split("_")) + "Entry"
    entry = message.nested_type.add(name=entry_name)
    entry.options.map_entry = True
    key_type, value_type = type_name[len("map<") : -1].split(",")
    used = []
    for entry_number, entry_field, entry_type in ((1, "key", key_type), (2, "value", value_type)):
        field = entry.field.add(name=entry_field, number=entry_number, label=_FIELD.LABEL_OPTIONAL)
        used += _set_type(field, entry_type, is_enum=False)
    message.field.add(
        name=name,
        number=number,
        label=_FIELD.LABEL_REPEATED,
        type=_FIELD.TYPE_MESSAGE,
        type_name=f".{full_name}.{entry_name}",
    )
    return used


def _set_type(field: Any, type_name: str, is_enum: bool) -> list[str]:
    if type_name in _SCALARS:
        field.type = _SCALARS[type_name]
        return []
    field.type = _FIELD.TYPE_ENUM if is_enum else _FIELD.TYPE_MESSAGE
    field.type_name = f".{type_name}"
    return [type_name]
