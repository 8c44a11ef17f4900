"""Models in files, of whatever kind, loaded into a session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfcompat import protos
from tfcompat.conversion.rewriting import without_fake_quantization
from tfcompat.graph.graph import Graph
from tfcompat.graph.tensor import Tensor
from tfcompat.io.importer import import_graph_def
from tfcompat.saved_model import constants, files
from tfcompat.saved_model.loader import SavedModelLoader
from tfcompat.saved_model.signatures import tensor_names

SAVED_MODEL, GRAPH_DEF, META_GRAPH, CHECKPOINT = "saved_model", "graphdef", "meta_graph", "checkpoint"

_KERAS = (
    "a Keras file; load it with `tf.keras.models.load_model` and export the outputs, or save the model as a SavedModel"
)
_REFUSED = {
    ".h5": _KERAS,
    ".keras": _KERAS,
    ".hdf5": _KERAS,
    ".tflite": "a TensorFlow Lite file, which is not read; convert the model it was made from",
    ".onnx": "an ONNX file already",
    ".py": "a program; `tfcompat export PROGRAM:OUTPUTS` runs a program and exports what it built",
}


class UnreadableSource(ValueError):
    """A path holds no model that can be read; the text says why and what to do."""


@dataclass
class Source:
    """A model in a session.

    Attributes:
        path: where it came from.
        kind: SAVED_MODEL, GRAPH_DEF, META_GRAPH or CHECKPOINT.
        session: holds the graph and the variables' values.
        inputs: the inputs that the file names, name -> tensor; none when it names none.
        outputs: the outputs that it names.
        signatures: the names of the signatures there are.
        signature: the one that `inputs` and `outputs` are of.
    """

    path: str
    kind: str
    session: Any
    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    signatures: list[str] = field(default_factory=list)
    signature: str = ""

    @property
    def graph(self) -> Graph:
        """The graph of the session."""
        return self.session.graph  # type: ignore[no-any-return]

    def value_of_variable(self, name: str) -> Any:
        """The present value of the variable that the operation of the tensor `name` stands for."""
        from tfcompat.planner.variables import variable_key

        op = self.graph.get_operation_by_name(name.partition(":")[0])
        return self.session.variables.array(variable_key(op))


def kind_of(path: str) -> tuple[str, str]:
    """(kind, path to read) of a file or directory.

    Raises:
        UnreadableSource: there is nothing, or nothing that is known.
    """
    path = path.rstrip(os.sep) or path
    if os.path.isdir(path):
        return _kind_of_directory(path)
    name, ending = os.path.basename(path), os.path.splitext(path)[1].lower()
    if name in (constants.FILENAME_PB, constants.FILENAME_PBTXT):
        return SAVED_MODEL, os.path.dirname(path) or "."
    if ending == ".meta" and os.path.isfile(path):
        prefix = path[: -len(".meta")]
        return (CHECKPOINT, prefix) if _has_checkpoint(prefix) else (META_GRAPH, path)
    if ending in (".index", ".data-00000-of-00001"):
        path = path[: -len(ending)]
    if os.path.isfile(path + ".meta") and _has_checkpoint(path):
        return CHECKPOINT, path
    if _has_checkpoint(path) and not os.path.isfile(path):
        raise UnreadableSource(f"{path}: a checkpoint without its graph; {path}.meta is needed beside it.")
    if not os.path.isfile(path):
        raise UnreadableSource(f"{path}: no such file or directory.")
    if ending in _REFUSED:
        raise UnreadableSource(f"{path} is {_REFUSED[ending]}.")
    if is_table(path):
        raise UnreadableSource(f"{path}: a checkpoint without its graph; {path}.meta is needed beside it.")
    return GRAPH_DEF, path


def is_table(path: str) -> bool:
    """Whether a file is a sorted string table, as a checkpoint of version 1 is."""
    from tfcompat.io.checkpoint.table import MAGIC

    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - len(MAGIC)))
        return file.read() == MAGIC


def _kind_of_directory(path: str) -> tuple[str, str]:
    if files.contains_saved_model(path):
        return SAVED_MODEL, path
    state = os.path.join(path, "checkpoint")
    if os.path.isfile(state):
        from tfcompat.io.checkpoint.state import latest_checkpoint

        latest = latest_checkpoint(path)
        if latest and os.path.isfile(latest + ".meta"):
            return CHECKPOINT, latest
        raise UnreadableSource(f"{path} holds checkpoints, but no .meta file with the graph beside the latest one.")
    graphs = [n for n in sorted(os.listdir(path)) if n.endswith((".meta", ".pb", ".pbtxt"))]
    hint = f" It has {', '.join(graphs[:5])}: name the file." if graphs else ""
    raise UnreadableSource(f"{path} holds neither a SavedModel nor a checkpoint.{hint}")


def _has_checkpoint(prefix: str) -> bool:
    return os.path.isfile(prefix + ".index") or os.path.isfile(prefix)


def read_graph(path: str) -> Any:
    """The `GraphDef` or `MetaGraphDef` of a file, binary or text.

    Raises:
        UnreadableSource: it is neither.
    """
    from google.protobuf.message import DecodeError
    from google.protobuf.text_format import ParseError

    with open(path, "rb") as file:
        data = file.read()
    reasons = []
    for message in (protos.GraphDef, protos.MetaGraphDef):
        try:
            found = message.FromString(data)
        except DecodeError as error:
            reasons.append(str(error))
            continue
        if (found.node if message is protos.GraphDef else found.graph_def.node) and _looks_right(found):
            return found
    for message in (protos.GraphDef, protos.MetaGraphDef):
        try:
            return protos.parse_text(data.decode(), message)
        except (ParseError, UnicodeDecodeError, RecursionError) as error:
            reasons.append(str(error))
    raise UnreadableSource(
        f"{path} is neither a GraphDef nor a MetaGraphDef, binary or text ({next((r for r in reasons if r), 'empty')})."
    )


def _looks_right(message: Any) -> bool:
    """Whether the nodes are nodes: bytes of one message may parse as another one."""
    nodes = message.node if hasattr(message, "node") else message.graph_def.node
    return all(n.op and n.name for n in nodes)


def load_source(path: str, tag: str | None = None, signature: str | None = None, dequantize: bool = False) -> Source:
    """Loads what `path` holds into a new session.

    Args:
        path: a file or directory.
        tag: tags of the meta graph of a SavedModel, separated by commas; when None, "serve" or the only one.
        signature: name of the signature to take inputs and outputs from; when None, the default or the only one.
        dequantize: whether simulated quantization is taken out.

    Raises:
        UnreadableSource: there is no such model, tag or signature.
        OpError, ValueError: the model is damaged.
    """
    import tfcompat.compat.v1 as tf  # the shape functions of all operations come with the public names

    kind, path = kind_of(path)
    session = tf.Session(graph=Graph())
    source = Source(path, kind, session)
    rewrite = without_fake_quantization if dequantize else None
    with source.graph.as_default():
        if kind == SAVED_MODEL:
            _load_saved_model(source, tag, signature, rewrite)
        elif kind == CHECKPOINT:
            meta = read_graph(path + ".meta")
            _load_meta_graph(source, meta, signature, rewrite, restore=path)
        else:
            message = read_graph(path)
            if hasattr(message, "graph_def"):
                source.kind = META_GRAPH
                _load_meta_graph(source, message, signature, rewrite, restore=None)
            else:
                import_graph_def(rewrite(message) if rewrite else message, name="")
    return source


def _load_saved_model(source: Source, tag: str | None, signature: str | None, rewrite: Any) -> None:
    loader = SavedModelLoader(source.path)
    available = files.available_tags(loader.saved_model_proto)
    if tag is None:
        tags = available[0] if len(available) == 1 else [constants.SERVING]
    else:
        tags = [t for t in tag.split(",") if t]
    try:
        meta = loader.get_meta_graph_def_from_tags(tags)
    except RuntimeError:
        described = " | ".join(",".join(t) or "(none)" for t in available)
        raise UnreadableSource(
            f"{source.path} has no meta graph with the tags {','.join(tags) or '(none)'}; there are: {described}. "
            "Choose with --tag."
        ) from None
    if rewrite is not None:
        meta.graph_def.CopyFrom(rewrite(meta.graph_def))
    loader.load(source.session, tags)
    _take_signature(source, meta.signature_def, signature)


def _load_meta_graph(source: Source, meta: Any, signature: str | None, rewrite: Any, restore: str | None) -> None:
    from tfcompat.training.meta_graph import import_meta_graph

    if not hasattr(meta, "graph_def"):
        meta = protos.MetaGraphDef(graph_def=meta)
    if rewrite is not None:
        meta.graph_def.CopyFrom(rewrite(meta.graph_def))
    saver = import_meta_graph(meta)
    if restore is not None:
        if saver is None:
            raise UnreadableSource(f"{source.path}.meta has no variables to restore.")
        saver.restore(source.session, restore)
    _take_signature(source, meta.signature_def, signature)


def _take_signature(source: Source, signatures: Mapping[str, Any], wanted: str | None) -> None:
    """Puts inputs and outputs of a signature into `source`."""
    source.signatures = sorted(n for n in signatures if not n.startswith("__saved_model_"))
    if wanted is None:
        if constants.DEFAULT_SIGNATURE in source.signatures:
            wanted = constants.DEFAULT_SIGNATURE
        elif len(source.signatures) == 1:
            wanted = source.signatures[0]
        else:
            return
    if wanted not in signatures:
        there = ", ".join(source.signatures) or "none"
        raise UnreadableSource(f"{source.path} has no signature {wanted!r}; there are: {there}.")
    source.signature = wanted
    source.inputs = _tensors(source.graph, signatures[wanted].inputs)
    source.outputs = _tensors(source.graph, signatures[wanted].outputs)


def _tensors(graph: Graph, infos: Mapping[str, Any]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for key in sorted(infos):
        names = tensor_names(infos[key])
        for index, name in enumerate(names):
            suffix = "" if len(names) == 1 else f":{index}"
            found[key + suffix] = graph.as_graph_element(name, allow_operation=False)
    return found
