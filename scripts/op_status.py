"""Shows what is known of op types: the definition, and which of its parts exist.

python scripts/op_status.py Cross Roll
"""

import argparse
import inspect
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tfcompat.compat.v1  # noqa: E402, F401 - fills the registries
from converters.registry import converts, converts_state, load_families  # noqa: E402
from tfcompat.graph import registry  # noqa: E402
from tfcompat.graph.export import PUBLIC  # noqa: E402
from tfcompat.graph.op_def import ArgDef, OpDef, is_defined, op_def  # noqa: E402

PARTS = {
    "shape function": (registry.shape_of,),
    "gradient": (registry.gradient_of,),
    "converter": (converts, converts_state),
    "decomposition": (registry.decomposes,),
    "host kernel": (registry.kernel, registry.state_kernel),
}


def argument(arg: ArgDef) -> str:
    """An input or output as `name: type`, with a star for lists and an ampersand for references."""
    kind = arg.type.name if arg.type is not None else arg.type_attr or arg.type_list_attr
    return f"{arg.name}: {'&' if arg.is_ref else ''}{kind}{'*' if arg.is_list else ''}"


def described(definition: OpDef) -> list[str]:
    """The definition in a few lines."""
    inputs, outputs = (", ".join(map(argument, args)) for args in (definition.inputs, definition.outputs))
    lines = [f"{definition.name}({inputs}) -> {outputs or 'nothing'}{' [stateful]' if definition.is_stateful else ''}"]
    for name, attr in definition.attrs.items():
        allowed = " ".join(getattr(value, "name", str(value)) for value in attr.allowed or ())
        default = f" = {getattr(attr.default, 'name', attr.default)}" if attr.has_default else ""
        lines.append(f"  {name}: {allowed or attr.type}{default}")
    return lines


def place(value: object) -> str:
    """Where a registered function is defined."""
    if value is registry.NOT_DIFFERENTIABLE:
        return "not differentiable"
    module = inspect.getmodule(value)
    return module.__name__ if module else type(value).__name__


def public_names(op_type: str) -> list[str]:
    """The public functions that are plain wrappers of the op type, or that are named like it."""
    plain = op_type.lower()
    return sorted(
        f"tf.{name}"
        for name in PUBLIC
        if not name.startswith("raw_ops.") and name.rpartition(".")[2].replace("_", "") == plain
    )


def status(op_type: str) -> list[str]:
    """The lines that are printed for one op type."""
    lines = described(op_def(op_type))
    lines.append(f"  {'public function':18} {' '.join(public_names(op_type)) or '-'}")
    for part, registries in PARTS.items():
        found = [place(table.get(op_type)) for table in registries if op_type in table]
        lines.append(f"  {part:18} {' '.join(found) or '-'}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("op_types", nargs="+", metavar="op_type")
    options = parser.parse_args()
    if unknown := [name for name in options.op_types if not is_defined(name)]:
        parser.error(f"not in the table of op definitions: {', '.join(unknown)}")
    load_families()
    print("\n".join(line for name in options.op_types for line in status(name)))


if __name__ == "__main__":
    main()
