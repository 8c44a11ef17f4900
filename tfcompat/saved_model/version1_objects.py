"""`tf.saved_model.load_v2` for models of TensorFlow 1: an object with signatures, variables and `prune`."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

from tfcompat import protos
from tfcompat.gradients.function import WrappedFunction
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import add_to_collection, get_default_graph
from tfcompat.graph.func_graph import FuncGraph, unique_function_name
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising import raise_function
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.io.importer import import_graph_def
from tfcompat.ops.variable_base import VariableAggregation
from tfcompat.saved_model import constants, files
from tfcompat.saved_model.function_library import rename_calls, renamed_functions
from tfcompat.saved_model.loader import asset_files
from tfcompat.saved_model.object_loader import SignatureMap
from tfcompat.saved_model.restored_objects import Asset, UninitializedVariable
from tfcompat.training.tracking import AutoTrackable

_REFERENCES = ("VariableV2", "Variable")


class SignatureOfGraph(WrappedFunction):
    """A signature of a model of TensorFlow 1: takes tensors by name, gives a dictionary of tensors."""

    _keywords: tuple[str, ...] = ()
    _own_variables: tuple[Any, ...] = ()

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that it uses."""
        used = {(op.attrs.get("shared_name") or op.name.encode()).decode() for op in self.graph.get_operations()}
        handles = set(self.graph.external_captures)
        return tuple(v for v in self._own_variables if v.handle in handles or v.op.name in used)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the signature; TypeError when its tensors are not the ones given."""
        if len(args) > (1 if len(self._keywords) == 1 else 0):
            raise TypeError(f"{self.graph.name} takes its tensors by name: {', '.join(self._keywords)}.")
        values = dict(zip(self._keywords, args, strict=False)) | kwargs
        if set(values) != set(self._keywords) or len(values) != len(args) + len(kwargs):
            raise TypeError(
                f"{self.graph.name} takes the tensors {', '.join(self._keywords) or '(none)'}, got "
                f"{', '.join(sorted(values)) or 'none'}."
            )
        return super().__call__(*[values[k] for k in self._keywords])


def load_version1(export_dir: str | os.PathLike[str], saved_model: Any, tags: list[str] | None) -> Any:
    """The object for a model of TensorFlow 1.

    Args:
        export_dir: the directory of the SavedModel.
        saved_model: its message.
        tags: the tags of the meta graph; None when it has only one.

    Raises:
        RuntimeError: no meta graph has these tags.
        ValueError: there are several meta graphs and no tags.
    """
    if tags is None:
        if len(saved_model.meta_graphs) != 1:
            raise ValueError(
                "Importing a SavedModel with `tf.saved_model.load` requires a `tags=` argument if there is more than "
                f"one MetaGraph. Got `tags=None`, but there are {len(saved_model.meta_graphs)} MetaGraphs in the "
                f"SavedModel with tag sets: {files.available_tags(saved_model)}. Pass a `tags=` argument to load this "
                "SavedModel."
            )
        tags = list(saved_model.meta_graphs[0].meta_info_def.tags)
    return _Version1Loader(export_dir, files.meta_graph_of(saved_model, tags)).load()


class _Version1Loader:
    """Wraps one meta graph in a function, whose variables and tables lie outside of it."""

    def __init__(self, export_dir: str | os.PathLike[str], meta: Any):
        self._export_dir = export_dir
        self._meta = protos.MetaGraphDef.FromString(meta.SerializeToString())
        self._variables: list[Any] = []
        self._handles: dict[str, Tensor] = {}

    def load(self) -> Any:
        """The object."""
        with init_scope():
            self._adopt_functions()
            self._lift_variables()
            self._lift_tables()
            wrapped = self._wrapped()
            self._wrapped_graph = wrapped.graph
            restore = self._restore()
            assets = [Asset(files.asset_path(self._export_dir, a.filename)) for a in asset_files(self._meta)]
            self._initialize(restore, assets)
            root = AutoTrackable()
            root.variables = self._variables  # type: ignore[attr-defined]
            root.asset_paths = assets  # type: ignore[attr-defined]
            root.graph = wrapped.graph  # type: ignore[attr-defined]
            root.prune = wrapped.prune  # type: ignore[attr-defined]
            root.restore = restore  # type: ignore[attr-defined]
            root.initializer = self._initializer_op  # type: ignore[attr-defined]
            root.signatures = SignatureMap(dict(self._signatures()))  # type: ignore[attr-defined]
            info = self._meta.meta_info_def
            root.tensorflow_version = info.tensorflow_version  # type: ignore[attr-defined]
            root.tensorflow_git_version = info.tensorflow_git_version  # type: ignore[attr-defined]
            root.graph_debug_info = None  # type: ignore[attr-defined]
        return root

    def _adopt_functions(self) -> None:
        graph = get_default_graph()
        functions, names = renamed_functions(self._meta.graph_def.library, graph._library())
        for node in self._meta.graph_def.node:
            rename_calls(node, names)
        self._meta.graph_def.library.Clear()
        graph._library().update(functions)

    def _lift_variables(self) -> None:
        """Makes the variables of the meta graph outside; nodes inside take their handles, or the names of these."""
        nodes = {n.name: n for n in self._meta.graph_def.node}
        seen: set[str] = set()
        for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES):
            for value in self._meta.collection_def[key].bytes_list.value if key in self._meta.collection_def else ():
                message = protos.VariableDef.FromString(value)
                name = message.variable_name.partition(":")[0]
                node = nodes.get(name)
                if name in seen or node is None:
                    continue
                seen.add(name)
                made = UninitializedVariable(
                    message.trainable, node.attr["shape"].shape, node.attr["dtype"].type, name, node.device
                )
                made._aggregation = VariableAggregation(message.aggregation)
                self._variables.append(made)
                if node.op in _REFERENCES:
                    node.attr["shared_name"].s = made.op.name.encode()
                    node.attr["container"].s = b""
                else:
                    self._handles[f"{name}:0"] = made.handle

    def _lift_tables(self) -> None:
        """Makes what has no inputs and gives a handle outside."""
        graph = get_default_graph()
        lifted = protos.GraphDef()
        lifted.versions.CopyFrom(self._meta.graph_def.versions)
        for node in self._meta.graph_def.node:
            if "HashTable" in node.op and not node.input and f"{node.name}:0" not in self._handles:
                lifted.node.add().CopyFrom(node)
        names = [n.name for n in lifted.node]
        for node in lifted.node:
            node.attr.pop("_class", None)
        scope = graph.unique_name("tables", mark_as_used=False)
        for name, op in zip(names, import_graph_def(lifted, name=scope, return_elements=names) or (), strict=True):
            self._handles[f"{name}:0"] = op.outputs[0]

    def _wrapped(self) -> WrappedFunction:
        graph, _ = self._imported(self._without_lifted(), "wrapped_function", [], [])
        return WrappedFunction(graph, None, 0, ((), {}))

    def _imported(self, graph_def: Any, name: str, feeds: list[str], fetches: list[str]) -> tuple[FuncGraph, list[Any]]:
        """Nodes as a function graph whose arguments stand for the tensors `feeds`, and the elements `fetches` of it."""
        outer = get_default_graph()
        graph = FuncGraph(unique_function_name(outer, name), outer)
        with graph.as_default(), graph.control_dependencies(None):
            given: dict[str, Tensor] = {}
            for feed in feeds:
                tensor = self._wrapped_graph.as_graph_element(feed)
                given[tensor.name] = graph.argument(tensor.dtype, tensor.shape, tensor.op.name.rpartition("/")[2])
            used = {i if ":" in i else f"{i}:0" for n in graph_def.node for i in n.input}
            taken = {name: tensor for name, tensor in given.items() if name in used}
            taken |= {name: graph.capture(handle) for name, handle in self._handles.items() if name in used}
            found = import_graph_def(graph_def, name="", input_map=taken, return_elements=fetches) or []
        return graph, found

    def _function_of_file(self, *arguments: Any) -> Any:
        """`_pruned` for names that the file gives; ValueError when the graph does not have them."""
        try:
            return self._pruned(*arguments)
        except KeyError as error:
            raise ValueError(f"{self._export_dir}: a function uses what is not in the graph: {error}") from None

    def _pruned(self, name: str, feeds: list[str], fetches: list[str], names: list[str] | None, kind: Any) -> Any:
        """The function from the tensors `feeds` to `fetches`: a dictionary by `names`, or the effect of operations."""
        plain = [f.partition(":")[0] for f in fetches]
        kept = _needed(self._without_lifted(), plain, {f.partition(":")[0] for f in feeds})
        given = [f for f, p in zip(fetches, plain, strict=True) if any(n.name == p for n in kept.node)]
        graph, elements = self._imported(kept, name, feeds, given)
        by_name = dict(zip(given, elements, strict=True))
        arguments = {self._wrapped_graph.as_graph_element(f).name: t for f, t in zip(feeds, graph.inputs, strict=False)}
        elements = [by_name[f] if f in by_name else arguments[f] for f in fetches]
        structure = None if names is None else dict(zip(names, elements, strict=True))
        graph.outputs = [t for t in elements if isinstance(t, Tensor)]
        graph.__dict__["_effects"] = [op for op in elements if isinstance(op, Operation)]
        raised = raise_function(graph)
        if raised is not graph:
            raised.name = graph.name
            raised._captures = dict(zip(graph.external_captures, raised.inputs[len(feeds) :], strict=True))
            if names is not None:
                structure = dict(zip(names, raised.outputs, strict=True))
        return kind(raised, structure, len(feeds), ((), {}))

    def _without_lifted(self) -> Any:
        """The nodes without those that lie outside, and without what only places others beside them."""
        gone = {name.partition(":")[0] for name in self._handles}
        graph_def = protos.GraphDef()
        graph_def.versions.CopyFrom(self._meta.graph_def.versions)
        for node in self._meta.graph_def.node:
            if node.name not in gone:
                copy = graph_def.node.add()
                copy.CopyFrom(node)
                copy.attr.pop("_class", None)
                kept = [i for i in copy.input if not (i.startswith("^") and i[1:] in gone)]
                del copy.input[:]
                copy.input.extend(kept)
        return graph_def

    def _restore(self) -> Any:
        """What restores the variables from a checkpoint; None without variables."""
        saver = self._meta.saver_def
        if not self._variables or not saver.restore_op_name:
            return None
        ends = [saver.filename_tensor_name], [saver.restore_op_name]
        function = self._function_of_file("restore", *ends, None, WrappedFunction)
        return functools.partial(_called, function)

    def _initialize(self, restore: Any, assets: list[Asset]) -> None:
        self._initializer_op: Any = None
        if restore is not None:
            op = restore(files.variables_prefix(self._export_dir))
            add_to_collection("saved_model_initializers", op)
            for variable in self._variables:
                variable._initializer_op = op
        init = self._init_op()
        if init is None:
            return
        tensors = [a.tensor_info.name for a in asset_files(self._meta)]
        function = self._function_of_file("initialize", tensors, [init], None, WrappedFunction)
        self._initializer_op = _called(function, *[a.asset_path for a in assets])
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, self._initializer_op)

    def _init_op(self) -> str | None:
        meta = self._meta
        if constants.INIT_OP_SIGNATURE in meta.signature_def:
            outputs = meta.signature_def[constants.INIT_OP_SIGNATURE].outputs
            return str(outputs[constants.INIT_OP_SIGNATURE].name)
        for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY, GraphKeys.TABLE_INITIALIZERS):
            names = meta.collection_def[key].node_list.value if key in meta.collection_def else ()
            if names:
                return str(names[0])
        return None

    def _signatures(self) -> Iterator[tuple[str, Any]]:
        for key, signature in self._meta.signature_def.items():
            if key in (constants.INIT_OP_SIGNATURE, constants.TRAIN_OP_SIGNATURE):
                continue
            infos = [*signature.inputs.values(), *signature.outputs.values()]
            other = [i for i in infos if i.WhichOneof("encoding") != "name"]
            if other:
                raise ValueError(
                    f"The signature {key!r} has sparse or composite tensors, which load_v2 does not support for models "
                    "of TensorFlow 1; tf.saved_model.load(session, tags, export_dir) does."
                )
            names = sorted(signature.inputs)
            results = sorted(signature.outputs)
            feeds = [signature.inputs[n].name for n in names]
            fetches = [signature.outputs[n].name for n in results]
            function = self._function_of_file("signature_wrapper", feeds, fetches, results, SignatureOfGraph)
            function._keywords = tuple(names)
            function._own_variables = tuple(self._variables)
            tensors = function.graph.inputs[: len(names)]
            named = {n: TensorSpec(t.shape, t.dtype, n) for n, t in zip(names, tensors, strict=True)}
            function.structured_input_signature = ((), named)
            yield key, function


def _needed(graph_def: Any, fetches: list[str], feeds: set[str]) -> Any:
    """The nodes that `fetches` need when those of `feeds` are given."""
    nodes = {n.name: n for n in graph_def.node}
    pending = [f for f in fetches if f not in feeds]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in seen and name in nodes:
            seen.add(name)
            sources = (i.lstrip("^").partition(":")[0] for i in nodes[name].input)
            pending += [s for s in sources if s not in feeds]
    kept = protos.GraphDef()
    kept.versions.CopyFrom(graph_def.versions)
    kept.node.extend(n for n in graph_def.node if n.name in seen)
    for node in kept.node:
        inputs = [i for i in node.input if not (i.startswith("^") and i[1:] in feeds)]
        del node.input[:]
        node.input.extend(inputs)
    return kept


def _called(function: Any, *args: Any) -> Any:
    """The operation of a call of a function that gives nothing."""
    before = len(get_default_graph().get_operations())
    function(*args)
    made = [op for op in get_default_graph().get_operations()[before:] if op.type.endswith("PartitionedCall")]
    return made[-1] if isinstance(made[-1], Operation) else None
