"""Writes converters/kernel_types.json: which element types ONNX Runtime's CPU kernels take, per operator, at our opset.

    python scripts/make_kernel_table.py

Read from the installed onnx (operator schemas) and onnxruntime (registered kernels). An operator without a kernel that
ONNX Runtime can expand from its function body is listed with the types of its schema.
"""

import argparse
import json
import pathlib

import onnx
from onnxruntime.capi import onnxruntime_pybind11_state as ort

from converters.opset import OPSET

TARGET = pathlib.Path(__file__).parent.parent / "converters" / "kernel_types.json"
ONNX_NAMES = {"float": "float32", "double": "float64"}


def element_types(type_strings) -> set[str]:
    """{"tensor(float)", "seq(...)"} -> {"float32"}."""
    inner = (t[len("tensor(") : -1] for t in type_strings if t.startswith("tensor("))
    return {ONNX_NAMES.get(t, t) for t in inner}


def kernels(domain: str, version: int) -> dict[str, list[dict[str, set[str]]]]:
    """Operator -> one {type variable: element types} per CPU kernel that serves `version`."""
    found: dict[str, list[dict[str, set[str]]]] = {}
    for kernel in ort.get_all_opkernel_def():
        first, last = kernel.version_range
        if kernel.provider != "CPUExecutionProvider" or kernel.domain != domain or not first <= version <= last:
            continue
        types = {name: element_types(allowed) for name, allowed in kernel.type_constraints.items()}
        found.setdefault(kernel.op_name, []).append(types)
    return found


def schema_record(schema, kernel_rows) -> dict | None:
    """One operator's input and output type variables and the element types that run."""
    variables = {c.type_param_str: element_types(c.allowed_type_strs) for c in schema.type_constraints}
    if kernel_rows is None and not schema.has_function:
        return None
    allowed = {}
    for name, schema_types in variables.items():
        rows = [row[name] for row in kernel_rows or () if name in row]
        allowed[name] = sorted(schema_types & set().union(*rows) if rows else schema_types)

    def spelled(arguments):
        return [
            next(iter(element_types(a.types)), "") if a.type_str not in variables else a.type_str for a in arguments
        ]

    record = {"inputs": spelled(schema.inputs), "outputs": spelled(schema.outputs), "types": allowed}
    if schema.inputs and schema.inputs[-1].option == onnx.defs.OpSchema.FormalParameterOption.Variadic:
        record["variadic"] = True
    return record


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    table = {}
    served = kernels("", OPSET)
    for name in sorted({s.name for s in onnx.defs.get_all_schemas() if s.domain == ""}):
        try:
            schema = onnx.defs.get_schema(name, OPSET)
        except onnx.defs.SchemaError:
            continue
        record = None if schema.deprecated else schema_record(schema, served.get(name))
        if record is not None:
            table[name] = record
    contrib = kernels("com.microsoft", 1)
    for schema in ort.get_all_operator_schema():
        if schema.domain == "com.microsoft" and schema.name in contrib:
            table["com.microsoft." + schema.name] = contrib_record(schema, contrib[schema.name])
    with TARGET.open("w") as out:
        rows = (f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in sorted(table.items()))
        out.write("{\n" + ",\n".join(rows) + "\n}\n")


def contrib_record(schema, kernel_rows) -> dict:
    """The record of a com.microsoft operator; its schema classes are ONNX Runtime's own."""
    variables = {c.type_param_str: element_types(c.allowed_type_strs) for c in schema.type_constraints}
    allowed = {}
    for name, schema_types in variables.items():
        rows = [row[name] for row in kernel_rows if name in row]
        allowed[name] = sorted(schema_types & set().union(*rows) if rows else schema_types)
    return {
        "inputs": [a.typeStr for a in schema.inputs],
        "outputs": [a.typeStr for a in schema.outputs],
        "types": allowed,
    }


if __name__ == "__main__":
    main()
