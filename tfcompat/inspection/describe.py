"""Models and checkpoints as plain data: signatures, operations, variables, sizes. Nothing is run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tfcompat import protos
from tfcompat.conversion import source
from tfcompat.graph import dtypes
from tfcompat.saved_model import files
from tfcompat.saved_model.loader import asset_files
from tfcompat.saved_model.signatures import tensor_names

CHECKPOINT_ONLY, ONNX = "variables", "onnx"
_WITHOUT_INPUT = frozenset({"Placeholder", "PlaceholderV2", "PlaceholderWithDefault"})


def describe(path: str) -> dict[str, Any]:
    """What is in a file or directory.

    Returns:
        `path`, `kind`, `bytes`, and as far as there are any: `graphs` (each with tags, signatures, node counts by op,
        placeholders, functions, bytes of constants), `variables` (name, dtype, shape, bytes), `assets`.

    Raises:
        UnreadableSource: there is nothing that is known.
        OSError, OpError: a file is damaged.
    """
    kind, found = _kind_of(path)
    about: dict[str, Any] = {"path": path, "kind": kind, "bytes": _bytes_of(path, kind, found)}
    if kind == ONNX:
        return about | _onnx(found)
    prefix = found if kind in (source.CHECKPOINT, CHECKPOINT_ONLY) else None
    if kind == source.SAVED_MODEL:
        model = files.read_saved_model(found)
        about["graphs"] = [_meta_graph(m) for m in model.meta_graphs]
        about["assets"] = sorted({a.filename for m in model.meta_graphs for a in asset_files(m)})
        prefix = files.variables_prefix(found)
        prefix = prefix if os.path.isfile(prefix + ".index") else None
    elif kind != CHECKPOINT_ONLY:
        message = source.read_graph(found + ".meta" if kind == source.CHECKPOINT else found)
        is_meta = hasattr(message, "graph_def")
        about["kind"] = source.META_GRAPH if is_meta and kind == source.GRAPH_DEF else kind
        about["graphs"] = [_meta_graph(message) if is_meta else graph_facts(message)]
    if prefix is not None:
        about["variables"] = variables_of(prefix)
    return about


def _kind_of(path: str) -> tuple[str, str]:
    if path.endswith(".onnx") and os.path.isfile(path):
        return ONNX, path
    bare = path.removesuffix(".index").removesuffix(".data-00000-of-00001")
    if os.path.isfile(bare + ".index") and not os.path.isfile(bare + ".meta"):
        return CHECKPOINT_ONLY, bare
    if os.path.isfile(path) and bare == path and source.is_table(path) and not os.path.isfile(path + ".meta"):
        return CHECKPOINT_ONLY, path
    if os.path.isdir(path) and not files.contains_saved_model(path):
        from tfcompat.io.checkpoint.state import latest_checkpoint

        latest = latest_checkpoint(path)
        if latest is not None:
            return (source.CHECKPOINT if os.path.isfile(latest + ".meta") else CHECKPOINT_ONLY), latest
    return source.kind_of(path)


def _bytes_of(path: str, kind: str, found: str) -> int:
    if os.path.isdir(path):
        return sum(os.path.getsize(os.path.join(d, f)) for d, _, names in os.walk(path) for f in names)
    if kind in (source.CHECKPOINT, CHECKPOINT_ONLY):
        folder, name = os.path.split(found)
        names = os.listdir(folder or ".")
        return sum(os.path.getsize(os.path.join(folder, n)) for n in names if n == name or n.startswith(name + "."))
    return os.path.getsize(path)


def variables_of(prefix: str) -> list[dict[str, Any]]:
    """The tensors of a checkpoint by name: `name`, `dtype`, `shape`, `bytes` (None for strings)."""
    from tfcompat.io.checkpoint.reader import new_checkpoint_reader

    reader = new_checkpoint_reader(prefix)
    types = reader.get_variable_to_dtype_map()
    found = []
    for name, shape in sorted(reader.get_variable_to_shape_map().items()):
        dtype = types[name]
        size = None if dtype is dtypes.string else _count(shape) * dtype.size
        found.append({"name": name, "dtype": dtype.name, "shape": list(shape), "bytes": size})
    return found


def _count(shape: Iterable[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _meta_graph(meta: Any) -> dict[str, Any]:
    about = graph_facts(meta.graph_def)
    return {
        "tags": list(meta.meta_info_def.tags),
        "tensorflow": meta.meta_info_def.tensorflow_version,
        "signatures": {
            name: {
                "method": signature.method_name,
                "inputs": _infos(signature.inputs),
                "outputs": _infos(signature.outputs),
            }
            for name, signature in sorted(meta.signature_def.items())
            if not name.startswith("__saved_model_")
        },
        "collections": {n: _members(c) for n, c in sorted(meta.collection_def.items())},
        **about,
    }


def _members(collection: Any) -> int:
    kind = collection.WhichOneof("kind")
    return 0 if kind is None else len(getattr(collection, kind).value)


def _infos(infos: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "tensor": ", ".join(tensor_names(info)),
            "dtype": _dtype_name(info.dtype),
            "shape": dims_of(info.tensor_shape),
        }
        for name, info in sorted(infos.items())
    }


def _dtype_name(number: int) -> str:
    try:
        return dtypes.as_dtype(number).name
    except (TypeError, ValueError, KeyError):
        return f"type {number}"


def dims_of(shape: Any) -> list[int | None] | None:
    """A `TensorShapeProto` as a list; None for unknown ranks."""
    return None if shape.unknown_rank else [None if d.size < 0 else d.size for d in shape.dim]


def graph_facts(graph_def: Any) -> dict[str, Any]:
    """Counts, placeholders and the bytes of constants of a `GraphDef`; op types that nothing here can run."""
    functions = graph_def.library.function
    everything = [*graph_def.node, *(n for f in functions for n in f.node_def)]
    names = {f.signature.name for f in functions}
    ops = Counter(n.op for n in everything)
    return {
        "nodes": len(graph_def.node),
        "ops": dict(sorted(ops.items(), key=lambda item: (-item[1], item[0]))),
        "functions": {f.signature.name: len(f.node_def) for f in functions},
        "placeholders": [_placeholder(n) for n in graph_def.node if n.op in _WITHOUT_INPUT],
        "constant_bytes": sum(n.attr["value"].tensor.ByteSize() for n in everything if n.op == "Const"),
        "producer": graph_def.versions.producer,
        "unsupported": [o for o in sorted(ops) if o not in names and not is_supported(o)],
    }


def _placeholder(node: Any) -> dict[str, Any]:
    shape = node.attr["shape"].shape if "shape" in node.attr else protos.TensorShapeProto(unknown_rank=True)
    return {"name": f"{node.name}:0", "dtype": _dtype_name(node.attr["dtype"].type), "shape": dims_of(shape)}


def is_supported(op_type: str) -> bool:
    """Whether operations of a type run, for some of their types of values at least."""
    import tfcompat.compat.v1  # noqa: F401 - fills the registries
    from converters.registry import converts, converts_complex, converts_lists, converts_state, load_families
    from tfcompat.graph import registry
    from tfcompat.graph.function_def import BODIES
    from tfcompat.graph.state import PROBE_OPS, VARIABLE_OPS

    load_families()
    places = (registry.kernel, registry.state_kernel, registry.variant_kernel, registry.decomposes, converts,
              converts_complex, converts_lists, converts_state)  # fmt: skip
    return op_type in _BUILT_IN | PROBE_OPS | VARIABLE_OPS | BODIES.keys() or any(op_type in p for p in places)


_BUILT_IN = frozenset({
    "Const", "NoOp", "Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "Switch", "RefSwitch", "Merge",
    "RefMerge", "Enter", "RefEnter", "Exit", "RefExit", "NextIteration", "RefNextIteration", "LoopCond",
    "ControlTrigger",
})  # fmt: skip


def _onnx(path: str) -> dict[str, Any]:
    import onnx

    from tfcompat.conversion.counting import operators

    model = onnx.load(path, load_external_data=False)

    def ends(infos: Iterable[Any]) -> dict[str, Any]:
        found = {}
        for info in infos:
            tensor = info.type.tensor_type
            shape = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
            dtype = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
            found[info.name] = {"tensor": info.name, "dtype": dtype, "shape": shape}
        return found

    counted = operators(model)
    weights = [
        {
            "name": i.name,
            "dtype": onnx.TensorProto.DataType.Name(i.data_type).lower(),
            "shape": list(i.dims),
            "bytes": len(i.raw_data) or None,
        }
        for i in model.graph.initializer
    ]
    return {
        "opset": {o.domain or "ai.onnx": o.version for o in model.opset_import},
        "graphs": [
            {
                "nodes": len(model.graph.node),
                "ops": dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))),
                "signatures": {"": {"inputs": ends(model.graph.input), "outputs": ends(model.graph.output)}},
            }
        ],
        "variables": weights,
    }
