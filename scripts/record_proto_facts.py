"""Prints the fields of protocol messages as facts for scripts/make_proto_table.py.

    python scripts/record_proto_facts.py [MODULE...] > facts.jsonl

Run with a Python that has TensorFlow; MODULE is a generated module such as tensorflow.core.profiler.tfprof_log_pb2,
by default those of the running version in MODULES. One JSON object a line: every message and enum declared in the
modules, nested ones included.
"""

import argparse
import importlib
import json

from google.protobuf import descriptor_pb2

FIELD = descriptor_pb2.FieldDescriptorProto
MODULES = {
    "2": [
        "google.protobuf.wrappers_pb2",
        "tensorflow.compiler.mlir.quantization.tensorflow.quantization_options_pb2",
        "tensorflow.core.debug.debug_service_pb2",
        "tensorflow.core.debug.debugger_event_metadata_pb2",
        "tensorflow.core.framework.api_def_pb2",
        "tensorflow.core.framework.dataset_options_pb2",
        "tensorflow.core.framework.graph_transfer_info_pb2",
        "tensorflow.core.framework.kernel_def_pb2",
        "tensorflow.core.framework.log_memory_pb2",
        "tensorflow.core.framework.model_pb2",
        "tensorflow.core.framework.types_pb2",
        "tensorflow.core.profiler.tfprof_log_pb2",
        "tensorflow.core.profiler.tfprof_options_pb2",
        "tensorflow.core.profiler.tfprof_output_pb2",
        "tensorflow.core.protobuf.data_service_pb2",
        "tensorflow.core.protobuf.device_properties_pb2",
        "tensorflow.core.protobuf.tpu.topology_pb2",
        "tensorflow.core.util.event_pb2",
        "tensorflow.python.framework.cpp_shape_inference_pb2",
        "tensorflow.python.keras.protobuf.saved_metadata_pb2",
        "tensorflow.python.keras.protobuf.versions_pb2",
        "tensorflow.tsl.profiler.protobuf.profile_pb2",
        "tensorflow.tsl.protobuf.test_log_pb2",
    ],
    "1": [
        "tensorboard.plugins.projector.projector_config_pb2",
        "tensorflow.contrib.session_bundle.manifest_pb2",
        "tensorflow.contrib.training.python.training.hparam_pb2",
        "tensorflow.core.kernels.boosted_trees.boosted_trees_pb2",
    ],
}
PACKABLE_NOT = {FIELD.TYPE_STRING, FIELD.TYPE_BYTES, FIELD.TYPE_MESSAGE, FIELD.TYPE_GROUP}


def type_name(field) -> str:
    """The field's type: a scalar name, or the full name of its message or enum."""
    if field.type_name:
        return field.type_name.lstrip(".")
    return FIELD.Type.Name(field.type)[len("TYPE_") :].lower()


def map_type(entry) -> str:
    """`map<key,value>` of a map-entry message."""
    key, value = sorted(entry.field, key=lambda f: f.number)
    return f"map<{type_name(key)},{type_name(value)}>"


def field_facts(message, full_name: str, field, syntax: str) -> dict:
    """The facts of one field."""
    entries = {f"{full_name}.{n.name}": n for n in message.nested_type if n.options.map_entry}
    facts = {"name": field.name, "number": field.number, "type": type_name(field)}
    if facts["type"] in entries:
        facts["type"] = map_type(entries[facts["type"]])
        return facts
    if field.label == FIELD.LABEL_REPEATED:
        facts["label"] = "repeated"
        packed = field.options.packed if field.options.HasField("packed") else syntax == "proto3"
        if packed and field.type not in PACKABLE_NOT:
            facts["packed"] = True
    elif field.label == FIELD.LABEL_REQUIRED:
        facts["label"] = "required"
    if field.type == FIELD.TYPE_ENUM:
        facts["enum"] = True
    if field.proto3_optional:
        facts["optional"] = True
    elif field.HasField("oneof_index"):
        facts["oneof"] = message.oneof_decl[field.oneof_index].name
    if field.HasField("default_value"):
        facts["default"] = field.default_value
    if field.options.deprecated:
        facts["deprecated"] = True
    return facts


def message_facts(message, full_name: str, file):
    """Yields the facts of a message and of what it nests."""
    syntax = file.syntax or "proto2"
    fields = [field_facts(message, full_name, field, syntax) for field in message.field]
    yield {"message": full_name, "file": file.name, "syntax": syntax, "fields": fields}
    for nested in message.nested_type:
        if not nested.options.map_entry:
            yield from message_facts(nested, f"{full_name}.{nested.name}", file)
    for enum in message.enum_type:
        yield enum_facts(enum, f"{full_name}.{enum.name}", file)


def enum_facts(enum, full_name: str, file) -> dict:
    """The facts of an enum."""
    return {"enum": full_name, "file": file.name, "values": {value.name: value.number for value in enum.value}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="generated module to describe")
    modules = parser.parse_args().modules
    for module in modules or MODULES[importlib.import_module("tensorflow").__version__[0]]:
        file = descriptor_pb2.FileDescriptorProto.FromString(importlib.import_module(module).DESCRIPTOR.serialized_pb)
        prefix = f"{file.package}." if file.package else ""
        for message in file.message_type:
            for facts in message_facts(message, prefix + message.name, file):
                print(json.dumps(facts, separators=(",", ":")))
        for enum in file.enum_type:
            print(json.dumps(enum_facts(enum, prefix + enum.name, file), separators=(",", ":")))


if __name__ == "__main__":
    main()
