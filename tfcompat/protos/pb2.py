"""Stand-ins for TensorFlow's generated modules: `pb2_module("tensorflow.core.framework.graph_pb2").GraphDef`.

Such a module has the messages and enums of one proto file, the values of its enums (`types_pb2.DT_FLOAT`) and its
`DESCRIPTOR`; each is made when it is first asked for.
"""

from __future__ import annotations

import functools
import types
from typing import Any

from tfcompat.protos import pool

_MOVED = {
    "tensorflow.core.lib.core.error_codes_pb2": "tsl/protobuf/error_codes.proto",
    "tensorflow.core.protobuf.error_codes_pb2": "tsl/protobuf/error_codes.proto",
    "tensorflow.core.protobuf.graph_debug_info_pb2": "tensorflow/core/framework/graph_debug_info.proto",
    "tensorflow.core.protobuf.rpc_options_pb2": "tsl/protobuf/rpc_options.proto",
    "tensorflow.core.profiler.profile_pb2": "tsl/profiler/protobuf/profile.proto",
    "tensorflow.core.util.test_log_pb2": "tsl/protobuf/test_log.proto",
    "tensorflow.contrib.tensorboard.plugins.projector.projector_config_pb2": (
        "tensorboard/plugins/projector/projector_config.proto"
    ),
}
"""Modules whose proto file lies elsewhere now."""

_REEXPORTED = {
    "tensorflow.core.framework.summary_pb2": "tsl/protobuf/histogram.proto",
    "tensorflow.core.protobuf.config_pb2": "tsl/protobuf/rpc_options.proto",
}
"""Modules that also show what another file declares."""


def _module_name(path: str) -> str:
    return path.removesuffix(".proto").replace("/", ".") + "_pb2"


@functools.cache
def _paths() -> dict[str, tuple[str, ...]]:
    """Name of every module -> the proto files whose declarations it shows."""
    paths = {_module_name(path): (path,) for path in pool.table()}
    paths |= {f"tensorflow.{name}": path for name, path in paths.items() if name.startswith("tsl.")}
    paths |= {name: (path,) for name, path in _MOVED.items()}
    return paths | {name: (*paths[name], path) for name, path in _REEXPORTED.items()}


def pb2_names() -> list[str]:
    """Names of all modules that `pb2_module` can make, sorted."""
    return sorted(_paths())


@functools.cache
def pb2_module(name: str) -> types.ModuleType:
    """The module of this name; ModuleNotFoundError when the table has no such proto file."""
    if name not in _paths():
        raise ModuleNotFoundError(f"no protocol messages for the module {name!r}", name=name)
    paths = _paths()[name]
    module = types.ModuleType(name, f"Protocol messages of {paths[0]}.")
    declared = {name: where for path in paths for name, where in _declared(path).items()}

    def resolve(attribute: str) -> Any:
        if attribute == "DESCRIPTOR":
            value: Any = pool.POOL.FindFileByName(paths[0])
        elif attribute in declared:
            value = _value(*declared[attribute])
        else:
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        setattr(module, attribute, value)
        return value

    vars(module).update(__getattr__=resolve, __dir__=lambda: sorted({*vars(module), *declared, "DESCRIPTOR"}))
    return module


def _declared(path: str) -> dict[str, tuple[str, str]]:
    """What a file declares at its top level: name -> (messages, enums or values; full name)."""
    record = pool.table()[path]
    prefix = record["package"] + "."
    declared = {name: ("messages", prefix + name) for name in record.get("messages", ()) if "." not in name}
    for name, values in record.get("enums", {}).items():
        if "." not in name:
            declared[name] = ("enums", prefix + name)
            declared |= {value: ("values", f"{prefix}{name}.{value}") for value in values}
    return declared


def _value(kind: str, full_name: str) -> Any:
    if kind == "messages":
        return pool.message_class(full_name)
    return pool.enum(full_name) if kind == "enums" else pool.enum_value(full_name)
